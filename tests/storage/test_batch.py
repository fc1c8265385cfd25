"""Many actions in one transaction: each has its own result, all laws hold, all or nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases import DATABASES, NOON, desk, opened, report
from complaintflow import (
    AsyncComplaintDesk,
    AsyncMemoryStore,
    ComplaintDesk,
    ComplaintNotFound,
    ConcurrencyConflict,
    KeyReused,
    MemoryStore,
    Outcome,
    Refused,
    actions,
)
from complaintflow.desk.batch import Past, Step
from complaintflow.storage.evidence import unseal
from complaintflow.storage.port import SupportsBatch
from complaintflow.testing import laws
from stores import async_sql_store
from story import CHEN, HAN, LI

UPHOLD = actions.Uphold(reason="The photos show it")
NOTE = actions.AddNote(text="Called back")
ASSIGN = actions.Assign(person="han")


@pytest.fixture(params=("memory", *DATABASES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        with opened(request.param, tmp_path) as opened_store:
            yield opened_store


def whole(ours: ComplaintDesk, complaint_id: str) -> None:
    """Every law of one case, and the chain."""
    file = ours.history(complaint_id)
    laws.check(ours.workflow, ours.get(complaint_id), file)
    assert ours.verify(complaint_id) == ()


def test_each_action_of_a_batch_has_its_own_result_and_sees_what_the_ones_before_it_did(store: Any) -> None:
    ours = desk(store)
    a, b = (ours.record(report(), LI).complaint.id for _ in range(2))
    results = ours.act_many(
        [(a, UPHOLD, LI), (b, UPHOLD, HAN), (a, ASSIGN, LI), ("nobody", NOTE, LI), (a, UPHOLD, LI), (b, NOTE, LI)]
    )
    assert [type(r) for r in results] == [Outcome, Refused, Outcome, ComplaintNotFound, Refused, Outcome]
    assert [r.entry.seq for r in results if isinstance(r, Outcome)] == [2, 3, 2]
    assert ours.get(a).stage == "awaiting_acceptance"
    assert results[2] == Outcome(ours.get(a), ours.history(a)[2])
    for case in (a, b):
        whole(ours, case)


def test_a_batch_does_what_single_actions_do(store: Any) -> None:
    """The same file, to the byte, but for the hashes that depend on salts."""
    one, many = desk(MemoryStore()), desk(store)
    for ours in (one, many):
        ours.record(report(), LI)
    at = NOON + timedelta(hours=1)
    for action, actor in ((UPHOLD, LI), (NOTE, LI), (ASSIGN, LI)):
        one.act("case-00000", action, actor, at=at)
    many.act_many([("case-00000", action, actor) for action, actor in ((UPHOLD, LI), (NOTE, LI), (ASSIGN, LI))], at=at)
    assert many.history("case-00000") == one.history("case-00000")
    assert many.get("case-00000") == one.get("case-00000")


def test_a_key_of_a_batch_stands_for_one_action_in_it_and_after_it(store: Any) -> None:
    ours = desk(store)
    a = ours.record(report(), LI).complaint.id
    noted = Step(a, NOTE, LI, "k")
    first, again, other = ours.act_many([noted, noted, Step(a, UPHOLD, LI, "k")])
    assert isinstance(first, Outcome)
    assert again == first._replace(repeated=True)
    assert isinstance(other, KeyReused)
    later, reused = ours.act_many([noted, Step(a, UPHOLD, LI, "k")])
    assert later == again
    assert isinstance(reused, KeyReused)
    assert [e.seq for e in ours.history(a)] == [1, 2]


class Overtaken:
    """A store in which somebody else writes just before each of the first ``times`` batches."""

    def __init__(self, store: Any, ours: ComplaintDesk, case: str, times: int) -> None:
        self._store, self._ours, self._case, self._times = store, ours, case, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def load_many(self, tenant: str, complaint_ids: Any) -> Any:
        return self._store.load_many(tenant, complaint_ids)

    def recall_many(self, tenant: str, keys: Any) -> Any:
        return self._store.recall_many(tenant, keys)

    def append_many(self, tenant: str, steps: Any) -> None:
        if self._times:
            self._times -= 1
            self._ours.act(self._case, actions.AddNote(text="I was faster"), LI)
        self._store.append_many(tenant, steps)


def test_a_faster_colleague_makes_the_whole_batch_be_decided_anew(store: Any) -> None:
    ours = desk(store)
    a, b = (ours.record(report(), LI).complaint.id for _ in range(2))
    slow = desk(Overtaken(store, ours, b, times=3), start=50)
    assert isinstance(slow.store, SupportsBatch)
    results = slow.act_many([(a, UPHOLD, LI), (b, UPHOLD, LI)])
    assert [r.entry.seq for r in results if isinstance(r, Outcome)] == [2, 5]
    for case in (a, b):
        whole(ours, case)
    slow = desk(Overtaken(store, ours, b, times=1000), start=50)
    with pytest.raises(ConcurrencyConflict):
        slow.act_many([(a, NOTE, LI), (b, NOTE, LI)], at=NOON + timedelta(hours=1))
    assert ours.get(a).version == 2, "of a batch that lost, nothing is written"


@pytest.mark.parametrize("wrong", ["version", "number", "key", "unknown"])
def test_a_store_writes_all_of_a_batch_or_nothing(store: Any, wrong: str) -> None:
    ours, elsewhere = desk(store), desk(MemoryStore())
    a = ours.record(report(), LI, key="taken").complaint.id
    elsewhere.record(report(), LI)
    elsewhere.act(a, UPHOLD, LI, at=NOON + timedelta(hours=1))
    good = elsewhere.get(a), elsewhere.store.history("main", a)[1]
    late = elsewhere.act(a, NOTE, LI, at=NOON + timedelta(hours=2)).complaint, elsewhere.store.history("main", a)[2]
    new = elsewhere.record(report(), LI).complaint
    record = elsewhere.store.history("main", new.id)[0]
    bad = {
        "version": [late],
        "number": [good, (new.model_copy(update={"number": ours.get(a).number}), record)],
        "key": [good, (new, record._replace(key="taken"))],
        "unknown": [good, (new.model_copy(update={"version": 4}), record._replace(seq=4))],
    }[wrong]
    with pytest.raises(ConcurrencyConflict):
        store.append_many("main", bad)
    assert store.load("main", new.id) is None
    assert store.history("main", new.id) == ()
    assert [r.seq for r in store.history("main", a)] == [1]
    assert ours.get(a).version == 1
    store.append_many("main", [good, late, (new, record)])
    assert store.load_many("main", {a, new.id, "nobody"}) == {a: late[0], new.id: new}
    assert store.load_many("other", {a}) == store.recall_many("other", {"taken"}) == {}


def past(key: str, *, refused: bool = False) -> Past:
    steps: list[tuple[actions.Action, Any, datetime]] = [
        (report(f"The teapot of {key} arrived in pieces"), LI, NOON),
        (UPHOLD, HAN if refused else LI, NOON + timedelta(hours=1)),
        (actions.Withdraw(reason="It was found"), CHEN, NOON + timedelta(days=1)),
    ]
    return Past(key, steps)


def test_cases_are_taken_in_whole_and_once(store: Any) -> None:
    ours = desk(store)
    given = [past("old-1"), past("old-2", refused=True), past("old-3"), past("old-1")]
    first, refused, third, twice = ours.import_cases(given)
    assert isinstance(first, Outcome)
    assert isinstance(third, Outcome)
    assert isinstance(twice, Outcome)
    assert isinstance(refused, Refused)
    assert (first.complaint.stage, first.entry.at) == ("withdrawn", NOON + timedelta(days=1))
    assert twice.repeated
    assert {c.id for c in ours.find().complaints} == {first.complaint.id, third.complaint.id}
    again = ours.import_cases(given)
    assert [r.repeated for r in again if isinstance(r, Outcome)] == [True, True, True]
    assert len(ours.find().complaints) == 2
    for done in (first, third):
        assert [unseal(r).seq for r in store.history("main", done.complaint.id)] == [1, 2, 3]
        whole(ours, done.complaint.id)


class NoBatch:
    """A store with the six methods alone."""

    def __init__(self, inner: MemoryStore) -> None:
        self.load, self.append, self.history = inner.load, inner.append, inner.history
        self.find, self.due, self.recall = inner.find, inner.due, inner.recall


def test_without_the_ability_actions_are_done_one_by_one_and_nothing_is_imported() -> None:
    ours = desk(NoBatch(MemoryStore()))
    a = ours.record(report(), LI).complaint.id
    results = ours.act_many([(a, UPHOLD, LI), (a, UPHOLD, LI), Step(a, NOTE, LI, "k"), Step(a, ASSIGN, LI, "k")])
    assert [type(r) for r in results] == [Outcome, Refused, Outcome, KeyReused]
    with pytest.raises(TypeError, match="append_many"):
        ours.import_cases([past("old-1")])


@pytest.mark.parametrize("kind", ["memory", *DATABASES])
def test_the_awaitable_desk_does_the_same(kind: str) -> None:
    def twin(store: Any) -> AsyncComplaintDesk:
        ids = (f"case-{n}" for n in range(100))
        return AsyncComplaintDesk(store, new_id=lambda: next(ids), clock=lambda: NOON, new_salt=lambda: "0" * 32)

    async def told(store: Any) -> tuple[list[str], list[Any]]:
        ours = twin(store)
        case = (await ours.record(report(), LI)).complaint.id
        done = await ours.act_many([(case, UPHOLD, LI), ("x", NOTE, LI), (case, UPHOLD, LI), Step(case, NOTE, LI, "k")])
        done += await ours.act_many([Step(case, NOTE, LI, "k"), (case, ASSIGN, CHEN), Step(case, UPHOLD, LI, "k")])
        done += await ours.import_cases([past("old-1"), past("old-1"), past("old-2", refused=True)])
        done += await ours.import_cases([past("old-1"), past("old-3")])
        cases = (await ours.find()).complaints
        for each in cases:
            laws.check(ours.workflow, each, await ours.history(each.id))
            assert await ours.verify(each.id) == ()
        return [type(r).__name__ for r in done], [(c, await store.history("main", c.id)) for c in cases]

    async def on(kind: str) -> tuple[list[str], list[Any]]:
        if kind == "memory":
            return await told(AsyncMemoryStore())
        async with async_sql_store(kind) as store:
            return await told(store)

    kinds, files = asyncio.run(on(kind))
    assert kinds == [
        "Outcome", "ComplaintNotFound", "Refused", "Outcome", "Outcome", "Refused", "KeyReused",
        "Outcome", "Outcome", "Refused", "Outcome", "Outcome",
    ]  # fmt: skip
    assert [[record.seq for record in file] for _, file in files] == [[1, 2, 3]] * 3
    assert (kinds, files) == asyncio.run(on("memory"))


@pytest.mark.parametrize("kind", ["memory", *DATABASES])
def test_batches_that_are_awaited_at_once_leave_no_gap_and_nothing_twice(kind: str) -> None:
    async def raced(store: Any) -> None:
        ours = AsyncComplaintDesk(store)
        cases = [(await ours.record(report(), LI)).complaint.id for _ in range(3)]

        async def note(n: int) -> Any:
            turned = cases[n % 3 :] + cases[: n % 3]
            return await ours.act_many([Step(case, NOTE, LI, f"{n} {case}") for case in turned])

        results = await asyncio.gather(*map(note, range(4)))
        assert all(isinstance(r, Outcome) and not r.repeated for result in results for r in result)
        for case in cases:
            file = await ours.history(case)
            assert [e.seq for e in file] == [1, 2, 3, 4, 5]
            assert {e.key for e in file[1:]} == {f"{n} {case}" for n in range(4)}
            laws.check(ours.workflow, await ours.get(case), file)

    async def on(kind: str) -> None:
        if kind == "memory":
            await raced(AsyncMemoryStore())
        else:
            async with async_sql_store(kind) as store:
                await raced(store)

    asyncio.run(on(kind))
