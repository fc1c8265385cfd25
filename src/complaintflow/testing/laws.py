"""The laws as checks on a case file: each raises ``AssertionError`` with what is wrong. Pure; for any store or host."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from complaintflow.model import actions as act
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.money import totals
from complaintflow.model.obligation import Status
from complaintflow.model.remedy import LineStatus
from complaintflow.workflow.customer_view import customer_view
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.evolve import evolve, fold

JUDGING = (act.Uphold, act.Decline, act.SettleOnTheSpot)
HANDLING = (
    act.Accept,
    act.EstablishCause,
    act.ProposePlan,
    act.CompleteRemedy,
    act.FailRemedy,
    act.Replan,
    act.Answer,
)


def check(workflow: Workflow, complaint: Complaint, file: Sequence[Entry]) -> None:
    """Every law that one case can show."""
    snapshot_is_the_fold(complaint, file)
    entries_have_no_gap(file)
    somebody_owes_something(workflow, complaint)
    remedies_were_approved(file)
    four_eyes(file)
    closed_with_answer_feedback_and_review(file)
    late_is_missed_once(file)
    times_are_utc(file)


def snapshot_is_the_fold(complaint: Complaint, file: Sequence[Entry]) -> None:
    """Law 1."""
    assert fold(file) == complaint, f"the snapshot of {complaint.id} is not the fold of its {len(file)} entries"


def entries_have_no_gap(file: Sequence[Entry]) -> None:
    """Law 2."""
    assert [e.seq for e in file] == list(range(1, len(file) + 1)), [e.seq for e in file]
    assert all(a.stage_to == b.stage_from for a, b in pairwise(file)), "an entry does not start where the last ended"
    assert all(a.at <= b.at for a, b in pairwise(file)), "entries are not in the order of time"


def somebody_owes_something(workflow: Workflow, complaint: Complaint) -> None:
    """Law 4."""
    assert complaint.owner.department in workflow.policy.departments, f"nobody answers: {complaint.owner}"
    if workflow.is_open(complaint.stage):
        assert complaint.next_due_at is not None, f"silent waiting in {complaint.stage}"
        assert complaint.ended_at is None
    else:
        assert complaint.ended_at is not None


def remedies_were_approved(file: Sequence[Entry]) -> None:
    """Law 5."""
    approved: set[str] = set()
    done: set[str] = set()
    c: Complaint | None = None
    for entry in file:
        after = evolve(c, entry)
        now = {x.id for x in after.lines_in(LineStatus.DONE)}
        if isinstance(entry.action, act.Approve):
            assert c is not None
            approved |= {x.id for x in c.lines_in(LineStatus.PROPOSED)}
        if isinstance(entry.action, act.SettleOnTheSpot):
            approved |= now - done
        assert now - done <= approved, f"carried out without approval: {now - done - approved}"
        assert done <= now, f"undone: {done - now}"
        if isinstance(entry.action, act.CompleteRemedy):
            assert len(now - done) == 1, "a line was carried out twice, or none"
        c, done = after, now
    assert c is not None
    for line in c.lines_in(LineStatus.DONE):
        if line.paid is not None:
            assert line.amount is not None
            assert line.paid.currency == line.amount.currency
            assert line.paid.amount <= line.amount.amount, f"line {line.id} paid {line.paid} of {line.amount}"
    granted = totals(x.amount for x in c.lines if x.id in approved)
    for currency, paid in totals(x.paid for x in c.lines).items():
        assert paid.amount <= granted[currency].amount


def four_eyes(file: Sequence[Entry]) -> None:
    """Law 6."""
    c: Complaint | None = None
    for entry in file:
        who, action = entry.actor.id, entry.action
        if c is not None and isinstance(action, (*JUDGING, *HANDLING, act.Approve, act.Close)):
            assert who not in c.accused, f"{who} is accused and did {action.type}"
            assert who not in c.speakers, f"{who} complains and did {action.type}"
        if c is not None and isinstance(action, act.Approve):
            assert who != c.proposed_by, f"{who} approved the own plan"
        if c is not None and isinstance(action, JUDGING) and c.appeals:
            assert who not in c.judges, f"{who} judged again after an appeal"
        c = evolve(c, entry)


def closed_with_answer_feedback_and_review(file: Sequence[Entry]) -> None:
    """Law 7: in each round from record or reopening to close."""
    answered = heard = False
    for entry in file:
        match entry.action:
            case act.Record() | act.Reopen():
                answered = heard = False
            case act.Answer() | act.SettleOnTheSpot():
                answered, heard = True, False
            case act.ConfirmSatisfaction() | act.LapseFeedback() | act.Dispute() | act.Appeal():
                assert answered, "feedback before any answer"
                heard = True
            case act.Close():
                assert answered, "closed without an answer"
                assert heard, "closed without feedback asked and given or lapsed"
            case _:
                pass


def late_is_missed_once(file: Sequence[Entry]) -> None:
    """Law 8: an obligation ends once; missed if and only if its time was over."""
    due = {o.id: o.due_at for e in file for o in e.opened}
    assert len(due) == sum(len(e.opened) for e in file), "two obligations share an id"
    ended: set[str] = set()
    for entry in file:
        for s in entry.settled:
            assert s.obligation not in ended, f"{s.obligation} ended twice"
            ended.add(s.obligation)
            late = entry.at > due[s.obligation]
            assert (s.status is Status.MISSED) == late, f"{s.obligation}: {s.status}, due {due[s.obligation]}"


def times_are_utc(file: Sequence[Entry]) -> None:
    """Law 14."""
    for entry in file:
        for at in (entry.at, *(o.due_at for o in entry.opened)):
            offset = at.utcoffset()
            assert offset is not None, "a naive time"
            assert not offset, f"{at} is not UTC"


def customer_sees_nothing_internal(workflow: Workflow, file: Sequence[Entry], *secrets: str) -> None:
    """Law 10: none of the words that were kept inside is in the view, in either language."""
    for language in ("en", "zh"):
        view = customer_view(workflow, file, language)
        text = view.model_dump_json()
        leaked = [s for s in secrets if s in text]
        assert not leaked, f"the customer can read {leaked}"
        assert view.stage, "no words for the stage"
        assert view.next_step, "no words for the next step"
