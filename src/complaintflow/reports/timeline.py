"""The file of a case as people read it: who did what when, where the case went, what was owed and how that ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from complaintflow.model import actions as act
from complaintflow.model.base import Label
from complaintflow.model.entry import Entry
from complaintflow.model.obligation import Obligation, Settlement
from complaintflow.workflow.definition import Workflow

_WORDS = ("text", "reason", "narrative", "description", "how", "note", "words", "request", "comment")
"""Fields in which an action says something to people, the most telling first."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the file in words. ``stage_from`` and ``stage_to`` are set if the case moved."""

    seq: int
    at: datetime
    who: str
    what: Label
    said: str | None
    stage_from: Label | None
    stage_to: Label | None
    opened: tuple[Obligation, ...]
    settled: tuple[tuple[Obligation, Settlement], ...]


def timeline(workflow: Workflow, file: Iterable[Entry]) -> tuple[Moment, ...]:
    """The moments of a whole file, in its order."""
    known: dict[str, Obligation] = {}
    moments = []
    for entry in file:
        known.update((o.id, o) for o in entry.opened)
        before = workflow.stages.get(entry.stage_from)
        moments.append(
            Moment(
                seq=entry.seq,
                at=entry.at,
                who=entry.actor.name or entry.actor.id,
                what=entry.action.label,
                said=gist(entry.action),
                stage_from=before.label if before and entry.moved else None,
                stage_to=workflow.stages[entry.stage_to].label if entry.moved else None,
                opened=entry.opened,
                settled=tuple((known[s.obligation], s) for s in entry.settled),
            )
        )
    return tuple(moments)


def gist(action: act.Action) -> str | None:
    """What an action says, in one sentence if it has one."""
    match action:
        case act.ProposePlan():
            return "; ".join(line.description for line in action.lines)
        case act.Close():
            return action.review.summary
        case act.AttachEvidence():
            return action.evidence.description
        case act.Assign() | act.Reassign():
            return action.person if action.department is None else f"{action.person}, {action.department}"
        case act.CompleteRemedy():
            return f"Line {action.line}"
        case act.FulfilObligation() | act.RecordMissed():
            return getattr(action, "how", None)
    return next((said for name in _WORDS if (said := getattr(action, name, None))), None)
