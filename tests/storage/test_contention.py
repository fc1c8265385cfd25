"""Laws 1, 2, 3 and 8 with many processes or threads at the same cases, on every store.

The big version is ``make contend``: COMPLAINTFLOW_CONTENTION holds workers, calls of each, and cases.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from complaintflow import ComplaintDesk, MemoryStore
from complaintflow.storage.port import Store
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.testing import laws
from contention import DATABASES, Diary, Note, database, meet, one_order, processes, record, work

WORKERS, TIMES, CASES = map(int, os.environ.get("COMPLAINTFLOW_CONTENTION", "4,60,4").split(","))


def prove(store: Store, ids: Sequence[str], diaries: Sequence[Diary]) -> None:
    """The files hold exactly what the workers say that they wrote, each is whole, and the calls have an order."""
    desk = ComplaintDesk(store)
    for complaint_id in ids:
        complaint, file = desk.get(complaint_id), desk.history(complaint_id)
        laws.check(desk.workflow, complaint, file)
        assert desk.verify(complaint_id) == ()
        notes = [n for d in diaries for n in d.notes if n.complaint_id == complaint_id]
        said = sorted((n.version, n.hash) for n in notes if n.hash is not None)
        assert said == [(e.seq, e.hash) for e in file[1:]], "an action was lost or doubled"
        assert one_order(notes) is None
    print(
        f"{len(diaries)} workers x {TIMES} calls: {sum(len(d.written) for d in diaries)} entries in {len(ids)} files,"
        f" {sum(d.refused for d in diaries)} refused, {sum(d.conflicts for d in diaries)} conflicts, one order each"
    )


@pytest.mark.parametrize("name", DATABASES)
def test_processes_on_the_same_cases_write_whole_files_in_one_order(name: str, tmp_path: Path) -> None:
    with database(name, tmp_path) as url, SQLAlchemyStore.from_url(url) as store:
        ids, begun = record(store, CASES), time.monotonic_ns()
        with processes(WORKERS) as pool:
            diaries = list(pool.map(partial(_work_in_a_process, url, ids, begun), range(WORKERS)))
        prove(store, ids, diaries)


@pytest.mark.parametrize("name", ["memory", *DATABASES])
def test_threads_on_one_store_write_whole_files_in_one_order(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        store: Store = MemoryStore()
        if name != "memory":
            url = stack.enter_context(database(name, tmp_path))
            store = stack.enter_context(SQLAlchemyStore.from_url(url))
        ids, begun = record(store, CASES), time.monotonic_ns()
        with ThreadPoolExecutor(WORKERS) as pool:
            jobs = [pool.submit(work, store, ids, seed=n, times=TIMES, begun=begun) for n in range(WORKERS)]
        prove(store, ids, [job.result() for job in jobs])


def _work_in_a_process(url: str, ids: Sequence[str], begun: int, seed: int) -> Diary:
    with SQLAlchemyStore.from_url(url) as store:
        meet()
        return work(store, ids, seed=seed, times=TIMES, begun=begun)


def test_a_lost_or_doubled_action_is_found() -> None:
    store = MemoryStore()
    ids = record(store, 2)
    diary = work(store, ids, seed=7, times=40, begun=time.monotonic_ns())
    prove(store, ids, [diary])
    for wrong in (diary.notes[-10:], [*diary.notes, diary.written[0]]):
        with pytest.raises(AssertionError, match="lost or doubled"):
            prove(store, ids, [diary._replace(notes=wrong)])


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
