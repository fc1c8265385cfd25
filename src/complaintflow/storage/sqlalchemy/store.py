"""The blocking SQL store. SQLite is tried and tested; other databases follow with their own conformance runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError

from complaintflow.errors import ConcurrencyConflict, StorageError
from complaintflow.model.complaint import Complaint
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page, Query
from complaintflow.storage.sqlalchemy import statements as sql
from complaintflow.storage.sqlalchemy.tables import Tables


class SQLAlchemyStore:
    """A ``Store`` on an engine: each action is one transaction of its own."""

    def __init__(self, engine: Engine, *, tables: Tables | None = None) -> None:
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        self.engine = engine
        self.tables = tables or Tables(MetaData())
        self._sql = sql.Statements(self.tables)
        # SQLite: the write lock comes before the first statement, so that a writer waits and never fails halfway
        self._lock = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else None

    @classmethod
    def from_url(cls, url: str, *, create_tables: bool = False, synchronous: str = "NORMAL") -> SQLAlchemyStore:
        """A store on a database of its own, such as ``sqlite:///complaints.db``.

        On SQLite, ``synchronous`` is ``NORMAL`` (survives the process) or ``FULL`` (survives a power cut as well).
        Raises ``StorageError`` if the database cannot be opened.
        """
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            _set_pragma(engine, "synchronous", synchronous)
        store = cls(engine)
        if create_tables:
            store.create_tables()
        return store

    def create_tables(self) -> None:
        """Create the tables that are missing."""
        with _translated():
            self.tables.metadata.create_all(self.engine)

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        found = self._read(self._sql.load, {"tenant": tenant, "id": complaint_id})
        return codec.load_complaint(found[0][0]) if found else None

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        try:
            with _translated(), self.engine.begin() as connection:
                self._begin(connection)
                self._write(connection, tenant, complaint, record)
        except IntegrityError as error:
            raise ConcurrencyConflict(record.complaint_id, record.seq - 1, None) from error

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        found = self._read(self._sql.history, {"tenant": tenant, "id": complaint_id})
        return tuple(Sealed(*row) for row in found)

    def find(self, tenant: str, query: Query) -> Page:
        found = [codec.load_complaint(row[0]) for row in self._read(self._sql.find(tenant, query), {})]
        page = tuple(found[: query.limit])
        return Page(complaints=page, next=codec.cursor_after(page[-1]) if len(found) > query.limit else None)

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        found = self._read(self._sql.due, {"tenant": tenant, "before": before, "limit": limit})
        return tuple(row[0] for row in found)

    def recall(self, tenant: str, key: str) -> Sealed | None:
        found = self._read(self._sql.recall, {"tenant": tenant, "key": key})
        return Sealed(*found[0]) if found else None

    def forget(self, tenant: str, complaint: Complaint) -> None:
        with _translated(), self.engine.begin() as connection:
            self._begin(connection)
            self._update(connection, tenant, complaint, complaint.version)
            case = {"b_tenant": tenant, "b_id": complaint.id}
            connection.execute(self._sql.forget_people, {**case, **sql.people_values(complaint)})
            connection.execute(self._sql.forget_cells, case)
        if self.engine.dialect.name == "sqlite":
            with _translated(), self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _read(self, statement: Any, values: dict[str, Any]) -> Sequence[Any]:
        with _translated(), self.engine.connect() as connection:
            return connection.execute(statement, values).all()

    def _write(self, connection: Connection, tenant: str, complaint: Complaint, record: Sealed) -> None:
        if record.seq == 1:
            connection.execute(self._sql.insert_complaint, sql.complaint_values(tenant, complaint))
        else:
            self._update(connection, tenant, complaint, record.seq - 1)
        connection.execute(self._sql.insert_entry, sql.entry_values(tenant, record))

    def _update(self, connection: Connection, tenant: str, complaint: Complaint, expected: int) -> None:
        guarded = sql.guarded_values(tenant, complaint, expected)
        if connection.execute(self._sql.update_complaint, guarded).rowcount != 1:
            found = connection.execute(self._sql.version, {"tenant": tenant, "id": complaint.id}).scalar()
            raise ConcurrencyConflict(complaint.id, expected, found or 0)

    def _begin(self, connection: Connection) -> None:
        if self._lock is not None:
            connection.exec_driver_sql(self._lock)


@contextmanager
def _translated() -> Iterator[None]:
    """Drivers' errors become ours; a broken unique key is left for the caller, who knows what it means."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise StorageError(f"the database refused: {error.orig}") from error


def _prepare_sqlite(engine: Engine) -> None:
    """Take the driver's own transactions out of the way; readers and a writer do not wait for each other."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten


def _set_pragma(engine: Engine, name: str, value: str) -> None:
    if value not in ("NORMAL", "FULL"):
        raise ValueError(f"{name} is NORMAL or FULL, not {value!r}")

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA {name} = {value}")
