"""Is it time? What must be done before, what has run out, what is still owed (laws 4, 5, 7)."""

from __future__ import annotations

from collections.abc import Iterable

from complaintflow.model.actions import CompleteRemedy, Extend, FailRemedy, FulfilObligation, RecordMissed
from complaintflow.model.actions import WaiveObligation as Waive
from complaintflow.model.complaint import Complaint
from complaintflow.model.obligation import BY_HAND, STAGE_DUTIES, Kind, Obligation
from complaintflow.model.refusal import Refusal
from complaintflow.model.remedy import LineStatus
from complaintflow.rules.situation import Situation, on_payload


def _limit(code: str, count: int, limit: int, what: str, remedy: str) -> Refusal | None:
    if count < limit:
        return None
    return Refusal(code=code, message=f"{what} {count} of {limit} times.", remedy=remedy)


def may_be_handed_back(s: Situation) -> Refusal | None:
    """A case is passed on only so many times (Q09)."""
    return _limit(
        "hand_over_limit",
        s.complaint.hand_backs,
        s.policy.max_hand_backs,
        "This case has been handed back",
        "Accept it, or escalate: a manager can reassign it.",
    )


def may_be_extended(s: Situation) -> Refusal | None:
    """A case is given more time only so often."""
    return _limit(
        "extension_limit",
        s.complaint.extensions,
        s.policy.max_extensions,
        "The time has been extended",
        "Answer with what is known, or escalate.",
    )


@on_payload(Extend)
def extends_in_time(s: Situation, action: Extend) -> Refusal | None:
    """An extension comes before the time is over, and gives more of it."""
    due = max((o.due_at for o in _stage_duties(s.complaint)), default=None)
    if due is None or due < s.at:
        return Refusal(
            code="too_late",
            message="The time of this stage is already over; that stays on record.",
            remedy="Tell the customer how the case stands, and finish the step.",
        )
    if action.until <= due:
        return Refusal(
            code="not_longer",
            field="until",
            message=f"The step is due on {due:%Y-%m-%d %H:%M} UTC already.",
            remedy="Give a later time.",
        )
    return None


def _stage_duties(c: Complaint) -> tuple[Obligation, ...]:
    return tuple(o for o in c.open_obligations if o.kind in STAGE_DUTIES)


def every_line_is_settled(s: Situation) -> Refusal | None:
    """The answer comes when every approved line is done; a failed one needs a new plan first (P18, P20)."""
    open_lines = s.complaint.lines_in(LineStatus.APPROVED, LineStatus.FAILED)
    if not open_lines:
        return None
    said = ", ".join(f"{line.id} ({line.kind}, {line.status})" for line in open_lines)
    return Refusal(
        code="lines_not_done",
        message=f"Not carried out: {said}.",
        remedy="Complete the approved lines; plan again for failed ones.",
    )


def a_line_has_failed(s: Situation) -> Refusal | None:
    """Planning starts again only if a remedy failed."""
    if s.complaint.lines_in(LineStatus.FAILED):
        return None
    return Refusal(
        code="no_failed_line", message="No remedy has failed.", remedy="Report the failed line first, with the reason."
    )


def _approved_line(s: Situation, line_id: str) -> Refusal | None:
    line = s.complaint.line(line_id)
    if line is None:
        ids = ", ".join(x.id for x in s.complaint.lines) or "none"
        return Refusal(
            code="no_such_line", field="line", message=f"There is no line {line_id}.", remedy=f"Lines: {ids}."
        )
    if line.status is not LineStatus.APPROVED:
        return Refusal(
            code="line_not_approved",
            field="line",
            message=f"Line {line_id} is {line.status}.",
            remedy="Only an approved line is carried out, and only once.",
        )
    return None


@on_payload(CompleteRemedy)
def pays_what_was_approved(s: Situation, action: CompleteRemedy) -> Refusal | None:
    """A line is carried out once, after approval, for at most the approved sum (law 5)."""
    refusal = _approved_line(s, action.line)
    line = s.complaint.line(action.line)
    if refusal is not None or line is None or action.amount is None:
        return refusal
    approved = line.amount
    if approved and approved.currency == action.amount.currency and action.amount.amount <= approved.amount:
        return None
    return Refusal(
        code="over_approved_sum",
        field="amount",
        message=f"{action.amount} is not covered by the approved {approved or 'line without money'}.",
        remedy="Pay at most what was approved, in its currency; more needs a new plan.",
    )


@on_payload(CompleteRemedy)
def is_confirmed_with_customer(s: Situation, action: CompleteRemedy) -> Refusal | None:
    """Goods and amount are confirmed with the complainant before money or goods move (T19)."""
    line = s.complaint.line(action.line)
    if action.confirmed or line is None or not (line.amount or action.shipment):
        return None
    return Refusal(
        code="not_confirmed",
        field="confirmed",
        message="Goods and amount have not been confirmed with the customer.",
        remedy="Confirm them first, then say so.",
    )


