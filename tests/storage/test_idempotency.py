"""The same key from several processes at once: one entry, and one outcome for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

import pytest

from complaintflow import (
    Complainant,
    Complaint,
    ComplaintDesk,
    ConcurrencyConflict,
    KeyReused,
    MemoryStore,
    Outcome,
    actions,
)
from complaintflow.desk.batch import Result, Step
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from contention import DATABASES, database, meet, processes, record
from manners import CALLS, MANNERS, Asked, Clerk
from story import LI, MO

T = TypeVar("T")
WORKERS, KEYS = 3, 4
REPORT = actions.Record(
    complainant=Complainant(id="chen"), category="shipping", sub_type="loss", narrative="Gone", demand="Find it"
)
UPHOLD = actions.Uphold(reason="No scan since Monday")


class Told(NamedTuple):
    """What a worker was told under a key: the entry's place and hash, the complaint's version, was it there before?"""

    place: tuple[str, int, str]
    version: int
    repeated: bool


def told(result: Result) -> Told:
    assert isinstance(result, Outcome), repr(result)
    entry = result.entry
    return Told((entry.complaint_id, entry.seq, entry.hash), result.complaint.version, result.repeated)


def over(url: str, manner: str, worker: int, story: Callable[[Clerk], Awaitable[T]]) -> T:
    """Run the story with a clerk of this manner."""

    async def run() -> T:
        async with MANNERS[manner].opened(url, lambda: datetime.now(UTC), Random(worker)) as clerk:
            return await story(clerk)

    return asyncio.run(run())


def record_under_keys(url: str, manner: str, worker: int) -> list[Told]:
    async def story(clerk: Clerk) -> list[Told]:
        return [told(await together(clerk.record(REPORT, LI, f"r-{n}"))) for n in range(KEYS)]

    return over(url, manner, worker, story)


def act_under_keys(url: str, manner: str, ids: list[str], worker: int) -> list[Told]:
    """An action that the stage does not allow twice: who comes second must hear the first outcome, no refusal."""

    async def story(clerk: Clerk) -> list[Told]:
        asked = [Asked(Step(case, UPHOLD, LI, f"a-{n}"), 1) for n, case in enumerate(ids)]
        return [told((await together(clerk.act([a])))[0]) for a in asked]

    return over(url, manner, worker, story)


async def together(call: Awaitable[T]) -> T:
    meet()
    return await call


@contextmanager
def shared(name: str, folder: Path) -> Iterator[tuple[str, SQLAlchemyStore]]:
    """A database for all manners."""
    with database(name, folder) as url, SQLAlchemyStore.from_url(url) as store:
        CALLS.create(store.engine)
        yield url, store


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("manner", MANNERS)
def test_the_same_key_from_processes_at_once_gives_one_entry_and_one_outcome(
    name: str, manner: str, tmp_path: Path
) -> None:
    with shared(name, tmp_path) as (url, store):
        desk = ComplaintDesk(store)
        with processes(WORKERS) as pool:
            told = list(pool.map(partial(record_under_keys, url, manner), range(WORKERS)))
            one_outcome(told)
            ids = [c.id for c in desk.find().complaints]
            assert sorted(ids) == sorted(t.place[0] for t in told[0])
            told = list(pool.map(partial(act_under_keys, url, manner, ids), range(WORKERS)))
        one_outcome(told)
        for complaint_id in ids:
            assert [e.action.type for e in desk.history(complaint_id)] == ["record", "uphold"]
            assert desk.verify(complaint_id) == ()
        elsewhere = ComplaintDesk(store, tenant="other")
        assert not elsewhere.record(REPORT, LI, key="r-0").repeated, "keys of other tenants are theirs"


def one_outcome(told: list[list[Told]]) -> None:
    for answers in zip(*told, strict=True):
        assert len({(t.place, t.version) for t in answers}) == 1
        assert [t.repeated for t in answers].count(False) == 1


def note_under_keys(url: str, manner: str, ids: list[str], worker: int) -> list[str | None]:
    """Notes and cases of one's own under keys that all use; the text of those that were taken."""

    async def story(clerk: Clerk) -> list[str | None]:
        done: list[str | None] = []
        text = f"By worker {worker}"
        for n in range(KEYS):
            if n % 2:
                step = Step(ids[worker], actions.AddNote(text=text), LI, f"n-{n}")
                (result,) = await together(clerk.act([Asked(step)]))
            else:
                result = await together(clerk.record(REPORT.model_copy(update={"narrative": text}), LI, f"n-{n}"))
            done.append(taken(result, text, f"n-{n}"))
        return done

    return over(url, manner, worker, story)


