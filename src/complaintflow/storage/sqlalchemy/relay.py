"""Relays: they take events out of the outbox and hand them to a sink, once at least and in order within each case.

As many as you like may run at once, in threads, processes or machines. A relay leases events in one short transaction,
delivers them outside of any, and settles each in another. Whatever dies between leaves a lease that runs out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import Connection, Engine

from complaintflow.storage.envelope import load_event
from complaintflow.storage.sqlalchemy.doors import begin
from complaintflow.storage.sqlalchemy.failures import translated
from complaintflow.storage.sqlalchemy.outbox import Backlog, Claim, Ending, Parked, Queue, State
from complaintflow.storage.sqlalchemy.tables import Tables

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

LONGEST_DELAY = timedelta(hours=1)


class Sink(Protocol):
    """Where events go: anything that can be called with one. It returns once the event is safe, or raises."""

    def __call__(self, event: CloudEvent, /) -> object:
        """Take the event. It may come again, with the same id, and must be harmless then."""
        ...


class Report(NamedTuple):
    """What one run did with events: how many of them ended how."""

    delivered: int = 0
    failed: int = 0
    """Tried in vain; they wait for another attempt."""
    parked: int = 0
    """Tried in vain for the last time."""
    late: int = 0
    """The lease ran out before their turn, or before they were settled: then they may be delivered again."""


class Terms(NamedTuple):
    """How a relay works: what its settings decide, without any I/O."""

    batch: int
    lease: timedelta
    max_attempts: int
    first_delay: timedelta

    def delivered(self, claim: Claim, now: datetime) -> Ending:
        return Ending(State.DELIVERED, now, claim.attempts)

    def failed(self, claim: Claim, now: datetime, error: Exception) -> Ending:
        """Wait twice as long as after the failure before, or be parked."""
        attempts, reason = claim.attempts + 1, f"{type(error).__name__}: {error}"[:500]
        if attempts >= self.max_attempts:
            return Ending(State.PARKED, now, attempts, reason)
        delay = self.first_delay * 2 ** min(claim.attempts, 20)
        return Ending(State.WAITING, now + min(delay, LONGEST_DELAY), attempts, reason)

    def before(self, claim: Claim, now: datetime) -> Ending | None:
        """How it ends without being delivered: lost too often, or half of the lease is over; else ``None``."""
        if claim.attempts >= self.max_attempts:
            return Ending(State.PARKED, now, claim.attempts, "each relay that tried it ended before it was settled")
        return Ending(State.WAITING, now, claim.attempts) if now > claim.lease_end - self.lease / 2 else None

    def outcome(self, claim: Claim, ending: Ending, *, held: bool) -> str:
        """The field of the report that counts it."""
        if not held or (ending.state is State.WAITING and ending.attempts == claim.attempts):
            return "late"
        return "failed" if ending.state is State.WAITING else str(ending.state)


_Engine = TypeVar("_Engine", "Engine", "AsyncEngine")
_Sink = TypeVar("_Sink")


class Database(Protocol[_Engine]):
    """What a relay needs of a store."""

    engine: _Engine
    tables: Tables


class Relay(Generic[_Engine, _Sink]):
    """What both relays are made of: a store's database, and the sink that its events go to.

    The host calls ``run_once`` when it likes. ``tenant`` limits it to one. ``lease`` is how long a batch is kept from
    other relays: one delivery may take half of it, and the clocks of machines must agree better than that. A failed
    event waits ``first_delay``, then twice as long each time, at most an hour, and is parked after ``max_attempts``.
    ``clock`` returns the time (UTC-aware).

    All methods raise ``StorageError`` if the database fails.
    """

    def __init__(
        self,
        store: Database[_Engine],
        sink: _Sink,
        *,
        tenant: str | None = None,
        batch: int = 100,
        lease: timedelta = timedelta(minutes=5),
        max_attempts: int = 10,
        first_delay: timedelta = timedelta(seconds=10),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine: _Engine = store.engine
        if store.engine.dialect.name != "sqlite":
            # each statement sees what is committed, and no gap between rows is locked
            self._engine = store.engine.execution_options(isolation_level="READ COMMITTED")
        self._sink = sink
        self._queue = Queue(store.tables, tenant)
        self._terms = Terms(batch, lease, max_attempts, first_delay)
        self._clock = clock


class OutboxRelay(Relay[Engine, Sink]):
    """The blocking relay; see ``Relay`` for what it is made of."""

    def run_once(self) -> Report:
        """Deliver up to ``batch`` events that are ready. What the sink raises is written down, not raised."""
        done: list[str] = []
        while len(done) < self._terms.batch and (claims := self._claim(self._terms.batch - len(done))):
            done += [self._deliver(claim) for claim in claims]
        return Report(**Counter(done))

    def backlog(self) -> tuple[Backlog, ...]:
        """How many events wait, fly and are parked, and how old the oldest are."""
        with self._transaction() as connection:
            return self._queue.backlog(connection)

    def parked(self, limit: int = 100) -> tuple[Parked, ...]:
        """What is parked and why, longest first."""
        with self._transaction() as connection:
            return self._queue.parked(connection, limit)

    def retry(self, id: str) -> None:
        """Try a parked event again, as often as a new one. Raises ``LookupError`` if no event of this id is parked."""
        with self._transaction() as connection:
            self._queue.retry(connection, id, self._clock())

    def skip(self, id: str, reason: str) -> None:
        """Give up a parked event, so that its case goes on. Raises ``LookupError`` if no event of this id is parked."""
        with self._transaction() as connection:
            self._queue.skip(connection, id, self._clock(), reason)

    def purge(self, before: datetime) -> int:
        """Remove what was delivered or skipped before this moment (UTC-aware); how many events those were."""
        with self._transaction() as connection:
            return self._queue.purge(connection, before)

    def _claim(self, limit: int) -> list[Claim]:
        with self._transaction() as connection:
            return self._queue.claim(connection, self._clock(), self._terms.lease, limit)

    def _deliver(self, claim: Claim) -> str:
        ending = self._terms.before(claim, self._clock())
        if ending is None:
            try:
                self._sink(load_event(claim.envelope))
            except Exception as error:  # noqa: BLE001 - whatever a sink raises, the event has failed
                ending = self._terms.failed(claim, self._clock(), error)
            else:
                ending = self._terms.delivered(claim, self._clock())
        with self._transaction() as connection:
            held = self._queue.settle(connection, claim, ending)
        return self._terms.outcome(claim, ending, held=held)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with translated(), self._engine.begin() as connection:
            begin(connection)
            yield connection
