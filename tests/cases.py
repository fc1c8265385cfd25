"""Cases to be found, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from complaintflow import Complainant, ComplaintDesk, actions
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from servers import fresh_database

DATABASES = ("sqlite", "postgresql", "mariadb")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@contextmanager
def opened(name: str, folder: Path) -> Iterator[SQLAlchemyStore]:
    """An empty store on this database."""
    if name == "sqlite":
        with SQLAlchemyStore.from_url(f"sqlite:///{folder / 'desk.db'}", create_tables=True) as store:
            yield store
    else:
        with fresh_database(name) as url, SQLAlchemyStore.from_url(url, create_tables=True) as store:
            yield store


def report(narrative: str = "The teapot arrived in pieces.", **more: Any) -> actions.Record:
    facts: dict[str, Any] = {
        "complainant": Complainant(id="chen", name="Chen"),
        "category": "shipping",
        "sub_type": "damage",
        "narrative": narrative,
        "demand": "A new one.",
    }
    return actions.Record(**facts | more)


def desk(store: Any, tenant: str = "main", start: int = 0) -> ComplaintDesk:
    """A desk whose ids, times and salts are the same in every run; a minute passes with every look at the clock."""
    ids, minutes = iter(range(start, start + 100_000)), iter(range(100_000))
    return ComplaintDesk(
        store,
        tenant=tenant,
        new_id=lambda: f"case-{next(ids):05}",
        clock=lambda: NOON + timedelta(minutes=next(minutes)),
        new_salt=lambda: "0123456789abcdef" * 2,
    )
