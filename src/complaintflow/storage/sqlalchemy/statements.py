"""Every statement, built once for a pair of tables, and the values that they are run with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, insert, or_, select, update

from complaintflow.model.cells import ERASED
from complaintflow.model.complaint import Complaint
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Query
from complaintflow.storage.sqlalchemy.search import Search
from complaintflow.storage.sqlalchemy.tables import Tables

_EQUAL = {
    "number": "number",
    "stage": "stage",
    "category": "category",
    "sub_type": "sub_type",
    "department": "department",
    "person": "person",
    "order": "order_ref",
    "cause": "cause",
}


class Statements:
    """Core statements: the ORM costs three times as much on this path."""

    def __init__(self, tables: Tables) -> None:
        c, e = tables.complaints.c, tables.entries.c
        record = [e[name] for name in Sealed._fields]
        self._complaints = tables.complaints
        self.search = Search(tables.words)
        self.load = select(c.body).where(c.tenant == bindparam("tenant"), c.id == bindparam("id"))
        self.insert_complaint = insert(tables.complaints)
        self.insert_entry = insert(tables.entries)
        self.insert_event = insert(tables.outbox)
        self.update_complaint = (
            update(tables.complaints)
            .where(c.tenant == bindparam("b_tenant"), c.id == bindparam("b_id"), c.version == bindparam("b_version"))
            .values({name: bindparam(name) for name in _CHANGING})
        )
        self.forget_cells = (
            update(tables.entries)
            .where(e.tenant == bindparam("b_tenant"), e.complaint_id == bindparam("b_id"))
            .values(cells=None)
        )
        self.forget_reasons = (
            update(tables.outbox)
            .where(tables.outbox.c.tenant == bindparam("b_tenant"), tables.outbox.c.complaint_id == bindparam("b_id"))
            .values(reason=None)
        )
        self.forget_people = (
            update(tables.complaints)
            .where(c.tenant == bindparam("b_tenant"), c.id == bindparam("b_id"))
            .values(complainant=bindparam("complainant"), representative=bindparam("representative"))
        )
        self.version = select(c.version).where(c.tenant == bindparam("tenant"), c.id == bindparam("id"))
        self.history = (
            select(*record).where(e.tenant == bindparam("tenant"), e.complaint_id == bindparam("id")).order_by(e.seq)
        )
        self.recall = select(*record).where(e.tenant == bindparam("tenant"), e.key == bindparam("key"))
        self.due = (
            select(c.id)
            .where(c.tenant == bindparam("tenant"), c.next_due_at < bindparam("before"))
            .order_by(c.next_due_at, c.id)
            .limit(bindparam("limit"))
        )

    def find(self, tenant: str, query: Query) -> Select[tuple[str]]:
        """One row more than the page, to know whether there is a next one."""
        c = self._complaints.c
        where = [c.tenant == tenant]
        where += [c[col] == value for name, col in _EQUAL.items() if (value := getattr(query, name)) is not None]
        if query.complainant is not None:
            where.append(or_(c.complainant == query.complainant, c.representative == query.complainant))
        if query.recorded_from is not None:
            where.append(c.recorded_at >= query.recorded_from)
        if query.recorded_before is not None:
            where.append(c.recorded_at < query.recorded_before)
        if query.due_before is not None:
            where.append(c.next_due_at < query.due_before)
        if query.ended_before is not None:
            where.append(c.ended_at < query.ended_before)
        if query.open is not None:
            where.append(c.ended_at.is_(None) if query.open else c.ended_at.is_not(None))
        if query.text is not None:
            where.append(self.search.having(tenant, c.id, query.text))
        if query.erased is not None:
            where.append(c.complainant == ERASED if query.erased else c.complainant != ERASED)
        if query.after is not None:
            at, complaint_id = codec.read_cursor(query.after)
            where += [c.recorded_at >= at, or_(c.recorded_at > at, c.id > complaint_id)]  # no index serves an OR alone
        # NULL in every row of it: said only so that PostgreSQL takes the index of open cases for sorted
        constant = [c.ended_at] if query.open else []
        return select(c.body).where(*where).order_by(*constant, c.recorded_at, c.id).limit(query.limit + 1)


_CHANGING = (
    "version", "stage", "category", "sub_type", "department", "person", "cause", "ended_at", "next_due_at", "body",
)  # fmt: skip


def changing_values(complaint: Complaint) -> dict[str, Any]:
    """The columns of a complaint that an entry may change."""
    return {
        "version": complaint.version,
        "stage": complaint.stage,
        "category": complaint.category,
        "sub_type": complaint.sub_type,
        "department": complaint.owner.department,
        "person": complaint.owner.person,
        "cause": complaint.finding.cause if complaint.finding else None,
        "ended_at": complaint.ended_at,
        "next_due_at": complaint.next_due_at,
        "body": codec.dump_complaint(complaint),
    }


def complaint_values(tenant: str, complaint: Complaint) -> dict[str, Any]:
    """A whole row of the complaints table."""
    return {
        "tenant": tenant,
        "id": complaint.id,
        "number": complaint.number,
        **people_values(complaint),
        "order_ref": complaint.subject.order,
        "recorded_at": complaint.recorded_at,
        **changing_values(complaint),
    }


def guarded_values(tenant: str, complaint: Complaint, expected: int) -> dict[str, Any]:
    """What the version-checked update is run with."""
    return {"b_tenant": tenant, "b_id": complaint.id, "b_version": expected, **changing_values(complaint)}


def entry_values(tenant: str, record: Sealed) -> dict[str, Any]:
    """A row of the entries table."""
    return {"tenant": tenant, **record._asdict()}


def people_values(complaint: Complaint) -> dict[str, Any]:
    """The columns that say whose case it is."""
    speaker = complaint.representative
    return {"complainant": complaint.complainant.id, "representative": speaker.id if speaker else None}
