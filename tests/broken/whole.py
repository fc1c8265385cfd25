"""The store that all broken ones are made of: nothing is wrong with it, and every ability is there to be broken."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from complaintflow import Complaint, MemoryStore, Query
from complaintflow.errors import Damaged
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page
from complaintflow.testing.store_laws import StoreLaws

_KEPT = ("_complaints", "_entries", "_keys", "_numbers", "nonsense")


def _copies(store: Whole) -> dict[str, Any]:
    return {name: getattr(store, name).copy() for name in _KEPT}


class Whole(MemoryStore):
    """Nothing is broken."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__()
        self.host: Host | None = None
        self.nonsense: set[tuple[str, str, int | None]] = set()
        """The entries, and snapshots (``None``), that cannot be read any more."""
        if beside is not None:
            self._lock = beside._lock
            vars(self).update({name: getattr(beside, name) for name in _KEPT})

    @classmethod
    def reopened(cls, store: Whole) -> Whole:
        return cls(store)

    def all_of(self, tenant: str) -> list[Complaint]:
        return [c for (t, _), c in self._complaints.items() if t == tenant]

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        self.must_be_whole(tenant, complaint_id, None)
        return super().load(tenant, complaint_id)

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        for complaint_id in complaint_ids:
            self.must_be_whole(tenant, complaint_id, None)
        return super().load_many(tenant, complaint_ids)

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        file = super().history(tenant, complaint_id)
        for record in file:
            self.must_be_whole(tenant, complaint_id, record.seq)
        return file

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        for complaint in page.complaints:
            self.must_be_whole(tenant, complaint.id, None)
        return page

    def recall(self, tenant: str, key: str) -> Sealed | None:
        record = super().recall(tenant, key)
        if record is not None:
            self.must_be_whole(tenant, record.complaint_id, record.seq)
        return record

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        found = super().recall_many(tenant, keys)
        for record in found.values():
            self.must_be_whole(tenant, record.complaint_id, record.seq)
        return found

    def must_be_whole(self, tenant: str, complaint_id: str, seq: int | None) -> None:
        if (tenant, complaint_id, seq) in self.nonsense:
            raise Damaged(f"entry {seq} of {complaint_id}")


class Host:
    """The host's transaction: a copy of everything, which takes the place of the original at the commit."""

    def __init__(self, outside: Whole) -> None:
        self.outside = outside
        self.store = type(outside)()
        self.store.host = self
        vars(self.store).update(_copies(outside))
        self._saved: dict[str, Any] = {}

    def commit(self) -> None:
        for name, kept in _copies(self.store).items():
            original = getattr(self.outside, name)
            original.clear()
            original.update(kept)

    def rollback(self) -> None:
        self.store = type(self.outside)()

    def savepoint(self) -> None:
        self._saved = _copies(self.store)

    def rollback_to_savepoint(self) -> None:
        vars(self.store).update(self._saved)


class BrokenLaws(StoreLaws):
    """The laws for one of these stores."""

    def __init__(self, store: type[Whole]) -> None:
        self.store = store

    @contextmanager
    def make_store(self) -> Iterator[Whole]:
        yield self.store()

    @contextmanager
    def second_session(self, store: Any) -> Iterator[Whole]:
        yield self.store(store)

    @contextmanager
    def reopen(self, store: Any) -> Iterator[Whole]:
        yield self.store.reopened(store)

    @contextmanager
    def host_transaction(self, store: Any) -> Iterator[Host]:
        yield Host(store)

    def damage(self, store: Any, tenant: str, complaint_id: str, seq: int | None) -> None:
        store.nonsense.add((tenant, complaint_id, seq))
