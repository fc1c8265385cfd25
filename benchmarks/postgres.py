"""Durable actions per second on PostgreSQL, beside pgbench sending the very same cases; each client is a process.

``python -m benchmarks.postgres``; the server is where COMPLAINTFLOW_POSTGRESQL_URL says. The floor is pgbench with five
prepared statements for an action (begin, read, update, insert, commit); the desk itself sends two.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.dialects.postgresql import psycopg

from benchmarks.durable import handle
from benchmarks.harness import Figure, table
from benchmarks.scenario import full_case
from complaintflow import AsyncComplaintDesk, ComplaintDesk
from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore
from complaintflow.storage.sqlalchemy.search import place
from complaintflow.storage.sqlalchemy.writing import compiled, into

URL = os.environ.get("COMPLAINTFLOW_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
ROUNDS, SECONDS = 3, 2.0

_STEPS = full_case()

Sent = tuple[str, dict[str, Any]]
Times = list[float]


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of a database of our own, dropped afterwards."""
    name = f"cf_bench_{uuid4().hex[:8]}"
    server = create_engine(URL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield make_url(URL).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


def sent_for_a_case(url: str) -> tuple[list[Sent], dict[Any, str]]:
    """What the desk sends for one full case, and which values must be another case's own."""
    sent: list[Sent] = []
    with SQLAlchemyStore.from_url(url, create_tables=True) as store:
        desk = ComplaintDesk(store)
        handle(desk)

        @event.listens_for(store.engine, "before_cursor_execute")
        def execute(_: object, __: object, statement: str, values: Any, *___: object) -> None:
            sent.append((statement, dict(values)))

        case = handle(desk)
        number = desk.get(case).number
    return sent, {case: ":id", number: ":id", place("main", case): ":id"}


def five_statements(sent: list[Sent], url: str) -> list[Sent]:
    """The same cases as one would send them without a CTE."""
    dialect: Any = psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    with SQLAlchemyStore.from_url(url) as store:
        tables, update = (
            store.tables,
            str(compiled(store.tables, store.engine.dialect, None).sql.update_complaint.compile(dialect=dialect)),
        )
    texts = {t.name: str(into(t).compile(dialect=dialect)) for t in (tables.complaints, tables.words, tables.entries)}
    entry, first = texts.pop(tables.entries.name), list(texts.values())
    found: list[Sent] = []
    for statement, values in sent:
        if statement.startswith("SELECT"):
            found += [("BEGIN", {}), (statement, values)]
            continue
        begun = bool(found) and found[-1][0].startswith("SELECT")
        changes = [(update, values)] if begun else [("BEGIN", {}), *((text, values) for text in first)]
        found += [*changes, (entry, values), ("COMMIT", {})]
    return found


def pgbench(url: str, sent: list[Sent], own: dict[Any, str], clients: int, start: int) -> float:
    """Actions per second of pgbench; every value goes over the wire as a parameter, as ours do."""
    script, given = ["\\set serial :serial + 1", f"\\set id {start} + :client_id * 1000000 + :serial"], {"serial": "0"}
    for statement, values in sent:
        script.append(_with_variables(statement, values, own, given) + ";")
    at = make_url(url)
    with TemporaryDirectory() as folder:
        path = Path(folder, "case.sql")
        path.write_text("\n".join(script), encoding="utf-8")
        command = ["pgbench", "-n", "-M", "prepared", f"-c{clients}", f"-j{min(clients, os.cpu_count() or 1)}"]
        command += [f"-T{SECONDS:.0f}", f"-f{path}", *(f"-D{name}={value}" for name, value in given.items())]
        command += ["-h", at.host or "", "-p", str(at.port or 5432), "-U", at.username or "", at.database or ""]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stderr)
    return float(found[1]) * len(_STEPS)


def _with_variables(statement: str, values: dict[str, Any], own: dict[Any, str], given: dict[str, str]) -> str:
    def variable(match: re.Match[str]) -> str:
        value = values[match[1]]
        if value is None:
            return "NULL"
        if value in own:
            return own[value]
        name = f"v{len(given)}"
        given[name] = str(value)
        return f":{name}"

    return re.sub(r"%\((\w+)\)s", variable, statement)


