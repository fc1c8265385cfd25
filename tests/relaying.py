"""Relays as processes that are killed, and the sink whose deliveries outlive them: lines of a file."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count, groupby
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from complaintflow import Complainant, ComplaintDesk, actions
from complaintflow.storage.envelope import event_id, read_event_id
from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore, Tables
from complaintflow.storage.sqlalchemy.aio_relay import AsyncOutboxRelay
from complaintflow.storage.sqlalchemy.outbox import Outbox
from complaintflow.storage.sqlalchemy.relay import OutboxRelay, Report
from contention import fresh_processes
from stores import awaitable
from story import Shop

SOURCE = "https://shop.example/complaints"
HOUR = timedelta(hours=1)
DAMAGE = actions.Record(
    complainant=Complainant(id="chen"),
    category="shipping",
    sub_type="damage",
    narrative="In pieces",
    demand="A new one",
)

_prefixes = count()


class Post:
    """A shop whose store has an outbox, a clock that the test turns, and a sink that remembers."""

    def __init__(self, url: str) -> None:
        self.url, self.prefix = url, f"t{next(_prefixes)}_"
        self.store = SQLAlchemyStore(create_engine(url), tables=Tables(MetaData(), self.prefix), outbox=Outbox(SOURCE))
        self.store.create_tables()
        self.shop = Shop()
        self.shop.desk = self.desk()
        self.got: list[str] = []

    def close(self) -> None:
        self.store.engine.dispose()

    def desk(self, tenant: str = "main") -> ComplaintDesk:
        return ComplaintDesk(self.store, tenant=tenant, clock=lambda: self.shop.now)

    def take(self, event: Any) -> None:
        self.got.append(event.get_id())

    def relay(self, sink: Any = None, **settings: Any) -> OutboxRelay:
        return OutboxRelay(self.store, sink or self.take, clock=lambda: self.shop.now, **settings)

    def cases(self, number: int) -> list[str]:
        """So many cases of two entries each; the ids of their events, case by case."""
        made = []
        for _ in range(number):
            self.shop.upheld()
            made += [event_id("main", self.shop.id, seq) for seq in (1, 2)]
        return made

    def drain(self, **settings: Any) -> None:
        """Relay until nothing is left, letting time go by."""
        relay = self.relay(**settings)
        while relay.backlog():
            relay.run_once()
            self.shop.now += HOUR


def relay_that_dies(url: str, prefix: str, now: datetime, step: int, file: Path) -> None:
    """Run a relay in this process, and kill it before its ``step``-th statement, commit or half of a delivery."""
    engine = create_engine(url)
    steps = count()

    def reach(*_: object) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def sink(delivered: CloudEvent) -> None:
        reach()
        with file.open("a", encoding="utf-8") as lines:
            lines.write(delivered.get_id() + "\n")
        reach()

    relay = OutboxRelay(SQLAlchemyStore(engine, tables=Tables(MetaData(), prefix)), sink, clock=lambda: now)
    event.listen(engine, "before_cursor_execute", reach)
    event.listen(engine, "commit", reach)
    relay.run_once()


class Shift(NamedTuple):
    """What a relay works with that is killed sooner or later: its clock goes on from ``start`` at ``begun`` (seconds).

    The lease outlasts any pause that a busy machine makes: an event that comes again after the next one of its case is
    the fault of the relay, not of the machine.
    """

    url: str
    prefix: str
    file: Path
    start: datetime
    begun: float

    def clock(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.begun)

    @property
    def terms(self) -> dict[str, Any]:
        return {"clock": self.clock, "lease": LEASE, "batch": 5, "max_attempts": 1000}

    def deliver(self, event: CloudEvent) -> None:
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(event.get_id() + "\n")


LEASE = timedelta(seconds=2)
_PAUSE = 0.002
"""Seconds before and after a delivery, so that a relay is often killed there."""


def relay_for_ever(shift: Shift) -> None:
    def sink(event: CloudEvent) -> None:
        time.sleep(_PAUSE)
        shift.deliver(event)
        time.sleep(_PAUSE)

    store = SQLAlchemyStore(create_engine(shift.url), tables=Tables(MetaData(), shift.prefix))
    relay = OutboxRelay(store, sink, **shift.terms)
    while True:
        if relay.run_once() == Report():
            time.sleep(_PAUSE)


def await_relays_for_ever(shift: Shift) -> None:
    """Two in one event loop."""

    async def sink(event: CloudEvent) -> None:
        await asyncio.sleep(_PAUSE)
        shift.deliver(event)
        await asyncio.sleep(_PAUSE)

    async def work(store: AsyncSQLAlchemyStore) -> None:
        relay = AsyncOutboxRelay(store, sink, **shift.terms)
        while True:
            if await relay.run_once() == Report():
                await asyncio.sleep(_PAUSE)

    async def both() -> None:
        engine = create_async_engine(awaitable(shift.url))
        store = AsyncSQLAlchemyStore(engine, tables=Tables(MetaData(), shift.prefix))
        await asyncio.gather(work(store), work(store))

    asyncio.run(both())


class Relays:
    """Processes that relay until they are killed; the dead are replaced by others."""

    def __init__(self, work: Callable[[Shift], None], shift: Shift, rng: Random, number: int = 4) -> None:
        self.killed = 0
        self._work, self._shift, self._rng, self._number = work, shift, rng, number
        self._alive: list[BaseProcess] = []
        self.replace()

    def kill_some(self, *, all_at_once: bool = False) -> None:
        """One or more, maybe all."""
        dying = len(self._alive) if all_at_once else self._rng.randint(1, len(self._alive))
        self._rng.shuffle(self._alive)
        for process in self._alive[:dying]:
            process.kill()
        for process in self._alive[:dying]:
            process.join()
            assert process.exitcode == -signal.SIGKILL, f"a relay ended by itself: {process.exitcode}"
        del self._alive[:dying]
        self.killed += dying

    def replace(self) -> None:
        """Let others begin in the place of the dead."""
        while len(self._alive) < self._number:
            self._alive.append(self._begin())

    def _begin(self) -> BaseProcess:
        process = fresh_processes().Process(target=self._work, args=(self._shift,), daemon=True)
        process.start()
        return process


def in_order_without_gap(ids: Sequence[str]) -> None:
    """Each case's events begin with its first and go on one by one; an event may come again before the next does."""
    for case in {read_event_id(told_id)[:2] for told_id in ids}:
        seqs = [read_event_id(told_id)[2] for told_id in ids if read_event_id(told_id)[:2] == case]
        once = [seq for seq, _ in groupby(seqs)]
        assert once == list(range(1, len(once) + 1)), f"{case}: {seqs}"


def failing(times: int, then: Callable[[CloudEvent], object]) -> Callable[[CloudEvent], object]:
    """A sink that refuses this many events before it takes one."""
    refusals = count()

    def sink(delivered: CloudEvent) -> object:
        if next(refusals) < times:
            raise ConnectionError("the line is down")
        return then(delivered)

    return sink
