"""The first tables: complaints as they stand, and entries as plain JSON."""

from __future__ import annotations

import sqlalchemy as sa

from complaintflow.storage.sqlalchemy.migrations.place import Place

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def complaints(place: Place) -> sa.Table:
    """A row for each case."""
    return sa.Table(
        place.name("complaints"),
        sa.MetaData(schema=place.schema),
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("stage", sa.String(64), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("sub_type", sa.String(64), nullable=False),
        sa.Column("department", sa.String(128), nullable=False),
        sa.Column("person", sa.String(128)),
        sa.Column("complainant", sa.String(128), nullable=False),
        sa.Column("order_ref", sa.String(128)),
        sa.Column("cause", sa.String(64)),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("next_due_at", MOMENT),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant", "number", name=place.name("number")),
        sa.Index(place.name("by_time"), "tenant", "recorded_at", "id"),
        sa.Index(place.name("by_due"), "tenant", "next_due_at"),
    )


def entries(place: Place) -> sa.Table:
    """A row for each entry of a file."""
    return sa.Table(
        place.name("entries"),
        sa.MetaData(schema=place.schema),
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("complaint_id", sa.String(128), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("key", sa.String(255)),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant", "key", name=place.name("key")),
    )


def upgrade() -> None:
    """Make both tables."""
    place = Place.here()
    place.create(complaints(place))
    place.create(entries(place))
