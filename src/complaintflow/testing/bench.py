"""What a clause works with: one store, and what its adapter lets one do with the data behind it.

Clauses are written once, against a blocking bench. An awaitable store is put behind the same methods by a runner with
one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from enum import StrEnum
from functools import partial
from threading import Barrier
from typing import Any, Protocol

from complaintflow.errors import ConcurrencyConflict
from complaintflow.storage.port import AsyncStore, Store
from complaintflow.testing.awaited import Awaited, AwaitedHost, entered
from complaintflow.testing.drafts import Filing


class Ability(StrEnum):
    """What a store may be without, if it says so with a reason. Tenants are no ability but a law (law 13)."""

    ERASURE = "erasure"
    """It has ``forget`` (``SupportsErasure``)."""
    BATCH = "batch"
    """It has ``load_many``, ``recall_many`` and ``append_many`` (``SupportsBatch``)."""
    DURABILITY = "durability"
    """What was written is there after a restart."""
    SESSIONS = "sessions"
    """Several store objects, as in several processes, work on the same data."""
    THREADS = "threads"
    """One store object takes calls from several threads; an awaitable one from several tasks."""
    SEARCH = "search"
    """It answers ``Query.text``."""
    HOST_TRANSACTION = "host transaction"
    """It can write inside a transaction of the host's, and leaves the commit to the host."""
    DAMAGE = "damage"
    """What it keeps can be altered behind its back, and it reads that anew: it says so when it cannot (``Damaged``)."""


class HostTransaction(Protocol):
    """An open transaction of the host's, and a store that works inside it."""

    store: Any

    def commit(self) -> Any:
        """Commit everything; the store is not used after that."""

    def rollback(self) -> Any:
        """Roll everything back; the store is not used after that."""

    def savepoint(self) -> Any:
        """Set a savepoint; one at a time."""

    def rollback_to_savepoint(self) -> Any:
        """Take back what was written since the savepoint, and give it up."""


class Bench:
    """A blocking store under test. The hooks open what the subclass of the laws knows how to open."""

    def __init__(self, store: Store, hooks: Any, absent: Collection[Ability]) -> None:
        self.store: Any = store
        self._plain: Any = getattr(store, "awaitable", store)
        self._hooks = hooks
        self._absent = absent

    def able(self, ability: Ability) -> bool:
        """Was it not declared absent?"""
        return ability not in self._absent

    def second_session(self) -> AbstractContextManager[Any]:
        """Another store object on the same data, while the first is in use."""
        manager: AbstractContextManager[Any] = self._hooks.second_session(self.store)
        return manager

    def reopen(self) -> AbstractContextManager[Any]:
        """A store object on the same data, as after a restart; the first one is not used while it is open."""
        manager: AbstractContextManager[Any] = self._hooks.reopen(self.store)
        return manager

    def host_transaction(self) -> AbstractContextManager[HostTransaction]:
        """A transaction of the host's on the same data, with a store in it; rolled back unless committed."""
        manager: AbstractContextManager[HostTransaction] = self._hooks.host_transaction(self.store)
        return manager

    def damage(self, tenant: str, complaint_id: str, seq: int | None = None) -> None:
        """Make an entry of this case unreadable, or its snapshot (``None``)."""
        self._hooks.damage(self.store, tenant, complaint_id, seq)

    def race(self, filings: Sequence[Filing]) -> list[ConcurrencyConflict | None]:
        """Append all of them at the same moment; for each the conflict, or ``None`` if it was written."""
        return self._together([partial(self._plain.append, *filing) for filing in filings])

    def race_batches(self, batches: Sequence[Sequence[Filing]]) -> list[ConcurrencyConflict | None]:
        """The same for batches, each of one tenant."""
        given = [(batch[0].tenant, [(f.complaint, f.record) for f in batch]) for batch in batches]
        return self._together([partial(self._plain.append_many, *batch) for batch in given])

    def _together(self, writes: Sequence[Callable[[], Any]]) -> list[ConcurrencyConflict | None]:
        start = Barrier(len(writes))

        def run(write: Callable[[], Any]) -> ConcurrencyConflict | None:
            start.wait()
            try:
                write()
            except ConcurrencyConflict as conflict:
                return conflict
            return None

        with ThreadPoolExecutor(len(writes)) as pool:
            return list(pool.map(run, writes))


class AsyncBench(Bench):
    """The same for an awaitable store: ``runner`` owns the one event loop in which everything of it happens."""

    def __init__(self, store: AsyncStore, hooks: Any, absent: Collection[Ability], runner: asyncio.Runner) -> None:
        super().__init__(Awaited(store, runner), hooks, absent)
        self._runner = runner

    def second_session(self) -> AbstractContextManager[Any]:
        return self._stores(self._hooks.second_session(self.store.awaitable))

    def reopen(self) -> AbstractContextManager[Any]:
        return self._stores(self._hooks.reopen(self.store.awaitable))

    @contextmanager
    def host_transaction(self) -> Iterator[HostTransaction]:
        with entered(self._hooks.host_transaction(self.store.awaitable), self._runner) as host:
            yield AwaitedHost(host, self._runner)

    def damage(self, tenant: str, complaint_id: str, seq: int | None = None) -> None:
        self._runner.run(self._hooks.damage(self.store.awaitable, tenant, complaint_id, seq))

    def _together(self, writes: Sequence[Callable[[], Any]]) -> list[ConcurrencyConflict | None]:
        async def run(write: Callable[[], Any]) -> ConcurrencyConflict | None:
            try:
                await write()
            except ConcurrencyConflict as conflict:
                return conflict
            return None

        async def together() -> list[ConcurrencyConflict | None]:
            return await asyncio.gather(*map(run, writes))

        return self._runner.run(together())

    @contextmanager
    def _stores(self, manager: AbstractAsyncContextManager[AsyncStore]) -> Iterator[Awaited]:
        with entered(manager, self._runner) as store:
            yield Awaited(store, self._runner)
