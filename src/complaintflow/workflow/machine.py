"""The rulebook on ``transitions``: the only module that imports it.

One flat machine for each compiled workflow, shared and never holding a complaint. It is driven with a throw-away
cursor; no callbacks are used, because a callback that fails leaves the state moved. Each row has one condition,
which collects every refusal instead of stopping at the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

from transitions import EventData, Machine

from complaintflow.model.refusal import Refusal
from complaintflow.rules.situation import Situation
from complaintflow.workflow.rows import UNRECORDED, Row


class Cursor:
    """One step through the machine: where it stands, the question, and what came out."""

    __slots__ = ("refusals", "row", "situation", "state")

    def __init__(self, state: str, situation: Situation) -> None:
        self.state = state
        self.situation = situation
        self.row: Row | None = None
        self.refusals: tuple[Refusal, ...] = ()


def judge(row: Row, s: Situation) -> tuple[Refusal, ...]:
    """Every unmet condition of a row, the actor's role first."""
    refused = [refusal for guard in row.guards if (refusal := guard(s)) is not None]
    if row.by.isdisjoint(s.actor.roles):
        roles = " or ".join(sorted(row.by))
        refused.insert(
            0,
            Refusal(
                code="wrong_role",
                message=f"{s.actor.id} has no role for this, only: {', '.join(sorted(s.actor.roles)) or 'none'}.",
                remedy=f"It is done by: {roles}.",
            ),
        )
    return tuple(refused)


def _admits(row: Row, event: EventData) -> bool:
    """The single condition of a row. Once a row is the right one, no later row is asked."""
    cursor = cast("Cursor", event.model)
    s = cursor.situation
    if cursor.row is not None or (row.when is not None and not row.when(s.policy, s.complaint)):
        return False
    cursor.row = row
    cursor.refusals = judge(row, s)
    return not cursor.refusals


class Rulebook:
    """A compiled table of rows. Immutable in use and safe to share between threads and tasks."""

    def __init__(self, stages: Iterable[str], table: Iterable[Row]) -> None:
        self._machine = Machine(
            model=None,
            states=[UNRECORDED, *stages],
            initial=UNRECORDED,
            auto_transitions=False,
            send_event=True,
        )
        for row in table:
            self._machine.add_transition(row.action, row.source, row.target, conditions=partial(_admits, row))
        self._trigger: dict[str, Callable[[Cursor], bool]] = {
            name: event.trigger for name, event in self._machine.events.items()
        }

    def step(self, action: str, stage: str, situation: Situation) -> Cursor:
        """Try the action in the stage. The cursor has moved if it was admitted, else it holds the refusals."""
        cursor = Cursor(stage, situation)
        self._trigger[action](cursor)
        return cursor
