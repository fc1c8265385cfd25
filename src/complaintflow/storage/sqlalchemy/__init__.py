"""Stores on SQL databases through SQLAlchemy Core. The async one needs the extra ``sqlalchemy[asyncio]`` (greenlet)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from complaintflow.storage.sqlalchemy.doors import prepare_sqlite
from complaintflow.storage.sqlalchemy.store import SQLAlchemyStore
from complaintflow.storage.sqlalchemy.tables import Tables

if TYPE_CHECKING:
    from complaintflow.storage.sqlalchemy.aio import AsyncSQLAlchemyStore

__all__ = ["AsyncSQLAlchemyStore", "SQLAlchemyStore", "Tables", "prepare_sqlite"]


def __getattr__(name: str) -> Any:
    if name != "AsyncSQLAlchemyStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from complaintflow.storage.sqlalchemy.aio import AsyncSQLAlchemyStore

    return AsyncSQLAlchemyStore
