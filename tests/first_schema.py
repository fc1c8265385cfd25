"""Databases as the first version of the library left them: its tables, and its plain JSON."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from complaintflow import Complaint, Entry

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


class FirstTables:
    """The tables, as that version declared them."""

    def __init__(self, prefix: str = "complaintflow_", schema: str | None = None) -> None:
        self.metadata = sa.MetaData(schema=schema)
        self.complaints = sa.Table(
            f"{prefix}complaints",
            self.metadata,
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
            sa.UniqueConstraint("tenant", "number", name=f"{prefix}number"),
            sa.Index(f"{prefix}by_time", "tenant", "recorded_at", "id"),
            sa.Index(f"{prefix}by_due", "tenant", "next_due_at"),
        )
        self.entries = sa.Table(
            f"{prefix}entries",
            self.metadata,
            sa.Column("tenant", sa.String(64), primary_key=True),
            sa.Column("complaint_id", sa.String(128), primary_key=True),
            sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("at", MOMENT, nullable=False),
            sa.Column("action", sa.String(64), nullable=False),
            sa.Column("actor", sa.String(128), nullable=False),
            sa.Column("key", sa.String(255)),
            sa.Column("body", sa.Text, nullable=False),
            sa.UniqueConstraint("tenant", "key", name=f"{prefix}key"),
        )

    def write(self, connection: sa.Connection, tenant: str, complaint: Complaint, file: Sequence[Entry]) -> None:
        """Put a case there, as that version would have written it."""
        sqlite = connection.dialect.name == "sqlite"

        def moment(at: object) -> object:
            return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}" if sqlite and at is not None else at

        row = {
            "tenant": tenant, "id": complaint.id, "number": complaint.number, "version": complaint.version,
            "stage": complaint.stage, "category": complaint.category, "sub_type": complaint.sub_type,
            "department": complaint.owner.department, "person": complaint.owner.person,
            "complainant": complaint.complainant.id, "order_ref": complaint.subject.order,
            "cause": complaint.finding.cause if complaint.finding else None,
            "recorded_at": moment(complaint.recorded_at), "ended_at": moment(complaint.ended_at),
            "next_due_at": moment(complaint.next_due_at),
            "body": without_head(complaint).model_dump_json(exclude_defaults=True),
        }  # fmt: skip
        connection.execute(sa.insert(self.complaints), row)
        rows = [
            {
                "tenant": tenant, "complaint_id": e.complaint_id, "seq": e.seq, "at": moment(e.at),
                "action": e.action.type, "actor": e.actor.id, "key": e.key,
                "body": e.model_dump_json(exclude_none=True, exclude={"prev", "hash"}),
            }
            for e in file
        ]  # fmt: skip
        connection.execute(sa.insert(self.entries), rows)


def without_head(complaint: Complaint) -> Complaint:
    """The complaint as it was before there were hashes."""
    return complaint.model_copy(update={"head": ""})


def without_hashes(file: Sequence[Entry]) -> list[Entry]:
    """The entries as they were before there were hashes."""
    return [e.model_copy(update={"prev": "", "hash": ""}) for e in file]
