"""Mistakes in forgetting, restarting, and the transaction of the host."""

from __future__ import annotations

from datetime import UTC, datetime

from broken.whole import Whole, _copies
from complaintflow import Complaint, ConcurrencyConflict, Query
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page


class ForgetLeavesTheKeys(Whole):
    """The cells are gone from the file, not from what is recalled by key."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        keys = self._keys.copy()
        super().forget(tenant, complaint)
        self._keys.update(keys)


class ForgetLeavesCells(Whole):
    """Only the first entry loses its cells."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        file = self._entries.get((tenant, complaint.id), ())
        super().forget(tenant, complaint)
        self._entries[tenant, complaint.id] = (self._entries[tenant, complaint.id][0], *file[1:])


class ForgetLeavesTheSnapshot(Whole):
    """The snapshot keeps the words."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        kept = self._complaints.get((tenant, complaint.id))
        super().forget(tenant, complaint)
        if kept is not None:
            self._complaints[tenant, complaint.id] = kept


class ForgetIgnoresTheVersion(Whole):
    """``forget`` puts an old complaint in the place of a newer one."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        stored = self._complaints.get((tenant, complaint.id), complaint)
        super().forget(tenant, complaint.model_copy(update={"version": stored.version}))


class ForgetTakesTheFile(Whole):
    """``forget`` removes the entries, not only their cells."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        super().forget(tenant, complaint)
        self._entries[tenant, complaint.id] = self._entries[tenant, complaint.id][-1:]


class ForgetOnlyOnce(Whole):
    """A second ``forget`` of the same complaint is a conflict."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        if self._complaints.get((tenant, complaint.id)) == complaint:
            raise ConcurrencyConflict(complaint.id, complaint.version, None)
        super().forget(tenant, complaint)


class KeysLostOnRestart(Whole):
    """Keys are kept in the memory of the process only."""

    @classmethod
    def reopened(cls, store: Whole) -> Whole:
        again = cls(store)
        again._keys = {}
        return again


class CellsBackAfterRestart(Whole):
    """What was erased is still in a log that is read at the start."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self.log: dict[tuple[str, str], tuple[Sealed, ...]] = {}

    def forget(self, tenant: str, complaint: Complaint) -> None:
        self.log = self._entries.copy()
        super().forget(tenant, complaint)

    @classmethod
    def reopened(cls, store: Whole) -> Whole:
        again = cls(store)
        again._entries = store._entries | getattr(store, "log", {})
        return again


class CommitsForTheHost(Whole):
    """The store commits the host's transaction."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, record)
        if self.host is not None:
            self.host.commit()


class SeenBeforeTheCommit(Whole):
    """The key is announced outside at once, also if the host rolls back."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, record)
        if self.host is not None and record.key is not None:
            self.host.outside._keys[tenant, record.key] = record


class BlindInsideTheHost(Whole):
    """Inside the host's transaction the store reads outside of it."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        return self.host.outside.load(tenant, complaint_id) if self.host else super().load(tenant, complaint_id)


class SavepointIgnored(Whole):
    """What was written after a savepoint outlives its rollback in the store's own buffer of keys."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self._buffer: dict[tuple[str, str], Sealed] = {}

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, record)
        if self.host is not None and record.key is not None:
            self._buffer[tenant, record.key] = record
            self._keys.update(self._buffer)


class ConflictRollsTheHostBack(Whole):
    """A conflict takes everything of the host's transaction with it."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        try:
            super().append(tenant, complaint, record)
        except ConcurrencyConflict:
            if self.host is not None:
                vars(self).update(_copies(self.host.outside))
            raise


class ForgetsAtOnce(Whole):
    """``forget`` does not wait for the host's commit."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        super().forget(tenant, complaint)
        if self.host is not None:
            self.host.outside.forget(tenant, complaint)


class NotEmpty(Whole):
    """There is a case in a new store: what another test left behind."""

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        return page if page.complaints or query.after else Page(complaints=(), next="there-is-more")


class TimesOfTheServer(Whole):
    """The store writes its own time into the snapshot."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        late = complaint.model_copy(update={"updated_at": datetime(2026, 1, 1, tzinfo=UTC)})
        super().append(tenant, late, record)
