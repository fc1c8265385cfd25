"""Upgrades with data in the tables, on each database; and migrations and ``create_tables`` make the same."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from complaintflow import Complainant, ComplaintDesk, Query, StorageError, actions
from complaintflow.model.parties import Representative
from complaintflow.storage.sqlalchemy import SQLAlchemyStore, Tables, migrations
from complaintflow.testing import laws
from first_schema import FirstTables, without_hashes, without_head
from servers import fresh_database
from story import CHEN, MO, Shop

DATABASES = ("sqlite", "postgresql", "mariadb")


@contextmanager
def empty(name: str, folder: Path) -> Iterator[sa.Engine]:
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/c.db" if name == "sqlite" else stack.enter_context(fresh_database(name))
        engine = sa.create_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    with empty(request.param, tmp_path) as engine:
        yield engine


def clock_of(shop: Shop) -> Callable[[], datetime]:
    return lambda: shop.now


def told() -> list[tuple[str, Shop]]:
    """Cases of two tenants: closed, open, spoken for by another, in Chinese, with a key, to the microsecond."""
    shops = []
    for tenant in ("main", "other"):
        for begun in range(3):
            shop = Shop()
            shop.desk = ComplaintDesk(shop.desk.store, tenant=tenant, clock=clock_of(shop))
            shop.now += timedelta(hours=begun, microseconds=123_456)
            shops.append((tenant, shop))
        shops[-3][1].closed()
        shops[-2][1].upheld(
            narrative="茶壶碎了。", representative=Representative(id="lin", authority="Her mother is ill")
        )
        shops[-1][1].record()
        shops[-1][1].desk.act(shops[-1][1].id, actions.Withdraw(reason="Mended"), CHEN, key="w-1")
    return shops


def fill(engine: sa.Engine, shops: list[tuple[str, Shop]], **where: Any) -> None:
    old = FirstTables(**where)
    with engine.begin() as connection:
        old.metadata.create_all(connection)
        for tenant, shop in shops:
            old.write(connection, tenant, shop.case, shop.desk.history(shop.id))


def is_whole(store: SQLAlchemyStore, shops: list[tuple[str, Shop]]) -> None:
    """All that the first version kept is there, sealed; and the cases go on."""
    for tenant, shop in shops:
        desk = ComplaintDesk(store, tenant=tenant, clock=clock_of(shop))
        assert desk.verify(shop.id) == ()
        assert without_head(desk.get(shop.id)) == without_head(shop.case)
        assert without_hashes(desk.history(shop.id)) == without_hashes(shop.desk.history(shop.id))
        desk.act(shop.id, actions.PlaceHold(matter="Court 7"), MO)
        desk.act(shop.id, actions.LiftHold(reason="Settled"), MO)
        assert desk.verify(shop.id) == ()
        laws.check(desk.workflow, desk.get(shop.id), desk.history(shop.id))
        assert [c.id for c in desk.find(Query(text=shop.case.narrative, number=shop.case.number)).complaints] == [
            shop.id
        ]


def test_the_first_versions_cases_are_sealed_and_go_on(engine: sa.Engine) -> None:
    shops = told()
    fill(engine, shops)
    assert migrations.current(engine) == "0001"
    assert migrations.upgrade(engine) == "0001"
    assert migrations.current(engine) == migrations.newest()
    store = SQLAlchemyStore(engine)
    is_whole(store, shops)
    desk = ComplaintDesk(store)
    withdrawn = shops[2][1]
    assert desk.act(withdrawn.id, actions.Withdraw(reason="Mended"), CHEN, key="w-1").repeated
    assert {c.id for c in desk.find(Query(complainant="lin")).complaints} == {shops[1][1].id}
    assert desk.erase("chen", MO, reason="Letter 12").erased
    assert desk.verify(withdrawn.id) == ()


def test_upgrading_again_changes_nothing(engine: sa.Engine) -> None:
    shops = told()
    fill(engine, shops)
    migrations.upgrade(engine)
    before = [SQLAlchemyStore(engine).history(tenant, shop.id) for tenant, shop in shops]
    assert migrations.upgrade(engine) == migrations.newest()
    assert [SQLAlchemyStore(engine).history(tenant, shop.id) for tenant, shop in shops] == before


def test_tables_of_create_tables_are_recognized(engine: sa.Engine) -> None:
    SQLAlchemyStore(engine).create_tables()
    assert migrations.upgrade(engine) == migrations.newest()


def test_what_create_tables_added_beside_old_tables_is_no_obstacle(engine: sa.Engine) -> None:
    shops = told()
    fill(engine, shops)
    SQLAlchemyStore(engine).create_tables()
    assert migrations.upgrade(engine) == "0001"
    is_whole(SQLAlchemyStore(engine), shops)


def test_migrations_and_create_tables_make_the_same(engine: sa.Engine, tmp_path: Path) -> None:
    migrations.upgrade(engine)
    tables = Tables(sa.MetaData())
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": of_ours, "include_object": on(engine.dialect)}
        )
        assert compare_metadata(context, tables.metadata) == []
    migrated = shape(engine)
    with empty(engine.dialect.name.replace("mysql", "mariadb"), tmp_path / "..") as other:
        SQLAlchemyStore(other).create_tables()
        assert shape(other) == migrated


def of_ours(name: str | None, kind: str, _: object) -> bool:
    """The version table is Alembic's, and what FTS5 keeps is SQLite's."""
    return kind != "table" or not re.search("_alembic_version|_fts", name or "")


def on(dialect: sa.Dialect) -> Callable[..., bool]:
    """FTS5 takes the place of the index of words on SQLite: ``ddl_if`` says so, Alembic does not ask."""
    return lambda _, name, *__: not (dialect.name == "sqlite" and str(name).endswith("by_words"))


def shape(engine: sa.Engine) -> dict[str, Any]:
    """All that the database says about our tables: types with collations, keys, indexes; triggers of SQLite."""
    inspector = sa.inspect(engine)
    found: dict[str, Any] = {}
    for name in inspector.get_table_names():
        if of_ours(name, "table", None):
            columns = inspector.get_columns(name)
            found[name] = {
                "columns": {c["name"]: (repr(c["type"]), c["nullable"]) for c in columns},
                "key": inspector.get_pk_constraint(name)["constrained_columns"],
                "unique": sorted((u["name"], u["column_names"]) for u in inspector.get_unique_constraints(name)),
                "indexes": sorted((i["name"], i["column_names"], i["unique"]) for i in inspector.get_indexes(name)),
            }
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            others = sa.text(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' OR name LIKE '%_fts' ORDER BY 1"
            )
            found["sqlite"] = [tuple(row) for row in connection.execute(others)]
    return found


class Interrupted(Exception):
    """The process ends here."""


@pytest.mark.parametrize("name", DATABASES)
def test_an_interrupted_upgrade_leaves_all_or_nothing_or_is_finished_by_the_next(name: str, tmp_path: Path) -> None:
    shops = told()[:2]
    with empty(name, tmp_path) as engine:
        fill(engine, shops)
        statements = interrupted(engine, None)
    assert statements > 20
    tries = statements if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 4 if name == "mariadb" else 2
    for stop in range(1, statements + 1, statements // tries):
        (folder := tmp_path / str(stop)).mkdir()
        with empty(name, folder) as engine:
            fill(engine, shops)
            before = shape(engine)
            assert interrupted(engine, stop) == stop
            if name != "mariadb":
                assert shape(engine) == before
            migrations.upgrade(engine)
            is_whole(SQLAlchemyStore(engine), shops)


def interrupted(engine: sa.Engine, stop: int | None) -> int:
    """Upgrade until statement number ``stop``; how many there were."""
    statements = 0

    def listen(*_: object) -> None:
        nonlocal statements
        if statements == stop:  # interrupted already: locks are given back
            return
        statements += 1
        if statements == stop:
            raise Interrupted

    sa.event.listen(engine, "before_cursor_execute", listen)
    with suppress(Interrupted):
        migrations.upgrade(engine)
    sa.event.remove(engine, "before_cursor_execute", listen)
    return statements


def test_upgrades_that_start_at_once_wait_for_each_other(engine: sa.Engine) -> None:
    shops = told()
    fill(engine, shops)
    engines = [sa.create_engine(engine.url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        found = sorted(map(str, pool.map(migrations.upgrade, engines)))
    for other in engines:
        other.dispose()
    assert found == ["0001", migrations.newest(), migrations.newest()]
    is_whole(SQLAlchemyStore(engine), shops)


def test_they_live_beside_the_hosts_own_under_any_prefix(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('the host''s')")
    fill(engine, told()[:1], prefix="cases_")
    assert migrations.current(engine) is None
    assert migrations.upgrade(engine, prefix="cases_") == "0001"
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == ["the host's"]
    assert {t for t in sa.inspect(engine).get_table_names() if "_fts" not in t} == {
        "alembic_version", "cases_alembic_version", "cases_complaints", "cases_entries", "cases_outbox", "cases_words",
    }  # fmt: skip
    store = SQLAlchemyStore(engine, tables=Tables(sa.MetaData(), "cases_"))
    assert ComplaintDesk(store).verify(ComplaintDesk(store).find().complaints[0].id) == ()


def test_they_live_in_a_schema_of_the_hosts(tmp_path: Path) -> None:
    shops = told()
    with empty("postgresql", tmp_path) as engine:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA desk")
        fill(engine, shops, schema="desk")
        assert migrations.upgrade(engine, schema="desk") == "0001"
        assert sa.inspect(engine).get_table_names() == []
        is_whole(SQLAlchemyStore(engine, tables=Tables(sa.MetaData(), schema="desk")), shops)


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_in_the_hosts_transaction_the_host_commits_or_nothing_was_done(name: str, tmp_path: Path) -> None:
    with empty(name, tmp_path) as engine:
        fill(engine, told())
        before = shape(engine)
        with engine.connect() as connection:
            migrations.upgrade(connection)
            connection.rollback()
        assert shape(engine) == before


def test_the_written_sql_makes_the_same(engine: sa.Engine, tmp_path: Path) -> None:
    name = engine.dialect.name.replace("mysql", "mariadb")
    run_script(engine, migrations.sql(name))
    assert migrations.current(engine) == migrations.newest()
    with empty(name, tmp_path / "..") as other:
        SQLAlchemyStore(other).create_tables()
        assert shape(engine) == shape(other)


def run_script(engine: sa.Engine, script: str) -> None:
    """As the database's own command line would."""
    connection: Any = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            connection.executescript(script)
        elif engine.dialect.name == "postgresql":
            connection.driver_connection.autocommit = True
            connection.cursor().execute(script)
        else:
            for statement in filter(str.strip, re.sub("^--.*", "", script, flags=re.MULTILINE).split(";\n")):
                connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()


