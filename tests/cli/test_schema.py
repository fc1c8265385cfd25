from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from command import Run
from first_schema import FirstTables
from story import Shop


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of the first version, with a case."""
    shop, tables, engine = Shop().upheld(), FirstTables(), create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        tables.write(connection, "main", shop.case, shop.desk.history(shop.id))
    engine.dispose()
    return tmp_path / "old.db"


def test_an_old_file_is_upgraded_and_its_cases_are_read(run: Run, old: Path) -> None:
    assert run("db", "current", "--db", old) == (1, "0001; the newest is 0003\n", "")
    assert run("db", "upgrade", "--db", old) == (0, "0001 -> 0003\n", "")
    assert run("db", "current", "--url", f"sqlite:///{old}") == (0, "0003 (newest)\n", "")
    assert run("db", "upgrade", "--db", old) == (0, "nothing to do: revision 0003\n", "")
    assert "awaiting assignment" in run("list", "--db", old).out.lower()


def test_a_new_file_gets_its_tables(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    assert run("db", "current", "--db", new) == (2, "", f"complaintflow: there is no database {new}\n")
    assert run("db", "upgrade", "--db", new, "--prefix", "x_") == (0, "empty -> 0003\n", "")
    assert run("db", "current", "--db", new, "--prefix", "x_").code == 0
    assert run("db", "current", "--db", new).out == "no tables; the newest is 0003\n"


def test_the_sql_is_printed_for_the_dialect(run: Run) -> None:
    done = run("db", "sql", "postgresql", "--prefix", "x_", "--schema", "desk")
    assert done.code == 0
    assert "CREATE TABLE desk.x_complaints" in done.out
    assert done.out.startswith("BEGIN;")
    assert done.out.rstrip().endswith("COMMIT;")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["upgrade"], "say which database"),
        (["upgrade", "--url", "nothing"], "no URL of a database"),
        (["upgrade", "--url", "oracle://x"], "driver that is not installed"),
        (["upgrade", "--url", "postgresql+psycopg://127.0.0.1:1/x"], "the database refused"),
        (["sql", "oracle"], "no tables for 'oracle'"),
        (["sql", "sqlite", "--from", "0001"], "run the upgrade instead"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run: Run, arguments: list[str], said: str) -> None:
    done = run("db", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
