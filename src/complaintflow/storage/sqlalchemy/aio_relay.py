"""The awaitable relay: the same thinking and the same statements, another engine and sink."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from cloudevents.core.v1.event import CloudEvent
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from complaintflow.storage.envelope import load_event
from complaintflow.storage.sqlalchemy.doors import begin
from complaintflow.storage.sqlalchemy.failures import translated
from complaintflow.storage.sqlalchemy.outbox import Backlog, Claim, Parked
from complaintflow.storage.sqlalchemy.relay import Relay, Report


class AsyncSink(Protocol):
    """The awaitable twin of ``Sink``."""

    async def __call__(self, event: CloudEvent, /) -> object:
        """See ``Sink.__call__``."""
        ...


class AsyncOutboxRelay(Relay[AsyncEngine, AsyncSink]):
    """The awaitable twin of ``OutboxRelay``; see ``Relay`` for what it is made of."""

    async def run_once(self) -> Report:
        """See ``OutboxRelay.run_once``."""
        done: list[str] = []
        while len(done) < self._terms.batch and (claims := await self._claim(self._terms.batch - len(done))):
            done += [await self._deliver(claim) for claim in claims]
        return Report(**Counter(done))

    async def backlog(self) -> tuple[Backlog, ...]:
        """See ``OutboxRelay.backlog``."""
        async with self._transaction() as connection:
            return await connection.run_sync(self._queue.backlog)

    async def parked(self, limit: int = 100) -> tuple[Parked, ...]:
        """See ``OutboxRelay.parked``."""
        async with self._transaction() as connection:
            return await connection.run_sync(self._queue.parked, limit)

    async def retry(self, id: str) -> None:
        """See ``OutboxRelay.retry``."""
        async with self._transaction() as connection:
            await connection.run_sync(self._queue.retry, id, self._clock())

    async def skip(self, id: str, reason: str) -> None:
        """See ``OutboxRelay.skip``."""
        async with self._transaction() as connection:
            await connection.run_sync(self._queue.skip, id, self._clock(), reason)

    async def purge(self, before: datetime) -> int:
        """See ``OutboxRelay.purge``."""
        async with self._transaction() as connection:
            return await connection.run_sync(self._queue.purge, before)

    async def _claim(self, limit: int) -> list[Claim]:
        async with self._transaction() as connection:
            return await connection.run_sync(self._queue.claim, self._clock(), self._terms.lease, limit)

    async def _deliver(self, claim: Claim) -> str:
        ending = self._terms.before(claim, self._clock())
        if ending is None:
            try:
                await self._sink(load_event(claim.envelope))
            except Exception as error:  # noqa: BLE001 - whatever a sink raises, the event has failed
                ending = self._terms.failed(claim, self._clock(), error)
            else:
                ending = self._terms.delivered(claim, self._clock())
        async with self._transaction() as connection:
            held = await connection.run_sync(self._queue.settle, claim, ending)
        return self._terms.outcome(claim, ending, held=held)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        with translated():
            async with self._engine.begin() as connection:
                await connection.run_sync(begin)
                yield connection
