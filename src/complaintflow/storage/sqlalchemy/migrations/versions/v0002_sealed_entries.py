"""Sealed entries: a hash, a body with commitments in place of personal words, and the words in cells.

Beside that, who represents the complainant; and types that compare byte by byte, keep microseconds and cut no text.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.types import TypeEngine

from complaintflow.storage.sqlalchemy.columns import Body, Name, UtcTime
from complaintflow.storage.sqlalchemy.migrations.place import Place
from complaintflow.storage.sqlalchemy.migrations.sealing import seal_files
from complaintflow.storage.sqlalchemy.migrations.versions import v0001_first_tables as first

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make room, seal every file, then ask for a hash."""
    place = Place.here()
    complaints, entries = first.complaints(place), first.entries(place)
    place.add_column(complaints, sa.Column("representative", Name(128)))
    place.add_column(entries, sa.Column("hash", Name(64)))
    place.add_column(entries, sa.Column("cells", Body))
    entries.c.actor.nullable = True
    if place.dialect == "sqlite":  # one type of text, which is as it should be; a new nullability takes a new table
        with op.batch_alter_table(entries.name, copy_from=entries) as table:
            table.alter_column("actor", nullable=True)
    else:
        _retype(complaints)
        _retype(entries)
    if place.connection is not None:
        seal_files(place, place.connection)
    elif context.get_starting_revision_argument() == first.revision:
        raise ValueError("the entries of revision 0001 must be read to be sealed: run the upgrade instead")
    with op.batch_alter_table(entries.name, schema=place.schema, copy_from=entries) as table:
        table.alter_column("hash", existing_type=Name(64), nullable=False)
    for who in ("complainant", "representative"):
        place.create_index(sa.Index(place.name(f"by_{who}"), complaints.c.tenant, complaints.c[who]))


def _retype(table: sa.Table) -> None:
    """Byte by byte, to the microsecond, at any length; and as nullable as ``table`` says."""
    for column in table.columns:
        if isinstance(column.type, sa.Integer):
            continue
        op.alter_column(
            table.name,
            column.name,
            schema=table.schema,
            existing_type=column.type,
            type_=_better(column.type),
            existing_nullable=False,
            nullable=column.nullable,
        )


def _better(old: TypeEngine[Any]) -> TypeEngine[Any]:
    match old:
        case sa.Text():
            return Body()
        case sa.String():
            return Name(old.length)
        case sa.DateTime():
            return UtcTime()
        case _:
            return old
