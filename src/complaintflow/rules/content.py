"""Is the payload right? Codes that exist, facts that a category needs, times that lie ahead, words fit to send."""

from __future__ import annotations

from collections.abc import Iterable

from complaintflow.model.actions import (
    Acknowledge,
    Assign,
    Close,
    Decline,
    EstablishCause,
    Extend,
    Merge,
    Promise,
    ProposePlan,
    Reassign,
    Reclassify,
    Record,
    SettleOnTheSpot,
    WaitForCustomer,
    WaitForThirdParty,
)
from complaintflow.model.refusal import Refusal
from complaintflow.model.remedy import Remedy
from complaintflow.rules.policy import Policy
from complaintflow.rules.situation import Situation, on_payload


def _unknown(field: str, what: str, code: str, known: Iterable[str]) -> Refusal:
    return Refusal(
        code="unknown_code",
        field=field,
        message=f"There is no {what} {code!r}.",
        remedy=f"Known: {', '.join(sorted(known))}.",
    )


def _classification(policy: Policy, category: str, sub_type: str, at: str = "") -> Refusal | None:
    found = policy.category(category)
    if found is None:
        return _unknown(f"{at}category", "category", category, (c.code for c in policy.categories))
    if found.sub_type(sub_type) is None:
        return _unknown(f"{at}sub_type", f"sub-type of {category}", sub_type, (t.code for t in found.sub_types))
    return None


def _facts(policy: Policy, action: Record | Reclassify, has: dict[str, bool]) -> Refusal | None:
    category = policy.category(action.category)
    sub_type = category.sub_type(action.sub_type) if category else None
    for need in sorted(sub_type.needs if sub_type else ()):
        if not has[need]:
            return Refusal(
                code=f"missing_{need}",
                field="subject.staff" if need == "staff" else need,
                message=f"A complaint about {action.category}/{action.sub_type} needs {_IN_WORDS[need]}.",
                remedy=_NEEDED[need],
            )
    return None


_NEEDED = {
    "discrepancy": "State what was promised and what was delivered.",
    "measurement": "State the measured value, the limit and the unit.",
    "staff": "Name the person of the house whom it is about.",
}
_IN_WORDS = {"discrepancy": "a discrepancy", "measurement": "a measurement", "staff": "a member of staff"}


@on_payload(Record)
def is_classified(s: Situation, action: Record) -> Refusal | None:
    """Category and sub-type exist, for the main one and every further one (R19)."""
    pairs = [("", action.category, action.sub_type)]
    pairs += [(f"also.{i}.", c.category, c.sub_type) for i, c in enumerate(action.also)]
    return next((r for at, c, t in pairs if (r := _classification(s.policy, c, t, at))), None)


@on_payload(Record)
def has_the_facts(s: Situation, action: Record) -> Refusal | None:
    """What the sub-type needs is there: promised and delivered (R12), value, limit and unit (R08)."""
    has = {"discrepancy": bool(action.discrepancy), "measurement": bool(action.measurement)}
    return _facts(s.policy, action, has | {"staff": bool(action.subject.staff)})


@on_payload(Record)
def was_received_before(s: Situation, action: Record) -> Refusal | None:
    """It cannot have been received after it is recorded."""
    if action.received_at is None or action.received_at <= s.at:
        return None
    return Refusal(
        code="in_the_future",
        field="received_at",
        message=f"{action.received_at:%Y-%m-%d %H:%M} UTC is later than the record.",
        remedy="Give the time when it reached the house.",
    )


@on_payload(Reclassify)
def is_reclassified(s: Situation, action: Reclassify) -> Refusal | None:
    """The new category and sub-type exist, and the facts it needs are given or already there."""
    c = s.complaint
    has = {
        "discrepancy": bool(action.discrepancy or c.discrepancy),
        "measurement": bool(action.measurement or c.measurement),
        "staff": c.subject.staff is not None,
    }
    return _classification(s.policy, action.category, action.sub_type) or _facts(s.policy, action, has)


@on_payload(Decline)
def has_ground_to_decline(_: Situation, action: Decline) -> Refusal | None:
    """A complaint is declined only if one of the two tests fails (P03)."""
    if not (action.grounds_sufficient and action.demand_reasonable):
        return None
    return Refusal(
        code="no_ground_to_decline",
        field="grounds_sufficient",
        message="The grounds are sufficient and the demand is reasonable: the complaint stands.",
        remedy="Uphold it, or say which of the two tests fails.",
    )


@on_payload(Merge)
def is_another_case(s: Situation, action: Merge) -> Refusal | None:
    """A case is not merged into itself."""
    if action.into not in (s.complaint.id, s.complaint.number):
        return None
    return Refusal(code="same_case", field="into", message="This is the same case.", remedy="Name the other case.")


