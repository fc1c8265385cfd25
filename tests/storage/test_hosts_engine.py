"""The host's engine, however the host has made it: it stays the host's, and what cannot work on it says so."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine, Generator, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import coroutine
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, event, func, inspect, select
from sqlalchemy.orm import Session

from complaintflow import AsyncComplaintDesk, ComplaintDesk, ConcurrencyConflict, StorageError, actions
from complaintflow.storage.sqlalchemy import (
    AsyncSQLAlchemyStore,
    SQLAlchemyStore,
    migrations,
    prepare_sqlite,
)
from complaintflow.storage.sqlalchemy.outbox import Outbox
from complaintflow.storage.sqlalchemy.relay import OutboxRelay
from complaintflow.storage.sqlalchemy.store import own_tables
from stores import DATABASES, fresh_url
from story import LI, Shop

RECORD: actions.Record = Shop().record().entry.action  # type: ignore[assignment]  # a case begins with one
NOTE = actions.AddNote(text="called")
ORDERS = Table("orders", MetaData(), Column("id", Integer, primary_key=True))


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with fresh_url(request.param) as url:
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            prepare_sqlite(engine)
        ORDERS.create(engine)
        yield engine
        engine.dispose()


def kept(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_savepoint_as_the_first_thing_is_the_hosts_to_roll_back(engine: Engine) -> None:
    """SQLite's driver begins no transaction before a savepoint, whose release would then be a commit."""
    SQLAlchemyStore(engine).create_tables()
    with Session(engine) as session:
        with session.begin_nested():
            ComplaintDesk(SQLAlchemyStore.within(session)).record(RECORD, LI)
        session.rollback()
    assert kept(engine, own_tables().complaints) == 0


def test_closing_a_store_leaves_the_hosts_connections_alone(engine: Engine) -> None:
    closed: list[object] = []
    event.listen(engine, "engine_disposed", closed.append)
    with SQLAlchemyStore(engine) as store:
        store.create_tables()
    with Session(engine) as session, SQLAlchemyStore.within(session) as store:
        ComplaintDesk(store).record(RECORD, LI)
    assert not closed
    with SQLAlchemyStore.from_url(engine.url.render_as_string(hide_password=False)) as own:
        event.listen(own.engine, "engine_disposed", closed.append)
    assert closed


def test_many_stores_on_an_engine_set_it_up_once(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/c.db")
    sent: list[str] = []
    for _ in range(3):
        SQLAlchemyStore(engine)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        assert driver.execute("PRAGMA secure_delete").fetchone() == (1,)
        driver.set_trace_callback(sent.append)
        engine.pool.dispatch.connect(driver, None)
        driver.set_trace_callback(None)
    engine.dispose()
    assert sent.count("PRAGMA secure_delete = ON") == 1


def test_making_tables_commits_nothing_of_the_hosts(engine: Engine) -> None:
    """MariaDB ends a transaction at each new table, so it is refused there."""
    with Session(engine) as session:
        session.execute(ORDERS.insert().values(id=1))
        store = SQLAlchemyStore.within(session)
        if engine.dialect.name in ("mysql", "mariadb"):
            with pytest.raises(StorageError, match="commit at each new table"):
                store.create_tables()
        else:
            store.create_tables()
        session.rollback()
    assert kept(engine, ORDERS) == 0
    assert inspect(engine).get_table_names() == ["orders"]


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"], indirect=True)
def test_where_each_statement_commits_nothing_is_half_written(engine: Engine) -> None:
    SQLAlchemyStore(engine).create_tables()
    case = ComplaintDesk(SQLAlchemyStore(engine)).record(RECORD, LI).complaint.id
    alone = engine.execution_options(isolation_level="AUTOCOMMIT")
    with pytest.raises(StorageError, match="AUTOCOMMIT"):
        ComplaintDesk(SQLAlchemyStore(alone)).act_many([(case, NOTE, LI), (case, NOTE, LI)])
    with alone.connect() as connection, pytest.raises(StorageError, match="AUTOCOMMIT"):
        ComplaintDesk(SQLAlchemyStore.within(connection)).act(case, NOTE, LI)
    assert kept(engine, own_tables().entries) == 1


@pytest.mark.parametrize("engine", ["mariadb"], indirect=True)
def test_a_conflict_never_names_the_expected_version_as_the_other_one(engine: Engine) -> None:
    """A host that sees an old picture cannot see how far the case is by now."""
    SQLAlchemyStore(engine).create_tables()
    desk = ComplaintDesk(SQLAlchemyStore(engine))
    case = desk.record(RECORD, LI).complaint.id
    with Session(engine.execution_options(isolation_level="REPEATABLE READ")) as session:
        ours = ComplaintDesk(SQLAlchemyStore.within(session))
        assert ours.get(case).version == 1
        desk.act(case, NOTE, LI)
        with pytest.raises(ConcurrencyConflict) as caught:
            ours.act(case, NOTE, LI)
    assert (caught.value.expected, caught.value.actual, caught.value.final) == (1, None, True)


def with_the_recipe(url: str) -> Engine:
    """An engine as SQLAlchemy's own pages make it, so that SQLite begins when SQLAlchemy says so."""
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def test_sqlalchemys_recipe_for_sqlite_will_do(tmp_path: Path) -> None:
    engine = with_the_recipe(f"sqlite:///{tmp_path}/c.db")
    migrations.upgrade(engine)
    store = SQLAlchemyStore(engine, outbox=Outbox("/shop"))
    desk = ComplaintDesk(store)
    case = desk.record(RECORD, LI).complaint.id
    desk.act_many([(case, NOTE, LI), (case, NOTE, LI)])
    told: list[object] = []
    assert OutboxRelay(store, told.append).run_once().delivered == len(told) == 3
    assert not desk.verify(case)
    engine.dispose()


@coroutine
def cancelled_at(step: int, work: Coroutine[Any, Any, Any]) -> Generator[Any, None, Any]:
    """``work``, whose task is cancelled while it waits for the so-manieth time."""
    waits, error = count(1), None
    while True:
        try:
            wanted = work.send(None) if error is None else work.throw(error)
        except StopIteration as end:
            return end.value
        if next(waits) == step:
            asyncio.current_task().cancel()  # type: ignore[union-attr]  # there is one
        try:
            error = yield wanted
        except BaseException as caught:  # noqa: BLE001 - it is thrown on
            error = caught


@pytest.mark.parametrize("step", range(1, 21))
def test_a_batch_that_is_cancelled_on_sqlite_leaves_no_lock(step: int, tmp_path: Path) -> None:
    """Whichever wait the task is at: all of the batch is written or nothing, and the next writer need not wait."""

    async def story() -> None:
        url = f"sqlite+aiosqlite:///{tmp_path}/c.db"
        async with await AsyncSQLAlchemyStore.from_url(url, create_tables=True) as store:
            desk = AsyncComplaintDesk(store)
            cases = [(await desk.record(RECORD, LI)).complaint.id for _ in range(2)]

            async def batch() -> None:
                await cancelled_at(step, desk.act_many([(case, NOTE, LI) for case in cases]))

            gc.disable()  # it would let go of a lock that was left behind
            try:
                with suppress(asyncio.CancelledError):
                    await asyncio.ensure_future(batch())
                async with asyncio.timeout(10):
                    assert len({(await desk.get(case)).version for case in cases}) == 1
                    await desk.act(cases[0], NOTE, LI)
            finally:
                gc.enable()

    asyncio.run(story())
