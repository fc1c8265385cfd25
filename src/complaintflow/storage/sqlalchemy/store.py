"""The blocking SQL store, on an engine or inside the host's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, MetaData, create_engine, event

from complaintflow.errors import ConcurrencyConflict, StorageError
from complaintflow.model.complaint import Complaint
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page, Query
from complaintflow.storage.sqlalchemy import statements as sql
from complaintflow.storage.sqlalchemy.batch import write_many
from complaintflow.storage.sqlalchemy.columns import MYSQL
from complaintflow.storage.sqlalchemy.doors import Door, Host, HostDoor, OwnDoor
from complaintflow.storage.sqlalchemy.failures import translated
from complaintflow.storage.sqlalchemy.search import place
from complaintflow.storage.sqlalchemy.tables import Tables
from complaintflow.storage.sqlalchemy.writing import compiled

if TYPE_CHECKING:
    from complaintflow.storage.sqlalchemy.outbox import Outbox


@cache
def own_tables() -> Tables:
    """The tables of a store whose host has no ``MetaData`` of its own for them."""
    return Tables(MetaData())


class SQLAlchemyStore:
    """A ``Store`` on an engine: each action is one transaction of its own. SQLite, PostgreSQL, MariaDB and MySQL.

    ``tables`` are those on the host's ``MetaData``. With an ``outbox``, what happened is written there in the same
    transaction. ``within`` makes one for a transaction of the host's, through another ``door``.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        tables: Tables | None = None,
        outbox: Outbox | None = None,
        door: Door | None = None,
    ) -> None:
        self.engine = engine
        self.tables = tables or own_tables()
        self._door = door or OwnDoor(engine)
        self._owns_engine = False
        self._outbox = outbox
        self._sql, self._many, self._load, self._writing = compiled(self.tables, engine.dialect, outbox)

    @classmethod
    def from_url(
        cls, url: str, *, create_tables: bool = False, synchronous: str = "NORMAL", outbox: Outbox | None = None
    ) -> SQLAlchemyStore:
        """A store on a database of its own, such as ``sqlite:///complaints.db``.

        On SQLite, ``synchronous`` is ``NORMAL`` (survives the process) or ``FULL`` (survives a power cut as well).
        Raises ``StorageError`` if tables are to be created and the database cannot be opened.
        """
        engine = create_engine(url)
        set_synchronous(engine, synchronous)
        store = cls(engine, outbox=outbox)
        store._owns_engine = True
        if create_tables:
            store.create_tables()
        return store

    @classmethod
    def within(cls, host: Host, *, tables: Tables | None = None, outbox: Outbox | None = None) -> SQLAlchemyStore:
        """A store inside the transaction of the host's ``Session`` or ``Connection``, for as long as that lasts.

        Everything is written at once (flushed), each action behind a savepoint; nothing is ever committed or rolled
        back but that savepoint: what the host rolls back has not happened. ``ConcurrencyConflict.final`` says when
        the host must begin anew. On SQLite, the host's engine wants ``prepare_sqlite``.
        """
        tables = tables or own_tables()
        engine = host.engine if isinstance(host, Connection) else host.get_bind(clause=tables.complaints).engine
        return cls(engine, tables=tables, outbox=outbox, door=HostDoor(host, tables.complaints))

    def create_tables(self) -> None:
        """Create the tables that are missing, and none of the host's.

        Raises ``StorageError`` in a transaction of the host's on MariaDB and MySQL: a new table would commit it.
        """
        if isinstance(self._door, HostDoor) and self.engine.dialect.name in MYSQL:
            raise StorageError("MariaDB and MySQL commit at each new table: create them on the engine, beforehand")
        with translated(), self._door.writing() as connection:
            self.tables.metadata.create_all(connection, tables=self.tables.all)

    def close(self) -> None:
        """Close the connections, if the engine was made by ``from_url``; the host's engine is the host's."""
        if self._owns_engine:
            self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        values = {"tenant": tenant, "id": complaint_id}
        if not _can_be_stored(*values.values()):
            return None
        with self._looking(complaint_id) as connection:
            row = self._load.run(connection, values).first()
        return codec.load_complaint(row[0]) if row else None

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        with self._changing(record.complaint_id, record.seq - 1, alone=self._writing.is_one) as connection:
            self._writing.run(connection, tenant, complaint, record)

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        found = self._read(self._many.load, {"tenant": tenant, "ids": [i for i in complaint_ids if _can_be_stored(i)]})
        return {row[0]: codec.load_complaint(row[1]) for row in found}

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        found = self._read(self._many.recall, {"tenant": tenant, "keys": [k for k in keys if _can_be_stored(k)]})
        return {record.key: record for record in (Sealed(*row) for row in found) if record.key is not None}

    def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        if not steps:
            return
        with self._changing(steps[0][0].id, steps[0][1].seq - 1) as connection:
            write_many(connection, self._sql, self._many, self._outbox, tenant, steps)

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        found = self._read(self._sql.history, {"tenant": tenant, "id": complaint_id})
        return tuple(Sealed(*row) for row in found)

    def find(self, tenant: str, query: Query) -> Page:
        rows = self._read(self._sql.find(tenant, query), {}) if _can_be_stored(*vars(query).values()) else ()
        found = [codec.load_complaint(row[0]) for row in rows]
        page = tuple(found[: query.limit])
        return Page(complaints=page, next=codec.cursor_after(page[-1]) if len(found) > query.limit else None)

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        found = self._read(self._sql.due, {"tenant": tenant, "before": before, "limit": limit})
        return tuple(row[0] for row in found)

    def recall(self, tenant: str, key: str) -> Sealed | None:
        found = self._read(self._sql.recall, {"tenant": tenant, "key": key})
        return Sealed(*found[0]) if found else None

    def forget(self, tenant: str, complaint: Complaint) -> None:
        with self._changing(complaint.id, complaint.version) as connection:
            guarded = sql.guarded_values(tenant, complaint, complaint.version)
            if connection.execute(self._sql.update_complaint, guarded).rowcount != 1:
                self._writing.refuse(connection, tenant, complaint.id, complaint.version)
            case = {"b_tenant": tenant, "b_id": complaint.id}
            connection.execute(self._sql.forget_people, {**case, **sql.people_values(complaint)})
            connection.execute(self._sql.forget_cells, case)
            connection.execute(self._sql.forget_reasons, case)
            connection.execute(self._sql.search.forget, {"b_place": place(tenant, complaint.id)})
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(self._sql.search.scrub)
        with translated():
            self._door.scrub()

    def _read(self, statement: Any, values: dict[str, Any]) -> Sequence[Any]:
        if not _can_be_stored(*values.values()):
            return ()
        with self._looking(values.get("id", "")) as connection:
            return connection.execute(statement, values).all()

    @contextmanager
    def _looking(self, complaint_id: str) -> Iterator[Connection]:
        try:
            with translated(complaint_id), self._door.reading() as connection:
                yield connection
        except ConcurrencyConflict as conflict:  # a reader is not behind a savepoint
            conflict.final = not self._door.can_go_on(undone=False)
            raise

    @contextmanager
    def _changing(self, complaint_id: str, expected: int, *, alone: bool = False) -> Iterator[Connection]:
        try:
            with translated(complaint_id, expected), self._door.writing(alone=alone) as connection:
                yield connection
        except ConcurrencyConflict as conflict:
            conflict.final = not self._door.can_go_on(undone=True)
            raise


def _can_be_stored(*values: object) -> bool:
    """Text with NUL or half a character is in no database, so that nothing can be found by it."""
    return not any(isinstance(v, str) and codec.UNSTORABLE.search(v) for v in values)


def set_synchronous(engine: Engine, value: str) -> None:
    """How SQLite syncs to disk, for every new connection of this engine; other databases have their own manner."""
    if value not in ("NORMAL", "FULL"):
        raise ValueError(f"synchronous is NORMAL or FULL, not {value!r}")
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous = {value}")
        cursor.close()
