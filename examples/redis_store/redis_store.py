"""A store on Redis, written against the public port only: an example of an adapter for an engine without SQL.

Each case is a hash of version and snapshot, and a list of its entries. Numbers and idempotency keys are keys of their
own, so that ``WATCH`` sees them taken. Two sorted sets keep the order of recording and what is due next. A write looks
at what it depends on under ``WATCH`` and then does everything in one ``MULTI``: if anybody touched it meanwhile,
nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError, WatchError

from complaintflow import Complaint, ConcurrencyConflict, Query, StorageError
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 200


class RedisStore:
    """A ``Store`` and ``SupportsErasure`` on one Redis database; all names begin with ``prefix``.

    Entries outlive a restart as far as the server is told to (``appendonly yes``, ``appendfsync always``).
    """

    def __init__(self, redis: Redis, *, prefix: str = "complaintflow") -> None:
        self.redis = redis
        self.prefix = prefix

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        with _translated():
            text = self.redis.hget(self._name(tenant, "case", complaint_id), "body")
        return None if text is None else codec.load_complaint(_text(text))

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        case, file = self._name(tenant, "case", complaint.id), self._name(tenant, "file", complaint.id)
        number = self._name(tenant, "number", complaint.number)
        key = None if record.key is None else self._name(tenant, "key", record.key)
        with self._changing(complaint.id, record.seq - 1, case, number, *([key] if key else [])) as pipe:
            self._expect(pipe, case, complaint.id, record.seq - 1)
            if (record.seq == 1 and pipe.exists(number)) or (key is not None and pipe.exists(key)):
                raise ConcurrencyConflict(complaint.id, record.seq - 1, None)
            pipe.multi()
            pipe.rpush(file, _dump(record))
            if key is not None:
                pipe.set(key, json.dumps([complaint.id, record.seq]))
            if record.seq == 1:
                pipe.set(number, complaint.id)
                pipe.zadd(self._name(tenant, "order"), {_place(complaint.recorded_at, complaint.id): 0})
            self._put(pipe, tenant, complaint)

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        with _translated():
            return tuple(map(_load, self.redis.lrange(self._name(tenant, "file", complaint_id), 0, -1)))

    def find(self, tenant: str, query: Query) -> Page:
        """See ``Store.find``. Filters are applied here, while walking the cases in order: this is an example."""
        if query.text is not None:
            raise NotImplementedError("this store does not search texts")
        found: list[Complaint] = []
        for complaint in self._from(tenant, query.after):
            if _matches(complaint, query):
                found.append(complaint)
                if len(found) > query.limit:
                    break
        page = tuple(found[: query.limit])
        return Page(complaints=page, next=codec.cursor_after(page[-1]) if len(found) > query.limit else None)

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        with _translated():
            late = self.redis.zrangebyscore(
                self._name(tenant, "due"), "-inf", f"({_microseconds(before)}", start=0, num=limit
            )
        return tuple(map(_text, late))

    def recall(self, tenant: str, key: str) -> Sealed | None:
        with _translated():
            place = self.redis.get(self._name(tenant, "key", key))
            if place is None:
                return None
            complaint_id, seq = json.loads(place)
            return _load(self.redis.lindex(self._name(tenant, "file", complaint_id), seq - 1))

    def forget(self, tenant: str, complaint: Complaint) -> None:
        case, file = self._name(tenant, "case", complaint.id), self._name(tenant, "file", complaint.id)
        with self._changing(complaint.id, complaint.version, case) as pipe:
            self._expect(pipe, case, complaint.id, complaint.version)
            bare = [_dump(_load(line)._replace(cells=None)) for line in pipe.lrange(file, 0, -1)]
            pipe.multi()
            for at, line in enumerate(bare):
                pipe.lset(file, at, line)
            self._put(pipe, tenant, complaint)

    def _put(self, pipe: Any, tenant: str, complaint: Complaint) -> None:
        fields = {"version": complaint.version, "body": codec.dump_complaint(complaint)}
        pipe.hset(self._name(tenant, "case", complaint.id), mapping=fields)
        if complaint.next_due_at is None:
            pipe.zrem(self._name(tenant, "due"), complaint.id)
        else:
            pipe.zadd(self._name(tenant, "due"), {complaint.id: _microseconds(complaint.next_due_at)})

    def _from(self, tenant: str, after: str | None) -> Iterator[Complaint]:
        """The complaints behind the cursor, in order."""
        start = f"({_place(*codec.read_cursor(after))}" if after else "-"
        while True:
            with _translated():
                places = self.redis.zrangebylex(self._name(tenant, "order"), start, "+", start=0, num=_BATCH)
            for place in map(_text, places):
                complaint = self.load(tenant, place.partition(" ")[2])
                if complaint is not None:
                    yield complaint
            if len(places) < _BATCH:
                return
            start = f"({_text(places[-1])}"

    @contextmanager
    def _changing(self, complaint_id: str, expected: int, *watched: str) -> Iterator[Any]:
        """A pipeline that watches these names; what is queued in the block is executed at its end, or nothing is."""
        with _translated(), self.redis.pipeline() as pipe:
            try:
                pipe.watch(*watched)  # type: ignore[no-untyped-call]  # redis-py has no type for it
                yield pipe
                pipe.execute()
            except WatchError as error:
                raise ConcurrencyConflict(complaint_id, expected, None) from error

    @staticmethod
    def _expect(pipe: Any, case: str, complaint_id: str, version: int) -> None:
        stored = int(pipe.hget(case, "version") or 0)
        if stored != version:
            raise ConcurrencyConflict(complaint_id, version, stored)

    def _name(self, tenant: str, *parts: str) -> str:
        """Quoted, so that no tenant's names run into another's."""
        return ":".join([self.prefix, *(quote(part, safe="") for part in (tenant, *parts))])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise StorageError(f"Redis refused: {error}") from error


def _dump(record: Sealed) -> str:
    return json.dumps(record._replace(at=record.at.isoformat()))  # type: ignore[arg-type]  # JSON has no times


def _load(line: Any) -> Sealed:
    record = Sealed(*json.loads(line))
    return record._replace(at=datetime.fromisoformat(str(record.at)))


def _place(recorded_at: datetime, complaint_id: str) -> str:
    """Sorts as (recorded_at, id): all times have the same length, and Redis compares bytes of UTF-8."""
    return f"{recorded_at.astimezone(UTC).isoformat(timespec='microseconds')} {complaint_id}"


def _microseconds(at: datetime) -> int:
    """Since 1970; a score is a double, which is exact up to 2**53: until the year 2255."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _matches(c: Complaint, q: Query) -> bool:
    equal = {
        "number": c.number,
        "stage": c.stage,
        "category": c.category,
        "sub_type": c.sub_type,
        "department": c.owner.department,
        "person": c.owner.person,
        "order": c.subject.order,
        "cause": c.finding.cause if c.finding else None,
        "open": c.ended_at is None,
        "erased": c.complainant.id == "[erased]",
    }
    before = {"recorded_before": c.recorded_at, "due_before": c.next_due_at, "ended_before": c.ended_at}
    return (
        all(getattr(q, name) in (None, value) for name, value in equal.items())
        and all(_is_before(value, getattr(q, name)) for name, value in before.items())
        and (q.recorded_from is None or c.recorded_at >= q.recorded_from)
        and (q.complainant is None or q.complainant in c.speakers)
    )


def _is_before(value: datetime | None, limit: datetime | None) -> bool:
    return limit is None or (value is not None and value < limit)
