"""What the port promises, on each database and both of its drivers: written with one store, compared with memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, inspect, literal_column, update

from complaintflow import (
    AsyncComplaintDesk,
    Complainant,
    ComplaintDesk,
    ConcurrencyConflict,
    MemoryStore,
    Query,
    StorageError,
    actions,
)
from complaintflow.storage.evidence import Fault, Sealed
from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore, Tables
from stores import DATABASES, async_sql_store, awaitable, fresh_url, sql_store
from story import HAN, LI, MO, Shop

MOMENT = datetime(2026, 3, 2, 9, 0, 0, 123_457, tzinfo=UTC)
WORDS = "碎了 的茶壶 🫖 it’s \\ 100% :broken ' \" ; -- %s ? $1 \U0010ffff \u200b\ufeff"
IDS = ("case", "Case", "CASE", "cäse", "case\u0301", "茶壶", "🫖")


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(database: str) -> Iterator[SQLAlchemyStore]:
    with sql_store(database) as empty:
        yield empty


def filled(store: Any) -> tuple[ComplaintDesk, list[str]]:
    """A dozen cases in different stages; ids that differ in little, salts and times that do not change."""
    ids, moments = iter(IDS), (MOMENT + timedelta(microseconds=7 * i) for i in range(100))
    desk = ComplaintDesk(store, clock=lambda: next(moments), new_id=lambda: next(ids), new_salt=lambda: "0a" * 16)
    for n, name in enumerate(IDS):
        given = actions.Record(
            complainant=Complainant(id=f"p-{name}", name=WORDS[:100]),
            category="shipping",
            sub_type="damage" if n % 2 else "loss",
            narrative=WORDS,
            demand="A new one.",
        )
        case = desk.record(given, LI, key=f"k {name}").complaint.id
        if n % 3:
            desk.act(case, actions.Uphold(reason=WORDS), LI, key=f"K {name}")
        if n % 3 == 2:
            desk.act(case, actions.Assign(person="han"), LI)
    return desk, list(IDS)


def queries() -> list[Query]:
    later = MOMENT + timedelta(microseconds=43)
    return [
        Query(),
        Query(limit=3),
        Query(stage="awaiting_assessment"),
        Query(sub_type="loss", category="shipping"),
        Query(complainant="p-case"),
        Query(complainant="P-case"),
        Query(recorded_from=later),
        Query(recorded_before=later),
        Query(due_before=MOMENT + timedelta(days=2)),
        Query(number="no\0such"),
        Query(person="han"),
    ]


def test_whatever_is_written_reads_as_from_memory(store: SQLAlchemyStore) -> None:
    ours, ids = filled(store)
    theirs, _ = filled(MemoryStore())
    for case in (*ids, "none", "nul\0", "half\ud800"):
        assert store.load("main", case) == theirs.store.load("main", case)
        assert store.history("main", case) == theirs.store.history("main", case)
        assert store.recall("main", f"k {case}") == theirs.store.recall("main", f"k {case}")
    for query in queries():
        assert pages(ours, query) == pages(theirs, query), query
    for before in (MOMENT, MOMENT + timedelta(days=1), MOMENT + timedelta(days=30)):
        for limit in (2, 100):
            assert store.due("main", before, limit) == theirs.store.due("main", before, limit)
    due = theirs.get("case").next_due_at
    assert due is not None
    assert "case" not in store.due("main", due, 100)
    assert "case" in store.due("main", due + timedelta(microseconds=1), 100)
    assert not any(ours.verify(case) for case in ids)


def pages(desk: ComplaintDesk, query: Query) -> list[tuple[str, ...]]:
    found = [desk.find(query)]
    while found[-1].next:
        found.append(desk.find(query.model_copy(update={"after": found[-1].next})))
    return [tuple(c.model_dump_json() for c in page.complaints) for page in found]


def test_names_are_told_apart_by_every_byte(store: SQLAlchemyStore) -> None:
    desk, ids = filled(store)
    assert len(ids) == len({desk.get(i).head for i in ids})
    for key in ("K case", "k case ", " k case", "k case\0", "ｋ case"):
        found = store.recall("main", key)
        assert found is None or found.key == key
    assert store.load("Main", "case") is None
    assert store.load("main ", "case") is None


def test_times_come_back_in_utc_to_the_microsecond(store: SQLAlchemyStore) -> None:
    shop = Shop()
    shop.desk.store = store
    shop.now = datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    shop.record()
    (entry,) = store.history("main", shop.id)
    assert (entry.at, entry.at.tzinfo) == (shop.now, UTC)
    assert shop.case.recorded_at.microsecond == 1


def test_a_long_text_is_kept_whole(store: SQLAlchemyStore) -> None:
    shop = Shop()
    shop.desk.store = store
    shop.record(narrative="茶" * 20_000)
    for i in range(4):
        shop.do(LI, actions.AddNote(text=f"{i}" + "壶" * 19_000))
    assert shop.case.narrative == "茶" * 20_000
    assert not shop.desk.verify(shop.id)


def clash(store: SQLAlchemyStore, change: Callable[[Any, Sealed], tuple[Any, Sealed]]) -> ConcurrencyConflict:
    """Append a changed entry to the case ``case``; nothing may be written."""
    before = [store.history("main", i) for i in IDS], store.find("main", Query())
    complaint, record = change(store.load("main", "case"), store.history("main", "case")[-1])
    with pytest.raises(ConcurrencyConflict) as caught:
        store.append("main", complaint, record)
    assert ([store.history("main", i) for i in IDS], store.find("main", Query())) == before
    return caught.value


def test_a_lost_race_writes_nothing(store: SQLAlchemyStore) -> None:
    filled(store)
    again = clash(store, lambda c, r: (c, r))
    stale = clash(store, lambda c, r: (c.model_copy(update={"version": 5}), r._replace(seq=5, key=None)))
    assert (again.expected, again.actual) == (0, None)
    assert (stale.expected, stale.actual, stale.final) == (4, 1, False)
    clash(store, lambda c, r: (c.model_copy(update={"version": 2}), r._replace(seq=2)))  # its key is taken
    clash(store, lambda c, r: (c.model_copy(update={"id": "x"}), r._replace(complaint_id="x", key=None)))  # its number
    gone = clash(store, lambda c, r: (c.model_copy(update={"id": "x"}), r._replace(complaint_id="x", seq=2)))
    assert (gone.expected, gone.actual) == (1, 0)


def test_what_is_forgotten_is_in_no_row(store: SQLAlchemyStore) -> None:
    shop = Shop()
    shop.desk.store = store
    shop.closed()
    assert not shop.desk.erase("chen", MO, reason="asked for").refused
    assert not shop.desk.verify(shop.id)
    with store.engine.connect() as connection:
        rows = [str(row) for t in store.tables.all for row in connection.execute(t.select())]
    assert len(rows) > 5
    assert not [row for row in rows if "chen" in row.lower() or "teapot" in row]


def test_a_database_that_is_not_there_is_a_storage_error(database: str) -> None:
    with fresh_url(database) as url:
        pass
    gone = url.replace("complaints.db", "no/folder.db")
    with pytest.raises(StorageError, match=r"refused|reached"):
        SQLAlchemyStore.from_url(gone).load("main", "case")

    async def awaited() -> None:
        async with await AsyncSQLAlchemyStore.from_url(awaitable(gone)) as store:
            await store.load("main", "case")

    if database != "sqlite":  # aiosqlite leaves a thread behind when it cannot open a file
        with pytest.raises(StorageError, match=r"refused|reached"):
            asyncio.run(awaited())


def test_only_our_tables_are_created_under_the_prefix_that_the_host_chose(database: str) -> None:
    metadata = MetaData()
    tables = Tables(metadata, prefix="shop_")
    with fresh_url(database) as url:
        other = Tables(metadata, prefix="theirs_")
        engine = create_engine(url)
        SQLAlchemyStore(engine, tables=tables).create_tables()
        SQLAlchemyStore(engine, tables=tables).create_tables()
        names = set(inspect(engine).get_table_names())
        engine.dispose()
    assert {t.name for t in tables.all} <= names
    assert not {t.name for t in other.all} & names


def test_the_awaitable_store_tells_the_same_story(database: str) -> None:
    async def story() -> None:
        async with async_sql_store(database) as store:
            memory, ids = filled(MemoryStore())
            for case in ids:
                for complaint, record in steps(memory.store, case):
                    await store.append("main", complaint, record)
            desk = AsyncComplaintDesk(store, clock=lambda: MOMENT + timedelta(days=1))
            for case in ids:
                assert await store.load("main", case) == memory.get(case)
                assert await store.history("main", case) == memory.store.history("main", case)
                assert await store.recall("main", f"k {case}") == memory.store.recall("main", f"k {case}")
                assert not await desk.verify(case)
            for query in queries():
                assert await store.find("main", query) == memory.find(query)
            late = MOMENT + timedelta(days=30)
            assert await store.due("main", late, 5) == memory.store.due("main", late, 5)
            with pytest.raises(ConcurrencyConflict):
                await store.append("main", memory.get("case"), memory.store.history("main", "case")[-1])
            await asyncio.gather(*(desk.act("case", actions.AddNote(text=f"{n}"), HAN) for n in range(6)))
            assert (await desk.get("case")).version == 7

    asyncio.run(story())


def steps(store: Any, case: str) -> Iterator[tuple[Any, Sealed]]:
    from complaintflow.storage.evidence import unseal
    from complaintflow.workflow.evolve import evolve

    complaint = None
    for record in store.history("main", case):
        complaint = evolve(complaint, unseal(record))
        yield complaint, record


def test_a_task_that_is_cancelled_leaves_no_connection_and_no_lock_behind(database: str) -> None:
    async def story() -> None:
        async with async_sql_store(database) as store:
            desk = AsyncComplaintDesk(store)
            case = (await desk.record(Shop().record().entry.action, LI)).complaint.id  # type: ignore[arg-type]  # Record
            for n in range(30):
                task = asyncio.create_task(desk.act(case, actions.AddNote(text="x"), HAN))
                for _ in range(n):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            version = (await desk.act(case, actions.AddNote(text="y"), HAN)).complaint.version
            assert len(await desk.history(case)) == version
            assert not await desk.verify(case)

    asyncio.run(story())


NO_TIMES = [
    ("sqlite", "x"),
    ("sqlite", "2026-01-01"),
    ("postgresql", "infinity"),
    ("postgresql", "0044-03-15 BC"),
    ("mariadb", "0000-00-00"),
]


@pytest.mark.parametrize(("database", "no_time"), NO_TIMES)
def test_a_moment_that_python_has_no_time_for_is_reported_by_both_drivers(database: str, no_time: str) -> None:
    """Law 11: whatever stands in a column, ``verify`` says so and raises nothing."""
    with fresh_url(database) as url:
        with SQLAlchemyStore.from_url(url, create_tables=True) as store:
            _, (case, *_) = filled(store)
            with store.engine.begin() as connection:
                if database == "mariadb":
                    connection.exec_driver_sql("SET sql_mode = ''")  # else it refuses the zeros
                connection.execute(update(store.tables.entries).values(at=literal_column(f"'{no_time}'")))
            assert ComplaintDesk(store).verify(case)

        async def verified() -> tuple[Fault, ...]:
            async with await AsyncSQLAlchemyStore.from_url(awaitable(url)) as store:
                return await AsyncComplaintDesk(store).verify(case)

        assert asyncio.run(verified())
