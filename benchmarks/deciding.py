"""Microseconds to decide and evolve one action, beside a bare trigger of ``transitions``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from statistics import median

from pydantic import BaseModel, ConfigDict
from transitions import EventData, Machine

from benchmarks.harness import Figure, Scale, in_turns, ratio, seconds
from benchmarks.scenario import START, full_case
from complaintflow import Complaint, Entry, Refused, standard_workflow
from complaintflow.workflow.decide import decide
from complaintflow.workflow.evolve import evolve


class FloorEntry(BaseModel):
    """The least that anything with a record of each step must make."""

    model_config = ConfigDict(frozen=True)

    complaint_id: str
    seq: int
    at: datetime
    actor: str
    action: str
    stage_from: str
    stage_to: str


class FloorCase(BaseModel):
    """A snapshot that is copied with each step."""

    model_config = ConfigDict(frozen=True)

    id: str
    version: int
    stage: str
    updated_at: datetime


class Cursor:
    """What the bare machine moves."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


def _bare_trigger() -> Callable[[Cursor], bool]:
    def always(_: EventData) -> bool:
        return True

    machine = Machine(model=None, states=["here", "there"], initial="here", auto_transitions=False, send_event=True)
    machine.add_transition("go", "here", "there", conditions=always)
    trigger: Callable[[Cursor], bool] = machine.events["go"].trigger
    return trigger


_TRIGGER = _bare_trigger()


def bare(steps: int) -> None:
    """As many triggers as the case has actions."""
    for _ in range(steps):
        _TRIGGER(Cursor("here"))


def recorded(steps: int) -> Iterator[tuple[FloorEntry, FloorCase]]:
    """The same triggers, each with an entry and a new snapshot."""
    case = FloorCase(id="case-1", version=0, stage="here", updated_at=START)
    for seq in range(1, steps + 1):
        cursor = Cursor("here")
        _TRIGGER(cursor)
        entry = FloorEntry(
            complaint_id=case.id,
            seq=seq,
            at=START,
            actor="li",
            action="go",
            stage_from=case.stage,
            stage_to=cursor.state,
        )
        case = case.model_copy(update={"version": seq, "stage": entry.stage_to, "updated_at": entry.at})
        yield entry, case


def handle() -> tuple[Complaint, tuple[Entry, ...]]:
    """The full case through the pure core, and its file."""
    complaint: Complaint | None = None
    file = []
    for action, actor, at in _STEPS:
        entry = decide(_WORKFLOW, complaint, action, actor, at, complaint_id="case-1")
        if not isinstance(entry, Entry):
            raise Refused(action.type, entry)
        complaint = evolve(complaint, entry)
        file.append(entry)
    if complaint is None:
        raise RuntimeError("the scenario is empty")
    return complaint, tuple(file)


_STEPS = full_case()
_WORKFLOW = standard_workflow()


def figures(scale: Scale) -> Iterator[Figure]:
    """The core beside the bare trigger, and what lies between the two."""
    steps = len(_STEPS)

    def with_json() -> None:
        for entry, case in recorded(steps):
            entry.model_dump_json()
            case.model_dump_json()

    works: dict[str, Callable[[], object]] = {
        "trigger": partial(bare, steps),
        "trigger, entry, copy": lambda: list(recorded(steps)),
        "trigger, entry, copy, JSON": with_json,
        "decide and evolve": handle,
    }
    sides = {name: partial(seconds, work, scale.cases) for name, work in works.items()}
    found = in_turns(sides, scale.rounds)
    for name, aim in zip(works, ("the floor", "", "", "4 or less"), strict=True):
        microseconds = median(found[name]) / steps * 1e6
        yield Figure(f"{name}, an action", f"{microseconds:.1f} us", ratio(found[name], found["trigger"]), aim)
