"""A process may die at any moment of a write: afterwards all of it is there, or nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial

import pytest

from complaintflow import Complaint
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore
from complaintflow.testing.awaited import Awaited, entered
from complaintflow.testing.crash import kill_at_every_step
from on_redis import redis_on, redis_store
from stores import DATABASES, awaitable, fresh_url

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
Opener = Callable[[], AbstractContextManager[SQLAlchemyStore]]
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EVERY, SELDOM = (1, 1) if LONG else (3, 7)
"""Each step in the long run; else each third, or each seventh of a long way: odd, for calls and returns take turns."""
AWAITED = [False, True] if LONG else [False]
"""The way of a batch through an event loop is longest."""


class TwoTransactions(SQLAlchemyStore):
    """Broken: the entry is committed before the complaint."""

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        if record.seq == 1:
            super().append(tenant, complaint, record)
            return
        before = self.load(tenant, complaint.id)
        assert before is not None
        super().append(tenant, before.model_copy(update={"version": record.seq}), record)
        with self.engine.begin() as connection:
            body = complaint.model_dump_json(exclude_defaults=True)
            table = self.tables.complaints
            connection.execute(table.update().where(table.c.id == complaint.id).values(body=body))


class BatchByCase(SQLAlchemyStore):
    """Broken: each case of a batch is a transaction of its own."""

    def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        for case in dict.fromkeys(complaint.id for complaint, _ in steps):
            super().append_many(tenant, [step for step in steps if step[0].id == case])


@contextmanager
def opener(
    database: str, store: type[SQLAlchemyStore] = SQLAlchemyStore
) -> Iterator[Callable[[], AbstractContextManager[SQLAlchemyStore]]]:
    with fresh_url(database) as url:
        with store.from_url(url, create_tables=True):
            pass
        yield partial(store.from_url, url)


@contextmanager
def async_opener(database: str) -> Iterator[Callable[[], AbstractContextManager[Awaited]]]:
    """Opens the awaitable store behind blocking methods, each time with an event loop of its own."""

    @asynccontextmanager
    async def opened(url: str) -> AsyncIterator[AsyncSQLAlchemyStore]:
        async with await AsyncSQLAlchemyStore.from_url(awaitable(url)) as store:
            yield store

    @contextmanager
    def blocking(url: str) -> Iterator[Awaited]:
        with asyncio.Runner() as runner, entered(opened(url), runner) as store:
            yield Awaited(store, runner)

    with fresh_url(database) as url:
        with SQLAlchemyStore.from_url(url, create_tables=True):
            pass
        yield partial(blocking, url)


@pytest.mark.parametrize("batch", [False, True], ids=["append", "batch"])
@pytest.mark.parametrize("database", DATABASES)
def test_nothing_is_half_written_wherever_the_process_dies(database: str, batch: bool) -> None:
    with opener(database) as open_store:
        outcomes = kill_at_every_step(open_store, every=SELDOM if batch else EVERY, batch=batch)
    print(f"{database}: {dict(outcomes)}")


@pytest.mark.parametrize("batch", AWAITED, ids=["append", "batch"][: len(AWAITED)])
@pytest.mark.parametrize("database", DATABASES)
def test_nor_by_a_store_that_is_awaited(database: str, batch: bool) -> None:
    with async_opener(database) as open_store:
        outcomes = kill_at_every_step(open_store, every=SELDOM, batch=batch)
    print(f"async {database}: {dict(outcomes)}")


@pytest.mark.parametrize("batch", [False, True], ids=["append", "batch"])
def test_nor_by_the_store_on_redis(batch: bool) -> None:
    with redis_store() as store:
        outcomes = kill_at_every_step(partial(redis_on, store.prefix), every=SELDOM, batch=batch)
    print(f"redis: {dict(outcomes)}")


def test_a_store_that_commits_twice_is_found() -> None:
    with (
        opener("sqlite", TwoTransactions) as open_store,
        pytest.raises(AssertionError, match=r"neither all nor nothing is written: \{'load'"),
    ):
        kill_at_every_step(open_store)


def test_a_batch_in_two_transactions_is_found() -> None:
    with (
        opener("sqlite", BatchByCase) as open_store,
        pytest.raises(AssertionError, match="neither all nor nothing is written"),
    ):
        kill_at_every_step(open_store, every=SELDOM, batch=True)


def test_steps_that_do_not_reach_the_write_are_no_proof() -> None:
    with (
        pytest.raises(AssertionError, match="no process died after the write"),
        opener("sqlite") as open_store,
    ):
        kill_at_every_step(open_store, every=9_000)
