"""Many workers on few cases: what each one does, what it notes, and whether the notes make one history."""

from __future__ import annotations

import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from typing import NamedTuple

from complaintflow import (
    Actor,
    Complainant,
    Complaint,
    ComplaintDesk,
    ConcurrencyConflict,
    Outcome,
    Refused,
    Remedy,
    Role,
    actions,
)
from complaintflow.model.judgement import Review
from complaintflow.storage.port import Store
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from servers import fresh_database
from story import CHEN, HAN, LI, MO, QIN

CLOCKWORK = Actor(id="clockwork", roles={Role.SYSTEM})
DATABASES = ("sqlite", "postgresql", "mariadb")
START = datetime(2026, 3, 2, tzinfo=UTC)


class Note(NamedTuple):
    """One observation of a case: between two moments (nanoseconds, one clock for all workers) it got to a version.

    ``hash`` is that of the entry which the worker wrote; ``None`` if it only saw the version.
    """

    complaint_id: str
    called: int
    returned: int
    version: int
    hash: str | None = None


class Diary(NamedTuple):
    """What a worker did: its notes, and how often it was refused or too slow."""

    notes: list[Note]
    refused: int
    conflicts: int

    @property
    def written(self) -> list[Note]:
        return [n for n in self.notes if n.hash is not None]


def fast_clock(begun: int) -> Callable[[], datetime]:
    """A clock on which a second is an hour: due times pass while the workers work."""
    return lambda: START + timedelta(hours=1) * ((time.monotonic_ns() - begun) / 1e9)


def work(store: Store, ids: Sequence[str], *, seed: int, times: int, begun: int) -> Diary:
    """``times`` random calls on random cases."""
    desk = ComplaintDesk(store, clock=fast_clock(begun))
    rng, diary, conflicts, refused = Random(seed), Diary([], 0, 0), 0, 0
    for n in range(times):
        try:
            _call(desk, rng, diary.notes, rng.choice(ids), key=f"{seed}-{n}")
        except Refused:
            refused += 1
        except ConcurrencyConflict:
            conflicts += 1
    return Diary(diary.notes, refused, conflicts)


def _call(desk: ComplaintDesk, rng: Random, notes: list[Note], complaint_id: str, *, key: str) -> None:
    called = time.monotonic_ns()
    if rng.random() < 0.05:
        _note(notes, called, desk.sweep(limit=3))
        return
    seen = desk.get(complaint_id)
    notes.append(Note(complaint_id, called, time.monotonic_ns(), seen.version))
    actor, action = _chosen(desk, seen, rng)
    expected = seen.version if rng.random() < 0.3 else None
    called = time.monotonic_ns()
    done = desk.act(complaint_id, action, actor, expected_version=expected, key=key)
    _note(notes, called, [done])
    if rng.random() < 0.05:
        again = desk.act(complaint_id, action, actor, expected_version=expected, key=key)
        assert (again.entry, again.complaint, again.repeated) == (done.entry, done.complaint, True)


def _note(notes: list[Note], called: int, done: Iterable[Outcome]) -> None:
    returned = time.monotonic_ns()
    notes.extend(Note(o.complaint.id, called, returned, o.entry.seq, o.entry.hash) for o in done)


def _chosen(desk: ComplaintDesk, c: Complaint, rng: Random) -> tuple[Actor, actions.Action]:
    """Something that the stage knows, now and then something else."""
    here = sorted(_MOVES.keys() & desk.workflow.by_stage[c.stage].keys())
    name = rng.choice(sorted(_MOVES) if rng.random() < 0.05 else here)
    actor, make = _MOVES[name]
    return actor, make(c, rng)


def _due(c: Complaint, rng: Random) -> datetime:
    return c.updated_at + timedelta(hours=rng.uniform(0.2, 100))


def _some_line(c: Complaint, rng: Random) -> str:
    return rng.choice([line.id for line in c.lines] or ["1.1"])


