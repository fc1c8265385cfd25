"""Mistakes in SQL: the shipped store on SQLite, with one statement, one table or one transaction changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, ClassVar
from weakref import finalize

from sqlalchemy import Connection, Engine, event, update

from complaintflow import Complaint
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.storage.sqlalchemy.doors import HostDoor, OwnDoor
from complaintflow.testing.bench import Ability
from sql_laws import SQLLaws

Steps = Sequence[tuple[Complaint, Sealed]]


class SQLWhole(SQLAlchemyStore):
    """Nothing is broken; ``wrong`` is a pattern of the statements that are changed, and what stands there instead."""

    wrong: ClassVar[tuple[str, str]] = (r"\A\Z", "")

    def __init__(self, engine: Engine, **how: Any) -> None:
        super().__init__(engine, **how)
        if not event.contains(engine, "before_cursor_execute", self.rewritten):
            event.listen(engine, "before_cursor_execute", self.rewritten, retval=True)
            event.listen(engine, "connect", _wait_not_long)

    @classmethod
    def rewritten(cls, _c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> tuple[str, Any]:
        return re.sub(*cls.wrong, sql.replace("\n", " "), flags=re.DOTALL), values


def _wait_not_long(connection: Any, _: object) -> None:
    """Those who are in each other's way because of a mistake are to say so soon."""
    connection.execute("PRAGMA busy_timeout = 100")


class SQLVersionForgotten(SQLWhole):
    """``UPDATE complaints`` has no condition on the version; only the keys of the tables are left to refuse."""

    wrong = (r"^(UPDATE .*) (complaintflow_complaints.version = \?)", r"\1 (\2 OR 1)")


class SQLTenantForgottenInUpdate(SQLWhole):
    """``UPDATE complaints`` has no condition on the tenant."""

    wrong = (r"^(UPDATE .*) (complaintflow_complaints.tenant = \?)", r"\1 (\2 OR 1)")


class SQLTenantForgottenInRecallMany(SQLWhole):
    """Keys of another tenant are recalled in a batch."""

    wrong = (r'(complaintflow_entries.tenant = \?)( AND complaintflow_entries."key" IN)', r"(\1 OR 1)\2")


class SQLTenantForgottenInWords(SQLWhole):
    """Words are looked for in the narratives of every tenant."""

    wrong = (r"(complaintflow_words.tenant = \?)", r"(\1 OR 1)")


class SQLKeysGlobal(SQLWhole):
    """The unique constraint on keys has no tenant."""

    wrong = (r'UNIQUE \(tenant, "key"\)', 'UNIQUE ("key")')


class SQLNumbersNotUnique(SQLWhole):
    """There is no unique constraint on numbers."""

    wrong = (r"UNIQUE \(tenant, number\)", "UNIQUE (tenant, id, number)")


class SQLKeysFolded(SQLWhole):
    """The column of keys has a collation without case."""

    wrong = (r'("key" VARCHAR\(255\))', r"\1 COLLATE NOCASE")


class SQLInsertOrIgnore(SQLWhole):
    """A unique key that is taken makes the insert of an entry do nothing, and no error."""

    wrong = (r"^INSERT INTO complaintflow_entries", "INSERT OR IGNORE INTO complaintflow_entries")


class SQLInsertOrReplace(SQLWhole):
    """An entry whose key is taken takes the other one's place."""

    wrong = (r"^INSERT INTO complaintflow_entries", "INSERT OR REPLACE INTO complaintflow_entries")


class SQLDueIncluded(SQLWhole):
    """``next_due_at <= ?``"""

    wrong = (r"next_due_at < \? ORDER BY", "next_due_at <= ? ORDER BY")


class SQLDueTiesUnordered(SQLWhole):
    """What is due at the same moment comes as the index has it."""

    wrong = (r"(ORDER BY complaintflow_complaints.next_due_at), complaintflow_complaints.id", r"\1")


class SQLCursorOverlaps(SQLWhole):
    """A page begins with the last case of the one before: ``id >= ?``."""

    wrong = (r"complaintflow_complaints.id > \?", "complaintflow_complaints.id >= ?")


class SQLOrderFolded(SQLWhole):
    """Pages are ordered by a collation."""

    wrong = (r"(recorded_at, complaintflow_complaints.id)(\s+LIMIT)", r"\1 COLLATE NOCASE\2")


