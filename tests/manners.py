"""The manners in which a host may work with a desk over SQL, behind one interface, so that one test tries them all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from random import Random
from typing import NamedTuple, Protocol, TypeVar
from uuid import uuid4

from sqlalchemy import Column, Engine, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from complaintflow import (
    Actor,
    AsyncComplaintDesk,
    Complaint,
    ComplaintDesk,
    ConcurrencyConflict,
    KeyReused,
    Outcome,
    Refused,
    actions,
)
from complaintflow.desk.batch import Past, Result, Step
from complaintflow.storage.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore, prepare_sqlite
from stores import awaitable

T = TypeVar("T")

SWEPT = 3
"""So many cases at a time: a sweep that looks at all of them leaves nothing to do for the others."""
ERRORS = (Refused, ConcurrencyConflict, KeyReused)


class Asked(NamedTuple):
    """A step, and the version that its caller has seen, if it minds."""

    step: Step
    expected: int | None = None


class Clerk(Protocol):
    """Somebody at a desk. An error is a result; ``again`` counts the transactions that the host began anew."""

    again: int

    async def get(self, complaint_id: str) -> Complaint: ...
    async def sweep(self) -> Sequence[Outcome]: ...
    async def record(self, report: actions.Record, actor: Actor, key: str) -> Result: ...
    async def act(self, asked: Sequence[Asked]) -> Sequence[Result]: ...


def attempt(call: Callable[[], Outcome]) -> Result:
    try:
        return call()
    except ERRORS as error:
        return error


class Own:
    """Each action is a transaction of the store's own."""

    def __init__(self, desk: ComplaintDesk) -> None:
        self.desk = desk
        self.again = 0

    async def get(self, complaint_id: str) -> Complaint:
        return self.desk.get(complaint_id)

    async def sweep(self) -> Sequence[Outcome]:
        return self.desk.sweep(limit=SWEPT)

    async def record(self, report: actions.Record, actor: Actor, key: str) -> Result:
        return attempt(lambda: self.desk.record(report, actor, key=key))

    async def act(self, asked: Sequence[Asked]) -> Sequence[Result]:
        return [attempt(lambda a=a: _act(self.desk, a)) for a in asked]  # type: ignore[misc]  # mypy: no such default


def _act(desk: ComplaintDesk, asked: Asked) -> Outcome:
    complaint_id, action, actor, key = asked.step
    return desk.act(complaint_id, action, actor, expected_version=asked.expected, key=key)


class Batches(Own):
    """All that is asked for is one transaction of the store's own. Batches know no expected version."""

    async def record(self, report: actions.Record, actor: Actor, key: str) -> Result:
        past = Past(key, [(report, actor, self.desk._clock())])
        try:
            return self.desk.import_cases([past])[0]
        except ConcurrencyConflict as conflict:
            return conflict

    async def act(self, asked: Sequence[Asked]) -> Sequence[Result]:
        try:
            return self.desk.act_many(a.step for a in asked)
        except ConcurrencyConflict as conflict:
            return [conflict] * len(asked)


class Awaiting:
    """The awaitable desk."""

    def __init__(self, desk: AsyncComplaintDesk) -> None:
        self.desk = desk
        self.again = 0

    async def get(self, complaint_id: str) -> Complaint:
        return await self.desk.get(complaint_id)

    async def sweep(self) -> Sequence[Outcome]:
        return await self.desk.sweep(limit=SWEPT)

    async def record(self, report: actions.Record, actor: Actor, key: str) -> Result:
        try:
            return await self.desk.record(report, actor, key=key)
        except ERRORS as error:
            return error

    async def act(self, asked: Sequence[Asked]) -> Sequence[Result]:
        results: list[Result] = []
        for (complaint_id, action, actor, key), expected in asked:
            try:
                results.append(await self.desk.act(complaint_id, action, actor, expected_version=expected, key=key))
            except ERRORS as error:
                results.append(error)
        return results


CALLS = Table("host_calls", MetaData(), Column("key", String(80), primary_key=True))
"""The host's own table: a row for each action, in the transaction of its entry."""


