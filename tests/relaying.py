"""Relays as processes that are killed, and the sink whose deliveries outlive them: lines of a file."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count, groupby
from pathlib import Path
from typing import Any

from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import MetaData, create_engine, event

from complaintflow import Complainant, ComplaintDesk, actions
from complaintflow.storage.envelope import event_id, read_event_id
from complaintflow.storage.sqlalchemy import SQLAlchemyStore, Tables
from complaintflow.storage.sqlalchemy.outbox import Outbox
from complaintflow.storage.sqlalchemy.relay import OutboxRelay
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
