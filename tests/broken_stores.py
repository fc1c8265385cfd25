"""Stores that are broken on purpose, one mistake each: the conformance suite must find every one of them.

All are made of ``Whole``: the memory store, with sessions that share its dictionaries and transactions that copy them,
so that every ability is there to be broken. ``Whole`` itself must pass.
"""

from __future__ import annotations

import json
import time
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from complaintflow import Complaint, ConcurrencyConflict, MemoryStore, Query
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page
from complaintflow.testing.store_laws import StoreLaws

_KEPT = ("_complaints", "_entries", "_keys", "_numbers")


def _copies(store: MemoryStore) -> dict[str, Any]:
    return {name: getattr(store, name).copy() for name in _KEPT}


class Whole(MemoryStore):
    """Nothing is broken."""

    def __init__(self, beside: MemoryStore | None = None) -> None:
        super().__init__()
        self.host: Host | None = None
        if beside is not None:
            self._lock = beside._lock
            vars(self).update({name: getattr(beside, name) for name in _KEPT})

    @classmethod
    def reopened(cls, store: Whole) -> Whole:
        return cls(store)

    def all_of(self, tenant: str) -> list[Complaint]:
        return [c for (t, _), c in self._complaints.items() if t == tenant]


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

    def __init__(self, beside: MemoryStore | None = None) -> None:
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

    def __init__(self, beside: MemoryStore | None = None) -> None:
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


class EntriesReordered(Whole):
    """Entries are ordered by their number as text: 10 before 2."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        return tuple(sorted(super().history(tenant, complaint_id), key=lambda r: str(r.seq)))


class _Altering(Whole):
    def altered(self, record: Sealed) -> Sealed:
        raise NotImplementedError

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, self.altered(record))


class SecondsOnly(_Altering):
    """Microseconds are cut off."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.replace(microsecond=0))


class MillisecondsOnly(_Altering):
    """Times are exact to the millisecond."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.replace(microsecond=record.at.microsecond // 1000 * 1000))


class NaiveTimes(_Altering):
    """The zone is lost."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.replace(tzinfo=None))


class LocalTimes(_Altering):
    """Times come back in the zone of the server."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.astimezone(timezone(timedelta(hours=8))))


class BodyWrittenAnew(_Altering):
    """The body goes through a JSON column: parsed, and written in the database's own way."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(body=json.dumps(json.loads(record.body)))


class TextNormalised(_Altering):
    """Text is brought to a normal form (NFC)."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(body=unicodedata.normalize("NFC", record.body), cells=_nfc(record.cells))


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


class EmptyIsNull(_Altering):
    """Empty text becomes ``None``."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(cells=record.cells or None)


class NullIsEmpty(_Altering):
    """No actor becomes an empty one."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(actor=record.actor or "")


class FloatAmounts(Whole):
    """Decimals of the snapshot go through floating point."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        found = super().load(tenant, complaint_id)
        if found is None or found.measurement is None:
            return found
        value = Decimal(float(found.measurement.value))
        return found.model_copy(update={"measurement": found.measurement.model_copy(update={"value": value})})


