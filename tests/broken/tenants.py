"""Mistakes in tenants and names: what must be kept apart and compared byte by byte."""

from __future__ import annotations

from datetime import datetime

from broken.whole import Whole
from complaintflow import Complaint, ConcurrencyConflict, MemoryStore, Query
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page


class GlobalKeys(Whole):
    """Keys are not scoped to the tenant: what another one used is a conflict."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        if any(key == record.key for _, key in self._keys):
            raise ConcurrencyConflict(complaint.id, record.seq - 1, None)
        super().append(tenant, complaint, record)


class GlobalNumbers(Whole):
    """Numbers are unique over all tenants."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        if record.seq == 1 and any(number == complaint.number for _, number in self._numbers):
            raise ConcurrencyConflict(complaint.id, 0, None)
        super().append(tenant, complaint, record)


class TenantForgottenInLoad(Whole):
    """``load`` looks by id only."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        anybodys = next((c for (_, i), c in self._complaints.items() if i == complaint_id), None)
        return super().load(tenant, complaint_id) or anybodys


class TenantForgottenInHistory(Whole):
    """``history`` looks by id only."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:  # noqa: ARG002 - forgotten
        return tuple(r for (_, i), file in self._entries.items() if i == complaint_id for r in file)


class TenantForgottenInRecall(Whole):
    """``recall`` looks by key only."""

    def recall(self, tenant: str, key: str) -> Sealed | None:
        return super().recall(tenant, key) or next((r for (_, k), r in self._keys.items() if k == key), None)


class TenantForgottenInFind(Whole):
    """``find`` has no condition on the tenant."""

    def find(self, tenant: str, query: Query) -> Page:  # noqa: ARG002 - forgotten
        everybodys = MemoryStore()
        everybodys._complaints = {("", f"{t} {i}"): c for (t, i), c in self._complaints.items()}
        return everybodys.find("", query)


class TenantForgottenBehindTheCursor(Whole):
    """The first page is the tenant's, the pages behind a cursor are everybody's."""

    def find(self, tenant: str, query: Query) -> Page:
        return TenantForgottenInFind.find(self, tenant, query) if query.after else super().find(tenant, query)  # type: ignore[arg-type]  # the same data


class TenantForgottenInDue(Whole):
    """``due`` has no condition on the tenant."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:  # noqa: ARG002 - forgotten
        late = sorted((c.next_due_at, c.id) for c in self._complaints.values() if c.next_due_at is not None)
        return tuple(i for at, i in late if at < before)[:limit]


class TenantForgottenInForget(Whole):
    """``forget`` takes the cells of the same id from every tenant."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        super().forget(tenant, complaint)
        for (t, i), file in self._entries.items():
            if i == complaint.id:
                self._entries[t, i] = tuple(r._replace(cells=None) for r in file)


class NamesRunTogether(Whole):
    """Tenant and id are joined by a colon to one key."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        joined = f"{tenant}:{complaint_id}"
        return next((c for (t, i), c in self._complaints.items() if f"{t}:{i}" == joined), None)


class TenantsFolded(Whole):
    """Tenants are compared without case."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        wanted = (tenant.lower(), complaint_id)
        return next((c for (t, i), c in self._complaints.items() if (t.lower(), i) == wanted), None)


class IdsFolded(Whole):
    """Ids are compared without case."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        wanted = (tenant, complaint_id.lower())
        return next((c for (t, i), c in self._complaints.items() if (t, i.lower()) == wanted), None)


class KeysFolded(Whole):
    """Keys are compared without case."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        if record.key is not None and any((tenant, record.key.lower()) == (t, k.lower()) for t, k in self._keys):
            raise ConcurrencyConflict(complaint.id, record.seq - 1, None)
        super().append(tenant, complaint, record)


class KeysTrimmed(Whole):
    """A space behind a key is lost, as in a column that pads."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        if record.key is not None and any((tenant, record.key.rstrip()) == (t, k.rstrip()) for t, k in self._keys):
            raise ConcurrencyConflict(complaint.id, record.seq - 1, None)
        super().append(tenant, complaint, record)
