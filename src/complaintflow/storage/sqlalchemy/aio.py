"""The awaitable SQL store: the blocking one, run on SQLAlchemy's bridge between both worlds.

SQLAlchemy's own async API is this bridge, too: blocking code in a greenlet that waits in the event loop whenever the
driver waits. One crossing for a whole action costs less than one for each statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Self

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.util import greenlet_spawn

from complaintflow.model.complaint import Complaint
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page, Query
from complaintflow.storage.sqlalchemy.store import SQLAlchemyStore, set_synchronous
from complaintflow.storage.sqlalchemy.tables import Tables

if TYPE_CHECKING:
    from complaintflow.storage.sqlalchemy.outbox import Outbox

AsyncHost = AsyncConnection | AsyncSession
"""Where an async host has a transaction going on."""


class AsyncSQLAlchemyStore:
    """An ``AsyncStore`` on an async engine (aiosqlite, asyncpg, psycopg, aiomysql); see ``SQLAlchemyStore``.

    ``within`` makes one around a ``store`` of its own.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        tables: Tables | None = None,
        outbox: Outbox | None = None,
        store: SQLAlchemyStore | None = None,
    ) -> None:
        self.engine = engine
        self._store = store or SQLAlchemyStore(engine.sync_engine, tables=tables, outbox=outbox)
        self.tables = self._store.tables
        self._owns_engine = False

    @classmethod
    async def from_url(
        cls, url: str, *, create_tables: bool = False, synchronous: str = "NORMAL", outbox: Outbox | None = None
    ) -> AsyncSQLAlchemyStore:
        """A store on a database of its own, such as ``sqlite+aiosqlite:///complaints.db``; see the blocking one."""
        engine = create_async_engine(url)
        set_synchronous(engine.sync_engine, synchronous)
        store = cls(engine, outbox=outbox)
        store._owns_engine = True
        if create_tables:
            await store.create_tables()
        return store

    @classmethod
    def within(
        cls, host: AsyncHost, *, tables: Tables | None = None, outbox: Outbox | None = None
    ) -> AsyncSQLAlchemyStore:
        """A store inside the transaction of the host's session or connection; see ``SQLAlchemyStore.within``."""
        inner = host.sync_connection if isinstance(host, AsyncConnection) else host.sync_session
        if inner is None:
            raise ValueError("the host's connection has not been opened")
        store = SQLAlchemyStore.within(inner, tables=tables, outbox=outbox)
        return cls(AsyncEngine(store.engine), store=store)

    async def create_tables(self) -> None:
        """Create the tables that are missing, and none of the host's."""
        await greenlet_spawn(self._store.create_tables)

    async def close(self) -> None:
        """Close the connections, if the engine was made by ``from_url``; the host's engine is the host's."""
        if self._owns_engine:
            await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        return await greenlet_spawn(self._store.load, tenant, complaint_id)

    async def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        await self._written(self._store.append, tenant, complaint, record)

    async def load_many(self, tenant: str, complaint_ids: Collection[str]) -> Mapping[str, Complaint]:
        return await greenlet_spawn(self._store.load_many, tenant, complaint_ids)

    async def recall_many(self, tenant: str, keys: Collection[str]) -> Mapping[str, Sealed]:
        return await greenlet_spawn(self._store.recall_many, tenant, keys)

    async def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        await self._written(self._store.append_many, tenant, steps)

    async def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        return await greenlet_spawn(self._store.history, tenant, complaint_id)

    async def find(self, tenant: str, query: Query) -> Page:
        return await greenlet_spawn(self._store.find, tenant, query)

    async def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        return await greenlet_spawn(self._store.due, tenant, before, limit)

    async def recall(self, tenant: str, key: str) -> Sealed | None:
        return await greenlet_spawn(self._store.recall, tenant, key)

    async def forget(self, tenant: str, complaint: Complaint) -> None:
        await self._written(self._store.forget, tenant, complaint)

    async def _written(self, write: Callable[..., None], *values: object) -> None:
        """Write, and on SQLite to the end even if the task is cancelled meanwhile.

        Its driver works in a thread that knows nothing of tasks: what were left there half done would hold the lock.
        """
        if self.engine.dialect.name != "sqlite":
            await greenlet_spawn(write, *values)
            return
        writing = asyncio.ensure_future(greenlet_spawn(write, *values))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            while not writing.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([writing])
            raise
