"""Many workers on few cases: what each one does, what it notes, and whether the notes make one history."""

from __future__ import annotations

import multiprocessing
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from multiprocessing.context import ForkServerContext
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
    Entry,
    Outcome,
    Refused,
    Remedy,
    actions,
    standard_workflow,
)
from complaintflow.desk.batch import Step
from complaintflow.model.judgement import Review
from complaintflow.storage.port import Store
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.workflow.decide import decide
from complaintflow.workflow.evolve import evolve
from manners import Asked, Clerk
from servers import fresh_database
from story import CHEN, HAN, LI, MO, QIN

DATABASES = ("sqlite", "postgresql", "mariadb")
WORKFLOW = standard_workflow()
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


class Refusal(NamedTuple):
    """A step that was not taken between two moments, with the codes that it was told; none if somebody was faster.

    ``cases`` are those of all steps that were asked for at once: one lost race is a conflict for all of them.
    """

    called: int
    returned: int
    asked: Asked
    codes: frozenset[str]
    cases: frozenset[str]


class Diary(NamedTuple):
    """What a worker did: its notes, what it was refused, and how often the host had to begin anew."""

    notes: list[Note]
    refused: list[Refusal]
    again: int = 0

    @property
    def written(self) -> list[Note]:
        return [n for n in self.notes if n.hash is not None]


def story_time(begun: int, now: int) -> datetime:
    """A second (both in nanoseconds) is an hour: due times pass while the workers work."""
    return START + timedelta(hours=1) * ((now - begun) / 1e9)


def fast_clock(begun: int) -> Callable[[], datetime]:
    return lambda: story_time(begun, time.monotonic_ns())


async def work(clerk: Clerk, ids: Sequence[str], *, seed: str, times: int, steps: int = 1) -> Diary:
    """``times`` random steps on random cases, so many of them at once."""
    rng, diary, before = Random(seed), Diary([], []), clerk.again
    for n in range(0, times, steps):
        await _call(clerk, rng, diary, [rng.choice(ids) for _ in range(min(steps, times - n))], key=f"{seed}-{n}")
    return diary._replace(again=clerk.again - before)


async def _call(clerk: Clerk, rng: Random, diary: Diary, ids: Sequence[str], *, key: str) -> None:
    called = time.monotonic_ns()
    if rng.random() < 0.05:
        _note(diary, called, await clerk.sweep())
        return
    asked = []
    for n, complaint_id in enumerate(ids):
        called = time.monotonic_ns()
        seen = await clerk.get(complaint_id)
        diary.notes.append(Note(complaint_id, called, time.monotonic_ns(), seen.version))
        actor, action = _chosen(seen, rng)
        expected = seen.version if len(ids) == 1 and rng.random() < 0.3 else None
        asked.append(Asked(Step(complaint_id, action, actor, f"{key}-{n}"), expected))
    called = time.monotonic_ns()
    results = await clerk.act(asked)
    returned = time.monotonic_ns()
    taken = [(a, r) for a, r in zip(asked, results, strict=True) if isinstance(r, Outcome)]
    _note(diary, called, [done for _, done in taken])
    for a, result in zip(asked, results, strict=True):
        if not isinstance(result, Outcome):
            diary.refused.append(Refusal(called, returned, a, _codes(result), frozenset(ids)))
    if rng.random() < 0.05:
        again = await clerk.act([a for a, _ in taken])
        assert list(again) == [done._replace(repeated=True) for _, done in taken]


def _codes(why: Exception) -> frozenset[str]:
    if isinstance(why, Refused):
        return frozenset(r.code for r in why.refusals)
    assert isinstance(why, ConcurrencyConflict), why
    return frozenset()


def _note(diary: Diary, called: int, done: Iterable[Outcome]) -> None:
    returned = time.monotonic_ns()
    diary.notes.extend(Note(o.complaint.id, called, returned, o.entry.seq, o.entry.hash) for o in done)


def _chosen(c: Complaint, rng: Random) -> tuple[Actor, actions.Action]:
    """Something that the stage knows, now and then something else."""
    here = sorted(_MOVES.keys() & WORKFLOW.by_stage[c.stage].keys())
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


class Reached:
    """Which versions a case may have had when, as its notes tell."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._ends, self._reached = _ladder((n.returned, n.version) for n in notes)
        self._starts, self._begun = _ladder((n.called, n.version) for n in notes)

    def between(self, called: int, returned: int) -> tuple[int, int]:
        """What was certainly reached before the call, and what may have been before it returned."""
        return self._reached[bisect_left(self._ends, called)], self._begun[bisect_right(self._starts, returned)]


def _ladder(steps: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Moments in order, and the highest version before the first of them and after each."""
    ordered = sorted(steps)
    return [moment for moment, _ in ordered], [1, *accumulate((version for _, version in ordered), max)]


def needless(conflict: Refusal, reached: Mapping[str, Reached]) -> bool:
    """Was somebody told of a faster colleague though there was none at any of the cases?"""
    spans = [reached[case].between(conflict.called, conflict.returned) for case in conflict.cases]
    return all(last <= (conflict.asked.expected or first) for first, last in spans)


def wrongly_refused(file: Sequence[Entry], refused: Iterable[Refusal], reached: Reached, begun: int) -> str | None:
    """Which refusal none of the states explains that the case was in during the call; ``None`` if all are right.

    A reason that comes or goes with time alone is there at one end of the call or at the other.
    """
    states: list[Complaint | None] = [None]
    for entry in file:
        states.append(evolve(states[-1], entry))
    for r in refused:
        first, last = reached.between(r.called, r.returned)
        times = [story_time(begun, moment) for moment in (r.called, r.returned)]
        if not any(r.codes <= _reasons(c, r.asked.step, times) for c in states[first : last + 1] if c):
            return f"no state between {first} and {last} refuses: {r}"
    return None


def _reasons(c: Complaint, step: Step, times: Iterable[datetime]) -> set[str]:
    """The codes with which this state refuses the step, at one of these times."""
    found: set[str] = set()
    for at in times:
        decided = decide(WORKFLOW, c, step.action, step.actor, max(at, c.updated_at))
        found |= set() if isinstance(decided, Entry) else {r.code for r in decided}
    return found


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


def fresh_processes() -> ForkServerContext:
    """How to start processes that share nothing with this one; a plain fork would share its connections."""
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload(
        [
            *("aiomysql", "aiosqlite", "asyncpg", "psycopg", "pymysql", "pytest"),
            *("complaintflow.testing.laws", "complaintflow.storage.sqlalchemy.aio_relay"),
        ]
    )
    return fresh


def processes(workers: int) -> Executor:
    """A pool of as many processes as will work in it, so that they can ``meet``."""
    fresh = fresh_processes()
    return ProcessPoolExecutor(workers, mp_context=fresh, initializer=_arrive, initargs=(fresh.Barrier(workers),))
