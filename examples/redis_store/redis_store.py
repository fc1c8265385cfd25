"""A store on Redis, written against the public port only: an example of an adapter for an engine without SQL.

Each case is a hash of version and snapshot, and a list of its entries. Numbers and idempotency keys are keys of their
own, so that ``WATCH`` sees them taken. Two sorted sets keep the order of recording and what is due next. A write looks
at what it depends on under ``WATCH`` and then does everything in one ``MULTI``: if anybody touched it meanwhile,
nothing is written. One entry is written as a batch of one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError, WatchError

from complaintflow import Complaint, ConcurrencyConflict, Query, StorageError
from complaintflow.errors import Damaged
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 200


class RedisStore:
    """A ``Store``, ``SupportsErasure`` and ``SupportsBatch`` on one Redis database; all names begin with ``prefix``.

    Entries outlive a restart as far as the server is told to (``appendonly yes``, ``appendfsync always``).
    """

    def __init__(self, redis: Redis, *, prefix: str = "complaintflow") -> None:
        self.redis = redis
        self.prefix = prefix

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        with _translated():
            text = self.redis.hget(self._name(tenant, "case", complaint_id), "body")
        return None if text is None else codec.load_complaint(_text(text))

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        ids = list(complaint_ids)
        with _translated(), self.redis.pipeline(transaction=False) as pipe:
            for complaint_id in ids:
                pipe.hget(self._name(tenant, "case", complaint_id), "body")
            found = zip(ids, pipe.execute(), strict=True)
        return {i: codec.load_complaint(_text(text)) for i, text in found if text is not None}

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        self.append_many(tenant, [(complaint, record)])

    def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        if not steps:
            return
        cases = {c.id: self._name(tenant, "case", c.id) for c, _ in steps}
        free = [self._name(tenant, "key", r.key) for _, r in steps if r.key is not None]
        free += [self._name(tenant, "number", c.number) for c, r in steps if r.seq == 1]
        first = steps[0][1]
        with self._changing(first.complaint_id, first.seq - 1, *cases.values(), *free) as pipe:
            stored = {i: _version(pipe, case) for i, case in cases.items()}
            _follow(steps, stored)
            if len(set(free)) < len(free) or (free and pipe.exists(*free)):
                raise ConcurrencyConflict(first.complaint_id, first.seq - 1, None)
            pipe.multi()
            for complaint, record in steps:
                self._add(pipe, tenant, complaint, record)

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        with _translated():
            return tuple(map(_load, self.redis.lrange(self._name(tenant, "file", complaint_id), 0, -1)))

    def find(self, tenant: str, query: Query) -> Page:
        """See ``Store.find``. But for the number, filters are applied here, on the way through the cases in order."""
        found: list[Complaint] = []
        for complaint in self._candidates(tenant, query):
            if query.matches(complaint):
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
            with _readable("a key"):
                complaint_id, seq = json.loads(place)
            return _load(self.redis.lindex(self._name(tenant, "file", complaint_id), seq - 1))

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        return {key: found for key in keys if (found := self.recall(tenant, key)) is not None}

    def forget(self, tenant: str, complaint: Complaint) -> None:
        case, file = self._name(tenant, "case", complaint.id), self._name(tenant, "file", complaint.id)
        with self._changing(complaint.id, complaint.version, case) as pipe:
            stored = _version(pipe, case)
            if stored != complaint.version:
                raise ConcurrencyConflict(complaint.id, complaint.version, stored)
            bare = [_dump(_load(line)._replace(cells=None)) for line in pipe.lrange(file, 0, -1)]
            pipe.multi()
            for at, line in enumerate(bare):
                pipe.lset(file, at, line)
            self._put(pipe, tenant, complaint)

    def _add(self, pipe: Any, tenant: str, complaint: Complaint, record: Sealed) -> None:
        pipe.rpush(self._name(tenant, "file", complaint.id), _dump(record))
        if record.key is not None:
            pipe.set(self._name(tenant, "key", record.key), json.dumps([complaint.id, record.seq]))
        if record.seq == 1:
            pipe.set(self._name(tenant, "number", complaint.number), complaint.id)
            pipe.zadd(self._name(tenant, "order"), {_place(complaint.recorded_at, complaint.id): 0})
        self._put(pipe, tenant, complaint)

    def _put(self, pipe: Any, tenant: str, complaint: Complaint) -> None:
        fields = {"version": complaint.version, "body": codec.dump_complaint(complaint)}
        pipe.hset(self._name(tenant, "case", complaint.id), mapping=fields)
        if complaint.next_due_at is None:
            pipe.zrem(self._name(tenant, "due"), complaint.id)
        else:
            pipe.zadd(self._name(tenant, "due"), {complaint.id: _microseconds(complaint.next_due_at)})

    def _candidates(self, tenant: str, query: Query) -> Iterator[Complaint]:
        """The complaints behind the cursor, in order; if a number is asked for, only the one that has it."""
        if query.number is None:
            yield from self._from(tenant, query.after)
            return
        with _translated():
            complaint_id = self.redis.get(self._name(tenant, "number", query.number))
        complaint = None if complaint_id is None else self.load(tenant, _text(complaint_id))
        after = None if query.after is None else codec.read_cursor(query.after)
        if complaint is not None and (after is None or (complaint.recorded_at, complaint.id) > after):
            yield complaint

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

    def _name(self, tenant: str, *parts: str) -> str:
        """Quoted, so that no tenant's names run into another's."""
        return ":".join([self.prefix, *(quote(part, safe="") for part in (tenant, *parts))])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise StorageError(f"Redis refused: {error}") from error


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """Whatever was altered behind our back may be anything, and so may be what it makes of a parser."""
    try:
        yield
    except (TypeError, ValueError, RecursionError) as error:
        raise Damaged(what) from error


def _follow(steps: Sequence[tuple[Complaint, Sealed]], stored: dict[str, int]) -> None:
    """Raise ``ConcurrencyConflict`` unless each step is the next of its case, after those before it."""
    for complaint, record in steps:
        if stored[complaint.id] != record.seq - 1:
            raise ConcurrencyConflict(complaint.id, record.seq - 1, stored[complaint.id])
        stored[complaint.id] = record.seq


def _dump(record: Sealed) -> str:
    return json.dumps(record._replace(at=record.at.isoformat()))  # type: ignore[arg-type]  # JSON has no times


def _load(line: Any) -> Sealed:
    with _readable("an entry"):
        record = Sealed(*json.loads(line))
        return record._replace(at=datetime.fromisoformat(str(record.at)))


def _place(recorded_at: datetime, complaint_id: str) -> str:
    """Sorts as (recorded_at, id): all times have the same length, and Redis compares bytes of UTF-8."""
    return f"{recorded_at.astimezone(UTC).isoformat(timespec='microseconds')} {complaint_id}"


def _microseconds(at: datetime) -> int:
    """Since 1970; a score is a double, which is exact up to 2**53: until the year 2255."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _text(value: Any) -> str:
    with _readable("a text"):
        return value.decode() if isinstance(value, bytes) else str(value)


def _version(pipe: Any, case: str) -> int:
    with _readable("a version"):
        return int(pipe.hget(case, "version") or 0)
