"""The outbox: what happened, kept beside the entry that says so, until a relay has delivered it.

The store writes an event in the transaction of its entry: both or neither. An event waits, is in flight while a relay
holds a lease on it, and ends as delivered, or as parked if it failed too often. Within a case only the first event
that has not ended may fly: a parked one holds back those behind it until somebody retries or skips it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from complaintflow.model.complaint import Complaint
from complaintflow.storage.envelope import dump_event, envelope, event_id, read_event_id
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy.tables import Tables


class State(StrEnum):
    """How an event stands."""

    WAITING = "waiting"
    """To be tried once its time has come: at once, or after a failure later."""
    IN_FLIGHT = "in_flight"
    """A relay has it; once its time is over, that relay is taken for dead and the event is tried again."""
    DELIVERED = "delivered"
    PARKED = "parked"
    """It failed too often. Nothing of its case is delivered until it is retried or skipped."""
    SKIPPED = "skipped"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Outbox(NamedTuple):
    """What a store needs in order to write events. ``source`` is the URI reference of who tells them (CloudEvents).

    An action may bear any time; its event is due at once. ``clock`` returns the time (UTC-aware).
    """

    source: str
    clock: Callable[[], datetime] = _utc_now

    def values(self, tenant: str, complaint: Complaint, record: Sealed) -> dict[str, Any]:
        """The row of the outbox for a sealed entry and the complaint that it made."""
        return {
            "tenant": tenant,
            "complaint_id": record.complaint_id,
            "seq": record.seq,
            "written_at": record.at,
            "state": State.WAITING,
            "state_at": min(record.at, self.clock()),
            "attempts": 0,
            "envelope": dump_event(envelope(self.source, tenant, complaint, record)),
        }


class Claim(NamedTuple):
    """An event that a relay holds until ``lease_end`` (UTC); ``attempts`` have failed before."""

    tenant: str
    complaint_id: str
    seq: int
    attempts: int
    envelope: str
    lease_end: datetime


class Ending(NamedTuple):
    """How a flight ended, as the columns of the event say it."""

    state: State
    state_at: datetime
    attempts: int
    reason: str | None = None


class Parked(NamedTuple):
    """An event that is not tried any more, and why: the last failure."""

    id: str
    since: datetime
    attempts: int
    reason: str


class Backlog(NamedTuple):
    """How many events are in a state that is not an end, and when the oldest of them happened (UTC)."""

    state: State
    events: int
    oldest: datetime


class Queue:
    """The outbox as relays see it, of one tenant or of all. Every method is a piece of the caller's transaction."""

    def __init__(self, tables: Tables, tenant: str | None) -> None:
        self._table = tables.outbox
        self._ours = [] if tenant is None else [tables.outbox.c.tenant == tenant]
        self._heads = self._first_of_each_case()
        o = tables.outbox.c
        one = update(tables.outbox).where(
            o.tenant == bindparam("b_tenant"), o.complaint_id == bindparam("b_case"), o.seq == bindparam("b_seq")
        )
        self._lease = one.values(state=State.IN_FLIGHT, state_at=bindparam("state_at"), attempts=bindparam("attempts"))
        # Whoever has lost the lease finds another one's here, or an end, and changes nothing
        held = (o.state == State.IN_FLIGHT, o.state_at == bindparam("b_lease_end"))
        self._settle = one.where(*held).values({name: bindparam(name) for name in Ending._fields})
        parked = one.where(o.state == State.PARKED, *self._ours)
        self._retry = parked.values(state=State.WAITING, state_at=bindparam("state_at"), attempts=0)
        self._skip = parked.values(state=State.SKIPPED, state_at=bindparam("state_at"), reason=bindparam("reason"))

    def claim(self, connection: Connection, now: datetime, lease: timedelta, limit: int) -> list[Claim]:
        """Lease up to ``limit`` events, each the first of its case, until ``now + lease``.

        Of those whose relay is taken for dead only one is leased, and it comes last: should it be what kills relays,
        it takes no others along. That it was lost counts as a failed attempt.
        """
        end = now + lease
        for _ in range(_TRIES):
            lost = self._candidates(connection, State.IN_FLIGHT, now, 1)
            found = [*self._candidates(connection, State.WAITING, now, limit - len(lost)), *lost]
            claims = [
                Claim(r.tenant, r.complaint_id, r.seq, r.attempts + (r.state == State.IN_FLIGHT), r.envelope, end)
                for r in self._lock(connection, found, now)
            ]
            if claims or not found:  # else other relays were faster, and there may be more behind what they took
                break
        if claims:
            leases = [{**_row(c), "state_at": end, "attempts": c.attempts} for c in claims]
            connection.execute(self._lease, leases)
        return claims

    def settle(self, connection: Connection, claim: Claim, ending: Ending) -> bool:
        """Write how a claimed event ended, unless the lease was over and another relay has it."""
        values = {**_row(claim), "b_lease_end": claim.lease_end, **ending._asdict()}
        return connection.execute(self._settle, values).rowcount == 1

    def backlog(self, connection: Connection) -> tuple[Backlog, ...]:
        """What has not ended, by state."""
        o = self._table.c
        open_ = select(o.state, func.count(), func.min(o.written_at)).where(o.state.in_(_OPEN), *self._ours)
        found = connection.execute(open_.group_by(o.state).order_by(o.state))
        return tuple(Backlog(State(state), events, oldest) for state, events, oldest in found)

    def parked(self, connection: Connection, limit: int) -> tuple[Parked, ...]:
        """What is parked, longest first."""
        o = self._table.c
        found = select(o.tenant, o.complaint_id, o.seq, o.state_at, o.attempts, o.reason)
        rows = connection.execute(found.where(o.state == State.PARKED, *self._ours).order_by(o.state_at).limit(limit))
        return tuple(Parked(event_id(*row[:3]), row.state_at, row.attempts, row.reason or "") for row in rows)

    def retry(self, connection: Connection, id: str, now: datetime) -> None:
        """Let a parked event wait again, as if it had never failed. Raises ``LookupError`` if it is not parked."""
        self._unpark(connection, self._retry, id, {"state_at": now})

    def skip(self, connection: Connection, id: str, now: datetime, reason: str) -> None:
        """Give a parked event up. Raises ``LookupError`` if it is not parked."""
        self._unpark(connection, self._skip, id, {"state_at": now, "reason": reason})

    def purge(self, connection: Connection, before: datetime) -> int:
        """Remove what was delivered or skipped before this moment; how many those were."""
        o = self._table.c
        ended = o.state.in_((State.DELIVERED, State.SKIPPED))
        return connection.execute(delete(self._table).where(ended, o.state_at < before, *self._ours)).rowcount

    def _unpark(self, connection: Connection, statement: Update, id: str, values: dict[str, Any]) -> None:
        tenant, complaint_id, seq = read_event_id(id)
        key = {"b_tenant": tenant, "b_case": complaint_id, "b_seq": seq}
        if connection.execute(statement, key | values).rowcount != 1:
            raise LookupError(f"no event {id!r} is parked")

    def _first_of_each_case(self) -> Select[Any]:
        o, earlier = self._table.c, self._table.alias("earlier").c
        same_case = and_(earlier.tenant == o.tenant, earlier.complaint_id == o.complaint_id)
        return (
            select(o.tenant, o.complaint_id, o.seq)
            .where(o.state == bindparam("state"), o.state_at <= bindparam("now"), *self._ours)
            .where(~exists().where(same_case, earlier.seq < o.seq, earlier.state.in_(_OPEN)))
            .order_by(o.state_at)
            .limit(bindparam("limit"))
        )

    def _candidates(self, connection: Connection, state: State, now: datetime, limit: int) -> Sequence[Any]:
        return connection.execute(self._heads, {"state": state, "now": now, "limit": limit}).all()

    def _lock(self, connection: Connection, keys: Sequence[Any], now: datetime) -> Sequence[Any]:
        """The candidates that no other relay has taken meanwhile. What was the first of its case still is."""
        if not keys:
            return ()
        o = self._table.c
        rows = select(o.tenant, o.complaint_id, o.seq, o.state, o.state_at, o.attempts, o.envelope)
        locked = connection.execute(rows.where(_any_of(o, keys)).with_for_update(skip_locked=True)).all()
        # Asked for in SQL, optimizers would go through all that is ready instead of to these keys
        ready = [r for r in locked if r.state in (State.WAITING, State.IN_FLIGHT) and r.state_at <= now]
        order = {tuple(key): position for position, key in enumerate(keys)}
        return sorted(ready, key=lambda row: order[tuple(row[:3])])


_TRIES = 3
_OPEN = (State.WAITING, State.IN_FLIGHT, State.PARKED)


def _any_of(o: Any, keys: Sequence[Any]) -> ColumnElement[bool]:
    # spelled out, for not every optimizer uses the primary key for a list of rows
    return or_(*(and_(o.tenant == k.tenant, o.complaint_id == k.complaint_id, o.seq == k.seq) for k in keys))


def _row(claim: Claim) -> dict[str, Any]:
    return {"b_tenant": claim.tenant, "b_case": claim.complaint_id, "b_seq": claim.seq}
