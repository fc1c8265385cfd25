"""Migrations of the SQL tables with Alembic, beside the host's own. Needs the extra ``migrations``.

The revision is kept in a version table of its own, ``complaintflow_alembic_version`` by default: the host's
``alembic_version`` is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import takewhile

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from complaintflow.errors import StorageError
from complaintflow.storage.sqlalchemy.doors import begin
from complaintflow.storage.sqlalchemy.migrations.place import Place

PREFIX = "complaintflow_"

_BROUGHT = {"0001": ("entries", "body"), "0002": ("entries", "hash"), "0003": ("outbox", "seq")}
"""A column by which one knows that a revision, or ``create_tables`` of its time, was here; oldest first."""


def upgrade(database: Engine | Connection, *, prefix: str = PREFIX, schema: str | None = None) -> str | None:
    """Bring the tables, with all that is in them, to the newest revision; the revision that they had, if any.

    With an engine, in a transaction of its own; a connection's transaction is the caller's to commit. SQLite and
    PostgreSQL do all of it or nothing; MariaDB and MySQL commit at each step, and what was interrupted is finished by
    the next upgrade. Upgrades that start at once wait for each other. Tables of ``create_tables`` are recognized.
    No older version of the library may write meanwhile. Raises ``StorageError`` if the revision is not one of ours.
    """
    if isinstance(database, Engine):
        with database.begin() as connection:
            return upgrade(connection, prefix=prefix, schema=schema)
    _begin(database)
    place = Place(prefix, schema, database.dialect.name, database)
    with _alone(place, database):
        before, found = _revision(place, database), _recognized(place)
        if before is None and found is not None:
            command.stamp(_config(place), found)
        command.upgrade(_config(place), "head")
    return before or found


def current(database: Engine | Connection, *, prefix: str = PREFIX, schema: str | None = None) -> str | None:
    """The revision of the tables; ``None`` if there are none."""
    if isinstance(database, Engine):
        with database.connect() as connection:
            return current(connection, prefix=prefix, schema=schema)
    place = Place(prefix, schema, database.dialect.name, database)
    return _revision(place, database) or _recognized(place)


def newest() -> str:
    """The revision that ``upgrade`` leads to."""
    return _revisions()[0]


def sql(dialect: str, *, start: str = "base", prefix: str = PREFIX, schema: str | None = None) -> str:
    """The upgrade from revision ``start`` as SQL, for ``sqlite``, ``postgresql``, ``mariadb`` or ``mysql``.

    Raises ``ValueError`` for an unknown dialect or revision, and if a revision on the way must read the data: 0002
    seals the entries of 0001, which takes an upgrade.
    """
    if dialect not in ("sqlite", "postgresql", "mariadb", "mysql"):
        raise ValueError(f"no tables for {dialect!r}: sqlite, postgresql, mariadb or mysql")
    if start not in ("base", *_revisions()):
        raise ValueError(f"no revision {start!r}: base or one of {', '.join(_revisions())}")
    written = StringIO()
    command.upgrade(_config(Place(prefix, schema, dialect), written), f"{start}:head", sql=True)
    return written.getvalue()


def _config(place: Place | None = None, output: StringIO | None = None) -> Config:
    config = Config(attributes={"place": place}, output_buffer=output)
    config.set_main_option("script_location", "complaintflow.storage.sqlalchemy:migrations")
    return config


def _revisions() -> list[str]:
    """Newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _revision(place: Place, connection: Connection) -> str | None:
    options = {"version_table": place.version_table, "version_table_schema": place.schema}
    found = MigrationContext.configure(connection, opts=options).get_current_revision()
    if found is not None and found not in _revisions():
        raise StorageError(f"the tables have revision {found!r}, of a newer version of this library")
    return found


def _recognized(place: Place) -> str | None:
    """The last of the revisions that are all there: ``create_tables`` adds tables to old ones, and no columns."""
    there = takewhile(lambda revision: _BROUGHT[revision][1] in place.columns(_BROUGHT[revision][0]), _BROUGHT)
    return max(there, default=None)


def _begin(connection: Connection) -> None:
    """SQLite's driver does not begin a transaction for DDL by itself; and what is overwritten there shall be gone."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
        begin(connection)


@contextmanager
def _alone(place: Place, connection: Connection) -> Iterator[None]:
    """One upgrade at a time; SQLite has the lock of its transaction."""
    lock = {"name": f"{place.schema or ''}.{place.version_table}"}
    if place.dialect == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), lock)
    if not place.is_mysql:
        yield
        return
    name = "MD5(CONCAT(DATABASE(), :name))"
    if connection.execute(text(f"SELECT GET_LOCK({name}, 3600)"), lock).scalar() != 1:
        raise StorageError("another upgrade has been at work for an hour")
    try:
        yield
    finally:
        connection.execute(text(f"SELECT RELEASE_LOCK({name})"), lock)