_PLAN = actions.ProposePlan(lines=(Remedy(kind="resend", description="A new one"),), against_demand="As asked")
_MOVES: dict[str, tuple[Actor, Callable[[Complaint, Random], actions.Action]]] = {
    "acknowledge": (LI, lambda c, rng: actions.Acknowledge(text="We have it", reply_by=_due(c, rng))),
    "uphold": (LI, lambda _, __: actions.Uphold(reason="The photos show it")),
    "assign": (LI, lambda _, __: actions.Assign(person="han")),
    "accept": (HAN, lambda _, __: actions.Accept()),
    "establish_cause": (
        HAN,
        lambda _, __: actions.EstablishCause(cause="poor_packing", description="-", department="sales"),
    ),
    "propose_plan": (HAN, lambda _, __: _PLAN),
    "approve": (MO, lambda _, __: actions.Approve()),
    "return_for_revision": (MO, lambda _, __: actions.ReturnForRevision(reason="Too dear")),
    "complete_remedy": (HAN, lambda c, rng: actions.CompleteRemedy(line=_some_line(c, rng), confirmed=True)),
    "fail_remedy": (HAN, lambda c, rng: actions.FailRemedy(line=_some_line(c, rng), reason="Out of stock")),
    "replan": (HAN, lambda _, __: actions.Replan(reason="Another way")),
    "answer": (HAN, lambda _, __: actions.Answer(text="Done", proof="mail-1")),
    "confirm_satisfaction": (CHEN, lambda _, __: actions.ConfirmSatisfaction(stars=4)),
    "dispute": (CHEN, lambda _, __: actions.Dispute(reason="No")),
    "close": (QIN, lambda _, __: actions.Close(review=Review(summary="Learned"))),
    "reopen": (CHEN, lambda _, __: actions.Reopen(reason="Broken again")),
    "add_note": (LI, lambda _, rng: actions.AddNote(text=f"Note {rng.random()}")),
    "promise": (LI, lambda c, rng: actions.Promise(text="Soon", due_at=_due(c, rng))),
    "update_customer": (LI, lambda _, __: actions.UpdateCustomer(text="Still at it")),
    "wait_for_customer": (LI, lambda _, __: actions.WaitForCustomer(text="A photo, please")),
    "resume": (LI, lambda _, __: actions.Resume(note="It came")),
    "escalate": (LI, lambda _, __: actions.Escalate(reason="Slow")),
    "place_hold": (MO, lambda _, __: actions.PlaceHold(matter="Court 7")),
    "lift_hold": (MO, lambda _, __: actions.LiftHold(reason="Settled")),
}


def one_order(notes: Sequence[Note]) -> str | None:
    """Why there is no order of these calls on one case that both versions and clocks agree with; ``None`` if there is.

    Linearizability (Herlihy and Wing, 1990) of a counter: entry v comes after entry v - 1, and what saw v comes
    between entry v and the next. That order leaves only the moments open; each takes the earliest that it can.
    """
    at: dict[int, list[Note]] = defaultdict(list)
    for note in notes:
        at[note.version].append(note)
    earliest = 0
    for version in sorted(at):
        writers = [n for n in at[version] if n.hash is not None]
        if len(writers) > 1:
            return f"entry {version} was written {len(writers)} times"
        written = max([earliest, *(n.called for n in writers)])
        points = [max(written, n.called) for n in at[version]]
        for note, point in zip(at[version], points, strict=True):
            if point > note.returned:
                return f"version {version} came {point - note.returned} ns too late for {note}"
        earliest = max(points)
    return None


def record(store: Store, cases: int) -> list[str]:
    """New cases to work on; their ids."""
    desk = ComplaintDesk(store, clock=lambda: START)
    report = actions.Record(
        complainant=Complainant(id="chen"), category="shipping", sub_type="damage", narrative="In pieces", demand="New"
    )
    return [desk.record(report, LI).complaint.id for _ in range(cases)]


@contextmanager
def database(name: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database with tables."""
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/c.db" if name == "sqlite" else stack.enter_context(fresh_database(name))
        SQLAlchemyStore.from_url(url, create_tables=True).close()
        yield url


_together: Barrier | None = None


def _arrive(barrier: Barrier) -> None:
    global _together  # noqa: PLW0603 - how a pool hands something to its processes
    _together = barrier


def meet() -> None:
    """Wait until every process of the pool is here."""
    assert _together is not None
    _together.wait(timeout=60)


def processes(workers: int) -> Executor:
    """A pool of as many processes as will work in it, so that they can ``meet``."""
    fresh = multiprocessing.get_context("forkserver")  # a plain fork would share the parent's connections
    fresh.set_forkserver_preload(["contention"])
    return ProcessPoolExecutor(workers, mp_context=fresh, initializer=_arrive, initargs=(fresh.Barrier(workers),))
