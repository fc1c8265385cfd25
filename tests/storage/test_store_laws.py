"""The conformance suite on every store that is shipped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from complaintflow import AsyncMemoryStore, MemoryStore
from complaintflow.storage.port import Query
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.testing.bench import Ability
from complaintflow.testing.store_clauses import QUERIES
from complaintflow.testing.store_laws import CLAUSES, AsyncStoreLaws, StoreLaws, report

IN_MEMORY = {
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


class TestSQLite(StoreLaws):
    absent = {Ability.HOST_TRANSACTION: "to come"}

    @contextmanager
    def make_store(self) -> Iterator[SQLAlchemyStore]:
        with (
            TemporaryDirectory() as folder,
            SQLAlchemyStore.from_url(f"sqlite:///{folder}/c.db", create_tables=True) as store,
        ):
            yield store

    @contextmanager
    def second_session(self, store: Any) -> Iterator[SQLAlchemyStore]:
        with SQLAlchemyStore.from_url(store.engine.url) as other:
            yield other


def test_every_filter_of_the_port_is_tried() -> None:
    tried = {name for query in QUERIES for name in query} | {"text", "limit", "after"}
    assert tried == set(Query.model_fields)


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
