"""The conformance suite on every store that is shipped."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from complaintflow import AsyncMemoryStore, MemoryStore
from complaintflow.storage.port import Query
from complaintflow.testing.bench import Ability
from complaintflow.testing.finding_clauses import QUERIES
from complaintflow.testing.store_laws import CLAUSES, AsyncStoreLaws, StoreLaws, report
from sql_laws import AsyncSQLLaws, SQLLaws

IN_MEMORY = {
    Ability.DAMAGE: "it keeps objects, and reads nothing back",
    Ability.DURABILITY: "it lives in the memory of one process",
    Ability.SESSIONS: "its data belongs to one object",
    Ability.HOST_TRANSACTION: "dictionaries have no transactions",
}


class TestMemoryStore(StoreLaws):
    absent = IN_MEMORY

    @contextmanager
    def make_store(self) -> Iterator[MemoryStore]:
        yield MemoryStore()


class TestAsyncMemoryStore(AsyncStoreLaws):
    absent = IN_MEMORY

    @asynccontextmanager
    async def make_store(self) -> AsyncIterator[AsyncMemoryStore]:
        yield AsyncMemoryStore()


class TestSQLite(SQLLaws):
    database = "sqlite"


class TestPostgreSQL(SQLLaws):
    database = "postgresql"


class TestMariaDB(SQLLaws):
    database = "mariadb"


class TestAsyncSQLite(AsyncSQLLaws):
    database = "sqlite"


class TestAsyncPostgreSQL(AsyncSQLLaws):
    database = "postgresql"


class TestAsyncMariaDB(AsyncSQLLaws):
    database = "mariadb"


def test_every_filter_of_the_port_is_tried() -> None:
    tried = {name for query in QUERIES for name in query} | {"text", "limit", "after"}
    assert tried == set(Query.model_fields)


def test_the_store_of_the_how_to_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-store.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "page"}
    for code in re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        exec(code, names)  # noqa: S102 - our own page is run on purpose
    laws = names["TestFileStore"]()
    for clause in CLAUSES:
        if not set(clause.needs) & laws.absent.keys():
            with laws.bench() as bench:
                clause.check(bench)


def test_every_clause_says_what_a_store_must_do() -> None:
    assert len({c.id for c in CLAUSES}) == len(CLAUSES) == len({c.name for c in CLAUSES})
    assert all(len(c.says) > 40 for c in CLAUSES)


def test_a_law_cannot_be_overridden_and_an_absence_needs_a_reason() -> None:
    with pytest.raises(TypeError, match="overrides test_clause"):
        type("Easy", (StoreLaws,), {"test_clause": None})
    with pytest.raises(TypeError, match="does not say why it has no erasure"):
        type("Silent", (StoreLaws,), {"absent": {Ability.ERASURE: ""}})


def test_the_report_names_what_was_not_exercised() -> None:
    said = report(TestMemoryStore)
    assert "no host transaction: dictionaries have no transactions" in said
    assert f"of {len(CLAUSES)} clauses exercised" in said
    assert "not " not in report(TestMemoryStore.__base__ or StoreLaws)
