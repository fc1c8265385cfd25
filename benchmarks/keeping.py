"""Bytes of a full case: loaded, and as it is stored."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator

from benchmarks.harness import Figure, Scale
from benchmarks.scenario import full_case
from complaintflow import Complaint, ComplaintDesk, MemoryStore, actions
from complaintflow.storage import codec
from complaintflow.storage.evidence import Sealed


def _bytes_each(read: Callable[[str], object], bodies: list[str]) -> float:
    read(bodies[0])
    tracemalloc.start()
    kept = [read(body) for body in bodies]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept)


def figures(scale: Scale) -> Iterator[Figure]:
    """A loaded complaint beside the same JSON as plain dictionaries; then the texts that are stored."""
    complaint, file = _handled()
    snapshot = codec.dump_complaint(complaint)
    bodies = [snapshot.replace("case-1", f"case-{i}") for i in range(scale.loaded)]
    loaded, plain = _bytes_each(codec.load_complaint, bodies), _bytes_each(json.loads, bodies)
    yield Figure("memory, a loaded complaint", f"{loaded:,.0f} bytes", f"{loaded / plain:.2f} of plain dictionaries")
    entries = sum(len(f"{record.body}{record.cells or ''}".encode()) for record in file)
    yield Figure("stored, its snapshot", f"{len(snapshot.encode()):,} bytes")
    yield Figure(f"stored, its file of {len(file)} entries", f"{entries:,} bytes")


def _handled() -> tuple[Complaint, tuple[Sealed, ...]]:
    store = MemoryStore()
    desk = ComplaintDesk(store, new_id=lambda: "case-1")
    for action, actor, at in full_case():
        if isinstance(action, actions.Record):
            desk.record(action, actor, at=at)
        else:
            desk.act("case-1", action, actor, at=at)
    return desk.get("case-1"), store.history("main", "case-1")
