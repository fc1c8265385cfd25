"""Laws 1, 2, 3 and 8 with many processes or threads at the same cases, on every store.

The big version is ``make contend``: COMPLAINTFLOW_CONTENTION holds workers, calls of each, and cases.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from complaintflow import ComplaintDesk, MemoryStore
from complaintflow.storage.port import Store
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.testing import laws
from contention import Diary, one_order, record, work
from servers import fresh_database

WORKERS, TIMES, CASES = map(int, os.environ.get("COMPLAINTFLOW_CONTENTION", "4,60,4").split(","))
DATABASES = ("sqlite", "postgresql", "mariadb")


@contextmanager
def database(name: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database with tables."""
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/c.db" if name == "sqlite" else stack.enter_context(fresh_database(name))
        SQLAlchemyStore.from_url(url, create_tables=True).close()
        yield url


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


_together = Barrier(1)


def _arrive(barrier: Barrier) -> None:
    global _together  # noqa: PLW0603 - how a pool hands something to its processes
    _together = barrier


def _work_in_a_process(url: str, ids: Sequence[str], begun: int, seed: int) -> Diary:
    with SQLAlchemyStore.from_url(url) as store:
        _together.wait(timeout=60)
        return work(store, ids, seed=seed, times=TIMES, begun=begun)


def processes(workers: int) -> Executor:
    """A pool whose processes wait for each other before they begin."""
    fresh = multiprocessing.get_context("spawn")  # a forked one would share the parent's connections
    return ProcessPoolExecutor(workers, mp_context=fresh, initializer=_arrive, initargs=(fresh.Barrier(workers),))