class LiveFile(Whole):
    """The file that was read grows in the reader's hands."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        return _Live(self, tenant, complaint_id)  # type: ignore[return-value]  # a view is no tuple


class _Live(Sequence[Sealed]):
    def __init__(self, store: Whole, tenant: str, complaint_id: str) -> None:
        self._store, self._case = store, (tenant, complaint_id)

    def _file(self) -> tuple[Sealed, ...]:
        return MemoryStore.history(self._store, *self._case)

    def __getitem__(self, at: Any) -> Any:
        return self._file()[at]

    def __len__(self) -> int:
        return len(self._file())


class _Finding(Whole):
    """A ``find`` with one part of it changed."""

    def find(self, tenant: str, query: Query) -> Page:
        place = urlsafe_b64decode(query.after).decode() if query.after else None
        if query.after:
            codec.read_cursor(query.after)
        unpaged = query.model_copy(update={"after": None, "limit": 1000})
        cases = sorted(super().find(tenant, unpaged).complaints, key=self.order)
        rest = [c for c in cases if place is None or self.place(c) > place]
        page = tuple(rest[: query.limit])
        more = len(rest) > query.limit
        return Page(complaints=page, next=urlsafe_b64encode(self.place(page[-1]).encode()).decode() if more else None)

    def order(self, c: Complaint) -> Any:
        return c.recorded_at, c.id

    def place(self, c: Complaint) -> str:
        return f"{c.recorded_at.isoformat()} {c.id}"


class FindIgnoresIds(_Finding):
    """A cursor holds the time only: cases of the same moment are left out."""

    def place(self, c: Complaint) -> str:
        return f"{c.recorded_at.isoformat()} "


class FindByLastChange(_Finding):
    """Pages are ordered by the last change, so that cases move while one reads."""

    def order(self, c: Complaint) -> Any:
        return c.updated_at, c.id

    def place(self, c: Complaint) -> str:
        return f"{c.updated_at.isoformat()} {c.id}"


class FindFoldsOrder(_Finding):
    """Ids are ordered by a collation, not by code points."""

    def order(self, c: Complaint) -> Any:
        return c.recorded_at, c.id.lower()


class FindByOffset(Whole):
    """The cursor is how many cases have been shown."""

    def find(self, tenant: str, query: Query) -> Page:
        offset = int(query.after[3:]) if query.after else 0
        every = super().find(tenant, query.model_copy(update={"after": None, "limit": 1000})).complaints
        end = offset + query.limit
        return Page(complaints=every[offset:end], next=f"at-{end}" if len(every) > end else None)


class FalseCursorTaken(Whole):
    """A cursor that cannot be read begins at the beginning."""

    def find(self, tenant: str, query: Query) -> Page:
        try:
            return super().find(tenant, query)
        except ValueError:
            return super().find(tenant, query.model_copy(update={"after": None}))


class PageTooLong(Whole):
    """A page has one case more than it was asked for."""

    def find(self, tenant: str, query: Query) -> Page:
        return super().find(tenant, query.model_copy(update={"limit": query.limit + 1}))


class OneMorePage(Whole):
    """A last page that is full has a ``next``."""

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        full = page.next is None and len(page.complaints) == query.limit
        return Page(complaints=page.complaints, next=codec.cursor_after(page.complaints[-1])) if full else page


class FilterForgotten(Whole):
    """``find`` does not know the filter on the cause."""

    def find(self, tenant: str, query: Query) -> Page:
        return super().find(tenant, query.model_copy(update={"cause": None}))


class RepresentativeForgotten(Whole):
    """``complainant`` does not look at representatives."""

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        kept = tuple(c for c in page.complaints if query.complainant in (None, c.complainant.id))
        return Page(complaints=kept, next=page.next)


class RecordedBeforeIncluded(Whole):
    """``recorded_before`` includes its moment."""

    def find(self, tenant: str, query: Query) -> Page:
        until = query.recorded_before and query.recorded_before + timedelta(microseconds=1)
        return super().find(tenant, query.model_copy(update={"recorded_before": until}))


class FindShowsTheFirst(Whole):
    """Pages show complaints as they were recorded."""

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        old = tuple(c.model_copy(update={"version": 1}) for c in page.complaints)
        return Page(complaints=old, next=page.next)


class SearchInsideWords(Whole):
    """``text`` is looked for anywhere, in the middle of words too."""

    def find(self, tenant: str, query: Query) -> Page:
        if query.text is None:
            return super().find(tenant, query)
        page = super().find(tenant, query.model_copy(update={"text": None}))
        return Page(complaints=tuple(c for c in page.complaints if query.text in c.narrative))


class DueIncluded(Whole):
    """``due`` includes what is due at the very moment."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        return super().due(tenant, before + timedelta(microseconds=1), limit)


class DueById(Whole):
    """What is due comes in the order of ids."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        return tuple(sorted(super().due(tenant, before, 1000))[:limit])


class DueWithoutLimit(Whole):
    """``due`` gives everything."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:  # noqa: ARG002 - forgotten
        return super().due(tenant, before, 1_000_000)


class DueFromTheRecord(Whole):
    """The due time is indexed at the record and never again."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        cases = (c for c in self.all_of(tenant) if c.recorded_at + timedelta(days=2) < before)
        return tuple(c.id for c in sorted(cases, key=lambda c: (c.recorded_at, c.id)))[:limit]


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

    def __init__(self, beside: MemoryStore | None = None) -> None:
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

    def __init__(self, beside: MemoryStore | None = None) -> None:
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


BROKEN = tuple(c for c in Whole.__subclasses__() if c.__name__[0] != "_")
BROKEN = (*BROKEN, *_Altering.__subclasses__(), *_Finding.__subclasses__())
"""Every broken store."""
