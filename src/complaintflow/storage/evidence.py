"""Sealed entries: the form in which a file is stored, chained by hashes, with personal words in cells (law 11).

A body is the canonical JSON of an entry (RFC 8785), a commitment in place of each personal word, and the hash of the
entry before. The first entry's ``prev`` is the hash of tenant and complaint, so that no file fits another case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from complaintflow.model.cells import SEALED, Cells, commitment
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry


class Sealed(NamedTuple):
    """An entry as a store keeps it: ``body`` is evidence and never changes, ``cells`` may be erased.

    ``cells`` is JSON text, ``None`` once erased or if there were none. The other fields repeat what the body says, so
    that it can be found; ``actor`` is ``None`` where the complainant acted, for that id is personal.
    """

    complaint_id: str
    seq: int
    at: datetime
    action: str
    actor: str | None
    key: str | None
    hash: str
    body: str
    cells: str | None


class Fault(NamedTuple):
    """What is wrong with a file, and at which entry."""

    seq: int
    what: str


def canonical(value: Any) -> str:
    """RFC 8785 for what an entry holds: text, whole numbers, truth, lists and objects with ASCII keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def genesis(tenant: str, complaint_id: str) -> str:
    """What the first entry of a file has for the hash before it."""
    return sha256(canonical([tenant, complaint_id]).encode()).hexdigest()


def seal(tenant: str, before: Complaint | None, entry: Entry, salt: Callable[[], str]) -> tuple[Entry, Sealed]:
    """The entry with its hashes, and its sealed form. ``salt`` makes 32 random hexadecimal digits."""
    action: Any = entry.action
    speakers = before.speakers if before else {p.id for p in (action.complainant, action.representative) if p}
    cells = Cells(people=speakers, salt=salt)
    content = entry.model_dump(mode="json", context=cells, exclude_none=True, exclude={"hash"})
    content["prev"] = prev = before.head if before else genesis(tenant, entry.complaint_id)
    body = canonical(content)
    digest = sha256(body.encode()).hexdigest()
    record = Sealed(
        entry.complaint_id,
        entry.seq,
        entry.at,
        entry.action.type,
        None if entry.actor.id in speakers else entry.actor.id,
        entry.key,
        digest,
        body,
        json.dumps(cells.kept, ensure_ascii=False) if cells.kept else None,
    )
    return entry.model_copy(update={"prev": prev, "hash": digest}), record


def unseal(record: Sealed) -> Entry:
    """The entry, with ``[erased]`` in place of every word whose cell is gone."""
    cells = Cells(json.loads(record.cells) if record.cells else None)
    return Entry.model_validate_json(record.body, context=cells).model_copy(update={"hash": record.hash})


def faults(tenant: str, complaint_id: str, file: Sequence[Sealed]) -> Iterator[Fault]:
    """Everything that is wrong with a file. A tail cut off cleanly cannot be seen here: an anchor shows it."""
    prev, erased_up_to = genesis(tenant, complaint_id), _last_erasure(file)
    for seq, record in enumerate(file, 1):
        if record.seq != seq or record.complaint_id != complaint_id:
            yield Fault(seq, f"stands where entry {seq} of {complaint_id} should be: {record.seq}")
        if sha256(record.body.encode()).hexdigest() != record.hash:
            yield Fault(record.seq, "the body is not the one that was hashed")
        content = _parsed(record.body)
        if content is None or canonical(content) != record.body:
            yield Fault(record.seq, "the body is not canonical JSON")
            content = content or {}
        if content.get("prev") != prev:
            yield Fault(record.seq, "it does not follow the entry before it")
        yield from _false_columns(record, content)
        yield from _false_cells(record, content, may_be_gone=record.seq <= erased_up_to)
        prev = record.hash


def _last_erasure(file: Sequence[Sealed]) -> int:
    return max((r.seq for r in file if r.action == "record_erasure"), default=0)


def _parsed(text: str | None) -> dict[str, Any] | None:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _false_columns(record: Sealed, content: dict[str, Any]) -> Iterator[Fault]:
    said = {
        "complaint_id": content.get("complaint_id"),
        "seq": content.get("seq"),
        "action": _inner(content, "action", "type"),
        "key": content.get("key"),
    }
    for name, value in said.items():
        if getattr(record, name) != value:
            yield Fault(record.seq, f"the column {name} does not say what the body says")
    at = content.get("at")
    if not isinstance(at, str) or datetime.fromisoformat(at) != record.at:
        yield Fault(record.seq, "the column at does not say what the body says")
    actor = _inner(content, "actor", "id")
    if record.actor != (None if isinstance(actor, dict) else actor):
        yield Fault(record.seq, "the column actor does not say what the body says")


def _inner(content: dict[str, Any], outer: str, name: str) -> Any:
    part = content.get(outer)
    return part.get(name) if isinstance(part, dict) else None


def _false_cells(record: Sealed, content: dict[str, Any], *, may_be_gone: bool) -> Iterator[Fault]:
    cells = _parsed(record.cells)
    if cells is None:
        yield Fault(record.seq, "the cells are not JSON")
        return
    marks = set(_marks(content))
    if marks - cells.keys() and not (may_be_gone and not cells):
        yield Fault(record.seq, "a cell is gone, and no erasure is on file")
    if cells.keys() - marks:
        yield Fault(record.seq, "there is a cell that the body does not know")
    for mark, cell in cells.items():
        whole = isinstance(cell, list) and len(cell) == 2 and all(isinstance(x, str) for x in cell)
        if not whole or commitment(*cell) != mark:
            yield Fault(record.seq, "a cell does not hold what was committed")


def _marks(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        mark = value.get(SEALED)
        if isinstance(mark, str) and len(value) == 1:
            yield mark
        else:
            for part in value.values():
                yield from _marks(part)
    elif isinstance(value, list):
        for part in value:
            yield from _marks(part)
