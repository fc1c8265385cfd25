"""The conformance suite for SQL stores: what its hooks do on a database, blocking and awaitable."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ClassVar

from sqlalchemy import Update, literal, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore
from complaintflow.testing.store_laws import AsyncStoreLaws, StoreLaws
from stores import async_sql_store, sql_store


class Host:
    """A host's session, and a store inside its transaction."""

    def __init__(self, session: Session, store: SQLAlchemyStore) -> None:
        self._session = session
        self.store = store
        self.commit, self.rollback = session.commit, session.rollback

    def savepoint(self) -> None:
        self._nested = self._session.begin_nested()

    def rollback_to_savepoint(self) -> None:
        self._nested.rollback()


class AsyncHost:
    """The awaitable twin."""

    def __init__(self, session: AsyncSession, store: AsyncSQLAlchemyStore) -> None:
        self._session = session
        self.store = store
        self.commit, self.rollback = session.commit, session.rollback

    async def savepoint(self) -> None:
        self._nested = await self._session.begin_nested()

    async def rollback_to_savepoint(self) -> None:
        await self._nested.rollback()


class SQLLaws(StoreLaws):
    database: ClassVar[str]

    @contextmanager
    def make_store(self) -> Iterator[SQLAlchemyStore]:
        with sql_store(self.database) as store:
            yield store

    @contextmanager
    def second_session(self, store: Any) -> Iterator[SQLAlchemyStore]:
        with self.another(url_of(store)) as other:
            yield other

    @contextmanager
    def host_transaction(self, store: Any) -> Iterator[Host]:
        with Session(store.engine) as session:
            yield Host(session, self.within(session, store))

    def another(self, url: str) -> SQLAlchemyStore:
        return SQLAlchemyStore.from_url(url)

    def within(self, session: Session, store: Any) -> SQLAlchemyStore:
        return SQLAlchemyStore.within(session, tables=store.tables)

    def damage(self, store: Any, tenant: str, complaint_id: str, seq: int | None) -> None:
        with store.engine.begin() as connection:
            connection.execute(nonsense(store, tenant, complaint_id, seq))


class AsyncSQLLaws(AsyncStoreLaws):
    database: ClassVar[str]

    @asynccontextmanager
    async def make_store(self) -> AsyncIterator[AsyncSQLAlchemyStore]:
        async with async_sql_store(self.database) as store:
            yield store

    @asynccontextmanager
    async def second_session(self, store: Any) -> AsyncIterator[AsyncSQLAlchemyStore]:
        async with await AsyncSQLAlchemyStore.from_url(url_of(store)) as other:
            yield other

    @asynccontextmanager
    async def host_transaction(self, store: Any) -> AsyncIterator[AsyncHost]:
        async with AsyncSession(store.engine) as session:
            yield AsyncHost(session, AsyncSQLAlchemyStore.within(session, tables=store.tables))

    async def damage(self, store: Any, tenant: str, complaint_id: str, seq: int | None) -> None:
        async with store.engine.begin() as connection:
            await connection.execute(nonsense(store, tenant, complaint_id, seq))


def nonsense(store: Any, tenant: str, complaint_id: str, seq: int | None) -> Update:
    """Puts what is no JSON, and no text where the database takes that, in the place of a body."""
    c, e = store.tables.complaints, store.tables.entries
    body = text("CAST(X'ff7b' AS TEXT)") if store.engine.dialect.name == "sqlite" else literal("{nonsense")
    if seq is None:
        return update(c).where(c.c.tenant == tenant, c.c.id == complaint_id).values(body=body)
    return update(e).where(e.c.tenant == tenant, e.c.complaint_id == complaint_id, e.c.seq == seq).values(body=body)


def url_of(store: Any) -> str:
    url: str = store.engine.url.render_as_string(hide_password=False)
    return url
