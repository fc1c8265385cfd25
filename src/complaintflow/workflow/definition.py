"""A workflow: its stages, its table and its policy, checked when it is made and compiled once."""

from __future__ import annotations

from collections.abc import Iterable

from complaintflow.errors import DefinitionError
from complaintflow.model.actions import ACTIONS
from complaintflow.rules.policy import Policy
from complaintflow.workflow.machine import Rulebook
from complaintflow.workflow.rows import UNRECORDED, Row, Stage


class Workflow:
    """A named, versioned workflow, ready to run.

    Raises ``DefinitionError`` with every fault: unknown stages, actions or kinds, rows that can never be reached,
    stages that nothing reaches or that lead to no end, stages without words for the customer.
    """

    def __init__(self, name: str, stages: Iterable[Stage], table: Iterable[Row], policy: Policy) -> None:
        self.name = name
        self.stages = {str(stage.name): stage for stage in stages}  # an enum's member would be looked up by its name
        self.table = tuple(table)
        self.policy = policy
        self.by_stage: dict[str, dict[str, tuple[Row, ...]]] = {UNRECORDED: {}, **{s: {} for s in self.stages}}
        problems = [*policy.problems(), *self._faults()]
        if problems:
            raise DefinitionError(name, problems)
        for row in self.table:
            there = self.by_stage[row.source]
            there[row.action] = (*there.get(row.action, ()), row)
        self.rulebook = Rulebook(self.stages, self.table)

    def is_open(self, stage: str) -> bool:
        """Is a case in this stage still being handled?"""
        return self.stages[stage].is_open

    def __repr__(self) -> str:
        return f"<Workflow {self.name}: {len(self.stages)} stages, {len(self.table)} rows>"

    def _faults(self) -> list[str]:
        faults = self._unknown_names()
        return faults or [*self._hidden_rows(), *self._lost_stages(), *self._silent_stages()]

    def _unknown_names(self) -> list[str]:
        known = {UNRECORDED, *self.stages}
        kinds = self.policy.duties
        found = [f"row {r.action!r}: unknown action" for r in self.table if r.action not in ACTIONS]
        for r in self.table:
            found += [f"row {r.action!r}: unknown stage {s!r}" for s in (r.source, r.target) if s and s not in known]
            found += [f"row {r.action!r}: unknown duty {k!r}" for k in (*r.opens, *r.settles) if k not in kinds]
        duties = ((s.name, s.duty) for s in self.stages.values() if s.duty is not None)
        return found + [f"stage {name!r}: unknown duty {duty!r}" for name, duty in duties if duty not in kinds]

    def _hidden_rows(self) -> list[str]:
        found, closed = [], set()
        for row in self.table:
            here = (row.source, row.action)
            if here in closed:
                found.append(f"row {row.action!r} from {row.source!r} is hidden by an earlier one")
            if row.when is None:
                closed.add(here)
        return found

    def _lost_stages(self) -> list[str]:
        steps = [(r.source, r.target) for r in self.table if r.target is not None]
        reached = _closure({UNRECORDED}, steps)
        ends = {s.name for s in self.stages.values() if s.final}
        can_end = _closure(ends, [(b, a) for a, b in steps])
        found = [f"stage {s!r} is never reached" for s in self.stages if s not in reached]
        found += [f"stage {s!r} leads to no end" for s in self.stages if s not in can_end]
        return found + [f"stage {a!r} is final but {b!r} follows" for a, b in steps if a in ends and b is not None]

    def _silent_stages(self) -> list[str]:
        words = ((s.name, (*s.label, *s.says, *s.next)) for s in self.stages.values())
        return [f"stage {name!r} has no words for the customer" for name, said in words if not all(said)]


def _closure(start: set[str], steps: list[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while more := {b for a, b in steps if a in reached} - reached:
        reached |= more
    return reached
