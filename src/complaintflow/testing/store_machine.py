"""Random histories on a store and on the reference at once: whatever one of them says, the other must say, too.

Each history has tenants of its own, so that one store serves all of them. Hypothesis knows no awaitable rules: stores
that are awaited are driven through the bench's runner.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from complaintflow.errors import Refused
from complaintflow.model import actions as act
from complaintflow.model.parties import Actor
from complaintflow.storage.evidence import unseal
from complaintflow.storage.memory import MemoryStore
from complaintflow.storage.port import Query
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.clauses import LATER, conflict_of, many, numbered, overdue, pages, same, trace, write_many
from complaintflow.testing.drafts import AGENT, CUSTOMER, HANDLER, MANAGER, START, Draft, Filing
from complaintflow.workflow.evolve import fold

Move = tuple[act.Action, Actor]
MOVES: tuple[Move, ...] = (
    (act.Uphold(reason="So it was"), AGENT),
    (act.Assign(person=HANDLER.id, department="sales"), AGENT),
    (act.Accept(), HANDLER),
    (act.Reclassify(category="shipping", sub_type="damage", reason="It came, broken"), AGENT),
    (act.Withdraw(reason="Solved"), CUSTOMER),
    (act.RecordErasure(reason="Letter 12"), MANAGER),
)
TENANTS = st.sampled_from(("x", "y"))
CASES = st.sampled_from(("case-1", "CASE-1", "case-2"))
KEYS = st.sampled_from((None, None, "key-1", "KEY-1", "key-2"))
TIMES = st.sampled_from([START + step for step in (timedelta(), timedelta(microseconds=1), timedelta(days=2))])
FILTERS = {
    "stage": st.sampled_from(("awaiting_assessment", "awaiting_acceptance", "withdrawn")),
    "category": st.sampled_from(("service", "shipping")),
    "department": st.sampled_from(("customer_service", "sales")),
    "complainant": st.sampled_from(("customer-1", "[erased]")),
    "open": st.booleans(),
    "recorded_from": TIMES,
    "recorded_before": TIMES,
    "due_before": TIMES.map(lambda at: at + timedelta(days=2)),
}
LIMITS = st.integers(1, 3)
QUERIES = st.one_of(
    st.fixed_dictionaries({"limit": LIMITS}),
    *(st.fixed_dictionaries({"limit": LIMITS, name: values}) for name, values in FILTERS.items()),
)
_runs = count(1)


class StoreMachine(RuleBasedStateMachine):
    """Cases of two tenants; filings are made on what is known and written at once, or later, or twice."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.store: Any = bench.store
        self.model = MemoryStore()
        self.made: list[Filing] = []
        self.run = next(_runs)
        self.open = ExitStack()

    def teardown(self) -> None:
        self.open.close()

    @initialize(tenant=TENANTS, key=KEYS)
    def begin(self, tenant: str, key: str | None) -> None:
        self._write(self.store, self.model, self._filing(self.model, tenant, "case-1", None, key, START))

    @rule(tenant=TENANTS, case=CASES, move=st.none() | st.sampled_from(MOVES), key=KEYS, at=TIMES)
    def write(self, tenant: str, case: str, move: Move | None, key: str | None, at: datetime) -> None:
        """An entry that fits, but for its key perhaps."""
        self._write(self.store, self.model, self._filing(self.model, tenant, case, move, key, at))

    @rule(tenant=TENANTS, case=CASES, move=st.none() | st.sampled_from(MOVES), key=KEYS, at=TIMES)
    def prepare(self, tenant: str, case: str, move: Move | None, key: str | None, at: datetime) -> None:
        """An entry that is written later, when others may have been faster."""
        self._filing(self.model, tenant, case, move, key, at)

    @rule(data=st.data())
    def submit(self, data: st.DataObject) -> None:
        """Something made before, stale or not, or a second time."""
        self._write(self.store, self.model, data.draw(st.sampled_from(self.made)))

    @precondition(lambda self: self.bench.able(Ability.BATCH))
    @rule(data=st.data(), tenant=TENANTS, size=st.integers(1, 4))
    def write_a_batch(self, data: st.DataObject, tenant: str, size: int) -> None:
        """Entries in one batch: each fits the ones before it, unless it was made before or its key is taken."""
        ahead, batch = self._copy(self.model), list[Filing]()
        for _ in range(size):
            before = [f for f in self.made if f.tenant == self._tenant(tenant)]
            stale = data.draw(st.integers(0, 4)) == 0 and before
            filing = (
                data.draw(st.sampled_from(before)) if stale else self._filing(ahead, tenant, *data.draw(_MOVES), START)
            )
            conflict_of(partial(ahead.append, *filing))
            batch.append(filing)
        ours, theirs = (conflict_of(partial(write_many, s, *batch)) for s in (self.store, self.model))
        assert (ours is None) == (theirs is None), f"batch: the store said {ours!r}, the reference {theirs!r}"
        same(many(self.model, *self.made), many(self.store, *self.made))
        self._look()

    @rule(data=st.data(), case=CASES)
    def reuse_a_number(self, data: st.DataObject, case: str) -> None:
        """A new case under a number that its tenant has given away."""
        other = data.draw(st.sampled_from(self.made))
        taken = self.model.load(other.tenant, other.complaint.id)
        if taken is not None and taken.id != case and self.model.load(other.tenant, case) is None:
            filing = self._filing(self.model, other.tenant[-1], case, None, None, START)
            self._write(self.store, self.model, numbered(filing, taken.number))

    @rule(tenant=TENANTS, query=QUERIES)
    def find(self, tenant: str, query: dict[str, Any]) -> None:
        ours, theirs = (list(pages(s, self._tenant(tenant), Query(**query))) for s in (self.store, self.model))
        assert ours == theirs, f"{query} gave {_ids(ours)}, not {_ids(theirs)}"

    @rule(tenant=TENANTS, before=st.just(LATER) | TIMES.map(lambda at: at + timedelta(days=2)), limit=LIMITS)
    def due(self, tenant: str, before: datetime, limit: int) -> None:
        ours, theirs = (overdue(s, self._tenant(tenant), before, limit) for s in (self.store, self.model))
        assert ours == theirs, f"due: the store said {ours}, the reference {theirs}"

    @precondition(lambda self: self.bench.able(Ability.ERASURE))
    @rule(data=st.data(), stale=st.booleans())
    def forget(self, data: st.DataObject, stale: bool) -> None:
        tenant, complaint, _ = data.draw(st.sampled_from(self.made))
        file = self.model.history(tenant, complaint.id)
        if file:
            bare = fold(unseal(r._replace(cells=None)) for r in file[: -1 if stale and len(file) > 1 else None])
            ours, theirs = (conflict_of(partial(s.forget, tenant, bare)) for s in (self.store, self.model))
            assert (ours is None) == (theirs is None), f"forget: the store said {ours!r}, the reference {theirs!r}"
            self._look()

    @precondition(lambda self: self.bench.able(Ability.DURABILITY))
    @rule()
    def reopen(self) -> None:
        self.open.close()
        self.store = self.open.enter_context(self.bench.reopen())
        self._look()

    @precondition(lambda self: self.bench.able(Ability.SESSIONS))
    @rule()
    def look_from_another_session(self) -> None:
        with self.bench.second_session() as other:
            same(trace(self.model, *self.made), trace(other, *self.made))

    @precondition(lambda self: self.bench.able(Ability.HOST_TRANSACTION))
    @rule(data=st.data(), commit=st.booleans())
    def act_inside_the_hosts_transaction(self, data: st.DataObject, commit: bool) -> None:
        """Some entries, some of them taken back to a savepoint, and then all or nothing."""
        inside = self._copy(self.model)
        with self.bench.host_transaction() as host:
            for _ in range(data.draw(st.integers(1, 3))):
                inside = self._a_step_inside(data, host, inside)
            same(trace(inside, *self.made), trace(host.store, *self.made))
            self._look()
            if commit:
                host.commit()
                self.model = inside
            else:
                host.rollback()
        self._look()

    def _a_step_inside(self, data: st.DataObject, host: Any, model: MemoryStore) -> MemoryStore:
        back = data.draw(st.booleans())
        tried = self._copy(model) if back else model
        if back:
            host.savepoint()
        self._write(host.store, tried, self._filing(tried, *data.draw(_STEPS), START))
        if back:
            host.rollback_to_savepoint()
        return model

    @staticmethod
    def _copy(model: MemoryStore) -> MemoryStore:
        """A store with the same in it: everything kept is immutable, so that the dictionaries are enough."""
        copied = MemoryStore()
        for name, kept in vars(model).items():
            if isinstance(kept, dict | set):
                setattr(copied, name, kept.copy())
        return copied

    def _filing(
        self,
        model: MemoryStore,
        tenant: str,
        case: str,
        move: Move | None,
        key: str | None,
        at: datetime,
    ) -> Filing:
        draft = Draft(case, self._tenant(tenant), at=at)
        draft.complaint = model.load(draft.tenant, case)
        if draft.complaint is None:
            filing = draft.record(key=key)
        else:
            draft.now = draft.complaint.updated_at + timedelta(hours=1)
            filing = self._moved(draft, move, key)
        self.made.append(filing)
        return filing

    @staticmethod
    def _moved(draft: Draft, move: Move | None, key: str | None) -> Filing:
        """The move if the workflow takes it now, else a note by whoever may still write one."""
        for action, actor in [*([move] if move else []), (act.AddNote(text="-"), AGENT)]:
            try:
                return draft.then(action, actor, key=key)
            except Refused:
                continue
        return draft.then(act.PlaceHold(matter="Court 7"), MANAGER, key=key)

    def _write(self, store: Any, model: MemoryStore, filing: Filing) -> None:
        ours, theirs = (conflict_of(partial(s.append, *filing)) for s in (store, model))
        assert (ours is None) == (theirs is None), f"the store said {ours!r}, the reference {theirs!r}"
        same(trace(model, filing), trace(store, filing))

    def _look(self) -> None:
        same(trace(self.model, *self.made), trace(self.store, *self.made))

    def _tenant(self, name: str) -> str:
        return f"{self.run}-{name}"


_MOVES = st.tuples(CASES, st.none() | st.sampled_from(MOVES), KEYS)
_STEPS = st.tuples(TENANTS, CASES, st.none() | st.sampled_from(MOVES), KEYS)


def _ids(got: list[Any]) -> list[list[str]]:
    return [[c.id for c in page] for page in got]


def compare_with_reference(bench: Bench, *, histories: int | None = None, steps: int = 20) -> None:
    """So many random histories, or a tenth of the ``max_examples`` of the Hypothesis profile that is in force.

    Raises what the shortest history raises in which store and reference differ.
    """
    machine: Any = partial(StoreMachine, bench)
    number = histories or max(1, settings().max_examples // 10)
    run_state_machine_as_test(machine, settings=settings(max_examples=number, stateful_step_count=steps))
