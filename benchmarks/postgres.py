"""Durable actions per second on PostgreSQL, beside pgbench sending the very same cases; each client is a process.

The floor is pgbench with five prepared statements for an action (begin, read, update, insert, commit); the desk itself
sends two.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks import pgbench
from benchmarks.clients import TOGETHER, Client, Times, awaited, bare_core, in_processes, latency, singly, together
from benchmarks.harness import Figure, Scale
from benchmarks.server import fresh_database

_FLOOR = "pgbench, five statements"
_AIMS = {
    ("desk", 1): "0.65 or more",
    ("desk", 4): "0.33 or more",
    ("async desk", 1): "0.5 or more",
    ("async desk", 4): "0.33 or more",
    (f"act_many({TOGETHER})", 1): "4 or more",
}


def figures(scale: Scale) -> Iterator[Figure]:
    """For each number of clients, every kind of client."""
    with fresh_database() as url:
        sent, own = pgbench.sent_for_a_case(url)
        for clients in scale.clients:
            yield from _figures(url, sent, own, clients, scale)


def _figures(url: str, sent: list[pgbench.Sent], own: dict[Any, str], clients: int, scale: Scale) -> Iterator[Figure]:
    """Each kind beside both floors, in turns; the ratio is to pgbench with five statements."""
    floors = {_FLOOR: pgbench.five_statements(sent, url), "pgbench, our two": sent}
    kinds: dict[str, Client] = {"desk": singly, "async desk": awaited, "bare Core, our two": bare_core}
    if clients == 1:
        kinds[f"act_many({TOGETHER})"] = together
    found: dict[str, list[float]] = {name: [] for name in (*floors, *kinds)}
    times: dict[str, Times] = {name: [] for name in kinds}
    for turn in range(scale.turns):
        for kind, (name, statements) in enumerate(floors.items()):
            start = (clients * 1000 + turn * 10 + kind) * 100_000_000
            found[name].append(pgbench.actions_per_second(url, statements, own, clients, start, scale.duration))
        for name, client in kinds.items():
            rate, took = in_processes(client, url, clients, scale.duration)
            found[name].append(rate)
            times[name] += took
    for name, rates in found.items():
        each = [r / f for r, f in zip(rates, found[_FLOOR], strict=True)]
        said = ", ".join([f"{median(rates):.0f}/s", *([latency(times[name])] if name in times else [])])
        yield Figure(f"{name}, {clients} clients", said, f"{median(each):.2f}", _AIMS.get((name, clients), ""))
