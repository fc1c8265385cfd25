"""A large desk on PostgreSQL: ``python -m benchmarks.large --complaints 1000000``, with eight entries each.

The floors of the same run: rows that the server makes by itself for the import, the same SQL text through Core for what
is read, single actions through the desk for a batch. The server is where COMPLAINTFLOW_POSTGRESQL_URL says.
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

from benchmarks.harness import FULL, Figure, in_turns, ratio, seconds, table
from benchmarks.postgres import fresh_database
from benchmarks.scenario import AGENT, START, full_case
from complaintflow import ComplaintDesk, Outcome, Query, actions
from complaintflow.desk.batch import Past
from complaintflow.storage.sqlalchemy import SQLAlchemyStore

ENTRIES, BATCH, OPEN_ONE_IN, PEOPLE = 8, 200, 40, 50

_STEPS = full_case()[:ENTRIES]
_serial = count()
_MOMENT = "TIMESTAMPTZ '2020-01-01 00:00Z' + n * INTERVAL '1 minute'"
_STILL_OPEN = f"n % {OPEN_ONE_IN} = 0"


def histories(number: int) -> list[Past]:
    """As many cases that were handled elsewhere."""
    steps = [(step.action, step.actor, step.at) for step in _STEPS]
    return [Past(f"past-{next(_serial)}", steps) for _ in range(number)]


def take_in(desk: ComplaintDesk, number: int) -> float:
    """Rows per second of the bulk import, everything decided and sealed."""
    start = time.perf_counter()
    for _ in range(number // BATCH):
        results = desk.import_cases(histories(BATCH))
        assert all(isinstance(r, Outcome) and not r.repeated for r in results)
    return number * (ENTRIES + 2) / (time.perf_counter() - start)


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
        t.words: {"id": name, "place": "n"},
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
    return number * (ENTRIES + 2) / (time.perf_counter() - start)


def through_core(store: SQLAlchemyStore, look: Callable[[], object]) -> Callable[[], object]:
    """The statement that ``look`` sends, sent by Core again, and all its rows fetched."""
    sent: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        sent.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", listen)
    look()
    event.remove(store.engine, "before_cursor_execute", listen)
    statement, values = sent[-1]

    def run() -> object:
        with store.engine.connect() as connection:
            return connection.exec_driver_sql(statement, values).all()

    return run


def act_singly(desk: ComplaintDesk, cases: list[str], number: int) -> float:
    """Actions per second, one transaction each."""
    start = time.perf_counter()
    for i in range(number):
        desk.act(cases[i % len(cases)], actions.AddNote(text="Called back"), AGENT)
    return number / (time.perf_counter() - start)


def act_together(desk: ComplaintDesk, cases: list[str], number: int) -> float:
    """Actions per second, fifty in a transaction."""
    start = time.perf_counter()
    for _ in range(number // 50):
        desk.act_many([(cases[i % len(cases)], actions.AddNote(text="Called back"), AGENT) for i in range(50)])
    return number / (time.perf_counter() - start)


def figures(complaints: int) -> Iterator[Figure]:
    """The import first, then the other cases by the server, then the reading."""
    scale = replace(FULL, rounds=5)
    with fresh_database() as url, SQLAlchemyStore.from_url(url, create_tables=True) as store:
        desk = ComplaintDesk(store, clock=lambda: START + timedelta(days=5))
        first = desk.import_cases(histories(1))[0]
        assert isinstance(first, Outcome)
        case = first.complaint.id
        place = count(1, BATCH * 2)
        found = in_turns(
            {"ours": lambda: take_in(desk, BATCH * 2), "made": lambda: make(store, case, next(place), BATCH * 2)},
            scale.rounds,
        )
        yield _rates("bulk import, rows", found["ours"], found["made"], "made by the server", "0.25 or more")
        rate = make(store, case, next(place), complaints)
        yield Figure(f"{complaints:,} complaints made by the server", f"{rate:,.0f} rows/s")
        with store.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        looks: dict[str, Callable[[], object]] = {
            "due, 100 ids": lambda: store.due("main", START, 100),
            "inbox page, 50 cases": lambda: store.find("main", Query(open=True, person="person-7", limit=50)),
            "by a word that all have": lambda: store.find("main", Query(text="lamps", open=True, limit=50)),
            "one case's file": lambda: store.history("main", case),
        }
        for name, look in looks.items():
            sides = {"ours": partial(seconds, look, 10), "core": partial(seconds, through_core(store, look), 10)}
            found = in_turns(sides, scale.rounds)
            said = f"{median(found['ours']) * 1e3:.2f} ms, Core {median(found['core']) * 1e3:.2f} ms"
            yield Figure(name, said, ratio(found["ours"], found["core"]), "2 or less")
        cases = [r.complaint.id for r in desk.import_cases(histories(50)) if isinstance(r, Outcome)]
        found = in_turns(
            {"many": lambda: act_together(desk, cases, 200), "one": lambda: act_singly(desk, cases, 200)}, scale.rounds
        )
        yield _rates("act_many, 50 actions", found["many"], found["one"], "one by one", "")


def _rates(name: str, ours: list[float], floor: list[float], beside: str, aim: str) -> Figure:
    return Figure(name, f"{median(ours):,.0f}/s, {beside} {median(floor):,.0f}/s", ratio(ours, floor), aim)


def main() -> None:
    """Run and print."""
    parser = ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--complaints", type=int, default=20_000, help="how many the server makes (20,000)")
    print(table(figures(parser.parse_args().complaints)))


if __name__ == "__main__":
    main()
