"""The words that cases are found by, an index of open cases, and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from complaintflow.storage.sqlalchemy.columns import Body, Name, UtcTime
from complaintflow.storage.sqlalchemy.migrations.place import Place
from complaintflow.storage.sqlalchemy.migrations.reading import cases
from complaintflow.storage.sqlalchemy.migrations.versions import v0001_first_tables as first
from complaintflow.storage.sqlalchemy.search import Document, fts5, words_values

revision = "0003"
down_revision = "0002"


def words(place: Place) -> sa.Table:
    """A row for each case."""
    return sa.Table(
        place.name("words"),
        sa.MetaData(schema=place.schema),
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("tenant", Name(64), nullable=False),
        sa.Column("id", Name(128), nullable=False),
        sa.Column("document", Document, nullable=False),
    )


def outbox(place: Place) -> sa.Table:
    """A row for each event."""
    return sa.Table(
        place.name("outbox"),
        sa.MetaData(schema=place.schema),
        sa.Column("tenant", Name(64), primary_key=True),
        sa.Column("complaint_id", Name(128), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("written_at", UtcTime, nullable=False),
        sa.Column("state", Name(16), nullable=False),
        sa.Column("state_at", UtcTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", Body),
        sa.Column("envelope", Body, nullable=False),
        sa.Index(place.name("by_state"), "state", "state_at"),
    )


def open_cases(place: Place) -> sa.Index:
    """What is on a desk now. MySQL and MariaDB have no partial index, but jump to a NULL."""
    c = first.complaints(place).c
    names = ("tenant", "ended_at", "recorded_at", "id", "stage", "department", "person")
    columns, where = [c[name] for name in names], sa.text("ended_at IS NULL")
    return sa.Index(place.name("by_open"), *columns, postgresql_where=where, sqlite_where=where)


def upgrade() -> None:
    """Make both tables; every case is found by its words from now on."""
    place = Place.here()
    found_by = words(place)
    is_new = place.create(found_by)
    if place.dialect == "sqlite":
        for statement in fts5(found_by.name) if is_new else ():
            op.execute(sa.text(statement))
    else:
        place.create_index(
            sa.Index(
                place.name("by_words"),
                found_by.c.document,
                postgresql_using="gin",
                mysql_prefix="FULLTEXT",
                mariadb_prefix="FULLTEXT",
            )
        )
    place.create(outbox(place))
    place.create_index(open_cases(place))
    if place.connection is not None:
        _fill(place, place.connection, found_by)
    elif context.get_starting_revision_argument() in ("0001", "0002"):
        raise ValueError(
            "the narratives of revision 0002 must be read to be found by their words: run the upgrade instead"
        )


def _fill(place: Place, connection: sa.Connection, found_by: sa.Table) -> None:
    """Words of every case that has none yet."""
    for page in cases(place, connection):
        rows = [words_values(tenant, complaint) for tenant, complaint in page if complaint.erased_at is None]
        there = sa.select(found_by.c.place).where(found_by.c.place.in_([row["place"] for row in rows]))
        known = set(connection.execute(there).scalars())
        if new := [row for row in rows if row["place"] not in known]:
            connection.execute(sa.insert(found_by), new)