class InTheHostsSession:
    """A ``Session`` for each action. The host writes a row, acts, commits, and begins anew if it must.

    Where the database knows several, each transaction has another isolation level.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime], rng: Random) -> None:
        self.again = 0
        self._clock = clock
        self._rng = rng
        names = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
        sqlite = engine.dialect.name == "sqlite"
        self._engines = [engine] if sqlite else [engine.execution_options(isolation_level=name) for name in names]

    async def get(self, complaint_id: str) -> Complaint:
        return self._begun_until_it_ends(lambda _, desk: desk.get(complaint_id))

    async def sweep(self) -> Sequence[Outcome]:
        return self._begun_until_it_ends(lambda _, desk: desk.sweep(limit=SWEPT))

    async def record(self, report: actions.Record, actor: Actor, key: str) -> Result:
        return self._told(key, lambda desk: desk.record(report, actor, key=key))

    async def act(self, asked: Sequence[Asked]) -> Sequence[Result]:
        return [self._told(a.step.key or "", lambda desk, a=a: _act(desk, a)) for a in asked]  # type: ignore[misc]

    def _told(self, key: str, act: Callable[[ComplaintDesk], Outcome]) -> Result:
        def work(session: Session, desk: ComplaintDesk) -> Outcome:
            session.execute(insert(CALLS).values(key=f"{key}/{uuid4().hex}"))
            done = act(desk)
            if done.repeated:
                session.rollback()
            return done

        return attempt(lambda: self._begun_until_it_ends(work))

    def _begun_until_it_ends(self, work: Callable[[Session, ComplaintDesk], T]) -> T:
        while True:
            with Session(self._rng.choice(self._engines)) as session:
                try:
                    desk = ComplaintDesk(SQLAlchemyStore.within(session), clock=self._clock)
                    done = work(session, desk)
                    session.commit()
                except ConcurrencyConflict as conflict:
                    if not conflict.final:
                        raise
                except OperationalError as error:
                    if not is_serialization_failure(error):
                        raise
                else:
                    return done
            self.again += 1


def is_serialization_failure(error: OperationalError) -> bool:
    """PostgreSQL may find out when a serializable host commits: then it is no ``ConcurrencyConflict``."""
    return getattr(error.orig, "sqlstate", None) == "40001"


def committed_calls(engine: Engine) -> list[str]:
    """The keys that stand in the host's own table, in order."""
    with engine.connect() as connection:
        return sorted(key.split("/")[0] for key in connection.scalars(select(CALLS.c.key)))


class Manner(NamedTuple):
    """``clerks`` of them share what ``opened`` opens in a process, and ask for so many steps at once."""

    opened: Callable[[str, Callable[[], datetime], Random], AbstractAsyncContextManager[Clerk]]
    clerks: int = 1
    steps: int = 1


@asynccontextmanager
async def own(url: str, clock: Callable[[], datetime], _: Random) -> AsyncIterator[Clerk]:
    with SQLAlchemyStore.from_url(url) as store:
        yield Own(ComplaintDesk(store, clock=clock))


@asynccontextmanager
async def batches(url: str, clock: Callable[[], datetime], _: Random) -> AsyncIterator[Clerk]:
    with SQLAlchemyStore.from_url(url) as store:
        yield Batches(ComplaintDesk(store, clock=clock))


@asynccontextmanager
async def awaiting(url: str, clock: Callable[[], datetime], _: Random) -> AsyncIterator[Clerk]:
    async with await AsyncSQLAlchemyStore.from_url(awaitable(url)) as store:
        yield Awaiting(AsyncComplaintDesk(store, clock=clock))


@asynccontextmanager
async def in_the_hosts_session(url: str, clock: Callable[[], datetime], rng: Random) -> AsyncIterator[Clerk]:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    yield InTheHostsSession(engine, clock, rng)
    engine.dispose()


MANNERS = {
    "own": Manner(own),
    "async": Manner(awaiting, clerks=4),
    "host": Manner(in_the_hosts_session),
    "batch": Manner(batches, steps=5),
}
"""Clerks of one process that await have a connection each while they work."""
