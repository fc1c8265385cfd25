"""What follows from an admitted action: who answers for the case, which obligations open and how others end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from complaintflow.model import actions as act
from complaintflow.model.obligation import STAGE_DUTIES, Kind, Obligation, Party, Settlement, Status
from complaintflow.model.parties import Owner, Role
from complaintflow.model.remedy import LineStatus
from complaintflow.rules import deadlines
from complaintflow.rules.routing import responsible_department
from complaintflow.rules.situation import Situation
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.rows import Row, Stage

SURVIVES_THE_END = frozenset({Kind.CALL_BACK, Kind.MEASURE})
"""Obligations that go on after the case is closed."""

OUTSIDE = frozenset({Role.COMPLAINANT, Role.THIRD_PARTY})


class Ledger:
    """The obligations of one entry while it is being made."""

    def __init__(self, s: Situation, seq: int, owner: Owner) -> None:
        self.s = s
        self.seq = seq
        self.owner = owner
        self.left: list[Obligation] = [o for o in s.case.obligations if o.is_open] if s.case is not None else []
        self.opened: list[Obligation] = []
        self.settled: list[Settlement] = []

    def settle(self, which: Iterable[Obligation], status: Status, reason: str | None = None) -> None:
        """End open obligations; what is late ends as missed, whatever ``status`` says (law 8)."""
        ended = {o.id: deadlines.outcome(o.due_at, self.s.at, status) for o in which}
        if not ended:
            return
        self.settled += [Settlement(obligation=o_id, status=how, reason=reason) for o_id, how in ended.items()]
        self.left = [o for o in self.left if o.id not in ended]

    def kept(self, *kinds: str) -> None:
        self.settle([o for o in self.left if o.kind in kinds], Status.KEPT)

    def find(self, id: str) -> Obligation:
        return next(o for o in self.left if o.id == id)

    def open(self, kind: str, due: datetime | None = None, *, owed_by: Party | None = None, **more: Any) -> None:
        duty = self.s.policy.duties[kind]
        self.opened.append(
            Obligation(
                id=f"{self.seq}.{len(self.opened) + 1}",
                kind=kind,
                owed_by=owed_by or self._owed_by(duty.role, duty.place),
                owed_to=_party(duty.to),
                opened_at=self.s.at,
                due_at=due or deadlines.due_at(self.s.policy, kind, self.s.at),
                **more,
            )
        )

    def _owed_by(self, role: str, place: str) -> Party:
        if place == "person":
            return _party(role, self.owner.department, self.owner.person)
        if place == "department":
            return _party(role, self.owner.department)
        if place == "outside":
            return _party(role)
        return _party(role, self.s.policy.front_desk if place == "front_desk" else self.s.policy.reviewers)


@lru_cache(maxsize=1024)
def _party(role: str, department: str | None = None, person: str | None = None) -> Party:
    """The same few parties owe nearly everything: each is made once, for all who owe or are owed."""
    return Party(role=role, department=department, person=person)


def consequences(
    workflow: Workflow, row: Row, s: Situation, target: str, seq: int
) -> tuple[Owner, tuple[Obligation, ...], tuple[Settlement, ...]]:
    """Owner, obligations opened and obligations settled by the action in ``s`` on its way to ``target``."""
    to = workflow.stages[target]
    came_from = workflow.stages[s.case.stage] if s.case is not None else None
    owner = _owner_after(s, to)
    ledger = Ledger(s, seq, owner)
    moved = row.target is not None
    if moved and came_from is not None:
        _leave(ledger, came_from, to)
    if row.settles:
        ledger.kept(*row.settles)
    if s.action is not None and (special := _SPECIAL.get(type(s.action))) is not None:
        special(ledger, s.action)
    if moved:
        _enter(ledger, to)
    for kind in row.opens:
        if not any(o.kind == kind for o in ledger.left):
            ledger.open(kind)
    return owner, tuple(ledger.opened), tuple(ledger.settled)


def _owner_after(s: Situation, to: Stage) -> Owner:
    if isinstance(s.action, act.Assign):
        department = s.action.department or responsible_department(s.policy, s.complaint)
        return Owner(department=department, person=s.action.person)
    if isinstance(s.action, act.Reassign):
        return Owner(department=s.action.department, person=s.action.person)
    if s.case is None or (to.at_front_desk and s.case.stage != to.name and s.case.waiting is None):
        return Owner(department=s.policy.front_desk)
    return s.case.owner


_OVER = "the case has ended"
_LEAVING: dict[type[act.Action], tuple[Status, str] | None] = {
    act.WaitForCustomer: (Status.WAIVED, "waiting for the customer"),
    act.WaitForThirdParty: None,
    act.Withdraw: (Status.WAIVED, _OVER),
    act.Merge: (Status.WAIVED, _OVER),
}
"""How the duty of a stage ends when it is not done: ``None`` lets it run on. All other actions do it."""


def _leave(ledger: Ledger, came_from: Stage, to: Stage) -> None:
    how = _LEAVING.get(type(ledger.s.action), (Status.KEPT, None))  # type: ignore[arg-type]  # no action: not there
    if how is not None:
        ledger.settle([o for o in ledger.left if o.kind == came_from.duty], *how)
    if not to.is_open:
        ledger.settle([o for o in ledger.left if o.kind not in SURVIVES_THE_END], Status.WAIVED, _OVER)


def _enter(ledger: Ledger, to: Stage) -> None:
    """Open the stage's duty, unless it ran on during a wait; after a customer's wait only the time left is given."""
    if to.duty is None or any(o.kind == to.duty for o in ledger.left):
        return
    action, case = ledger.s.action, ledger.s.case
    due: datetime | None = None
    if isinstance(action, act.Record) and action.urgent:
        due = ledger.s.at + ledger.s.policy.urgent_within
    elif isinstance(action, act.WaitForCustomer | act.WaitForThirdParty):
        due = action.until
    elif isinstance(action, act.Resume) and case is not None and case.waiting is not None:
        left = case.waiting.remaining
        due = ledger.s.at + left if left is not None else None
    ledger.open(to.duty, due)


def _acknowledge(ledger: Ledger, action: act.Acknowledge) -> None:
    ledger.kept(Kind.PROMISED_REPLY)
    ledger.open(Kind.PROMISED_REPLY, action.reply_by, words=action.text)


def _promise(ledger: Ledger, action: act.Promise) -> None:
    ledger.open(Kind.PROMISE, action.due_at, words=action.text)


def _fulfil(ledger: Ledger, action: act.FulfilObligation) -> None:
    ledger.settle([ledger.find(action.obligation)], Status.KEPT, action.how)


def _waive(ledger: Ledger, action: act.WaiveObligation) -> None:
    ledger.settle([ledger.find(action.obligation)], Status.WAIVED, action.reason)


def _miss(ledger: Ledger, action: act.RecordMissed) -> None:
    """The work stays owed: the same kind opens again, one level up; what an outsider missed, the desk now owes."""
    late = ledger.find(action.obligation)
    ledger.settle([late], Status.MISSED)
    outsider = late.owed_by.role in OUTSIDE
    heir = Party(role=Role.HANDLER if outsider else Role.MANAGER, department=ledger.owner.department)
    ledger.open(late.kind, owed_by=heir, ref=late.ref, words=late.words, level=late.level + 1)


def _approve(ledger: Ledger, _: act.Approve) -> None:
    for line in ledger.s.complaint.lines_in(LineStatus.PROPOSED):
        ledger.open(Kind.REMEDY, ref=line.id, words=line.description)


def _complete(ledger: Ledger, action: act.CompleteRemedy) -> None:
    ledger.settle([o for o in ledger.left if o.kind == Kind.REMEDY and o.ref == action.line], Status.KEPT)


def _fail(ledger: Ledger, action: act.FailRemedy) -> None:
    owed = [o for o in ledger.left if o.kind == Kind.REMEDY and o.ref == action.line]
    ledger.settle(owed, Status.WAIVED, action.reason)


def _extend(ledger: Ledger, action: act.Extend) -> None:
    for duty in [o for o in ledger.left if o.kind in STAGE_DUTIES]:
        ledger.settle([duty], Status.WAIVED, f"extended: {action.reason}")
        ledger.open(duty.kind, action.until, owed_by=duty.owed_by, level=duty.level)


def _reassign(ledger: Ledger, _: act.Reassign) -> None:
    """What the former person owes, the new one owes by the same time; what is late already is on record first."""
    former = ledger.s.complaint.owner.person
    for o in [o for o in ledger.left if former is not None and o.owed_by.person == former]:
        ledger.settle([o], Status.WAIVED, "reassigned")
        heir = o.owed_by.model_copy(update=ledger.owner.model_dump())
        due = o.due_at if o.due_at > ledger.s.at else None
        ledger.open(o.kind, due, owed_by=heir, ref=o.ref, words=o.words, level=o.level)


def _close(ledger: Ledger, action: act.Close) -> None:
    for measure in action.review.measures:
        owed_by = Party(role=Role.MANAGER, department=measure.department)
        ledger.open(Kind.MEASURE, measure.due_at, owed_by=owed_by, words=measure.description)


_SPECIAL: dict[type[act.Action], Callable[[Ledger, Any], None]] = {
    act.Acknowledge: _acknowledge,
    act.Promise: _promise,
    act.FulfilObligation: _fulfil,
    act.WaiveObligation: _waive,
    act.RecordMissed: _miss,
    act.Approve: _approve,
    act.CompleteRemedy: _complete,
    act.FailRemedy: _fail,
    act.Extend: _extend,
    act.Reassign: _reassign,
    act.Close: _close,
}