class SQLEntriesAsText(SQLWhole):
    """Entries are ordered by their number as text."""

    wrong = (r"ORDER BY complaintflow_entries.seq", "ORDER BY CAST(complaintflow_entries.seq AS TEXT)")


class SQLForgetLeavesWords(SQLWhole):
    """``forget`` leaves the words of the narrative in the index."""

    wrong = (r"^(DELETE FROM complaintflow_words WHERE)", r"\1 0 AND")


class SQLForgetLeavesThePerson(SQLWhole):
    """``forget`` leaves the person's id in the column to search by."""

    wrong = (r"^(UPDATE complaintflow_complaints SET complainant.* WHERE)", r"\1 0 AND")


class SQLTimesOfDifferentLength(SQLWhole):
    """Times are text without zeros at their end, which sorts otherwise than they do."""

    @classmethod
    def rewritten(cls, _c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> tuple[str, Any]:
        return sql, [tuple(map(_cut, row)) for row in values] if _many else tuple(map(_cut, values))


def _cut(value: Any) -> Any:
    return (
        re.sub(r"\.?0*Z$", "Z", value) if isinstance(value, str) and re.fullmatch(r"\S+T\S+\.\d{6}Z", value) else value
    )


class Autocommit(OwnDoor):
    """Each statement is a transaction of its own."""

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:  # noqa: ARG002 - the door's method
        with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            yield connection


class SQLAutocommit(SQLWhole):
    """Nobody begins a transaction: the complaint is written when its entry is refused."""

    def __init__(self, engine: Engine, **how: Any) -> None:
        super().__init__(engine, **{"door": Autocommit(engine)} | {k: v for k, v in how.items() if v is not None})


class Bare(HostDoor):
    """Writes without a savepoint."""

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:  # noqa: ARG002 - the door's method
        yield self._connection()


class SQLWithoutASavepoint(SQLWhole):
    """Inside the host's transaction, what was written before a conflict stays there."""

    def __init__(self, engine: Engine, **how: Any) -> None:
        door = how.pop("door", None)
        super().__init__(engine, door=Bare(door._host, door._table) if isinstance(door, HostDoor) else door, **how)


class SQLCommitsForTheHost(SQLWhole):
    """The store commits the host's transaction."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, record)
        if isinstance(self._door, HostDoor):
            connection = self._door._connection()
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN")


class SQLBatchInPieces(SQLWhole):
    """A batch is not one transaction, but one for each step."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        for step in steps:
            super().append_many(tenant, [step])


class SQLBatchVersionForgotten(SQLWhole):
    """The update of a batch does not compare versions; only the keys of the tables are left to refuse."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        c = self.tables.complaints
        for complaint, record in reversed(steps):
            with self._door.writing() as connection:
                here = update(c).where(c.c.tenant == tenant, c.c.id == complaint.id)
                connection.execute(here.values(version=record.seq - 1))
        super().append_many(tenant, steps)


class SQLBatchKeepsTheFirstSnapshot(SQLWhole):
    """Of several steps of a case, the snapshot after the first is kept."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        firsts: dict[str, Complaint] = {}
        super().append_many(
            tenant, [(firsts.setdefault(complaint.id, complaint), record) for complaint, record in steps]
        )


class BrokenSQLLaws(SQLLaws):
    """The laws for one of these stores. One engine serves all clauses, each on a new copy of an empty database."""

    database = "sqlite"
    absent: ClassVar = {Ability.THREADS: "who wins a race is not the same in every run, and the page is"}

    def __init__(self, store: type[SQLWhole]) -> None:
        self.store = store
        self._folder = Path(mkdtemp())
        self._opened = store.from_url(f"sqlite:///{self._folder / 'complaints.db'}", create_tables=True)
        self._opened.close()
        self._empty = self._path.read_bytes()
        finalize(self, rmtree, self._folder)

    @property
    def _path(self) -> Path:
        return self._folder / "complaints.db"

    @contextmanager
    def make_store(self) -> Iterator[SQLAlchemyStore]:
        for left in self._folder.iterdir():
            left.unlink()
        self._path.write_bytes(self._empty)
        with self._opened as store:
            yield store

    def another(self, url: str) -> SQLAlchemyStore:
        return self.store.from_url(url)

    def within(self, session: Any, store: Any) -> SQLAlchemyStore:
        return self.store.within(session, tables=store.tables)