@on_payload(FailRemedy)
def fails_an_approved_line(s: Situation, action: FailRemedy) -> Refusal | None:
    """Only an approved line can fail."""
    return _approved_line(s, action.line)


def feedback_time_is_over(s: Situation) -> Refusal | None:
    """Silence counts only after the time for feedback is over."""
    asked = next((o for o in s.complaint.open_obligations if o.kind == Kind.FEEDBACK), None)
    if asked is None or asked.level or s.at > asked.due_at:
        return None
    return Refusal(
        code="too_early",
        message=f"The complainant has until {asked.due_at:%Y-%m-%d %H:%M} UTC to give feedback.",
        remedy="Wait for it, or record what the complainant says.",
    )


def _still_owed(left: Iterable[Obligation]) -> Refusal | None:
    said = ", ".join(f"{o.kind} {o.id}" for o in left)
    if not said:
        return None
    return Refusal(
        code="still_owed",
        message=f"Still owed: {said}.",
        remedy="Fulfil each, or have a manager waive it with a reason.",
    )


def nothing_promised_is_open(s: Situation) -> Refusal | None:
    """No case closes with a promise, a referral or an escalation left open."""
    promised = (Kind.PROMISE, Kind.REFERRAL, Kind.ESCALATION)
    return _still_owed(o for o in s.complaint.open_obligations if o.kind in promised)


def nothing_is_open(s: Situation) -> Refusal | None:
    """The archive takes no case with an open obligation."""
    return _still_owed(s.complaint.open_obligations)


def _window_is_open(s: Situation) -> bool:
    ended = s.complaint.ended_at
    return ended is not None and s.at <= ended + s.policy.reopen_within


def may_be_reopened_again(s: Situation) -> Refusal | None:
    """A case is reopened only so often; what comes after is a new complaint or the outside body."""
    return _limit(
        "reopening_limit",
        s.complaint.reopenings,
        s.policy.max_reopenings,
        "This case has been reopened",
        "Record a new complaint that names this one, or turn to the outside body.",
    )


def can_still_be_reopened(s: Situation) -> Refusal | None:
    """A case is reopened inside the window only."""
    if _window_is_open(s):
        return None
    return Refusal(
        code="window_closed",
        message=f"A case can be reopened for {s.policy.reopen_within.days} days after its end.",
        remedy="Record a new complaint; it may refer to this one.",
    )


def can_no_longer_be_reopened(s: Situation) -> Refusal | None:
    """A case is archived once nobody can reopen it."""
    if not _window_is_open(s):
        return None
    return Refusal(
        code="too_early",
        message=f"The case can be reopened for {s.policy.reopen_within.days} days after its end.",
        remedy="Archive it after that.",
    )


def _open_obligation(s: Situation, id: str) -> Refusal | None:
    found = s.complaint.obligation(id)
    if found is not None and found.is_open:
        return None
    ids = ", ".join(f"{o.id} ({o.kind})" for o in s.complaint.open_obligations) or "none"
    state = "not open in this case" if found is None else f"already {found.status}"
    return Refusal(
        code="no_such_obligation", field="obligation", message=f"{id!r} is {state}.", remedy=f"Open ones: {ids}."
    )


def _by_hand(s: Situation, id: str) -> Refusal | None:
    refusal = _open_obligation(s, id)
    found = s.complaint.obligation(id)
    if refusal is None and found is not None and found.kind not in BY_HAND:
        return Refusal(
            code="done_by_its_action",
            field="obligation",
            message=f"{found.kind} is settled by doing it.",
            remedy=f"By hand: {', '.join(sorted(BY_HAND))}.",
        )
    return refusal


@on_payload(FulfilObligation)
def fulfils_what_is_open(s: Situation, action: FulfilObligation) -> Refusal | None:
    """The obligation is open and of a kind that is settled by saying so."""
    return _by_hand(s, action.obligation)


@on_payload(Waive)
def waives_what_is_open(s: Situation, action: Waive) -> Refusal | None:
    """The obligation is open and of a kind that may be let go."""
    return _by_hand(s, action.obligation)


@on_payload(RecordMissed)
def is_overdue(s: Situation, action: RecordMissed) -> Refusal | None:
    """An open obligation is missed once its due time has passed, not before (law 8)."""
    refusal = _open_obligation(s, action.obligation)
    found = s.complaint.obligation(action.obligation)
    if refusal is not None or found is None or s.at > found.due_at:
        return refusal
    return Refusal(
        code="not_due",
        field="obligation",
        message=f"It is due on {found.due_at:%Y-%m-%d %H:%M} UTC.",
        remedy="Record it after that time.",
    )
