from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from command import Run

LI, MO = ("--as", "li", "--role", "agent"), ("--as", "mo", "--role", "manager")
CUP = {"complainant": {"id": "chen-4711", "name": "Chen Meihua"}, "category": "shipping", "sub_type": "damage"}
WORDS = {"narrative": "The cup arrived in pieces.", "demand": "A new cup."}


@pytest.fixture
def db(run: Run, tmp_path: Path) -> Path:
    """A database made by the command line, with an open case and one that was withdrawn long ago."""
    path = tmp_path / "shop" / "shop.db"
    path.parent.mkdir()
    for at in ("2020-01-01", "2026-01-01"):
        done = run("record", "--db", path, *LI, "--data", json.dumps(CUP | WORDS), "--at", at)
        assert done.code == 0, done.err
    done = run("act", ids(run, path)[0], "withdraw", "--db", path, *LI, "--set", "reason=Found", "--at", "2020-01-02")
    assert done.code == 0, done.err
    return path


def ids(run: Run, db: Path) -> list[str]:
    return [str(c["id"]) for c in json.loads(run("list", "--db", db, "--json").out)["complaints"]]


def alter(db: Path, statement: str) -> None:
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute(statement).rowcount
        connection.commit()


def test_tampering_is_found_and_named(run: Run, db: Path) -> None:
    assert run("verify", "--db", db) == (0, "2 cases verified, nothing wrong\n", "")
    first, second = ids(run, db)
    alter(db, f"UPDATE complaintflow_entries SET hash = 'x' WHERE complaint_id = '{second}'")
    found = run("verify", "--db", db)
    assert found.code == 1
    assert f"{second}  entry 1: the body is not the one that was hashed" in found.out
    assert found.out.endswith("2 cases verified, 1 wrong\n")
    assert run("verify", first, "--db", db).code == 0
    alter(db, "UPDATE complaintflow_complaints SET body = '['")
    found = run("verify", first, "--db", db)
    assert (found.code, found.out.splitlines()[0]) == (1, f"{first}  entry 2: the snapshot cannot be read")
    found = run("verify", "--db", db)
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert "name one or give an anchor" in found.err


def test_a_case_that_is_gone_is_found_against_the_anchor(run: Run, db: Path, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.json"
    anchor.write_text(run("anchor", "--db", db).out)
    assert run("verify", "--db", db, "--anchor", anchor) == (0, "2 cases verified, nothing wrong\n", "")
    first, _ = ids(run, db)
    for table, column in (("entries", "complaint_id"), ("complaints", "id")):
        alter(db, f"DELETE FROM complaintflow_{table} WHERE {column} = '{first}'")
    assert run("verify", "--db", db).code == 0, "nobody knows of it"
    for case in ((), (first,)):
        found = run("verify", *case, "--db", db, "--anchor", anchor)
        assert found.code == 1
        assert f"{first}  entry 2: the anchor has 2 entries, the file 0" in found.out
    alter(db, "UPDATE complaintflow_complaints SET body = '['")
    found = run("verify", "--db", db, "--anchor", anchor)
    assert found.code == 1
    assert "only the cases of the anchor" in found.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing", "is no anchor"),
        ('{"tenant":"else","at":"2026-01-01T00:00:00Z","heads":{},"digest":""}', "an anchor of tenant 'else'"),
        ('{"tenant":"main","at":"2026-01-01T00:00:00Z","heads":{},"digest":""}', "not as it was exported"),
        (None, "cannot be read"),
    ],
)
def test_a_false_anchor_is_told_in_one_line(run: Run, db: Path, tmp_path: Path, text: str | None, said: str) -> None:
    anchor = tmp_path / "anchor.json"
    if text is not None:
        anchor.write_text(text)
    done = run("verify", "--db", db, "--anchor", anchor)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert said in done.err


def test_a_person_is_erased_from_ended_cases_and_the_open_one_is_told(run: Run, db: Path) -> None:
    done = run("erase", "chen-4711", "--db", db, *MO, "--reason", "Letter 12")
    assert done.code == 1
    assert done.out.endswith("1 case erased\n")
    assert done.err.count("\n") == 1
    assert "refused" in done.err
    _, second = ids(run, db)
    assert run("act", second, "withdraw", "--db", db, *LI, "--set", "reason=Found").code == 0
    assert run("erase", "chen-4711", "--db", db, *MO, "--reason", "Letter 12").code == 0
    left = b"".join(p.read_bytes() for p in db.parent.iterdir())
    assert [w for w in ("chen-4711", "Chen Meihua", "in pieces", "A new cup") if w.encode() in left] == []
    assert run("verify", "--db", db).code == 0


def test_a_purge_takes_what_was_kept_long_enough_and_nothing_twice(run: Run, db: Path) -> None:
    assert run("purge", "--db", db, "--at", "2022-01-01").out == "0 cases erased\n"
    done = run("purge", "--db", db)
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 case erased")
    assert run("purge", "--db", db).out == "0 cases erased\n"
    kept = json.loads(run("list", "--db", db, "--json").out)["complaints"]
    assert [c["narrative"] for c in kept] == ["[erased]", WORDS["narrative"]]
