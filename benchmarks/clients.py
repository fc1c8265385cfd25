"""Clients of a PostgreSQL database, each a process: what they do from a moment on, and how long each action took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import quantiles

from sqlalchemy import make_url

from benchmarks.durable import handle
from benchmarks.scenario import PAST, full_case, histories
from complaintflow import AsyncComplaintDesk, ComplaintDesk, Outcome
from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore
from complaintflow.storage.sqlalchemy.writing import compiled

TOGETHER, IMPORTED = 50, 200
"""Actions in a transaction of ``act_many``, cases in one of ``import_cases``."""

_STEPS = full_case()

Times = list[float]
Client = Callable[[str, float, float], Times]
"""Works on the database at a URL from a moment on, for so many seconds; returns the seconds that each action took."""


def singly(url: str, begin: float, duration: float) -> Times:
    """The desk, action by action."""
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store)
        handle(desk)
        return _timed(begin, duration, lambda note: handle(desk, note))


def bare_core(url: str, begin: float, duration: float) -> Times:
    """The same two statements through Core with nothing around them: SELECT and CTE of one action."""
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store)
        case = handle(desk)
        (*_, before, last), complaint = store.history("main", case), desk.get(case)
        load, writing = compiled(store.tables, store.engine.dialect, None)[2:]
        plain = store.engine.execution_options(isolation_level="AUTOCOMMIT")
        version = last.seq

        def action(note: Callable[[], None]) -> None:
            nonlocal version
            for _ in _STEPS:
                version += 1
                with plain.connect() as connection:
                    load.run(connection, {"tenant": "main", "id": case}).first()
                moved = complaint.model_copy(update={"version": version})
                with plain.connect() as connection:
                    writing.run(connection, "main", moved, before._replace(seq=version, key=None))
                note()

        return _timed(begin, duration, action)


def together(url: str, begin: float, duration: float) -> Times:
    """The desk, ``TOGETHER`` actions in a transaction, each on a case of its own; recording them is not timed."""
    times: Times = []
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store)
        _wait_for(begin)
        while sum(times) < duration:
            cases = [r.complaint.id for r in desk.import_cases(histories(TOGETHER, 1)) if isinstance(r, Outcome)]
            for step in _STEPS[1:]:
                start = time.perf_counter()
                done = desk.act_many([(case, step.action, step.actor) for case in cases], at=step.at)
                times += [(time.perf_counter() - start) / TOGETHER] * TOGETHER
                assert all(isinstance(r, Outcome) for r in done)
    return times


def importing(url: str, begin: float, duration: float) -> Times:
    """The desk, taking in whole cases, everything decided and sealed; the seconds that each entry took."""
    times: Times = []
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store)
        _wait_for(begin)
        while sum(times) < duration:
            cases = histories(IMPORTED)
            start = time.perf_counter()
            done = desk.import_cases(cases)
            times += [(time.perf_counter() - start) / (IMPORTED * PAST)] * (IMPORTED * PAST)
            assert all(isinstance(r, Outcome) and not r.repeated for r in done)
    return times


def awaited(url: str, begin: float, duration: float) -> Times:
    """As ``singly``, through asyncpg."""
    return asyncio.run(_awaited(url, begin, duration))


async def _awaited(url: str, begin: float, duration: float) -> Times:
    times: Times = []
    own = make_url(url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    async with await AsyncSQLAlchemyStore.from_url(own) as store:
        desk = AsyncComplaintDesk(store)
        await _handle(desk, [])
        _wait_for(begin)
        while time.time() < begin + duration:
            await _handle(desk, times)
    return times


async def _handle(desk: AsyncComplaintDesk, times: Times) -> None:
    start = time.perf_counter()
    first = await desk.record(_STEPS[0].action, _STEPS[0].actor, at=_STEPS[0].at)  # type: ignore[arg-type]  # Record
    times.append(time.perf_counter() - start)
    for action, actor, at in _STEPS[1:]:
        start = time.perf_counter()
        await desk.act(first.complaint.id, action, actor, at=at)
        times.append(time.perf_counter() - start)


def _timed(begin: float, duration: float, work: Callable[[Callable[[], None]], object]) -> Times:
    times: Times = []
    _wait_for(begin)
    last = time.perf_counter()

    def note() -> None:
        nonlocal last
        now = time.perf_counter()
        times.append(now - last)
        last = now

    while time.time() < begin + duration:
        work(note)
    return times


def _wait_for(begin: float) -> None:
    time.sleep(max(0.0, begin - time.time()))


def in_processes(client: Client, url: str, clients: int, duration: float) -> tuple[float, Times]:
    """Actions per second of all clients together, and the seconds that each action took."""
    with ProcessPoolExecutor(clients, mp_context=get_context("spawn")) as pool:
        list(pool.map(_warm, range(clients)))
        begin = time.time() + 1.0 + 0.1 * clients
        found = list(pool.map(client, [url] * clients, [begin] * clients, [duration] * clients))
    return sum(len(each) / sum(each) for each in found), [t for each in found for t in each]


def _warm(_: int) -> None:
    time.sleep(0.2)  # so that every process of the pool is started


def latency(times: Times) -> str:
    """The median and the slowest of a hundred."""
    cuts = quantiles(times, n=100)
    return f"p50 {cuts[49] * 1000:.2f} ms, p99 {cuts[98] * 1000:.2f} ms"