@on_payload(Assign)
def goes_to_a_department(s: Situation, action: Assign) -> Refusal | None:
    """The department exists, or the category has a route to one (P06, P07)."""
    if action.department is None and s.complaint.category not in s.policy.routes:
        return Refusal(
            code="no_route",
            field="department",
            message=f"The policy has no route for {s.complaint.category!r}.",
            remedy="Name the department.",
        )
    return _department(s.policy, action.department)


@on_payload(Reassign)
def moves_to_a_department(s: Situation, action: Reassign) -> Refusal | None:
    """The department exists."""
    return _department(s.policy, action.department)


def _department(policy: Policy, code: str | None, field: str = "department") -> Refusal | None:
    if code is None or code in policy.departments:
        return None
    return _unknown(field, "department", code, policy.departments)


@on_payload(Assign)
def goes_to_somebody_uninvolved(s: Situation, action: Assign) -> Refusal | None:
    """Nobody is given a complaint about themselves (law 6)."""
    return _uninvolved(s, action.person)


@on_payload(Reassign)
def moves_to_somebody_uninvolved(s: Situation, action: Reassign) -> Refusal | None:
    """Nobody is given a complaint about themselves (law 6)."""
    return _uninvolved(s, action.person)


def _uninvolved(s: Situation, person: str) -> Refusal | None:
    if person not in s.complaint.accused | s.complaint.speakers:
        return None
    return Refusal(
        code="involved",
        field="person",
        message=f"{person} is involved in this complaint.",
        remedy="Choose somebody who is neither complained about nor a complainant.",
    )


@on_payload(EstablishCause)
def names_a_known_cause(s: Situation, action: EstablishCause) -> Refusal | None:
    """Cause code and department exist (P11)."""
    if action.cause not in s.policy.causes:
        return _unknown("cause", "cause", action.cause, s.policy.causes)
    return _department(s.policy, action.department)


@on_payload(ProposePlan)
def offers_known_remedies(s: Situation, action: ProposePlan) -> Refusal | None:
    """Every line is in the catalogue, and has an amount where money is paid (P14)."""
    return _remedies(s.policy, action.lines)


@on_payload(SettleOnTheSpot)
def settles_with_known_remedies(s: Situation, action: SettleOnTheSpot) -> Refusal | None:
    """Every line is in the catalogue, and has an amount where money is paid (P14, M15)."""
    return _remedies(s.policy, action.lines)


def _remedies(policy: Policy, lines: tuple[Remedy, ...]) -> Refusal | None:
    for i, line in enumerate(lines):
        kind = policy.remedy(line.kind)
        if kind is None:
            return _unknown(f"lines.{i}.kind", "remedy", line.kind, (r.code for r in policy.remedies))
        if (kind.money == "required" and line.amount is None) or (kind.money == "none" and line.amount is not None):
            need = "needs an amount" if kind.money == "required" else "has no amount"
            return Refusal(
                code="wrong_amount",
                field=f"lines.{i}.amount",
                message=f"A line of {line.kind} {need}.",
                remedy="Give what the customer gets." if kind.money == "required" else "Leave the amount out.",
            )
    return None


@on_payload(Close)
def measures_are_assigned(s: Situation, action: Close) -> Refusal | None:
    """Each improvement measure has a known department and a due time ahead (P27, P29)."""
    for i, measure in enumerate(action.review.measures):
        refusal = _department(s.policy, measure.department, f"review.measures.{i}.department")
        if refusal is None and measure.due_at <= s.at:
            refusal = _past(f"review.measures.{i}.due_at")
        if refusal is not None:
            return refusal
    return None


def _past(field: str) -> Refusal:
    return Refusal(
        code="in_the_past", field=field, message="This time is not ahead.", remedy="Give a time after the action."
    )


def gives_a_time_ahead(s: Situation) -> Refusal | None:
    """A promised or requested time lies after the action (T03)."""
    if isinstance(s.action, Acknowledge):
        return _past("reply_by") if s.action.reply_by <= s.at else None
    if isinstance(s.action, Promise):
        return _past("due_at") if s.action.due_at <= s.at else None
    if isinstance(s.action, Extend | WaitForCustomer | WaitForThirdParty):
        return _past("until") if s.action.until is not None and s.action.until <= s.at else None
    return None


def is_fit_for_the_customer(s: Situation) -> Refusal | None:
    """Words for the complainant name nobody who is accused (law 10, R18)."""
    words = s.action.words_for_customer() if s.action else None
    if words is None:
        return None
    c = s.complaint
    people = [p for p in (c.subject.staff, c.finding.person if c.finding else None) if p is not None]
    if any(name.casefold() in words.casefold() for p in people for name in (p.id, p.name) if name):
        return Refusal(
            code="names_staff",
            field="text",
            message="These words would tell the customer who in the house is accused.",
            remedy="Write of the department or the matter, not of the person.",
        )
    return None
