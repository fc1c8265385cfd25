"""The awaitable relay: the same promises as the blocking one, over async drivers."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import make_url

from complaintflow import AsyncComplaintDesk, actions
from complaintflow.storage.envelope import event_id
from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore
from complaintflow.storage.sqlalchemy.aio_relay import AsyncOutboxRelay
from complaintflow.storage.sqlalchemy.outbox import Outbox, State
from complaintflow.storage.sqlalchemy.relay import OutboxRelay, Report
from relaying import DAMAGE, HOUR, SOURCE, in_order_without_gap
from servers import fresh_database
from story import LI, Shop

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "mariadb": "mysql+aiomysql"}


@pytest.fixture(params=DRIVERS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ExitStack() as places:
        if request.param == "sqlite":
            yield f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('outbox')}/c.db"
        else:
            made = make_url(places.enter_context(fresh_database(request.param)))
            yield made.set(drivername=DRIVERS[request.param]).render_as_string(hide_password=False)


def over(url: str, story: Callable[[AsyncSQLAlchemyStore, Shop], Awaitable[None]]) -> None:
    async def run() -> None:
        store = await AsyncSQLAlchemyStore.from_url(url, create_tables=True, outbox=Outbox(SOURCE))
        try:
            await story(store, Shop())
        finally:
            await store.close()

    asyncio.run(run())


def test_the_twins_have_the_same_methods_with_the_same_signatures() -> None:
    def surface(cls: type) -> dict[str, str]:
        methods = inspect.getmembers(cls, inspect.isfunction)
        return {name: str(inspect.signature(f)) for name, f in methods if not name.startswith("_")}

    assert surface(OutboxRelay) == surface(AsyncOutboxRelay)
    assert all(inspect.iscoroutinefunction(getattr(AsyncOutboxRelay, name)) for name in surface(AsyncOutboxRelay))


def test_the_awaitable_relay_tells_the_same_story(url: str) -> None:
    async def story(store: AsyncSQLAlchemyStore, shop: Shop) -> None:
        desk = AsyncComplaintDesk(store, clock=lambda: shop.now)
        ids = [(await desk.record(DAMAGE, LI)).complaint.id for _ in range(2)]
        for case in ids:
            await desk.act(case, actions.Uphold(reason="-"), LI)
        bad = event_id("main", ids[0], 1)
        got: list[str] = []

        async def sink(event: Any) -> None:
            await asyncio.sleep(0)
            if event.get_id() == bad and shop.now < limit:
                raise ConnectionError("the line is down")
            got.append(event.get_id())

        limit = shop.now + timedelta(hours=1)
        relay = AsyncOutboxRelay(store, sink, max_attempts=2, clock=lambda: shop.now)
        assert await relay.run_once() == Report(delivered=2, failed=1)
        shop.now += timedelta(seconds=10)
        assert await relay.run_once() == Report(parked=1)
        assert [(p.id, p.reason) for p in await relay.parked()] == [(bad, "ConnectionError: the line is down")]
        assert {b.state: b.events for b in await relay.backlog()} == {State.PARKED: 1, State.WAITING: 1}
        shop.now = limit
        await relay.retry(bad)
        assert await relay.run_once() == Report(delivered=2)
        in_order_without_gap(got)
        with pytest.raises(LookupError):
            await relay.skip(bad, "-")
        assert await relay.purge(limit + HOUR) == 4

    over(url, story)


def test_a_cancelled_relay_loses_nothing_and_many_at_once_tell_everything_once(url: str) -> None:
    async def story(store: AsyncSQLAlchemyStore, shop: Shop) -> None:
        desk = AsyncComplaintDesk(store, clock=lambda: shop.now)
        told = []
        for _ in range(6):
            case = (await desk.record(DAMAGE, LI)).complaint.id
            await desk.act(case, actions.Uphold(reason="-"), LI)
            told += [event_id("main", case, 1), event_id("main", case, 2)]
        begun = asyncio.Event()

        async def never(_: object) -> None:
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(AsyncOutboxRelay(store, never, clock=lambda: shop.now).run_once())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        shop.now += HOUR
        got: list[str] = []

        async def sink(event: Any) -> None:
            await asyncio.sleep(0)
            got.append(event.get_id())

        relay = AsyncOutboxRelay(store, sink, batch=2, clock=lambda: shop.now)
        while await relay.backlog():
            await asyncio.gather(*(relay.run_once() for _ in range(4)))
        in_order_without_gap(got)
        assert sorted(got) == sorted(told)

    over(url, story)
