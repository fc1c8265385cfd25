"""Two ways into a database: transactions of our own, or the transaction that the host has begun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session

from complaintflow.errors import StorageError

Host = Connection | Session | scoped_session[Any]
"""Where a host has a transaction going on."""


class Door(Protocol):
    """Gives a connection for a piece of work."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection to read from."""
        ...

    def writing(self, *, alone: bool = False) -> AbstractContextManager[Connection]:
        """A connection whose writing is kept if the block ends well, and undone as a whole if it raises.

        ``alone``: it will be one statement, which needs no transaction around it.
        """
        ...

    def can_go_on(self, *, undone: bool) -> bool:
        """After a lost race: could the same be tried again here, on newer data?

        ``undone``: what was lost has been undone, and nothing else.
        """
        ...

    def scrub(self) -> None:
        """Take what was erased out of the database's own logs, as far as that is ours to do."""
        ...


class OwnDoor:
    """Each piece of work is a transaction of its own, on a connection from the engine's pool."""

    def __init__(self, engine: Engine) -> None:
        if engine.dialect.name == "sqlite":
            prepare_sqlite(engine)
        self._engine = engine
        # A read, or a statement alone, is one round trip without BEGIN and COMMIT. Only psycopg and asyncpg set this
        # without a round trip, and only PostgreSQL writes in a statement alone
        is_postgresql = engine.dialect.name == "postgresql"
        self._plain = engine.execution_options(isolation_level="AUTOCOMMIT") if is_postgresql else engine

    def reading(self) -> Connection:
        return self._plain.connect()

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        if alone:
            with self._plain.connect() as connection:
                yield connection
            return
        with self._engine.begin() as connection:
            begin(connection)
            yield connection

    def can_go_on(self, *, undone: bool) -> bool:  # noqa: ARG002 - nothing goes on here
        return True

    def scrub(self) -> None:
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


class HostDoor:
    """The host's transaction: each piece of writing is a savepoint in it; beginning and ending it is the host's."""

    def __init__(self, host: Host, table: Table) -> None:
        self._host = host
        self._table = table

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        yield self._connection()

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:  # noqa: ARG002 - a savepoint is due in any case
        connection = self._connection()
        begin(connection)
        savepoint = connection.begin_nested()
        try:
            yield connection
        except BaseException:
            try:
                savepoint.rollback()
            except DBAPIError:  # a deadlock on MySQL takes the whole transaction: nobody may commit the rest of it
                connection.invalidate()
            raise
        savepoint.commit()

    def can_go_on(self, *, undone: bool) -> bool:
        if not undone:
            return False
        connection = self._connection()
        if connection.dialect.name == "sqlite":
            return True  # having the write lock now
        return not connection.invalidated and connection.get_isolation_level() == "READ COMMITTED"

    def scrub(self) -> None:
        """Nothing: SQLite empties its log after the host's commit, when the host or SQLite makes a checkpoint."""

    def _connection(self) -> Connection:
        if isinstance(self._host, Connection):
            return self._host
        return self._host.connection(bind_arguments={"clause": self._table})


def begin(connection: Connection) -> None:
    """On SQLite, take the write lock before the first statement: a writer waits then, and never fails halfway.

    Its driver begins before an INSERT, but not before a SAVEPOINT, whose release would then be a commit.
    Raises ``StorageError`` where nothing can be begun: entry and complaint are written together, or not at all.
    """
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif _commits_each_statement(connection):
        raise StorageError("this connection commits every statement (AUTOCOMMIT): give the store one that does not")


def _commits_each_statement(connection: Connection) -> bool:
    try:
        driver: Any = connection.connection.dbapi_connection
        return connection.dialect.detect_autocommit_setting(driver)
    except NotImplementedError:  # a driver that SQLAlchemy cannot ask
        return False


def prepare_sqlite(engine: Engine) -> None:
    """What a database with complaints needs on SQLite; for a host's engine, call it before the first connection.

    Readers and a writer do not wait for each other (WAL), a writer waits for another one up to 30 seconds, and what is
    erased is overwritten, also in the log that a process left behind when it was killed.
    """
    if not event.contains(engine, "connect", _set_up):
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "savepoint", _begin_before_savepoint)


def _set_up(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("PRAGMA busy_timeout = 0")  # whoever works here keeps the log; then it is not left behind
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.close()


def _begin_before_savepoint(connection: Connection, _: str) -> None:
    begin(connection)
