"""Many cases in one transaction: a handful of round trips, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select

from complaintflow.errors import ConcurrencyConflict
from complaintflow.model.complaint import Complaint
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy import statements as sql
from complaintflow.storage.sqlalchemy.search import words_values
from complaintflow.storage.sqlalchemy.tables import Tables

if TYPE_CHECKING:
    from complaintflow.storage.sqlalchemy.outbox import Outbox

Steps = Sequence[tuple[Complaint, Sealed]]


class BatchStatements:
    """What reads many at once; they are written with the statements that write one."""

    def __init__(self, tables: Tables) -> None:
        c, e = tables.complaints.c, tables.entries.c
        ours = (c.tenant == bindparam("tenant"), c.id.in_(bindparam("ids", expanding=True)))
        self.load = select(c.id, c.body).where(*ours)
        known = (e.tenant == bindparam("tenant"), e.key.in_(bindparam("keys", expanding=True)))
        self.recall = select(*(e[name] for name in Sealed._fields)).where(*known)
        # Locked in one order by everybody, so that two batches wait for each other and never deadlock
        self.versions = select(c.id, c.version).where(*ours).order_by(c.id).with_for_update()


def write_many(
    connection: Connection, one: sql.Statements, many: BatchStatements, outbox: Outbox | None, tenant: str, steps: Steps
) -> None:
    """Everything that ``append_many`` writes. Raises ``ConcurrencyConflict`` before the first write."""
    before: dict[str, int] = {}
    after: dict[str, Complaint] = {}
    for complaint, record in steps:
        reached = after.get(complaint.id)
        if reached is None:
            before[complaint.id] = record.seq - 1
        elif reached.version != record.seq - 1:  # the keys of the tables would refuse a step twice, but not a gap
            raise ConcurrencyConflict(complaint.id, record.seq - 1, reached.version)
        after[complaint.id] = complaint
    old = [i for i, version in before.items() if version]
    new = [after[i] for i, version in before.items() if not version]
    if old:
        _expect(connection, many, tenant, {i: before[i] for i in old})
        connection.execute(one.update_complaint, [sql.guarded_values(tenant, after[i], before[i]) for i in old])
    if new:
        connection.execute(one.insert_complaint, [sql.complaint_values(tenant, c) for c in new])
        connection.execute(one.search.insert, [words_values(tenant, c) for c in new])
    connection.execute(one.insert_entry, [sql.entry_values(tenant, record) for _, record in steps])
    if outbox is not None:
        connection.execute(one.insert_event, [outbox.values(tenant, *step) for step in steps])


def _expect(connection: Connection, many: BatchStatements, tenant: str, expected: dict[str, int]) -> None:
    rows: Sequence[Any] = connection.execute(many.versions, {"tenant": tenant, "ids": list(expected)}).all()
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    for complaint_id, version in expected.items():
        if found.get(complaint_id, 0) != version:
            raise ConcurrencyConflict(complaint_id, version, found.get(complaint_id, 0))
