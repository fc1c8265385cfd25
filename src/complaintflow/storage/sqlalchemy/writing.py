"""How an entry is written: in one statement where the database can, else in one for each table.

What every action needs is compiled once: SQLAlchemy's preparation at each call would cost more than the database does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, CursorResult, Dialect, Insert, Table, bindparam, insert, select
from sqlalchemy.sql.compiler import SQLCompiler

from complaintflow.errors import ConcurrencyConflict
from complaintflow.model.complaint import Complaint
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy import statements as sql
from complaintflow.storage.sqlalchemy.batch import BatchStatements
from complaintflow.storage.sqlalchemy.search import words_values
from complaintflow.storage.sqlalchemy.tables import Tables

if TYPE_CHECKING:
    from complaintflow.storage.sqlalchemy.outbox import Outbox


class Prepared:
    """A statement as text for the driver, and what is done to each of its values on the way."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        self._statement = statement
        compiled: SQLCompiler = statement.compile(dialect=dialect)
        self._text = str(compiled)
        self._is_positional = compiled.positional
        self._binds = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or compiled.binds
        ]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Execute it; ``values`` may hold more than it needs."""
        if "schema_translate_map" in connection.get_execution_options():  # only SQLAlchemy knows how to do that
            given_to_core = {name: values[name] for name, _ in self._binds}
            return connection.execute(self._statement, given_to_core, execution_options={"preserve_rowcount": True})
        given = [values[name] if to is None else to(values[name]) for name, to in self._binds]
        if self._is_positional:
            return connection.exec_driver_sql(self._text, tuple(given))
        return connection.exec_driver_sql(
            self._text, {name: value for (name, _), value in zip(self._binds, given, strict=True)}
        )


class Writing:
    """The statements that write an entry with all that belongs to it, the complaint first, under its version check.

    On PostgreSQL they are one: a CTE moves the complaint, and the rest is inserted from the row that it moved, if it
    did.
    """

    def __init__(self, tables: Tables, statements: sql.Statements, dialect: Dialect, outbox: Outbox | None) -> None:
        self._outbox = outbox
        self._version = statements.version
        beside = [tables.outbox] if outbox else []
        self.is_one = dialect.name == "postgresql"
        """Is it a single statement, which needs no transaction around it?"""
        first: list[Any]
        later: list[Any]
        if self.is_one:
            first = [_in_one(tables.entries, (tables.complaints, tables.words, *beside))]
            later = [_if_moved(tables.entries, beside, statements.update_complaint, tables.complaints)]
        else:
            first = [into(t) for t in (tables.complaints, tables.words, tables.entries, *beside)]
            later = [statements.update_complaint, *(into(t) for t in (tables.entries, *beside))]
        self._first = [Prepared(s, dialect) for s in first]
        self._later = [Prepared(s, dialect) for s in later]

    def run(self, connection: Connection, tenant: str, complaint: Complaint, record: Sealed) -> None:
        """Write the entry and the complaint that it makes. Raises ``ConcurrencyConflict``: undo what was written."""
        values = _named("entries", sql.entry_values(tenant, record))
        if self._outbox is not None:
            values |= _named("outbox", {"reason": None, **self._outbox.values(tenant, complaint, record)})
        if record.seq == 1:
            values |= _named("complaints", sql.complaint_values(tenant, complaint))
            values |= _named("words", words_values(tenant, complaint))
            check, *rest = self._first
        else:
            values |= sql.guarded_values(tenant, complaint, record.seq - 1)
            check, *rest = self._later
        if check.run(connection, values).rowcount != 1:
            self.refuse(connection, tenant, complaint.id, record.seq - 1)
        for step in rest:
            step.run(connection, values)

    def refuse(self, connection: Connection, tenant: str, complaint_id: str, expected: int) -> None:
        """Raise ``ConcurrencyConflict`` with the version that is stored, unless this transaction cannot see it."""
        found = connection.execute(self._version, {"tenant": tenant, "id": complaint_id}).scalar() or 0
        raise ConcurrencyConflict(complaint_id, expected, None if found == expected else found)


class Compiled(NamedTuple):
    """All statements for tables on a database."""

    sql: sql.Statements
    many: BatchStatements
    load: Prepared
    writing: Writing


@lru_cache(maxsize=64)
def compiled(tables: Tables, dialect: Dialect, outbox: Outbox | None) -> Compiled:
    """Built once, though a host may make a store for each of its transactions."""
    statements = sql.Statements(tables)
    writing = Writing(tables, statements, dialect, outbox)
    return Compiled(statements, BatchStatements(tables), Prepared(statements.load, dialect), writing)


def _named(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under names that tell the tables of one statement apart."""
    return {f"{table}_{name}": value for name, value in values.items()}


def _short(table: Table) -> str:
    return next(name for name in ("complaints", "words", "entries", "outbox") if table.name.endswith(name))


def _binds(table: Table) -> dict[str, Any]:
    return {c.name: bindparam(f"{_short(table)}_{c.name}", type_=c.type) for c in table.c}


def into(table: Table) -> Insert:
    """A row of this table, its values bound as ``<table>_<column>``."""
    return insert(table).values(_binds(table))


def _in_one(last: Table, others: Sequence[Table]) -> Insert:
    statement = into(last)
    for table in others:
        statement = statement.add_cte(into(table).cte(f"into_{_short(table)}"))
    return statement


def _if_moved(last: Table, others: Sequence[Table], move: Any, complaints: Table) -> Insert:
    moved = move.returning(complaints.c.version).cte("moved")

    def from_moved(table: Table) -> Insert:
        binds = _binds(table)
        return insert(table).from_select(list(binds), select(*binds.values()).select_from(moved))

    statement = from_moved(last)
    for table in others:
        statement = statement.add_cte(from_moved(table).cte(f"into_{_short(table)}"))
    return statement
