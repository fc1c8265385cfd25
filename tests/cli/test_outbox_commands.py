from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.storage.sqlalchemy.outbox import Outbox
from complaintflow.storage.sqlalchemy.relay import OutboxRelay, Report
from relaying import SOURCE, failing
from story import Shop

if TYPE_CHECKING:
    from command import Run


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database in which one event of two is parked."""
    path = tmp_path / "shop.db"
    with SQLAlchemyStore.from_url(f"sqlite:///{path}", create_tables=True, outbox=Outbox(SOURCE)) as store:
        shop = Shop()
        shop.desk.store = store
        shop.upheld()
        relay = OutboxRelay(store, failing(1, print), max_attempts=1, clock=lambda: shop.now)
        assert relay.run_once() == Report(parked=1)
    return path


def test_the_backlog_is_shown_and_a_parked_event_goes_on(run: Run, db: Path) -> None:
    shown = run("outbox", "backlog", "--db", db).out
    assert [line.split() for line in shown.splitlines() if "2026-03-02" in line] == [
        ["parked", "1", "2026-03-02", "09:00"],
        ["waiting", "1", "2026-03-02", "09:05"],
    ]
    (event,) = json.loads(run("outbox", "parked", "--db", db, "--json").out)
    text = run("outbox", "parked", "--db", db).out
    assert event["id"] in text
    assert "attempt 1: ConnectionError: the line is down" in text
    assert run("outbox", "retry", event["id"], "--db", db) == (0, "", "")
    states = {line["state"]: line["events"] for line in json.loads(run("outbox", "backlog", "--db", db, "--json").out)}
    assert states == {"waiting": 2}
    again = run("outbox", "retry", event["id"], "--db", db)
    assert (again.code, again.err) == (2, f"complaintflow: no event '{event['id']}' is parked\n")


def test_a_skipped_event_is_given_up(run: Run, db: Path) -> None:
    (event,) = json.loads(run("outbox", "parked", "--db", db, "--json").out)
    assert run("outbox", "skip", event["id"], "--db", db, "--reason", "They know").code == 0
    assert run("outbox", "parked", "--db", db).out == ""
    told: list[object] = []
    with SQLAlchemyStore.from_url(f"sqlite:///{db}") as store:
        assert OutboxRelay(store, told.append).run_once() == Report(delivered=1)
    assert run("outbox", "backlog", "--db", db).out == "everything is delivered\n"
    assert run("outbox", "skip", "nonsense", "--db", db, "--reason", "-").code == 2
