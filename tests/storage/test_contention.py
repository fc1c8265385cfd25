"""Laws 1, 2, 3 and 8 with many processes or threads at the same cases, on every store.

The big version is ``make contend``: COMPLAINTFLOW_CONTENTION holds workers, calls of each, and cases.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random

import pytest

from complaintflow import ComplaintDesk, MemoryStore, actions
from complaintflow.desk.batch import Step
from complaintflow.storage.port import Store
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.testing import laws
from contention import (
    DATABASES,
    START,
    WORKFLOW,
    Diary,
    Note,
    Reached,
    Refusal,
    database,
    fast_clock,
    meet,
    needless,
    one_order,
    processes,
    record,
    work,
    wrongly_refused,
)
from manners import CALLS, MANNERS, Asked, Own, committed_calls
from story import LI

WORKERS, TIMES, CASES = map(int, os.environ.get("COMPLAINTFLOW_CONTENTION", "4,60,4").split(","))


def prove(store: Store, ids: Sequence[str], diaries: Sequence[Diary], begun: int) -> str:
    """The files hold exactly what the workers say that they wrote, each is whole, and the calls have an order.

    What was refused had to be refused. Returns the figures.
    """
    desk, reached = ComplaintDesk(store), dict[str, Reached]()
    refused = [r for d in diaries for r in d.refused if r.codes]
    conflicts = [r for d in diaries for r in d.refused if not r.codes]
    for complaint_id in ids:
        complaint, file = desk.get(complaint_id), desk.history(complaint_id)
        laws.check(WORKFLOW, complaint, file)
        assert desk.verify(complaint_id) == ()
        notes = [n for d in diaries for n in d.notes if n.complaint_id == complaint_id]
        said = sorted((n.version, n.hash) for n in notes if n.hash is not None)
        assert said == [(e.seq, e.hash) for e in file[1:]], "an action was lost or doubled"
        assert one_order(notes) is None
        reached[complaint_id] = Reached(notes)
        here = [r for r in refused if r.asked.step.complaint_id == complaint_id]
        assert wrongly_refused(file, here, reached[complaint_id], begun) is None
    assert [c for c in conflicts if needless(c, reached)] == [], "nobody was faster"
    return (
        f"{sum(len(d.written) for d in diaries)} entries in {len(ids)} files, {len(refused)} refused,"
        f" {len(conflicts)} conflicts, {sum(d.again for d in diaries)} begun anew"
    )


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("manner", MANNERS)
def test_processes_on_the_same_cases_write_whole_files_in_one_order(name: str, manner: str, tmp_path: Path) -> None:
    with database(name, tmp_path) as url, SQLAlchemyStore.from_url(url) as store:
        CALLS.create(store.engine)
        ids, begun = record(store, CASES), time.monotonic_ns()
        with processes(WORKERS) as pool:
            jobs = pool.map(partial(work_in_a_process, url, manner, ids, begun), range(WORKERS))
            diaries = [diary for shift in jobs for diary in shift]
        seconds = (time.monotonic_ns() - begun) / 1e9
        figures = prove(store, ids, diaries, begun)
        print(f"{name}, {manner}: {WORKERS} processes x {TIMES} calls in {seconds:.0f} s: {figures}")
        if manner == "host":
            keys = sorted(e.key for i in ids for e in ComplaintDesk(store).history(i) if e.key is not None)
            assert committed_calls(store.engine) == keys, "the host's rows and our entries were not committed together"


def work_in_a_process(url: str, manner: str, ids: Sequence[str], begun: int, seed: int) -> list[Diary]:
    opened, clerks, steps = MANNERS[manner]

    async def shift() -> list[Diary]:
        async with opened(url, fast_clock(begun), Random(seed)) as clerk:
            meet()
            seeds = (f"{seed}.{n}" for n in range(clerks))
            return await asyncio.gather(*(work(clerk, ids, seed=s, times=TIMES // clerks, steps=steps) for s in seeds))

    return asyncio.run(shift())


@pytest.mark.parametrize("name", ["memory", *DATABASES])
def test_threads_on_one_store_write_whole_files_in_one_order(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        store: Store = MemoryStore()
        if name != "memory":
            url = stack.enter_context(database(name, tmp_path))
            store = stack.enter_context(SQLAlchemyStore.from_url(url))
        ids, begun = record(store, CASES), time.monotonic_ns()
        with ThreadPoolExecutor(WORKERS) as pool:
            jobs = [pool.submit(worked, store, ids, seed=f"{n}", times=TIMES, begun=begun) for n in range(WORKERS)]
        print(prove(store, ids, [job.result() for job in jobs], begun))


def worked(store: Store, ids: Sequence[str], *, seed: str, times: int, begun: int) -> Diary:
    desk = ComplaintDesk(store, clock=fast_clock(begun))
    return asyncio.run(work(Own(desk), ids, seed=seed, times=times))


def test_a_lost_or_doubled_action_is_found() -> None:
    store, begun = MemoryStore(), time.monotonic_ns()
    ids = record(store, 2)
    diary = worked(store, ids, seed="7", times=40, begun=begun)
    prove(store, ids, [diary], begun)
    for wrong in (diary.notes[-10:], [*diary.notes, diary.written[0]]):
        with pytest.raises(AssertionError, match="lost or doubled"):
            prove(store, ids, [diary._replace(notes=wrong)], begun)


UPHOLD = actions.Uphold(reason="The photos show it")
UPHELD_THEN_NOTED = [Note("a", 10, 20, 2, "h"), Note("a", 40, 50, 3, "h")]


def refusal(called: int, returned: int, codes: Iterable[str] = (), expected: int | None = None) -> Refusal:
    return Refusal(called, returned, Asked(Step("a", UPHOLD, LI), expected), frozenset(codes), frozenset({"a", "b"}))


@pytest.mark.parametrize(
    ("refused", "wrong"),
    [
        (refusal(30, 35, {"not_possible_now"}), None),
        (refusal(15, 18, {"not_possible_now"}), None),
        (refusal(3, 5, {"not_possible_now"}), "no state between 1 and 1 refuses"),
        (refusal(30, 35, {"not_possible_now", "wrong_role"}), "no state between 2 and 2 refuses"),
    ],
)
def test_a_refusal_that_no_state_explains_is_found(refused: Refusal, wrong: str | None) -> None:
    desk = ComplaintDesk(MemoryStore(), clock=lambda: START)
    (case,) = record(desk.store, 1)
    for action in (UPHOLD, actions.AddNote(text="-")):
        desk.act(case, action, LI)
    found = wrongly_refused(desk.history(case), [refused], Reached(UPHELD_THEN_NOTED), begun=0)
    assert (found is None) == (wrong is None)
    assert (found or "").startswith(wrong or "")


@pytest.mark.parametrize(
    ("conflict", "others", "wrong"),
    [
        (refusal(30, 45, expected=2), [], False),
        (refusal(30, 35, expected=1), [], False),
        (refusal(30, 45), [], False),
        (refusal(30, 35, expected=2), [], True),
        (refusal(30, 35), [], True),
        (refusal(30, 35), [Note("b", 32, 50, 2, "h")], False),
        (refusal(30, 35), [Note("b", 10, 20, 2, "h"), Note("b", 30, 32, 2)], True),
    ],
)
def test_a_conflict_with_nobody_is_found(conflict: Refusal, others: list[Note], wrong: bool) -> None:
    assert needless(conflict, {"a": Reached(UPHELD_THEN_NOTED), "b": Reached(others)}) == wrong


@pytest.mark.parametrize(
    ("notes", "why"),
    [
        ([("w", 0, 9, 2), ("r", 1, 2, 1), ("r", 3, 4, 2), ("r", 5, 6, 2)], None),
        ([("w", 0, 5, 2), ("w", 1, 6, 3), ("r", 2, 3, 3)], None),
        ([("w", 0, 1, 2), ("r", 2, 3, 1)], "a stale read"),
        ([("w", 0, 9, 2), ("r", 1, 2, 2), ("r", 3, 4, 1)], "back in time"),
        ([("w", 5, 6, 2), ("r", 1, 2, 2)], "seen before it was written"),
        ([("w", 0, 1, 3), ("w", 2, 3, 2)], "written in the wrong order"),
        ([("w", 0, 3, 2), ("w", 1, 4, 2)], "written twice"),
    ],
)
def test_an_order_is_found_if_there_is_one(notes: list[tuple[str, int, int, int]], why: str | None) -> None:
    found = one_order(
        [Note("a", begin, end, version, "h" if kind == "w" else None) for kind, begin, end, version in notes]
    )
    assert (found is None) == (why is None)
