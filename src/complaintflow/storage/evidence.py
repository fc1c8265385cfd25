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

from complaintflow.errors import Damaged
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


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_PLAIN = json.JSONEncoder(ensure_ascii=False)


def canonical(value: Any) -> str:
    """RFC 8785 for what an entry holds: text, whole numbers, truth, lists and objects with ASCII keys."""
    return _CANONICAL.encode(value)


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
        _PLAIN.encode(cells.kept) if cells.kept else None,
    )
    return entry.model_copy(update={"prev": prev, "hash": digest}), record


def unseal(record: Sealed) -> Entry:
    """The entry, with ``[erased]`` in place of every word whose cell is gone. Raises ``Damaged`` if it was altered."""
    try:
        cells = Cells(json.loads(record.cells) if record.cells else None)
        return Entry.model_validate_json(record.body, context=cells).model_copy(update={"hash": record.hash})
    except Exception as error:  # what was altered may be anything, and so may be what it makes of the parsers
        raise Damaged(f"entry {record.seq} of {record.complaint_id}") from error


def faults(tenant: str, complaint_id: str, file: Sequence[Sealed]) -> Iterator[Fault]:
    """Everything that is wrong with a file; whatever stands in it, nothing is raised.

    A tail cut off cleanly cannot be seen here: an anchor shows it.
    """
    prev, seq, erased = genesis(tenant, complaint_id), 0, last_erasure(file)
    for position, record in enumerate(file, 1):
        if record.seq != seq + 1:
            yield Fault(seq + 1, f"entry {record.seq!r} stands where entry {seq + 1} should be")
        stands: object = record.seq  # a row that was altered may hold anything
        seq = stands if isinstance(stands, int) else seq + 1
        content = _parsed(record.body)
        for what in (
            *_false_body(record, content, prev),
            *_false_columns(record, content or {}, complaint_id),
            *_false_cells(record, content, gone=position <= erased),
        ):
            yield Fault(seq, what)
        prev = record.hash


def last_erasure(file: Sequence[Sealed]) -> int:
    """How many entries of a file an erasure covers: all up to its last tombstone."""
    return max((n for n, r in enumerate(file, 1) if r.action == "record_erasure"), default=0)


def _parsed(text: Any) -> dict[str, Any] | None:
    """The JSON object of a column, ``None`` if there is something else in it. A database may hold any type there."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _digest(text: Any) -> str | None:
    try:
        return sha256(text.encode()).hexdigest()
    except (AttributeError, ValueError):  # not text, or lone surrogates
        return None


def _false_body(record: Sealed, content: dict[str, Any] | None, prev: str) -> Iterator[str]:
    if _digest(record.body) != record.hash:
        yield "the body is not the one that was hashed"
    if content is None or not _is_canonical(content, record.body):
        yield "the body is not canonical JSON"
    if content is not None and content.get("prev") != prev:
        yield "it does not follow the entry before it"


def _is_canonical(content: dict[str, Any], text: str) -> bool:
    try:
        return canonical(content) == text
    except RecursionError:
        return False


def _false_columns(record: Sealed, content: dict[str, Any], complaint_id: str) -> Iterator[str]:
    actor = _inner(content, "actor", "id")
    said = {
        "complaint_id": content.get("complaint_id"),
        "seq": content.get("seq"),
        "at": _moment(content.get("at")),
        "action": _inner(content, "action", "type"),
        "actor": None if isinstance(actor, dict) else actor,
        "key": content.get("key"),
    }
    for name, value in said.items():
        if getattr(record, name) != value:
            yield f"the column {name} does not say what the body says"
    if record.complaint_id != complaint_id:
        yield f"it belongs to {record.complaint_id!r}"


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _inner(content: dict[str, Any], outer: str, name: str) -> Any:
    part = content.get(outer)
    return part.get(name) if isinstance(part, dict) else None


def _false_cells(record: Sealed, content: dict[str, Any] | None, *, gone: bool) -> Iterator[str]:
    cells = {} if record.cells is None else _parsed(record.cells)
    if cells is None:
        yield "the cells are not JSON"
        return
    if gone and cells:
        yield "words are here that were erased: the erasure was not finished, or an old copy was put back"
    if content is not None:
        marks = set(_marks(content))
        if marks - cells.keys() and not (gone and not cells):
            yield "a cell is gone, and no erasure is on file"
        if cells.keys() - marks:
            yield "there is a cell that the body does not know"
    for mark, cell in cells.items():
        if not _is_kept(cell, mark):
            yield "a cell does not hold what was committed"


def _is_kept(cell: Any, mark: str) -> bool:
    try:
        salt, word = cell
        return commitment(salt, word) == mark
    except (TypeError, ValueError):
        return False


def _marks(content: Any) -> Iterator[str]:
    """The commitments in a body, however deep: a forged one may be deeper than Python's stack."""
    left = [content]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            mark = value.get(SEALED)
            if isinstance(mark, str) and len(value) == 1:
                yield mark
            else:
                left += value.values()
        elif isinstance(value, list):
            left += value
