"""Mistakes in writing: versions, keys and numbers."""

from __future__ import annotations

import time
from contextlib import suppress

from broken.whole import Whole
from complaintflow import Complaint, ConcurrencyConflict
from complaintflow.storage.evidence import Sealed


class LostUpdate(Whole):
    """The version is not checked: the last writer wins, and a number is taken twice."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        try:
            super().append(tenant, complaint, record)
        except ConcurrencyConflict as conflict:
            if conflict.actual is None:
                raise
            case = (tenant, record.complaint_id)
            self._entries[case] = (*self._entries.get(case, ()), record)
            self._complaints[case] = complaint


class CheckedTooEarly(Whole):
    """The version is checked before the lock is taken, so that two may pass the check."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        self._check(tenant, [(complaint, record)])
        time.sleep(0.002)
        with self._lock:
            case = (tenant, record.complaint_id)
            if record.key is not None:
                self._keys[tenant, record.key] = record
            self._numbers.add((tenant, complaint.number))
            self._entries[case] = (*self._entries.get(case, ()), record)
            self._complaints[case] = complaint


class StaleRead(Whole):
    """What was loaded once is kept and given again."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self._cache: dict[tuple[str, str], Complaint | None] = {}

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        return self._cache.setdefault((tenant, complaint_id), super().load(tenant, complaint_id))

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, record)
        self._cache[tenant, complaint.id] = complaint

    def forget(self, tenant: str, complaint: Complaint) -> None:
        super().forget(tenant, complaint)
        self._cache[tenant, complaint.id] = complaint


class SecondLock(Whole):
    """Each session checks against its own memory of versions, not against what is stored."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self._mine: dict[tuple[str, str], int] = {}

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        case = (tenant, record.complaint_id)
        known = self._mine.get(case)
        try:
            super().append(tenant, complaint, record)
        except ConcurrencyConflict:
            if known is None or known != record.seq - 1:
                raise
            self._entries[case] = (*self._entries[case], record)
            self._complaints[case] = complaint
        self._mine[case] = complaint.version


class FileBeforeCheck(Whole):
    """File and snapshot are not one step: after a conflict the entry is in the file, the snapshot is not."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        try:
            super().append(tenant, complaint, record)
        except ConcurrencyConflict:
            case = (tenant, record.complaint_id)
            self._entries[case] = (*self._entries.get(case, ()), record)
            raise


class SnapshotBeforeCheck(Whole):
    """After a conflict the snapshot is the new one, and the file is not."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        try:
            super().append(tenant, complaint, record)
        except ConcurrencyConflict:
            self._complaints[tenant, complaint.id] = complaint
            raise


class SwallowedConflict(Whole):
    """A conflict is not told: nothing is written, and the caller does not know."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        with suppress(ConcurrencyConflict):
            super().append(tenant, complaint, record)


class GapsAllowed(Whole):
    """Only that the number is not taken yet is checked, not that it is the next one."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        case = (tenant, record.complaint_id)
        stored = self._complaints.get(case)
        if record.seq > (stored.version if stored else 0) + 1:
            self._entries[case] = (*self._entries.get(case, ()), record)
            self._complaints[case] = complaint
        else:
            super().append(tenant, complaint, record)


class ConflictSaysNothing(Whole):
    """The conflict does not say which version was expected."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        try:
            super().append(tenant, complaint, record)
        except ConcurrencyConflict as conflict:
            raise ConcurrencyConflict(complaint.id, 0, conflict.actual) from conflict


class KeyLeftBehind(Whole):
    """A conflict of versions leaves the key taken."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        try:
            super().append(tenant, complaint, record)
        except ConcurrencyConflict:
            if record.key is not None:
                self._keys.setdefault((tenant, record.key), record)
            raise


class KeyNotChecked(Whole):
    """A key that is taken is given to the newer entry."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        self._keys.pop((tenant, record.key or ""), None)
        super().append(tenant, complaint, record)


class KeyNotRemembered(Whole):
    """Keys are checked, but not found again."""

    def recall(self, tenant: str, key: str) -> Sealed | None:  # noqa: ARG002 - the port's method
        return None


class NumberNotChecked(Whole):
    """Two cases may have the same number."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        self._numbers.discard((tenant, complaint.number))
        super().append(tenant, complaint, record)
