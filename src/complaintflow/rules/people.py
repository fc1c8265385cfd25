"""Who may: authority, four eyes, own limits (law 6, Q12)."""

from __future__ import annotations

from collections.abc import Iterable

from complaintflow.model.actions import Record, SettleOnTheSpot
from complaintflow.model.money import totals
from complaintflow.model.parties import Role
from complaintflow.model.refusal import Refusal
from complaintflow.model.remedy import LineStatus, Remedy
from complaintflow.rules.situation import Situation, on_payload

_SPEAK_FOR_OTHERS = frozenset({Role.AGENT, Role.MANAGER})


def speaks_for_complainant(s: Situation) -> Refusal | None:
    """A complainant acts in their own case only; staff may write down what the complainant said."""
    if not s.actor.roles & _SPEAK_FOR_OTHERS and s.actor.id not in s.complaint.speakers:
        return Refusal(
            code="not_your_case",
            message="This complaint is somebody else's.",
            remedy="Only the complainant or the representative may do this, or staff on their behalf.",
        )
    return None


@on_payload(Record)
def records_own_complaint(s: Situation, action: Record) -> Refusal | None:
    """A complainant records a complaint of their own, not in another's name; staff record anybody's (T02)."""
    named = {p.id for p in (action.complainant, action.representative) if p is not None}
    if s.actor.id in named or s.actor.roles - {Role.COMPLAINANT}:
        return None
    return Refusal(
        code="not_your_case",
        field="complainant.id",
        message=f"The complainant is not {s.actor.id!r}.",
        remedy="Record it in your own name, or as the representative.",
    )


def is_not_involved(s: Situation) -> Refusal | None:
    """Who caused it, is complained about or complains does not judge, handle or approve (law 6)."""
    if s.actor.id in s.complaint.accused or s.actor.id in s.complaint.speakers:
        return Refusal(
            code="involved",
            message=f"{s.actor.id} is involved in this complaint.",
            remedy="Somebody who is neither complained about nor a complainant must do this.",
        )
    return None


def is_responsible(s: Situation) -> Refusal | None:
    """Only the person who answers for the case does its handling (P07, Q10)."""
    owner = s.complaint.owner
    if s.actor.id == owner.person:
        return None
    who = owner.person or "nobody yet"
    return Refusal(
        code="not_responsible",
        message=f"The person responsible is {who}, in {owner.department}.",
        remedy="Have the case reassigned to you first.",
    )


def did_not_propose(s: Situation) -> Refusal | None:
    """Who proposed a plan does not approve it (law 6)."""
    if s.actor.id != s.complaint.proposed_by:
        return None
    return Refusal(
        code="own_proposal",
        message="Nobody approves a plan that they proposed.",
        remedy="Another manager must decide.",
    )


def did_not_judge_before(s: Situation) -> Refusal | None:
    """After an appeal somebody else judges the complaint."""
    if not s.complaint.appeals or s.actor.id not in s.complaint.judges:
        return None
    return Refusal(
        code="judged_before",
        message=f"{s.actor.id} has already judged this complaint, and the complainant appealed.",
        remedy="Somebody who has not judged it yet must do this.",
    )


def _over_limit(s: Situation, lines: Iterable[Remedy]) -> Refusal | None:
    limits = [s.policy.limits[role] for role in s.actor.roles if role in s.policy.limits]
    if None in limits:
        return None
    for currency, total in totals(line.amount for line in lines).items():
        allowed = [m for limit in limits for m in limit or () if m.currency == currency]
        highest = max(allowed, key=lambda m: m.amount, default=None)
        if highest is None or total.amount > highest.amount:
            return Refusal(
                code="over_limit",
                field="lines",
                message=f"{total} is over your own limit of {highest or f'0 {currency}'}.",
                remedy="Offer less, or leave the decision to somebody with a higher limit.",
            )
    return None


@on_payload(SettleOnTheSpot)
def may_spend_this(s: Situation, action: SettleOnTheSpot) -> Refusal | None:
    """What is settled on the spot stays inside the actor's own limit, currency by currency (law 5, M15)."""
    return _over_limit(s, action.lines)


def may_approve_this(s: Situation) -> Refusal | None:
    """The sum of the plan stays inside the actor's own limit (P16)."""
    return _over_limit(s, s.complaint.lines_in(LineStatus.PROPOSED))


def is_a_declined_case(s: Situation) -> Refusal | None:
    """An appeal asks for a new judgement, so there must be one that declined."""
    if s.complaint.assessment is not None and s.complaint.assessment.validity == "declined":
        return None
    return Refusal(
        code="not_declined", message="This complaint was not declined.", remedy="Dispute the outcome instead."
    )


def is_not_a_declined_case(s: Situation) -> Refusal | None:
    """A dispute is about an outcome; a declined complaint has none and is appealed."""
    if s.complaint.assessment is None or s.complaint.assessment.validity != "declined":
        return None
    return Refusal(code="declined", message="This complaint was declined.", remedy="Appeal against it instead.")


def did_not_handle(s: Situation) -> Refusal | None:
    """Who answered for the case or approved its plan does not review it."""
    if s.actor.id not in (s.complaint.owner.person, s.complaint.approved_by):
        return None
    return Refusal(
        code="own_work",
        message=f"{s.actor.id} handled or approved this case.",
        remedy="Another reviewer must close it.",
    )


def speaks_or_works_here(s: Situation) -> Refusal | None:
    """Evidence comes from the complainant of this case or from staff."""
    return None if s.actor.roles - {Role.COMPLAINANT} else speaks_for_complainant(s)
