"""The thinking behind many actions in one transaction: each is decided on what the ones before it have made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from complaintflow.desk import _plan
from complaintflow.desk.outcome import Outcome, Plan
from complaintflow.errors import ComplaintNotFound, ConcurrencyConflict, KeyReused, Refused
from complaintflow.model.actions import Action
from complaintflow.model.complaint import Complaint
from complaintflow.model.parties import Actor
from complaintflow.storage.evidence import Sealed

Result = Outcome | Refused | ComplaintNotFound | ConcurrencyConflict | KeyReused
"""What became of one action of many. An error is returned here, not raised: the others are not its fault."""


class Step(NamedTuple):
    """One action on a case of record; with a ``key``, a repetition returns the first outcome."""

    complaint_id: str
    action: Action
    actor: Actor
    key: str | None = None


class Past(NamedTuple):
    """A case that was handled elsewhere: what was done, by whom, when (UTC-aware); the first action is a ``Record``.

    The ``key`` is that of the first entry: a case that is here already is not taken in twice.
    """

    key: str
    steps: Sequence[tuple[Action, Actor, datetime]]


class Known(NamedTuple):
    """The entry that stands under a key already, and its file."""

    record: Sealed
    file: Sequence[Sealed]


Decide = Callable[[Complaint | None, Action, Actor, datetime, str | None], Plan]
"""What is to be written for an action on a case (``None``: a new one). Raises ``Refused``."""


class Batch:
    """Decides step by step. ``writes`` is what a store has to append, all or nothing."""

    def __init__(self, decide: Decide, cases: Mapping[str, Complaint], known: Mapping[str, Known]) -> None:
        self._decide = decide
        self._cases = dict(cases)
        self._known = known
        self._done: dict[str, Outcome] = {}
        self.writes: list[tuple[Complaint, Sealed]] = []

    def act(self, step: Step, clock: Callable[[], datetime], at: datetime | None) -> Result:
        """The result of one step, at ``at`` or when the clock says."""
        again = self._again(step.key, step.complaint_id, step.action, step.actor)
        if again is not None:
            return again
        case = self._cases.get(step.complaint_id)
        if case is None:
            return ComplaintNotFound(step.complaint_id)
        try:
            _plan.is_more_than_an_entry(step.action)
            plan = self._decide(case, step.action, step.actor, _plan.when(at, clock, case), step.key)
        except Refused as refused:
            return refused
        self._keep([plan])
        return plan.outcome

    def take_in(self, past: Past) -> Result:
        """The result of the last step of a whole case; if any step is refused, nothing of the case is kept."""
        action, actor, _ = past.steps[0]
        again = self._again(past.key, None, action, actor)
        if again is not None:
            return again
        plans: list[Plan] = []
        case = None
        for n, (action, actor, at) in enumerate(past.steps):
            try:
                _plan.is_more_than_an_entry(action)
                plan = self._decide(case, action, actor, _plan.when(at, _plan.utc_now), None if n else past.key)
            except Refused as refused:
                return refused
            plans.append(plan)
            case = plan.complaint
        self._keep(plans)
        return plans[-1].outcome

    def _again(self, key: str | None, complaint_id: str | None, action: Action, actor: Actor) -> Result | None:
        """The result if the key is known from before, or from this batch."""
        if key is None:
            return None
        if (before := self._known.get(key)) is not None:
            try:
                return _plan.repeat(before.record, before.file, complaint_id, action, actor)
            except KeyReused as reused:
                return reused
        if (first := self._done.get(key)) is None:
            return None
        if _plan.is_same(first.entry, complaint_id, action, actor):
            return first._replace(repeated=True)
        return KeyReused(key, first.entry.complaint_id, first.entry.seq)

    def _keep(self, plans: Iterable[Plan]) -> None:
        for plan in plans:
            self.writes.append((plan.complaint, plan.record))
            self._cases[plan.complaint.id] = plan.complaint
            if plan.entry.key is not None:
                self._done[plan.entry.key] = plan.outcome


def with_names(given: Iterable[Step | tuple[str, Action, Actor]]) -> list[Step]:
    """Bare triples are steps without a key. Raises ``ValueError`` for a key that no database could hold."""
    steps = [Step(*step) for step in given]
    for step in steps:
        _plan.check_key(step.key)
    return steps


def with_steps(given: Iterable[Past]) -> list[Past]:
    """Raises ``ValueError`` for a case without steps, and for a key that no database could hold."""
    cases = list(given)
    for n, past in enumerate(cases):
        _plan.check_key(past.key)
        if not past.steps:
            raise ValueError(f"case {n} has no steps")
    return cases
