"""A large desk on PostgreSQL, with eight entries to a case: ``python -m benchmarks.large --complaints 1000000``.

The floors of the same run: rows that the server makes by itself for the import, the same SQL text through Core for what
is read. What the server itself took is beside them (EXPLAIN ANALYZE).
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from statistics import median
from typing import Any

from sqlalchemy import Table, event, text

from benchmarks.clients import importing, in_processes
from benchmarks.harness import FULL, Figure, Scale, in_turns, ratio, seconds, table
from benchmarks.scenario import PAST, START, histories
from benchmarks.server import fresh_database
from complaintflow import ComplaintDesk, Outcome, Query
from complaintflow.storage.sqlalchemy import SQLAlchemyStore

ROWS = PAST + 2
"""Of a case: the entries, the complaint, its words."""
OPEN_ONE_IN, PEOPLE, RARE_ONE_IN = 40, 50, 1000
FEW = 400

_MOMENT = "TIMESTAMPTZ '2020-01-01 00:00Z' + n * INTERVAL '1 minute'"
_STILL_OPEN = f"n % {OPEN_ONE_IN} = 0"
_RARE = f"('x' || encode(convert_to('rare' || n / {OPEN_ONE_IN} % {RARE_ONE_IN} || 'word', 'UTF8'), 'hex'))::tsvector"


def make(store: SQLAlchemyStore, like: str, first: int, number: int) -> float:
    """Rows per second when the server copies a case by itself, each copy with names of its own."""
    t = store.tables
    name = "'made-' || n"
    changes: dict[Table, dict[str, str]] = {
        t.complaints: {
            "id": name,
            "number": name,
            "recorded_at": _MOMENT,
            "person": f"'person-' || (n / {OPEN_ONE_IN} % {PEOPLE})",
            "ended_at": f"CASE WHEN {_STILL_OPEN} THEN NULL ELSE {_MOMENT} END",
            "next_due_at": f"CASE WHEN {_STILL_OPEN} THEN {_MOMENT} END",
        },
        t.words: {"id": name, "place": "n", "document": f"document || {_RARE}"},
        t.entries: {"complaint_id": name, "key": "NULL"},
    }
    start = time.perf_counter()
    with store.engine.begin() as connection:
        for made, new in changes.items():
            columns = [c.name for c in made.columns]
            which = "complaint_id" if made is t.entries else "id"
            connection.execute(
                text(
                    f"INSERT INTO {made.name} ({', '.join(columns)}) "  # noqa: S608 - our own names
                    f"SELECT {', '.join(new.get(c, c) for c in columns)} FROM {made.name}, "
                    f"generate_series({first}, {first + number - 1}) AS s (n) WHERE {which} = :like"
                ),
                {"like": like},
            )
    return number * ROWS / (time.perf_counter() - start)


def what_is_sent(store: SQLAlchemyStore, look: Callable[[], object]) -> tuple[str, Any]:
    """The statement that ``look`` sends, with its values."""
    sent: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        sent.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", listen)
    look()
    event.remove(store.engine, "before_cursor_execute", listen)
    return sent[-1]


def through_core(store: SQLAlchemyStore, statement: str, values: Any) -> object:
    """The statement, sent by Core, and all its rows fetched."""
    with store.engine.connect() as connection:
        return connection.exec_driver_sql(statement, values).all()


def in_the_server(store: SQLAlchemyStore, statement: str, values: Any) -> float:
    """Milliseconds of the database alone, on the median of five."""
    with store.engine.connect() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values) for _ in range(5)]
        return median(float(plan.scalar_one()[0]["Execution Time"]) for plan in plans)


def figures(scale: Scale) -> Iterator[Figure]:
    """The import first, then the other cases by the server, then the reading."""
    with fresh_database() as url, SQLAlchemyStore.from_url(url, create_tables=True) as store:
        desk = ComplaintDesk(store, clock=lambda: START + timedelta(days=5))
        first = desk.import_cases(histories(1))[0]
        assert isinstance(first, Outcome)
        case, place = first.complaint.id, count(1, FEW)
        for processes in (1, 2):
            yield _import(store, url, case, place, processes, scale)
        start = next(place)
        made = make(store, case, start, scale.stored)
        yield Figure(f"{scale.stored:,} complaints made by the server", f"{made:,.0f} rows/s")
        with store.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        yield from _reading(store, case, scale)


def _import(store: SQLAlchemyStore, url: str, case: str, place: Iterator[int], processes: int, scale: Scale) -> Figure:
    def ours() -> float:
        entries, _ = in_processes(importing, url, processes, scale.duration)
        return entries * ROWS / PAST

    found = in_turns({"ours": ours, "made": lambda: make(store, case, next(place), FEW)}, scale.turns)
    said = f"{median(found['ours']):,.0f} rows/s, made by the server {median(found['made']):,.0f}"
    workers = "1 process" if processes == 1 else f"{processes} processes"
    return Figure(f"bulk import, {workers}", said, ratio(found["ours"], found["made"]), "0.25 or more")


def _reading(store: SQLAlchemyStore, case: str, scale: Scale) -> Iterator[Figure]:
    looks: dict[str, Callable[[], object]] = {
        "due, 100 ids": lambda: store.due("main", START, 100),
        "inbox page, 50 cases": lambda: store.find("main", Query(open=True, person="person-7", limit=50)),
        "by a rare word": lambda: store.find("main", Query(text="rare7word", open=True, limit=50)),
        "by a word that all have": lambda: store.find("main", Query(text="lamps", open=True, limit=50)),
        "one case's file": lambda: store.history("main", case),
    }
    for name, look in looks.items():
        sent = what_is_sent(store, look)
        alone = in_the_server(store, *sent)
        times = 10 if alone < 100 else 1
        core = partial(through_core, store, *sent)
        found = in_turns({"ours": partial(seconds, look, times), "core": partial(seconds, core, times)}, scale.rounds)
        ours, core_took = (median(found[side]) * 1e3 for side in ("ours", "core"))
        said = f"{ours:.2f} ms, Core {core_took:.2f} ms, the server alone {alone:.2f} ms"
        yield Figure(name, said, ratio(found["ours"], found["core"]), "2 or less")


def main() -> None:
    """Run and print."""
    parser = ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--complaints", type=int, default=FULL.stored, help=f"how many are stored ({FULL.stored:,})")
    print(table(figures(replace(FULL, stored=parser.parse_args().complaints))))


if __name__ == "__main__":
    main()
