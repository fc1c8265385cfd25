"""An awaitable store behind blocking methods, for tests only: ``asyncio.Runner`` keeps one event loop for all calls."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from complaintflow.model.complaint import Complaint
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page, Query

T = TypeVar("T")


@contextmanager
def entered(manager: AbstractAsyncContextManager[T], runner: asyncio.Runner) -> Iterator[T]:
    """Enter and leave an asynchronous context on the runner's loop."""
    value = runner.run(manager.__aenter__())
    try:
        yield value
    finally:
        runner.run(manager.__aexit__(None, None, None))


class Awaited:
    """A ``Store``, ``SupportsErasure`` and ``SupportsBatch`` that runs the awaitable one to the end of each call."""

    def __init__(self, awaitable: Any, runner: asyncio.Runner) -> None:
        self.awaitable = awaitable
        self._runner = runner

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        found: Complaint | None = self._runner.run(self.awaitable.load(tenant, complaint_id))
        return found

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        self._runner.run(self.awaitable.append(tenant, complaint, record))

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        found: tuple[Sealed, ...] = self._runner.run(self.awaitable.history(tenant, complaint_id))
        return found

    def find(self, tenant: str, query: Query) -> Page:
        found: Page = self._runner.run(self.awaitable.find(tenant, query))
        return found

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        found: tuple[str, ...] = self._runner.run(self.awaitable.due(tenant, before, limit))
        return found

    def recall(self, tenant: str, key: str) -> Sealed | None:
        found: Sealed | None = self._runner.run(self.awaitable.recall(tenant, key))
        return found

    def forget(self, tenant: str, complaint: Complaint) -> None:
        self._runner.run(self.awaitable.forget(tenant, complaint))

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> Mapping[str, Complaint]:
        found: Mapping[str, Complaint] = self._runner.run(self.awaitable.load_many(tenant, complaint_ids))
        return found

    def recall_many(self, tenant: str, keys: Collection[str]) -> Mapping[str, Sealed]:
        found: Mapping[str, Sealed] = self._runner.run(self.awaitable.recall_many(tenant, keys))
        return found

    def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        self._runner.run(self.awaitable.append_many(tenant, steps))


class AwaitedHost:
    """A ``HostTransaction`` over one whose methods are awaited."""

    def __init__(self, host: Any, runner: asyncio.Runner) -> None:
        self._host = host
        self._runner = runner
        self.store = Awaited(host.store, runner)

    def commit(self) -> None:
        self._runner.run(self._host.commit())

    def rollback(self) -> None:
        self._runner.run(self._host.rollback())

    def savepoint(self) -> None:
        self._runner.run(self._host.savepoint())

    def rollback_to_savepoint(self) -> None:
        self._runner.run(self._host.rollback_to_savepoint())
