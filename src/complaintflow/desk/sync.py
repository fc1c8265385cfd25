"""The blocking desk. Every method is load, plan, append."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from complaintflow.desk import _plan
from complaintflow.desk.outcome import Outcome
from complaintflow.errors import ComplaintNotFound, ConcurrencyConflict, Refused
from complaintflow.model.actions import Action, Record
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.parties import Actor
from complaintflow.storage.port import Page, Query, Store
from complaintflow.workflow.customer_view import CustomerView, customer_view
from complaintflow.workflow.decide import Option, options
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.standard import standard_workflow


class ComplaintDesk:
    """Where complaints are handled, for one tenant, over a blocking store.

    ``clock`` returns the time (UTC-aware), ``new_id`` makes the ids of new cases. Nothing else is read from outside.
    """

    def __init__(
        self,
        store: Store,
        *,
        tenant: str = "main",
        workflow: Workflow | None = None,
        clock: Callable[[], datetime] = _plan.utc_now,
        new_id: Callable[[], str] = _plan.new_uuid7,
    ) -> None:
        self.store = store
        self.tenant = tenant
        self.workflow = workflow or standard_workflow()
        self._clock = clock
        self._new_id = new_id

    def record(self, action: Record, actor: Actor, *, at: datetime | None = None, key: str | None = None) -> Outcome:
        """Record a new complaint. With a ``key``, a repetition returns the first outcome.

        Raises ``Refused``, ``KeyReused``.
        """
        for attempt in range(1, _plan.ATTEMPTS + 1):
            if key is not None and (first := self.store.recall(self.tenant, key)):
                return self._repeat(first, None, action, actor)
            when = at or self._clock()
            outcome = _plan.plan(self.workflow, None, action, actor, when, complaint_id=self._new_id(), key=key)
            try:
                self.store.append(self.tenant, *outcome[:2])
            except ConcurrencyConflict:
                if attempt == _plan.ATTEMPTS:
                    raise
            else:
                return outcome
        raise AssertionError("unreachable")

    def act(
        self,
        complaint_id: str,
        action: Action,
        actor: Actor,
        *,
        at: datetime | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Do an action on a complaint: it is decided on the newest state and written, or nothing is.

        With ``expected_version`` a faster colleague is the caller's to see; without it the action is decided anew.
        With a ``key``, a repetition returns the first outcome.
        Raises ``Refused``, ``ComplaintNotFound``, ``ConcurrencyConflict``, ``KeyReused``.
        """
        for attempt in range(1, _plan.ATTEMPTS + 1):
            if key is not None and (first := self.store.recall(self.tenant, key)):
                return self._repeat(first, complaint_id, action, actor)
            complaint = self.get(complaint_id)
            _plan.expect(complaint, expected_version)
            when = at or _plan.moment(self._clock(), complaint)
            outcome = _plan.plan(self.workflow, complaint, action, actor, when, key=key)
            try:
                self.store.append(self.tenant, *outcome[:2])
            except ConcurrencyConflict:
                if attempt == _plan.ATTEMPTS:
                    raise
            else:
                return outcome
        raise AssertionError("unreachable")

    def options(self, complaint_id: str, actor: Actor, *, at: datetime | None = None) -> tuple[Option, ...]:
        """What this actor may do now, what not and why, and what each action needs. Raises ``ComplaintNotFound``."""
        complaint = self.get(complaint_id)
        return options(self.workflow, complaint, actor, at or _plan.moment(self._clock(), complaint))

    def get(self, complaint_id: str) -> Complaint:
        """The complaint as it stands. Raises ``ComplaintNotFound``."""
        complaint = self.store.load(self.tenant, complaint_id)
        if complaint is None:
            raise ComplaintNotFound(complaint_id)
        return complaint

    def history(self, complaint_id: str) -> tuple[Entry, ...]:
        """The whole file in order. Raises ``ComplaintNotFound``."""
        file = self.store.history(self.tenant, complaint_id)
        if not file:
            raise ComplaintNotFound(complaint_id)
        return file

    def find(self, query: Query | None = None) -> Page:
        """A page of complaints, oldest first. Raises ``ValueError`` for a false ``after``."""
        return self.store.find(self.tenant, query or Query())

    def customer_view(self, complaint_id: str, *, language: str | None = None) -> CustomerView:
        """The case in the complainant's words (T05-T07); in the language of the complaint unless another is asked.

        Raises ``ComplaintNotFound``.
        """
        file = self.history(complaint_id)
        return customer_view(self.workflow, file, language)

    def sweep(self, *, at: datetime | None = None, limit: int = 100) -> tuple[Outcome, ...]:
        """Record every missed due time of up to ``limit`` complaints, once each, however many workers sweep (law 8)."""
        now = at or self._clock()
        done = []
        for complaint_id in self.store.due(self.tenant, now, limit):
            for action in _plan.missed(self.get(complaint_id), now):
                try:
                    done.append(self.act(complaint_id, action, _plan.SWEEPER, at=at))
                except (Refused, ConcurrencyConflict):
                    continue  # another worker recorded it, or the work was done meanwhile
        return tuple(done)

    def _repeat(self, first: Entry, complaint_id: str | None, action: Action, actor: Actor) -> Outcome:
        return _plan.repeat(first, self.history(first.complaint_id), complaint_id, action, actor)
