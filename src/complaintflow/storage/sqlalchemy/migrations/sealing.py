"""Sealing the files that the first version wrote as plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

import sqlalchemy as sa

from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.storage.codec import dump_complaint
from complaintflow.storage.evidence import Sealed, seal
from complaintflow.storage.sqlalchemy.columns import UtcTime
from complaintflow.storage.sqlalchemy.migrations.place import Place
from complaintflow.storage.sqlalchemy.migrations.reading import cases


def seal_files(place: Place, connection: sa.Connection) -> None:
    """Seal every file that is not sealed yet, each in the order of its entries, and chain its snapshot to it."""
    do = _Statements(place)
    for page in cases(place, connection):
        snapshots, records = [], []
        for tenant, complaint in page:
            plain = connection.execute(do.read, {"tenant": tenant, "id": complaint.id}).scalars().all()
            if plain:
                after, sealed = sealed_file(tenant, complaint, plain)
                snapshots.append(_snapshot_values(tenant, after))
                records += [_entry_values(tenant, record) for record in sealed]
        if snapshots:
            connection.execute(do.write_entry, records)
            connection.execute(do.write_snapshot, snapshots)


def sealed_file(tenant: str, complaint: Complaint, plain: Sequence[str]) -> tuple[Complaint, list[Sealed]]:
    """The sealed entries of a whole file, and the snapshot with the hash of the last."""
    sealed = list[Sealed]()
    for text in plain:
        entry = Entry.model_validate_json(text)
        # of the case before an entry, sealing asks for the hash and the people only, and these never change
        entry, record = seal(tenant, complaint if sealed else None, entry, lambda: token_hex(16))
        complaint = complaint.model_copy(update={"head": entry.hash})
        sealed.append(record)
    return complaint, sealed


_OF_ENTRY = ("at", "actor", "hash", "body", "cells")
_OF_SNAPSHOT = ("representative", "recorded_at", "ended_at", "next_due_at", "body")


class _Statements:
    """What is read and written: the columns that change, found by the key."""

    def __init__(self, place: Place) -> None:
        def table(name: str, *columns: str) -> sa.TableClause:
            kinds = {column: UtcTime() if column.endswith("at") else None for column in columns}
            found = (sa.column(column, kind) for column, kind in kinds.items())
            return sa.table(place.name(name), *found, schema=place.schema)

        e = table("entries", "tenant", "complaint_id", "seq", *_OF_ENTRY)
        s = table("complaints", "tenant", "id", *_OF_SNAPSHOT)
        of_case = sa.and_(e.c.tenant == sa.bindparam("tenant"), e.c.complaint_id == sa.bindparam("id"))
        self.read = sa.select(e.c.body).where(of_case, e.c.hash.is_(None)).order_by(e.c.seq)
        this = (e.c.tenant == sa.bindparam("t"), e.c.complaint_id == sa.bindparam("i"), e.c.seq == sa.bindparam("n"))
        self.write_entry = sa.update(e).where(*this).values(_given(_OF_ENTRY))
        self.write_snapshot = (
            sa.update(s)
            .where(s.c.tenant == sa.bindparam("t"), s.c.id == sa.bindparam("i"))
            .values(_given(_OF_SNAPSHOT))
        )


def _given(names: Sequence[str]) -> dict[str, sa.BindParameter[Any]]:
    return {name: sa.bindparam(name) for name in names}


def _snapshot_values(tenant: str, complaint: Complaint) -> dict[str, Any]:
    """The times are written again too: MariaDB and MySQL kept whole seconds of them until now."""
    speaker = complaint.representative
    return {
        "t": tenant,
        "i": complaint.id,
        "representative": speaker.id if speaker else None,
        "recorded_at": complaint.recorded_at,
        "ended_at": complaint.ended_at,
        "next_due_at": complaint.next_due_at,
        "body": dump_complaint(complaint),
    }


def _entry_values(tenant: str, record: Sealed) -> dict[str, Any]:
    return {"t": tenant, "i": record.complaint_id, "n": record.seq} | {n: getattr(record, n) for n in _OF_ENTRY}