def taken(result: Result, text: str, key: str) -> str | None:
    """The text, or ``None`` if the key stands for another action."""
    if isinstance(result, KeyReused):
        assert result.key == key
        return None
    assert not told(result).repeated
    return text


def one_was_taken(done: list[list[str | None]]) -> bool:
    return all(len([text for text in texts if text]) == 1 for texts in zip(*done, strict=True))


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("manner", MANNERS)
def test_the_same_key_with_different_actions_at_once_is_taken_by_one_and_an_error_for_the_others(
    name: str, manner: str, tmp_path: Path
) -> None:
    with shared(name, tmp_path) as (url, store):
        ids = record(store, WORKERS)
        with processes(WORKERS) as pool:
            assert one_was_taken(list(pool.map(partial(note_under_keys, url, manner, ids), range(WORKERS))))
        desk = ComplaintDesk(store)
        files = [desk.history(c.id) for c in desk.find().complaints]
        assert sum(len(file) for file in files) == WORKERS + KEYS, "who was too late wrote nothing"


def batch_under_keys(url: str, ids: list[str], rounds: int, worker: int) -> list[str | None]:
    """All keys of a round in one transaction, forwards or backwards: the workers take them from both ends."""

    async def story(clerk: Clerk) -> list[str | None]:
        done: list[str | None] = []
        note = actions.AddNote(text=f"By worker {worker}")
        for n in range(rounds):
            keys = [f"{n}-{key}" for key in range(KEYS)][:: -1 if worker % 2 else 1]
            results = await together(clerk.act([Asked(Step(ids[worker], note, LI, key)) for key in keys]))
            found = {key: taken(r, note.text, key) for key, r in zip(keys, results, strict=True)}
            done += [found[key] for key in sorted(keys)]
        return done

    return over(url, "batch", worker, story)


@pytest.mark.parametrize("name", DATABASES)
def test_batches_that_share_their_keys_do_not_lock_each_other_up(name: str, tmp_path: Path) -> None:
    rounds = 6
    with shared(name, tmp_path) as (url, store):
        ids = record(store, WORKERS)
        with processes(WORKERS) as pool:
            assert one_was_taken(list(pool.map(partial(batch_under_keys, url, ids, rounds), range(WORKERS))))
        desk = ComplaintDesk(store)
        assert sum(len(desk.history(i)) for i in ids) == WORKERS + rounds * KEYS
        assert [desk.verify(i) for i in ids] == [()] * WORKERS


class Late(MemoryStore):
    """A store in which a twin does the same just after one has looked, before the key or the case: 0 or 1."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after
        self.twin: Callable[[], object] | None = None

    def recall(self, tenant: str, key: str) -> Sealed | None:
        found = super().recall(tenant, key)
        self._now(0)
        return found

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        found = super().load(tenant, complaint_id)
        self._now(1)
        return found

    def _now(self, place: int) -> None:
        if place == self.after and self.twin is not None:
            twin, self.twin = self.twin, None
            twin()


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("expected_version", [None, 1])
def test_a_twin_between_any_two_reads_is_no_refusal_and_no_conflict(after: int, expected_version: int | None) -> None:
    store = Late(after)
    desk = ComplaintDesk(store)
    case = desk.record(REPORT, LI).complaint

    def uphold() -> Outcome:
        return desk.act(case.id, UPHOLD, LI, key="u", expected_version=expected_version)

    firsts: list[Outcome] = []
    store.twin = lambda: firsts.append(uphold())
    again = uphold()
    assert (again.entry, again.complaint, again.repeated) == (firsts[0].entry, firsts[0].complaint, True)
    assert len(desk.history(case.id)) == 2


def test_a_conflict_with_an_expected_version_writes_nothing_and_leaves_the_key_free() -> None:
    desk = ComplaintDesk(MemoryStore())
    case = desk.record(REPORT, LI).complaint
    desk.act(case.id, UPHOLD, LI)
    with pytest.raises(ConcurrencyConflict):
        desk.act(case.id, actions.AddNote(text="-"), LI, expected_version=1, key="n")
    assert not desk.act(case.id, actions.AddNote(text="Another"), MO, key="n").repeated
