"""The blocking desk. Every method is load, plan, append."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from complaintflow.desk import _evidence, _plan
from complaintflow.desk._evidence import Anchor, Erasure
from complaintflow.desk.outcome import Outcome, Plan
from complaintflow.errors import ComplaintNotFound, ConcurrencyConflict, Refused
from complaintflow.model.actions import Action, Record, RecordErasure
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.parties import Actor
from complaintflow.storage.evidence import Fault, Sealed, unseal
from complaintflow.storage.port import Page, Query, Store, SupportsErasure
from complaintflow.workflow.customer_view import CustomerView, customer_view
from complaintflow.workflow.decide import Option, options
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.standard import standard_workflow


class ComplaintDesk:
    """Where complaints are handled, for one tenant, over a blocking store.

    ``clock`` returns the time (UTC-aware), ``new_id`` makes the ids of new cases, ``new_salt`` 32 random
    hexadecimal digits for each personal word. Nothing else is read from outside.
    """

    def __init__(
        self,
        store: Store,
        *,
        tenant: str = "main",
        workflow: Workflow | None = None,
        clock: Callable[[], datetime] = _plan.utc_now,
        new_id: Callable[[], str] = _plan.new_uuid7,
        new_salt: Callable[[], str] = _plan.new_salt,
    ) -> None:
        self.store = store
        self.tenant = tenant
        self.workflow = workflow or standard_workflow()
        self._clock = clock
        self._new_id = new_id
        self._new_salt = new_salt

    def record(self, action: Record, actor: Actor, *, at: datetime | None = None, key: str | None = None) -> Outcome:
        """Record a new complaint. With a ``key``, a repetition returns the first outcome.

        Raises ``Refused``, ``KeyReused``.
        """
        for attempt in range(1, _plan.ATTEMPTS + 1):
            if key is not None and (first := self.store.recall(self.tenant, key)):
                return self._repeat(first, None, action, actor)
            when = at or self._clock()
            plan = self._decide(None, action, actor, when, key)
            try:
                self.store.append(self.tenant, plan.complaint, plan.record)
            except ConcurrencyConflict:
                if attempt == _plan.ATTEMPTS:
                    raise
            else:
                return plan.outcome
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
            plan = self._decide(complaint, action, actor, when, key)
            try:
                self.store.append(self.tenant, plan.complaint, plan.record)
            except ConcurrencyConflict:
                if attempt == _plan.ATTEMPTS:
                    raise
            else:
                return plan.outcome
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
        return tuple(unseal(record) for record in file)

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

    def verify(self, complaint_id: str, *, anchor: Anchor | None = None) -> tuple[Fault, ...]:
        """Everything that is wrong with a case on file, entry by entry; empty if it is whole (law 11).

        Without an ``anchor`` a tail that was cut off cleanly, or a file rewritten from the beginning, is not seen.
        Raises ``ComplaintNotFound`` if there is nothing of it, and the anchor does not know it either.
        """
        file = self.store.history(self.tenant, complaint_id)
        if not file and not (anchor and complaint_id in anchor.heads):
            raise ComplaintNotFound(complaint_id)
        try:
            snapshot = self.store.load(self.tenant, complaint_id)
        except ValueError:
            return (Fault(len(file), "the snapshot cannot be read"),)
        found = [*_evidence.check(self.tenant, complaint_id, snapshot, file)]
        return (*found, *(_evidence.check_anchor(anchor, complaint_id, file) if anchor else ()))

    def anchor(self, *, at: datetime | None = None) -> Anchor:
        """How far every file reaches now, to be signed and kept elsewhere. Reads every case."""
        return _evidence.anchor(self.tenant, at or self._clock(), self._every(Query(limit=1000)))

    def erase(self, person: str, actor: Actor, *, reason: str, at: datetime | None = None) -> Erasure:
        """Erase the personal words of a complainant or representative from all their cases, for good (law 11).

        Each case gets a tombstone entry with the ``reason``, which must itself name nobody; then its cells, and what
        its snapshot said, are removed. An open case or one under legal hold is refused. A repetition does no harm, and
        finishes what was interrupted. Raises ``TypeError`` if the store cannot erase.
        """
        if not isinstance(self.store, SupportsErasure):
            raise TypeError(f"{type(self.store).__name__} cannot erase: it has no `forget`")
        erased, refused = [], {}
        for case in list(self._every(Query(complainant=person))):
            try:
                erased.append(self.act(case.id, RecordErasure(reason=reason), actor, at=at))
            except Refused as why:
                refused[case.id] = why.refusals
            else:
                self._forget(self.store, case.id)
        return Erasure(tuple(erased), refused)

    def personal_data(self, person: str) -> list[dict[str, object]]:
        """All that is on file about a person's cases, as JSON values, to be handed to them (subject access)."""
        cases = list(self._every(Query(complainant=person)))
        return _evidence.personal_data([(c, self.history(c.id)) for c in cases])

    def _forget(self, store: SupportsErasure, complaint_id: str) -> None:
        for attempt in range(1, _plan.ATTEMPTS + 1):
            file = self.store.history(self.tenant, complaint_id)
            try:
                store.forget(self.tenant, _evidence.without_cells(file))
            except ConcurrencyConflict:
                if attempt == _plan.ATTEMPTS:
                    raise
            else:
                return

    def _every(self, query: Query) -> Iterator[Complaint]:
        while True:
            page = self.store.find(self.tenant, query)
            yield from page.complaints
            if page.next is None:
                return
            query = query.model_copy(update={"after": page.next})

    def _decide(self, complaint: Complaint | None, action: Action, actor: Actor, at: datetime, key: str | None) -> Plan:
        new_id = complaint.id if complaint is not None else self._new_id()
        return _plan.plan(
            self.workflow, self.tenant, complaint, action, actor, at, complaint_id=new_id, key=key, salt=self._new_salt
        )

    def _repeat(self, first: Sealed, complaint_id: str | None, action: Action, actor: Actor) -> Outcome:
        file = self.store.history(self.tenant, first.complaint_id)
        return _plan.repeat(first, file, complaint_id, action, actor)
