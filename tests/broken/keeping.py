"""Mistakes in keeping: the file must be given back as it was taken."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

from broken.whole import Whole
from complaintflow import Complaint, MemoryStore
from complaintflow.storage.evidence import Sealed


class EntriesReordered(Whole):
    """Entries are ordered by their number as text: 10 before 2."""

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        return tuple(sorted(super().history(tenant, complaint_id), key=lambda r: str(r.seq)))


class Altering(Whole):
    def altered(self, record: Sealed) -> Sealed:
        raise NotImplementedError

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, self.altered(record))


class SecondsOnly(Altering):
    """Microseconds are cut off."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.replace(microsecond=0))


class MillisecondsOnly(Altering):
    """Times are exact to the millisecond."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.replace(microsecond=record.at.microsecond // 1000 * 1000))


class NaiveTimes(Altering):
    """The zone is lost."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.replace(tzinfo=None))


class LocalTimes(Altering):
    """Times come back in the zone of the server."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(at=record.at.astimezone(timezone(timedelta(hours=8))))


class BodyWrittenAnew(Altering):
    """The body goes through a JSON column: parsed, and written in the database's own way."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(body=json.dumps(json.loads(record.body)))


class TextNormalised(Altering):
    """Text is brought to a normal form (NFC)."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(body=unicodedata.normalize("NFC", record.body), cells=_nfc(record.cells))


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


class EmptyIsNull(Altering):
    """Empty text becomes ``None``."""

    def altered(self, record: Sealed) -> Sealed:
        return record._replace(cells=record.cells or None)


class NullIsEmpty(Altering):
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
