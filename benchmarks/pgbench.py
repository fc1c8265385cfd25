"""The floor on PostgreSQL: pgbench sending the very same cases, every value as a parameter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.dialects.postgresql import psycopg

from benchmarks.durable import handle
from benchmarks.scenario import full_case
from complaintflow import ComplaintDesk
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.storage.sqlalchemy.search import place
from complaintflow.storage.sqlalchemy.writing import compiled, into

_ACTIONS = len(full_case())

Sent = tuple[str, dict[str, Any]]


def is_there() -> bool:
    """Is it on the PATH? It comes with PostgreSQL."""
    return shutil.which("pgbench") is not None


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
    """The same cases as one would send them without a CTE: begin, read, update, insert, commit."""
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


def actions_per_second(
    url: str, sent: list[Sent], own: dict[Any, str], clients: int, start: int, duration: float
) -> float:
    """Of all clients together, over so many seconds; every value goes over the wire as a parameter, as ours do."""
    script, given = ["\\set serial :serial + 1", f"\\set id {start} + :client_id * 1000000 + :serial"], {"serial": "0"}
    for statement, values in sent:
        script.append(_with_variables(statement, values, own, given) + ";")
    at = make_url(url)
    with TemporaryDirectory() as folder:
        path = Path(folder, "case.sql")
        path.write_text("\n".join(script), encoding="utf-8")
        command = ["pgbench", "-n", "-M", "prepared", f"-c{clients}", f"-j{min(clients, os.cpu_count() or 1)}"]
        command += [f"-T{duration:.0f}", f"-f{path}", *(f"-D{name}={value}" for name, value in given.items())]
        command += ["-h", at.host or "", "-p", str(at.port or 5432), "-U", at.username or "", at.database or ""]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stderr)
    return float(found[1]) * _ACTIONS


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
