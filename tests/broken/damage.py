"""Mistakes with what cannot be read any more."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from broken.whole import Whole
from complaintflow import Complaint, MemoryStore, Query, StorageError
from complaintflow.errors import Damaged
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page


class DamageIsUnknown(Whole):
    """A complaint that cannot be read is one that is not there."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        with suppress(Damaged):
            return super().load(tenant, complaint_id)
        return None


class DamageIsTheDrivers(Whole):
    """What cannot be parsed is whatever error the parser has."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        try:
            return super().load(tenant, complaint_id)
        except Damaged as error:
            raise ValueError("Expecting value: line 1 column 1 (char 0)") from error


class DamageIsAnOutage(Whole):
    """An entry that cannot be read looks as if the store were down: nobody calls ``verify``."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        try:
            return super().history(tenant, complaint_id)
        except Damaged as error:
            raise StorageError("try again later") from error


class DamageLeftOutOfPages(Whole):
    """Pages pass over what cannot be read."""

    def find(self, tenant: str, query: Query) -> Page:
        page = MemoryStore.find(self, tenant, query)
        whole = (c for c in page.complaints if (tenant, c.id, None) not in self.nonsense)
        return Page(complaints=tuple(whole), next=page.next)


class DamageLeftOutOfTheFile(Whole):
    """An entry that cannot be read is left out of its file."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        file = MemoryStore.history(self, tenant, complaint_id)
        return tuple(r for r in file if (tenant, complaint_id, r.seq) not in self.nonsense)


class DamageNotSeen(Whole):
    """The file is read from a copy that was made when it was written."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        return MemoryStore.history(self, tenant, complaint_id)


class DamagedKeyIsFree(Whole):
    """The key of an entry that cannot be read is not known."""

    def recall(self, tenant: str, key: str) -> Sealed | None:
        with suppress(Damaged):
            return super().recall(tenant, key)
        return None


class DamageSpreads(Whole):
    """One complaint that cannot be read, and no other of the tenant can."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        if any(t == tenant and seq is None for t, _, seq in self.nonsense):
            raise Damaged("the store")
        return super().load(tenant, complaint_id)


class DamageHidesTheFile(Whole):
    """If the snapshot cannot be read, the file is not shown."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        self.must_be_whole(tenant, complaint_id, None)
        return super().history(tenant, complaint_id)


class DamageEmptiesPages(Whole):
    """If anything of the tenant cannot be read, pages are empty."""

    def find(self, tenant: str, query: Query) -> Page:
        if any(t == tenant for t, _, _ in self.nonsense):
            return Page(complaints=())
        return super().find(tenant, query)


class DamageLeftOutOfBatches(Whole):
    """``load_many`` gives what can be read."""

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        return super().load_many(tenant, [i for i in complaint_ids if (tenant, i, None) not in self.nonsense])


class DamagedKeyFreeInBatches(Whole):
    """``recall_many`` gives what can be read."""

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        found = MemoryStore.recall_many(self, tenant, keys)
        return {k: r for k, r in found.items() if (tenant, r.complaint_id, r.seq) not in self.nonsense}
