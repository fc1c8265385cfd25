"""Times, statuses and names as the terminal shows them: one meaning, one colour."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from rich.console import Console
from rich.text import Text

from complaintflow.model.obligation import Status
from complaintflow.workflow.definition import Workflow

SIGNS = {
    Status.OPEN: ("+", "yellow"),
    Status.KEPT: ("✓", "green"),
    Status.MISSED: ("✗", "bold red"),
    Status.WAIVED: ("–", "dim"),
}
"""A promise that is owed, kept, missed, or let go."""


@cache
def console() -> Console:
    """Where results go; colour only if somebody is looking."""
    return Console(highlight=False, emoji=False)


def when(at: datetime) -> str:
    """Day and minute, UTC."""
    return f"{at:%Y-%m-%d %H:%M}"


def day(at: datetime | None) -> str:
    """The day alone, UTC."""
    return f"{at:%Y-%m-%d}" if at is not None else ""


def duty_name(workflow: Workflow, kind: str) -> str:
    """What an obligation of this kind is called."""
    duty = workflow.policy.duties.get(kind)
    return duty.label.en if duty else kind.replace("_", " ")


def heading(title: str, hint: str = "") -> Text:
    """A section's title, and beside it what one sees there."""
    return Text.assemble("\n", (title, "bold bright_blue"), (f"  {hint}" if hint else "", "dim"), "\n")


def legend() -> Text:
    """What the signs mean."""
    names = {Status.OPEN: "owed", Status.KEPT: "kept", Status.MISSED: "missed", Status.WAIVED: "no longer owed"}
    parts = [(f"{sign} {names[status]}   ", style) for status, (sign, style) in SIGNS.items()]
    return Text.assemble(*parts, "\n")
