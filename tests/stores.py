"""A clean SQL store on each database, blocking and awaitable; nothing of it is left afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore
from servers import fresh_database

DATABASES = ("sqlite", "postgresql", "mariadb")
ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "mariadb": "mysql+aiomysql"}


@contextmanager
def fresh_url(database: str) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    if database == "sqlite":
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/complaints.db"
    else:
        with fresh_database(database) as url:
            yield url


@contextmanager
def sql_store(database: str) -> Iterator[SQLAlchemyStore]:
    """A store with empty tables."""
    with fresh_url(database) as url, SQLAlchemyStore.from_url(url, create_tables=True) as store:
        yield store


def awaitable(url: str) -> str:
    """The same database through its async driver."""
    at = make_url(url)
    name = at.get_backend_name().replace("mysql", "mariadb")
    return at.set(drivername=ASYNC_DRIVERS[name]).render_as_string(hide_password=False)


@asynccontextmanager
async def async_sql_store(database: str) -> AsyncIterator[AsyncSQLAlchemyStore]:
    """The awaitable twin, through the database's async driver."""
    with fresh_url(database) as url:
        async with await AsyncSQLAlchemyStore.from_url(awaitable(url), create_tables=True) as store:
            yield store