def test_sql_cannot_seal_what_it_has_not_read() -> None:
    with pytest.raises(ValueError, match="run the upgrade"):
        migrations.sql("postgresql", start="0001")
    with pytest.raises(ValueError, match="no tables for 'oracle'"):
        migrations.sql("oracle")
    with pytest.raises(ValueError, match="no revision '7'"):
        migrations.sql("sqlite", start="7")
    assert "CREATE" not in migrations.sql("sqlite", start=migrations.newest())


def test_tables_of_a_newer_version_of_the_library_are_left_alone(tmp_path: Path) -> None:
    with empty("sqlite", tmp_path) as engine:
        migrations.upgrade(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE complaintflow_alembic_version SET version_num = '9999'")
        with pytest.raises(StorageError, match="'9999'"):
            migrations.upgrade(engine)


def test_after_the_upgrade_no_byte_of_the_plain_words_is_left_behind_an_erasure(tmp_path: Path) -> None:
    """Law 11: what lay in the old bodies is overwritten too."""
    with empty("sqlite", tmp_path) as engine:
        shop = Shop()
        shop.record(complainant=Complainant(id="chen", name="Chen Meihua"), narrative="It arrived in pieces.")
        shop.do(CHEN, actions.Withdraw(reason="Chen Meihua mended it"))
        fill(engine, [("main", shop)])
        assert b"Chen Meihua" in raw(tmp_path)
        migrations.upgrade(engine)
        desk = ComplaintDesk(SQLAlchemyStore(engine))
        assert b"Chen Meihua" in raw(tmp_path)
        assert desk.erase("chen", MO, reason="Letter 12").erased
        assert [w for w in (b"Chen Meihua", b"in pieces", b"pieces") if w in raw(tmp_path)] == []


def raw(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.iterdir())
