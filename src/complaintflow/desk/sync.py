"""The blocking desk. Every method is load, plan, append."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from complaintflow.desk import _evidence, _plan
from complaintflow.desk.batch import Batch, Known, Past, Result, Step, with_names, with_steps
from complaintflow.desk.outcome import Anchor, Erasure, Outcome, Plan
from complaintflow.errors import ComplaintNotFound, ConcurrencyConflict, Damaged, KeyReused, Refused
from complaintflow.model.actions import Action, Record, RecordErasure
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.parties import Actor
from complaintflow.storage.evidence import Fault, Sealed, unseal
from complaintflow.storage.port import Page, Query, Store, SupportsBatch, SupportsErasure
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
        for attempt in _plan.ATTEMPTS:
            if key is not None and (first := self.store.recall(self.tenant, key)):
                return self._repeat(first, None, action, actor)
            when = _plan.when(at, self._clock)
            plan = self._decide(None, action, actor, when, key)
            with attempt:
                self.store.append(self.tenant, plan.complaint, plan.record)
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
        _plan.is_more_than_an_entry(action)
        for attempt in _plan.ATTEMPTS:
            complaint = self.get(complaint_id)  # before the key: whoever writes it now makes our append fail
            if key is not None and (first := self.store.recall(self.tenant, key)):
                return self._repeat(first, complaint_id, action, actor)
            _plan.expect(complaint, expected_version)
            when = _plan.when(at, self._clock, complaint)
            plan = self._decide(complaint, action, actor, when, key)
            with attempt:
                self.store.append(self.tenant, plan.complaint, plan.record)
                return plan.outcome
        raise AssertionError("unreachable")

    def act_many(
        self, steps: Iterable[Step | tuple[str, Action, Actor]], *, at: datetime | None = None
    ) -> tuple[Result, ...]:
        """Do many actions, each with a result of its own: an ``Outcome``, or the error that ``act`` would have raised.

        All that is possible is written in one transaction; a few hundred are a good number. Actions on one case follow
        one another. If another worker was faster anywhere, all are decided anew. Over a store without
        ``SupportsBatch`` they are done one by one.
        Raises ``ConcurrencyConflict`` when others were faster every time, ``ValueError`` for a key that no database
        could hold, ``Damaged`` for a case that cannot be read; nothing is written then.
        """
        given = with_names(steps)
        if not isinstance(self.store, SupportsBatch):
            return tuple(self._try(step, at) for step in given)
        for attempt in _plan.ATTEMPTS:
            cases = self.store.load_many(self.tenant, {step.complaint_id for step in given})
            batch = Batch(self._decide, cases, self._known(self.store, [step.key for step in given]))
            results = tuple(batch.act(step, self._clock, at) for step in given)
            with attempt:
                self.store.append_many(self.tenant, batch.writes)
                return results
        raise AssertionError("unreachable")

    def import_cases(self, cases: Iterable[Past]) -> tuple[Result, ...]:
        """Take in cases that were handled elsewhere, in one transaction; a few hundred are a good number.

        Every step is decided and sealed as if it were done now, so all laws hold. The result is the last step's
        outcome; or what was refused, and then nothing of that case is written. A case whose key is known is not
        written again: its first outcome is the result. What is overdue is for the next sweep.
        Raises ``TypeError`` if the store has no ``SupportsBatch``, ``ValueError`` for a case without steps; the rest as
        ``act_many``.
        """
        if not isinstance(self.store, SupportsBatch):
            raise TypeError(f"{type(self.store).__name__} cannot import: it has no `append_many`")
        given = with_steps(cases)
        for attempt in _plan.ATTEMPTS:
            batch = Batch(self._decide, {}, self._known(self.store, [past.key for past in given]))
            results = tuple(batch.take_in(past) for past in given)
            with attempt:
                self.store.append_many(self.tenant, batch.writes)
                return results
        raise AssertionError("unreachable")

    def options(self, complaint_id: str, actor: Actor, *, at: datetime | None = None) -> tuple[Option, ...]:
        """What this actor may do now, what not and why, and what each action needs. Raises ``ComplaintNotFound``."""
        complaint = self.get(complaint_id)
        return options(self.workflow, complaint, actor, _plan.when(at, self._clock, complaint))

    def get(self, complaint_id: str) -> Complaint:
        """The complaint as it stands, by its id. Raises ``ComplaintNotFound``."""
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
        """A page of complaints, oldest first.

        Raises ``ValueError`` for a false ``after``, ``Damaged`` if one of them cannot be read.
        """
        return self.store.find(self.tenant, query or Query())

    def customer_view(self, complaint_id: str, *, language: str | None = None) -> CustomerView:
        """The case in the complainant's words (T05-T07); in the language of the complaint unless another is asked.

        Raises ``ComplaintNotFound``.
        """
        file = self.history(complaint_id)
        return customer_view(self.workflow, file, language)

    def sweep(self, *, at: datetime | None = None, limit: int = 100) -> tuple[Outcome, ...]:
        """Record every missed due time of up to ``limit`` complaints, once each, however many workers sweep (law 8).

        The entries bear the time ``at``, or the clock's: never sweep ahead of time on a file that is to go on.
        Raises ``Damaged`` for a complaint that cannot be read, when all others are done.
        """
        now = _plan.when(at, self._clock)
        done, damaged = list[Outcome](), list[Damaged]()
        for complaint_id in self.store.due(self.tenant, now, limit):
            try:
                complaint = self.get(complaint_id)
            except Damaged as why:
                damaged.append(why)
                continue
            for action in _plan.missed(complaint, now):
                with _plan.somebody_was_faster():
                    done.append(self.act(complaint_id, action, _plan.SWEEPER, at=max(now, complaint.updated_at)))
        if damaged:
            raise damaged[0]
        return tuple(done)

    def verify(self, complaint_id: str, *, anchor: Anchor | None = None) -> tuple[Fault, ...]:
        """Everything that is wrong with a case on file, entry by entry; empty if it is whole (law 11).

        Without an ``anchor`` a tail that was cut off cleanly, or a file rewritten from some entry on, is not seen.
        Whatever was done to the data, it is reported and not raised. Raises ``ComplaintNotFound`` if there is nothing
        of the case, and the anchor does not know it either; ``ValueError`` for an anchor that is false or not this
        tenant's.
        """
        _evidence.trust(anchor, self.tenant)
        before = None
        for _ in _plan.ATTEMPTS:  # what was written between our reads looks wrong once, what is wrong does again
            found, reached = self._look_through(complaint_id, anchor)
            if not found or reached == before:
                break
            before = reached
        return found

    def anchor(self, *, at: datetime | None = None) -> Anchor:
        """How far every file reaches now, to be signed and kept elsewhere. Reads every case."""
        return _evidence.anchor(self.tenant, _plan.when(at, self._clock), self._every(Query(limit=1000)))

    def erase(self, person: str, actor: Actor, *, reason: str, at: datetime | None = None) -> Erasure:
        """Erase the personal words of a complainant or representative from all their cases, for good (law 11).

        Each case gets a tombstone entry with the ``reason``, which must itself name nobody; then its cells, and what
        its snapshot said, are removed. An open case or one under legal hold is refused. A repetition does no harm, and
        finishes what was interrupted, without a second tombstone. Raises ``TypeError`` if the store cannot erase.
        """
        erased, refused = [], {}
        for case in list(self._every(Query(complainant=person))):
            try:
                erased.append(self._erase(case.id, RecordErasure(reason=reason), actor, at))
            except Refused as why:
                refused[case.id] = why.refusals
        return Erasure(tuple(erased), refused)

    def purge(self, *, at: datetime | None = None, limit: int = 100) -> tuple[Outcome, ...]:
        """Erase the personal words of up to ``limit`` ended cases that their retention class keeps no longer (Q14).

        Nothing of an open case or one under legal hold is touched, and no case is deleted (Q15). Call it from a
        scheduler until it returns nothing; a repetition does no harm, and finishes what was interrupted.
        Raises ``TypeError`` if the store cannot erase.
        """
        now, done = _plan.when(at, self._clock), list[Outcome]()
        for case in self._every(_evidence.ended_long_ago(self.workflow.policy, now)):
            if len(done) == limit:
                break
            if (action := _evidence.purge(self.workflow.policy, case, now)) is not None:
                with _plan.somebody_was_faster():
                    done.append(self._erase(case.id, action, _evidence.PURGER, at))
        return tuple(done)

    def personal_data(self, person: str) -> list[dict[str, object]]:
        """All that is on file about a person's cases, as JSON values, to be handed to them (subject access)."""
        cases = list(self._every(Query(complainant=person)))
        return _evidence.personal_data([(c, self.history(c.id)) for c in cases])

    def _look_through(self, complaint_id: str, anchor: Anchor | None) -> tuple[tuple[Fault, ...], object]:
        """What is wrong with a case, and how far its file reached."""
        try:
            file = self.store.history(self.tenant, complaint_id)
        except Damaged as why:
            return (Fault(0, str(why)),), str(why)
        snapshot: Complaint | Damaged | None
        try:
            snapshot = self.store.load(self.tenant, complaint_id)
        except Damaged as why:
            snapshot = why
        if not file and snapshot is None and not (anchor and complaint_id in anchor.heads):
            raise ComplaintNotFound(complaint_id)
        found = tuple(_evidence.check(self.tenant, complaint_id, snapshot, file, anchor))
        if not found and isinstance(snapshot, Complaint) and not self._is_in_place(snapshot):
            found = (Fault(len(file), _evidence.MISPLACED),)
        return found, [record.hash for record in file]

    def _erase(self, complaint_id: str, action: RecordErasure, actor: Actor, at: datetime | None) -> Outcome:
        """Tombstone first, then the cells: whatever is interrupted in between is seen, and finished by a repetition."""
        if not isinstance(self.store, SupportsErasure):
            raise TypeError(f"{type(self.store).__name__} cannot erase: it has no `forget`")
        repeated = True
        for attempt in _plan.ATTEMPTS:
            file = self.store.history(self.tenant, complaint_id)
            case = _evidence.folded_from(file)
            plan = self._decide(case, action, actor, _plan.when(at, self._clock, case), None)
            with attempt:
                if _evidence.needs_tombstone(file):
                    self.store.append(self.tenant, plan.complaint, plan.record)
                    file, repeated = (*file, plan.record), False
                outcome = _evidence.erased(file, repeated=repeated)
                self.store.forget(self.tenant, outcome.complaint)
                return outcome
        raise AssertionError("unreachable")

    def _is_in_place(self, complaint: Complaint) -> bool:
        """Does the store find it where it should, and nowhere else?"""
        for query, found in _evidence.probes(complaint):
            page = self.store.find(self.tenant, query)
            if any(c.id == complaint.id for c in page.complaints) != found:
                return False
        return True

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

    def _known(self, store: SupportsBatch, keys: Iterable[str | None]) -> dict[str, Known]:
        given = {key for key in keys if key is not None}
        found = store.recall_many(self.tenant, given) if given else {}
        return {k: Known(r, self.store.history(self.tenant, r.complaint_id)) for k, r in found.items()}

    def _try(self, step: Step, at: datetime | None) -> Result:
        try:
            return self.act(step.complaint_id, step.action, step.actor, at=at, key=step.key)
        except (Refused, ComplaintNotFound, KeyReused) as error:
            return error
        except ConcurrencyConflict as conflict:
            if conflict.final:
                raise
            return conflict
