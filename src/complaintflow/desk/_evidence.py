"""What both desks need to prove a file and to erase from it: pure steps between the store's calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from complaintflow.desk.outcome import Outcome
from complaintflow.model.base import Frozen, UtcDatetime
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.refusal import Refusal
from complaintflow.storage.evidence import Fault, Sealed, canonical, faults, unseal
from complaintflow.workflow.evolve import fold


class Anchor(Frozen):
    """How far every file reached at a moment: complaint id to (entry number, hash).

    Export it, have it signed or published, and keep it elsewhere: against it a cut tail, a removed case and a file
    rewritten from the beginning are found too. ``digest`` is the hash of the rest, for what is signed.
    """

    tenant: str
    at: UtcDatetime
    heads: Mapping[str, tuple[int, str]]
    digest: str

    def is_whole(self) -> bool:
        """Is it as it was exported?"""
        return self.digest == _digest(self.tenant, self.at.isoformat(), self.heads)


class Erasure(NamedTuple):
    """What an erasure did: the cases that are erased now, and the reasons why others are not."""

    erased: tuple[Outcome, ...]
    refused: Mapping[str, tuple[Refusal, ...]]


def anchor(tenant: str, at: UtcDatetime, complaints: Iterable[Complaint]) -> Anchor:
    """The anchor of these complaints."""
    heads = {c.id: (c.version, c.head) for c in complaints}
    return Anchor(tenant=tenant, at=at, heads=heads, digest=_digest(tenant, at.isoformat(), heads))


def _digest(tenant: str, at: str, heads: Mapping[str, tuple[int, str]]) -> str:
    return sha256(canonical([tenant, at, heads]).encode()).hexdigest()


def check(tenant: str, complaint_id: str, snapshot: Complaint | None, file: Sequence[Sealed]) -> Iterator[Fault]:
    """What is wrong with a file in itself, and with the snapshot beside it."""
    found = list(faults(tenant, complaint_id, file))
    yield from found
    if snapshot is None or not file:
        yield Fault(len(file), "there is no snapshot" if snapshot is None else "there is no file")
        return
    try:
        folded = fold(unseal(record) for record in file)
    except ValueError as error:
        if not found:
            yield Fault(len(file), f"the file cannot be folded: {error}")
        return
    if folded != snapshot:
        yield Fault(folded.version, "the snapshot is not what the file makes")


def check_anchor(anchor: Anchor, complaint_id: str, file: Sequence[Sealed]) -> Iterator[Fault]:
    """Does the file still pass through the point that the anchor holds?"""
    if complaint_id not in anchor.heads:
        return
    seq, head = anchor.heads[complaint_id]
    if len(file) < seq:
        yield Fault(seq, f"the anchor has {seq} entries, the file {len(file)}: the tail is cut")
    elif file[seq - 1].hash != head:
        yield Fault(seq, "the anchor has another hash here: the file was rewritten")


def without_cells(file: Iterable[Sealed]) -> Complaint:
    """The complaint as it stands once every cell of its file is gone."""
    return fold(unseal(record._replace(cells=None)) for record in file)


def personal_data(cases: Iterable[tuple[Complaint, Sequence[Entry]]]) -> list[dict[str, object]]:
    """Everything on file about one person's cases, as JSON values (subject access)."""
    return [
        {"complaint": c.model_dump(mode="json"), "entries": [e.model_dump(mode="json") for e in file]}
        for c, file in cases
    ]
