"""Measuring a thing beside its floor: in turns, so that a machine that slows down slows both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

Side = Callable[[], float]
"""Does the work once and returns what it measured."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to do: ``rounds`` of every comparison, ``cases`` in each round, ``loaded`` complaints in memory.

    On the server there are fewer ``turns``; each of the ``clients`` works for ``duration`` seconds, and a large desk
    has ``stored`` complaints.
    """

    rounds: int
    cases: int
    loaded: int
    turns: int
    clients: tuple[int, ...]
    duration: float
    stored: int


FULL = Scale(rounds=15, cases=40, loaded=2000, turns=3, clients=(1, 4, 16), duration=2, stored=20_000)
SMOKE = Scale(rounds=3, cases=2, loaded=50, turns=2, clients=(1,), duration=1, stored=400)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    measured: str
    ratio: str = ""
    aim: str = ""


def seconds(work: Callable[[], object], times: int) -> float:
    """Wall time of one run of ``work``, on the average of ``times``."""
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def in_turns(sides: Mapping[str, Side], rounds: int) -> dict[str, list[float]]:
    """What each side measured in each round. Everybody runs once before, unmeasured; the order turns about."""
    names = list(sides)
    for side in sides.values():
        side()
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 else reversed(names):
            found[name].append(sides[name]())
    return found


def ratio(measured: list[float], floor: list[float]) -> str:
    """The median of the rounds' ratios, and between which bounds their middle half lies."""
    each = [m / f for m, f in zip(measured, floor, strict=True)]
    low, _, high = quantiles(each, n=4)
    return f"{median(each):.2f} ({low:.2f} to {high:.2f})"


def table(figures: Iterable[Figure]) -> str:
    """The figures in columns."""
    head = Figure("figure", "measured", "ratio to the floor (middle half)", "aim")
    rows = [(f.name, f.measured, f.ratio, f.aim) for f in (head, *figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