def run_desk(url: str, begin: float) -> Times:
    """Handle cases from the moment ``begin`` on; how long each action took."""
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store)
        handle(desk)
        return _timed(begin, lambda note: handle(desk, note))


def run_core(url: str, begin: float) -> Times:
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

        return _timed(begin, action)


def run_async_desk(url: str, begin: float) -> Times:
    """As ``run_desk``, through asyncpg."""

    async def story() -> Times:
        times: Times = []
        own = make_url(url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
        async with await AsyncSQLAlchemyStore.from_url(own) as store:
            desk = AsyncComplaintDesk(store)
            await _handle_async(desk, [])
            time.sleep(max(0.0, begin - time.time()))  # noqa: ASYNC251 - nothing else runs here
            end = time.time() + SECONDS
            while time.time() < end:
                await _handle_async(desk, times)
        return times

    return asyncio.run(story())


async def _handle_async(desk: AsyncComplaintDesk, times: Times) -> None:
    start = time.perf_counter()
    first = await desk.record(_STEPS[0].action, _STEPS[0].actor, at=_STEPS[0].at)  # type: ignore[arg-type]  # Record
    times.append(time.perf_counter() - start)
    for action, actor, at in _STEPS[1:]:
        start = time.perf_counter()
        await desk.act(first.complaint.id, action, actor, at=at)
        times.append(time.perf_counter() - start)


def _timed(begin: float, work: Callable[[Callable[[], None]], object]) -> Times:
    times: Times = []
    time.sleep(max(0.0, begin - time.time()))
    last = time.perf_counter()

    def note() -> None:
        nonlocal last
        now = time.perf_counter()
        times.append(now - last)
        last = now

    end = time.time() + SECONDS
    while time.time() < end:
        work(note)
    return times


def in_processes(run: Callable[[str, float], Times], url: str, clients: int) -> tuple[float, Times]:
    """Actions per second of all clients together, and the latencies of all."""
    with ProcessPoolExecutor(clients, mp_context=get_context("spawn")) as pool:
        list(pool.map(_warm, range(clients)))
        begin = time.time() + 1.0 + 0.1 * clients
        found = list(pool.map(run, [url] * clients, [begin] * clients))
    times = [t for each in found for t in each]
    return sum(len(each) / sum(each) for each in found), times


def _warm(_: int) -> None:
    time.sleep(0.2)  # so that every process of the pool is started


def figures(url: str, sent: list[Sent], own: dict[Any, str], clients: int) -> Iterator[Figure]:
    """Each kind of client beside both floors, in turns; the ratio is to pgbench with five statements."""
    floors = {"pgbench, five": five_statements(sent, url), "pgbench, two": sent}
    kinds = {"desk": run_desk, "async desk": run_async_desk, "bare Core, two": run_core}
    found: dict[str, list[float]] = {name: [] for name in (*floors, *kinds)}
    times: dict[str, Times] = {name: [] for name in kinds}
    for turn in range(ROUNDS):
        for kind, (name, statements) in enumerate(floors.items()):
            start = (clients * 1000 + turn * 10 + kind) * 100_000_000
            found[name].append(pgbench(url, statements, own, clients, start))
        for name, run in kinds.items():
            rate, latencies = in_processes(run, url, clients)
            found[name].append(rate)
            times[name] += latencies
    for name, rates in found.items():
        each = [r / f for r, f in zip(rates, found["pgbench, five"], strict=True)]
        said = f"{median(rates):.0f}/s{_said(times.get(name))}"
        yield Figure(f"{name}, {clients} clients", said, f"{median(each):.2f}")


def _said(times: Times | None) -> str:
    if not times:
        return ""
    cuts = quantiles(times, n=100)
    return f", p50 {cuts[49] * 1000:.2f} ms, p99 {cuts[98] * 1000:.2f} ms"


def main() -> None:
    """Run and print."""
    if shutil.which("pgbench") is None:
        sys.exit("pgbench is not on the PATH; it comes with PostgreSQL")
    with fresh_database() as url:
        sent, own = sent_for_a_case(url)
        for clients in (1, 4, 16):
            print(table(figures(url, sent, own, clients)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
