"""What a workflow is made of: stages, and rows that say what may happen in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from complaintflow.model.base import Label
from complaintflow.model.complaint import Complaint
from complaintflow.rules.policy import Policy
from complaintflow.rules.situation import Guard

When = Callable[[Policy, Complaint], bool]
"""Chooses between rows for the same action and stage; what it means is for the reader of the table to see."""

UNRECORDED = "unrecorded"
"""Where a complaint is before its first entry: the source of the ``record`` row."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, named by what is owed next.

    ``duty`` is the obligation that opens on entering and is settled on leaving; a stage without one is not open.
    ``says`` and ``next`` are the complainant's words for it (T05, T06); ``ask`` is the role to turn to (S30).
    ``at_front_desk`` gives the case back to the front desk. ``final`` is an end that nothing leaves.
    """

    name: str
    label: Label
    says: Label
    next: Label
    ask: str
    duty: str | None = None
    at_front_desk: bool = False
    waits: bool = False
    final: bool = False

    @property
    def is_open(self) -> bool:
        return self.duty is not None


@dataclass(frozen=True, slots=True)
class Row:
    """``by`` may do ``action`` in ``source``; if every guard holds, the case goes to ``target`` (``None``: it stays).

    Of several rows for one action and stage, the first whose ``when`` holds is the one. ``opens`` and ``settles``
    are kinds of obligations, beside the stage's own duty.
    """

    action: str
    source: str
    target: str | None
    by: frozenset[str]
    guards: tuple[Guard, ...] = ()
    when: When | None = None
    opens: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()


def rows(
    action: str,
    sources: str | tuple[str, ...],
    target: str | None,
    by: tuple[str, ...],
    *guards: Guard,
    when: When | None = None,
    opens: tuple[str, ...] = (),
    settles: tuple[str, ...] = (),
) -> list[Row]:
    """One row for each source; how the table is written."""
    each = (sources,) if isinstance(sources, str) else sources
    to = str(target) if target is not None else None
    return [Row(action, str(source), to, frozenset(by), guards, when, opens, settles) for source in each]
