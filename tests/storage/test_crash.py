"""A process may die at any moment of an append: afterwards there are both entry and complaint, or neither."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest

from complaintflow import Complaint
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.testing.crash import kill_at_every_step
from stores import fresh_url

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
Opener = Callable[[], AbstractContextManager[SQLAlchemyStore]]
EVERY = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 3
"""Each step in the long run, each third otherwise; three is prime to the pairs of call and return."""


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


@contextmanager
def opener(
    database: str, store: type[SQLAlchemyStore]
) -> Iterator[Callable[[], AbstractContextManager[SQLAlchemyStore]]]:
    with fresh_url(database) as url:
        with store.from_url(url, create_tables=True):
            pass
        yield partial(store.from_url, url)


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_nothing_is_half_written_wherever_the_process_dies(database: str) -> None:
    with opener(database, SQLAlchemyStore) as open_store:
        outcomes = kill_at_every_step(open_store, every=EVERY)
    print(f"{database}: {dict(outcomes)}")


def test_a_store_that_commits_twice_is_found() -> None:
    with (
        opener("sqlite", TwoTransactions) as open_store,
        pytest.raises(AssertionError, match="the complaint is another"),
    ):
        kill_at_every_step(open_store)


def test_steps_that_do_not_reach_the_write_are_no_proof() -> None:
    with (
        pytest.raises(AssertionError, match="no process died after the write"),
        opener("sqlite", SQLAlchemyStore) as open_store,
    ):
        kill_at_every_step(open_store, every=9_000)
