"""The two tables: complaints as they stand, and the entries that made them.

Identifiers are compared byte by byte, times are exact to the microsecond and always UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, Index, Integer, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcTime(TypeDecorator[datetime]):
    """A UTC moment: the database's own type where it keeps zone and microseconds, else sortable text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if value is not None and dialect.name == "sqlite" else value


class Tables:
    """The tables on the host's ``MetaData``, their names beginning with ``prefix``."""

    def __init__(self, metadata: MetaData, prefix: str = "complaintflow_") -> None:
        self.metadata = metadata
        self.complaints = Table(
            f"{prefix}complaints",
            metadata,
            Column("tenant", String(64), primary_key=True),
            Column("id", String(128), primary_key=True),
            Column("number", String(20), nullable=False),
            Column("version", Integer, nullable=False),
            Column("stage", String(64), nullable=False),
            Column("category", String(64), nullable=False),
            Column("sub_type", String(64), nullable=False),
            Column("department", String(128), nullable=False),
            Column("person", String(128)),
            Column("complainant", String(128), nullable=False),
            Column("representative", String(128)),
            Column("order_ref", String(128)),
            Column("cause", String(64)),
            Column("recorded_at", UtcTime, nullable=False),
            Column("ended_at", UtcTime),
            Column("next_due_at", UtcTime),
            Column("body", Text, nullable=False),
            UniqueConstraint("tenant", "number", name=f"{prefix}number"),
            Index(f"{prefix}by_time", "tenant", "recorded_at", "id"),
            Index(f"{prefix}by_complainant", "tenant", "complainant"),
            Index(f"{prefix}by_representative", "tenant", "representative"),
            Index(f"{prefix}by_due", "tenant", "next_due_at"),
        )
        self.entries = Table(
            f"{prefix}entries",
            metadata,
            Column("tenant", String(64), primary_key=True),
            Column("complaint_id", String(128), primary_key=True),
            Column("seq", Integer, primary_key=True, autoincrement=False),
            Column("at", UtcTime, nullable=False),
            Column("action", String(64), nullable=False),
            Column("actor", String(128)),
            Column("key", String(255)),
            Column("hash", String(64), nullable=False),
            Column("body", Text, nullable=False),
            Column("cells", Text),
            UniqueConstraint("tenant", "key", name=f"{prefix}key"),
        )
