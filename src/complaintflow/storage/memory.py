"""Stores in memory: the reference for what a store means, and quick for tests. Nothing outlives the process."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from threading import Lock

from complaintflow.errors import ConcurrencyConflict
from complaintflow.model.complaint import Complaint
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page, Query


class MemoryStore:
    """A ``Store`` in dictionaries, safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._complaints: dict[tuple[str, str], Complaint] = {}
        self._entries: dict[tuple[str, str], tuple[Sealed, ...]] = {}
        self._keys: dict[tuple[str, str], Sealed] = {}
        self._numbers: set[tuple[str, str]] = set()

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        return self._complaints.get((tenant, complaint_id))

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        return {i: found for i in complaint_ids if (found := self._complaints.get((tenant, i))) is not None}

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        self._write(tenant, [(complaint, record)])

    def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        self._write(tenant, steps)

    def _write(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        with self._lock:
            self._check(tenant, steps)
            for complaint, record in steps:
                case = (tenant, record.complaint_id)
                if record.key is not None:
                    self._keys[tenant, record.key] = record
                self._numbers.add((tenant, complaint.number))
                self._entries[case] = (*self._entries.get(case, ()), record)
                self._complaints[case] = complaint

    def _check(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        """Does every step fit, after those before it?"""
        versions: dict[str, int] = {}
        numbers: set[str] = set()
        keys: set[str] = set()
        for complaint, record in steps:
            stored = self._complaints.get((tenant, record.complaint_id))
            version = versions.get(record.complaint_id, stored.version if stored else 0)
            if version != record.seq - 1:
                raise ConcurrencyConflict(record.complaint_id, record.seq - 1, version)
            if version == 0:
                if complaint.number in numbers or (tenant, complaint.number) in self._numbers:
                    raise ConcurrencyConflict(record.complaint_id, 0, None)
                numbers.add(complaint.number)
            if record.key is not None:
                if record.key in keys or (tenant, record.key) in self._keys:
                    raise ConcurrencyConflict(record.complaint_id, version, None)
                keys.add(record.key)
            versions[record.complaint_id] = record.seq

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        return self._entries.get((tenant, complaint_id), ())

    def find(self, tenant: str, query: Query) -> Page:
        start = None if query.after is None else codec.read_cursor(query.after)
        with self._lock:
            ours = [c for (t, _), c in self._complaints.items() if t == tenant]
        matching = sorted((c for c in ours if query.matches(c)), key=_place)
        rest = [c for c in matching if start is None or _place(c) > start]
        page = tuple(rest[: query.limit])
        return Page(complaints=page, next=codec.cursor_after(page[-1]) if len(rest) > query.limit else None)

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        with self._lock:
            ours = [c for (t, _), c in self._complaints.items() if t == tenant]
        late = sorted((c.next_due_at, c.id) for c in ours if c.next_due_at is not None and c.next_due_at < before)
        return tuple(complaint_id for _, complaint_id in late[:limit])

    def recall(self, tenant: str, key: str) -> Sealed | None:
        return self._keys.get((tenant, key))

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        return {k: found for k in keys if (found := self._keys.get((tenant, k))) is not None}

    def forget(self, tenant: str, complaint: Complaint) -> None:
        case = (tenant, complaint.id)
        with self._lock:
            stored = self._complaints.get(case)
            if stored is None or stored.version != complaint.version:
                raise ConcurrencyConflict(complaint.id, complaint.version, stored.version if stored else 0)
            self._complaints[case] = complaint
            self._entries[case] = tuple(r._replace(cells=None) for r in self._entries[case])
            self._keys.update({(tenant, r.key): r for r in self._entries[case] if r.key is not None})


def _place(c: Complaint) -> tuple[datetime, str]:
    return c.recorded_at, c.id


class AsyncMemoryStore:
    """An ``AsyncStore`` over a ``MemoryStore``."""

    def __init__(self) -> None:
        self._store = MemoryStore()

    async def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        return self._store.load(tenant, complaint_id)

    async def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        self._store.append(tenant, complaint, record)

    async def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        return self._store.load_many(tenant, complaint_ids)

    async def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        return self._store.recall_many(tenant, keys)

    async def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        self._store.append_many(tenant, steps)

    async def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        return self._store.history(tenant, complaint_id)

    async def find(self, tenant: str, query: Query) -> Page:
        return self._store.find(tenant, query)

    async def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        return self._store.due(tenant, before, limit)

    async def recall(self, tenant: str, key: str) -> Sealed | None:
        return self._store.recall(tenant, key)

    async def forget(self, tenant: str, complaint: Complaint) -> None:
        self._store.forget(tenant, complaint)
