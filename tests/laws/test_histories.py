"""Random histories of every action, by random people, on both stores at once; the laws hold after each step."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from complaintflow import (
    Actor,
    Complaint,
    ComplaintDesk,
    Entry,
    MemoryStore,
    Outcome,
    Refused,
    actions,
    standard_workflow,
)
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.testing import laws, strategies
from complaintflow.workflow.decide import options

WORKFLOW = standard_workflow()
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MIX: Counter[tuple[str, str]] = Counter()


class Histories(RuleBasedStateMachine):
    """One case, driven on a memory store and on SQLite through two desks with the same clock and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = START
        self.sql = SQLAlchemyStore.from_url(f"sqlite:///{self.folder.name}/c.db", create_tables=True)
        self.desks = [
            ComplaintDesk(store, clock=lambda: self.now, new_id=lambda: "case-1", new_salt=lambda: "0" * 32)
            for store in (MemoryStore(), self.sql)
        ]
        self.case: Complaint | None = None
        self.file: tuple[Entry, ...] = ()
        self.checked: tuple[Entry, ...] = ()

    def teardown(self) -> None:
        self.sql.close()
        self.folder.cleanup()

    @initialize(data=st.data(), steps=strategies.beginnings(), far=st.sampled_from((True, True, False)))
    def begin(self, data: st.DataObject, steps: list[tuple[actions.Action, Actor]], far: bool) -> None:
        for action, actor in steps if far else ():
            self._begin_or_act(action, actor)
        while self.case is None:
            self._begin_or_act(data.draw(strategies.records(WORKFLOW, self.now)), data.draw(strategies.recorders()))

    def _begin_or_act(self, action: actions.Action, actor: Actor) -> None:
        if isinstance(action, actions.Record):
            self._same_on_both(partial(ComplaintDesk.record, action=action, actor=actor), action.type)
        else:
            self._act(action, actor)

    @precondition(lambda self: not WORKFLOW.stages[self.case.stage].final)
    @rule(
        data=st.data(),
        later=st.sampled_from([timedelta(hours=h) for h in (0, 3, 26, 16 * 24)]),
        steps=st.integers(1, 5),
    )
    def go_on(self, data: st.DataObject, later: timedelta, steps: int) -> None:
        for _ in range(steps):
            if not WORKFLOW.stages[self._case().stage].final:
                self.now += later
                self._act(*data.draw(strategies.moves(WORKFLOW, self._case(), self.now)))

    @rule(data=st.data())
    def try_something(self, data: st.DataObject) -> None:
        self._act(*data.draw(strategies.tries(WORKFLOW, self._case(), self.now)))

    @rule(days=st.integers(1, 62))
    def let_time_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @precondition(lambda self: self.case.stage == "awaiting_feedback")
    @rule()
    def hear_nothing(self) -> None:
        self.now += timedelta(days=62)
        self._act(actions.LapseFeedback(), next(a for a in strategies.CAST if a.id == "scheduler"))

    def _act(self, action: actions.Action, actor: Actor) -> None:
        possible = {o.action for o in options(WORKFLOW, self._case(), actor, self.now) if o.allowed}
        outcome = self._same_on_both(
            partial(ComplaintDesk.act, complaint_id="case-1", action=action, actor=actor), action.type
        )
        if outcome is not None:
            assert action.type in possible, f"{action.type} was done though options said it cannot be"

    def _case(self) -> Complaint:
        assert self.case is not None
        return self.case

    @rule()
    def sweep(self) -> None:
        swept = [desk.sweep() for desk in self.desks]
        assert swept[0] == swept[1]
        MIX["record_missed", "accepted"] += len(swept[0])
        assert not any(desk.sweep() for desk in self.desks), "the second sweep recorded something again (law 8)"
        self._look()

    @precondition(lambda self: not WORKFLOW.is_open(self.case.stage))
    @rule()
    def erase(self) -> None:
        done = [desk.erase("customer-1", strategies.CAST[6], reason="asked for") for desk in self.desks]
        assert done[0] == done[1]
        MIX["record_erasure", "accepted"] += len(done[0].erased)
        self._look()

    @invariant()
    def laws_hold(self) -> None:
        if self.case is not None and self.file is not self.checked:
            self.checked = self.file
            laws.check(WORKFLOW, self.case, self.file)
            laws.customer_sees_nothing_internal(WORKFLOW, self.file, "INTERNAL", "ACCUSED")

    def _same_on_both(self, do: Callable[[ComplaintDesk], Outcome], name: str) -> Outcome | None:
        results = [self._try(do, desk) for desk in self.desks]
        assert results[0] == results[1], "the stores disagree"
        refused = not isinstance(results[0], Outcome)
        assert results[0], "refused without a reason"
        MIX[name, "refused" if refused else "accepted"] += 1
        before = self.file
        if refused and self.case is None:
            assert not self.desks[0].find().complaints, "a refused record left a trace (law 3)"
            return None
        self._look()
        assert len(self.file) == len(before) + (not refused), "a refused action left a trace (law 3)"
        return results[0] if isinstance(results[0], Outcome) else None

    @staticmethod
    def _try(do: Callable[[ComplaintDesk], Outcome], desk: ComplaintDesk) -> object:
        try:
            return do(desk)
        except Refused as refused:
            return refused.refusals

    def _look(self) -> None:
        cases = [desk.get("case-1") for desk in self.desks]
        files = [desk.history("case-1") for desk in self.desks]
        assert cases[0] == cases[1]
        assert files[0] == files[1]
        self.case, self.file = cases[0], files[0]


def totals() -> tuple[int, int]:
    """How many actions were accepted, how many refused."""
    accepted, refused = (sum(n for (_, how), n in MIX.items() if how == x) for x in ("accepted", "refused"))
    return accepted, refused


@pytest.fixture
def mix(capsys: pytest.CaptureFixture[str]) -> Iterator[Counter[tuple[str, str]]]:
    MIX.clear()
    yield MIX
    accepted, refused = totals()
    with capsys.disabled():
        print(f"\nhistories: {accepted} actions accepted, {refused} refused, of {len({a for a, _ in MIX})} kinds")


def test_laws_1_to_8_10_and_14_hold_after_any_history_on_both_stores(mix: Counter[tuple[str, str]]) -> None:
    run_state_machine_as_test(Histories, settings=settings(max_examples=70, stateful_step_count=50))
    never = [name for name in actions.ACTIONS if not mix[name, "accepted"]]
    assert not never, f"never accepted in any history: {never}"
    accepted, refused = totals()
    assert min(accepted, refused) > 0.2 * (accepted + refused), "the histories are too tame or too wild"
