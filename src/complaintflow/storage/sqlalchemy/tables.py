"""The tables: complaints as they stand, the entries that made them, the words they are found by, and the outbox.

Identifiers are compared byte by byte, times are exact to the microsecond and always UTC, and no text is cut.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Table, UniqueConstraint, text

from complaintflow.storage.sqlalchemy.columns import Body, Name, UtcTime
from complaintflow.storage.sqlalchemy.search import words_table

_STILL_OPEN = text("ended_at IS NULL")


class Tables:
    """The tables on a ``MetaData`` of the host's, their names beginning with ``prefix``, in the host's ``schema``."""

    def __init__(self, metadata: MetaData, prefix: str = "complaintflow_", *, schema: str | None = None) -> None:
        self.metadata = metadata
        self.complaints = _complaints(metadata, prefix, schema)
        self.entries = _entries(metadata, prefix, schema)
        self.words = words_table(metadata, prefix, schema)
        self.outbox = _outbox(metadata, prefix, schema)
        self.all = (self.complaints, self.entries, self.words, self.outbox)
        """Every table of ours, for ``metadata.create_all(engine, tables=tables.all)``."""


def _complaints(metadata: MetaData, prefix: str, schema: str | None) -> Table:
    return Table(
        f"{prefix}complaints",
        metadata,
        Column("tenant", Name(64), primary_key=True),
        Column("id", Name(128), primary_key=True),
        Column("number", Name(20), nullable=False),
        Column("version", Integer, nullable=False),
        Column("stage", Name(64), nullable=False),
        Column("category", Name(64), nullable=False),
        Column("sub_type", Name(64), nullable=False),
        Column("department", Name(128), nullable=False),
        Column("person", Name(128)),
        Column("complainant", Name(128), nullable=False),
        Column("representative", Name(128)),
        Column("order_ref", Name(128)),
        Column("cause", Name(64)),
        Column("recorded_at", UtcTime, nullable=False),
        Column("ended_at", UtcTime),
        Column("next_due_at", UtcTime),
        Column("body", Body, nullable=False),
        UniqueConstraint("tenant", "number", name=f"{prefix}number"),
        Index(f"{prefix}by_time", "tenant", "recorded_at", "id"),
        Index(f"{prefix}by_complainant", "tenant", "complainant"),
        Index(f"{prefix}by_representative", "tenant", "representative"),
        Index(f"{prefix}by_due", "tenant", "next_due_at"),
        # What is on a desk now; all that a page is filtered by, before a row is touched
        Index(
            f"{prefix}by_open",
            *("tenant", "ended_at", "recorded_at", "id", "stage", "department", "person"),
            postgresql_where=_STILL_OPEN,
            sqlite_where=_STILL_OPEN,
        ),
        schema=schema,
    )


def _entries(metadata: MetaData, prefix: str, schema: str | None) -> Table:
    return Table(
        f"{prefix}entries",
        metadata,
        Column("tenant", Name(64), primary_key=True),
        Column("complaint_id", Name(128), primary_key=True),
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("at", UtcTime, nullable=False),
        Column("action", Name(64), nullable=False),
        Column("actor", Name(128)),
        Column("key", Name(255)),
        Column("hash", Name(64), nullable=False),
        Column("body", Body, nullable=False),
        Column("cells", Body),
        UniqueConstraint("tenant", "key", name=f"{prefix}key"),
        schema=schema,
    )


def _outbox(metadata: MetaData, prefix: str, schema: str | None) -> Table:
    return Table(
        f"{prefix}outbox",
        metadata,
        Column("tenant", Name(64), primary_key=True),
        Column("complaint_id", Name(128), primary_key=True),
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("written_at", UtcTime, nullable=False),
        Column("state", Name(16), nullable=False),
        Column("state_at", UtcTime, nullable=False),  # until then it waits or flies, since then it is in its end
        Column("attempts", Integer, nullable=False),
        Column("reason", Body),
        Column("envelope", Body, nullable=False),
        Index(f"{prefix}by_state", "state", "state_at"),
        schema=schema,
    )
