"""Durable actions per second on SQLite, beside ``sqlite3`` alone running the very same statements."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from benchmarks.harness import Figure, Scale, in_turns, ratio
from benchmarks.scenario import full_case
from complaintflow import ComplaintDesk
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.storage.sqlalchemy.search import place

Statement = tuple[str, tuple[Any, ...]]

TENANT = "main"
_STEPS = full_case()


def handle(desk: ComplaintDesk, note: Callable[[], None] = lambda: None) -> str:
    """The full case, action by action, each followed by a ``note``; returns its id."""
    first = desk.record(_STEPS[0].action, _STEPS[0].actor, at=_STEPS[0].at)  # type: ignore[arg-type]  # it is Record
    note()
    for action, actor, at in _STEPS[1:]:
        desk.act(first.complaint.id, action, actor, at=at)
        note()
    return first.complaint.id


def _open(folder: Path, synchronous: str) -> SQLAlchemyStore:
    return SQLAlchemyStore.from_url(f"sqlite:///{folder / 'desk.db'}", create_tables=True, synchronous=synchronous)


def statements_of_a_case(folder: Path) -> tuple[list[Statement], str, str]:
    """Everything that one full case sends to the driver, with its id and number."""
    sent: list[Statement] = []
    with _open(folder, "NORMAL") as store:

        @event.listens_for(store.engine, "before_cursor_execute")
        def execute(_: object, __: object, statement: str, values: Any, *___: object) -> None:
            sent.append((statement, tuple(values)))

        @event.listens_for(store.engine, "commit")
        def commit(_: object) -> None:
            sent.append(("COMMIT", ()))

        desk = ComplaintDesk(store)
        complaint_id = handle(desk)
        return list(sent), complaint_id, desk.get(complaint_id).number


def _raw(folder: Path, synchronous: str, sent: list[Statement], names: tuple[str, str]) -> Callable[[], object]:
    """Handles one more case with the driver alone; each has an id and a number of its own, as long as the first."""
    _open(folder, synchronous).close()
    connection = sqlite3.connect(folder / "desk.db", isolation_level=None)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    serial = count()

    def case() -> None:
        number = next(serial)
        own = f"{number:08}"
        renamed: dict[Any, Any] = {name: own + name[len(own) :] for name in names}
        renamed[place(TENANT, names[0])] = number
        for statement, values in sent:
            connection.execute(statement, [renamed.get(v, v) for v in values]).fetchall()

    return case


def figures(scale: Scale) -> Iterator[Figure]:
    """The desk beside the driver, in both of SQLite's manners of syncing."""
    with TemporaryDirectory() as place:
        first = Path(place, "first")
        first.mkdir()
        sent, *names = statements_of_a_case(first)
        for synchronous, aim in (("NORMAL", "0.25 or more"), ("FULL", "")):
            yield _compare(Path(place), synchronous, sent, (names[0], names[1]), scale, aim)


def _compare(
    place: Path, synchronous: str, sent: list[Statement], names: tuple[str, str], scale: Scale, aim: str
) -> Figure:
    ours, theirs = place / f"desk-{synchronous}", place / f"raw-{synchronous}"
    ours.mkdir()
    theirs.mkdir()
    with _open(ours, synchronous) as store:
        desk = ComplaintDesk(store)
        raw = _raw(theirs, synchronous, sent, names)
        sides = {"desk": _rate(lambda: handle(desk), scale), "raw": _rate(raw, scale)}
        found = in_turns(sides, scale.rounds)
    measured = f"{median(found['desk']):.0f}/s, raw {median(found['raw']):.0f}/s"
    return Figure(f"durable actions, {synchronous}", measured, ratio(found["desk"], found["raw"]), aim)


def _rate(handle: Callable[[], object], scale: Scale) -> Callable[[], float]:
    def actions_per_second() -> float:
        start = time.perf_counter()
        for _ in range(scale.cases):
            handle()
        return scale.cases * len(_STEPS) / (time.perf_counter() - start)

    return actions_per_second
