"""The Pareto of anything that complaints are counted by: the few causes that make most of the harm (Q21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from complaintflow.model.complaint import Complaint


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how often ``code`` was met, among ``total``; ``running`` counts it and all bars before it."""

    code: str
    count: int
    running: int
    total: int

    @property
    def share(self) -> float:
        return self.count / self.total

    @property
    def cumulative(self) -> float:
        return self.running / self.total


def cause(complaint: Complaint) -> str | None:
    """The cause that was found, if one was."""
    return complaint.finding.cause if complaint.finding else None


def pareto(complaints: Iterable[Complaint], by: Callable[[Complaint], str | None] = cause) -> tuple[Bar, ...]:
    """The bars, tallest first, equal ones by name. Complaints without an answer to ``by`` are not counted."""
    counts = Counter(code for c in complaints if (code := by(c)) is not None)
    bars, running = [], 0
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        running += count
        bars.append(Bar(code, count, running, counts.total()))
    return tuple(bars)
