"""What both desks need to prove a file and to erase from it: pure steps between the store's calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from complaintflow.desk.outcome import Anchor, Outcome
from complaintflow.errors import Damaged
from complaintflow.model.actions import RecordErasure
from complaintflow.model.cells import ERASED
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.parties import Actor, Role
from complaintflow.rules.keeping import is_kept_long_enough, retention
from complaintflow.rules.policy import Policy
from complaintflow.storage.evidence import Fault, Sealed, faults, last_erasure, unseal
from complaintflow.storage.port import Query
from complaintflow.workflow.evolve import fold

PURGER = Actor.model_construct(id="purge", roles=frozenset({Role.SYSTEM.value}))  # without a schema: see Subject


def anchor(tenant: str, at: datetime, complaints: Iterable[Complaint]) -> Anchor:
    """The anchor of these complaints."""
    return Anchor.of(tenant, at, {c.id: (c.version, c.head) for c in complaints})


def check(
    tenant: str,
    complaint_id: str,
    snapshot: Complaint | Damaged | None,
    file: Sequence[Sealed],
    anchor: Anchor | None,
) -> Iterator[Fault]:
    """What is wrong with a file in itself, with the snapshot beside it, and against an anchor. Raises nothing."""
    found = list(faults(tenant, complaint_id, file))
    yield from found
    match snapshot:
        case None if file:
            yield Fault(len(file), "there is no snapshot")
        case Damaged():
            yield Fault(len(file), "the snapshot cannot be read")
        case Complaint() if not file:
            yield Fault(0, "there is a snapshot, and no file")
    yield from _false_snapshot(snapshot, file, known=bool(found))
    if anchor is not None:
        yield from _false_head(anchor, complaint_id, file)


def _false_snapshot(snapshot: Complaint | Damaged | None, file: Sequence[Sealed], *, known: bool) -> Iterator[Fault]:
    if not file:
        return
    try:
        folded = folded_from(file)
    except Exception as error:  # noqa: BLE001 - a forged file may make anything of the fold: all of it is a finding
        if not known:
            yield Fault(len(file), f"the file cannot be folded: {error}")
        return
    if isinstance(snapshot, Complaint) and folded != snapshot:
        yield Fault(folded.version, "the snapshot is not what the file makes")


def _false_head(anchor: Anchor, complaint_id: str, file: Sequence[Sealed]) -> Iterator[Fault]:
    """Does the file still pass through the point that the anchor holds?"""
    if complaint_id not in anchor.heads:
        return
    seq, head = anchor.heads[complaint_id]
    if len(file) < seq:
        yield Fault(seq, f"the anchor has {seq} entries, the file {len(file)}: the tail is cut")
    elif file[seq - 1].hash != head:
        yield Fault(seq, "the anchor has another hash here: the file was rewritten")


def trust(anchor: Anchor | None, tenant: str) -> None:
    """Raise ``ValueError`` for an anchor of another tenant, or one that is not as it was exported."""
    if anchor is not None and anchor.tenant != tenant:
        raise ValueError(f"this is an anchor of tenant {anchor.tenant!r}, not of {tenant!r}")
    if anchor is not None and not anchor.is_whole():
        raise ValueError("this anchor is not as it was exported: its digest is another")


def probes(c: Complaint) -> Iterator[tuple[Query, bool]]:
    """Questions to the store whose answers follow from the complaint: is it found by what it says, and not sooner?

    So that columns which a store keeps to search by cannot say something else than the evidence.
    """
    instant = timedelta(microseconds=1)
    yield (
        Query(
            number=c.number,
            stage=c.stage,
            category=c.category,
            sub_type=c.sub_type,
            department=c.owner.department,
            person=c.owner.person,
            complainant=c.complainant.id,
            order=c.subject.order,
            cause=c.finding.cause if c.finding else None,
            recorded_from=c.recorded_at,
            recorded_before=c.recorded_at + instant,
            due_before=c.next_due_at + instant if c.next_due_at else None,
            ended_before=c.ended_at + instant if c.ended_at else None,
            erased=c.complainant.id == ERASED,
        ),
        True,
    )
    if c.representative is not None:
        yield Query(number=c.number, complainant=c.representative.id), True
    yield Query(number=c.number, due_before=c.next_due_at or _NEVER), False
    yield Query(number=c.number, ended_before=c.ended_at or _NEVER), False


_NEVER = datetime.max.replace(tzinfo=UTC)

MISPLACED = "the store does not find it by what it says: a column to search by was altered"


def folded_from(file: Iterable[Sealed]) -> Complaint:
    """The complaint that a sealed file makes. Raises ``ValueError`` if it makes none."""
    return fold(unseal(record) for record in file)


def needs_tombstone(file: Sequence[Sealed]) -> bool:
    """Are there words that no erasure on file covers? If not, an erasure has only to be finished."""
    return any(record.cells for record in file[last_erasure(file) :])


def erased(file: Sequence[Sealed], *, repeated: bool) -> Outcome:
    """The outcome of an erasure: the last tombstone, and the complaint as it stands once every cell is gone."""
    entries = [unseal(record._replace(cells=None)) for record in file]
    return Outcome(fold(entries), entries[last_erasure(file) - 1], repeated)


def ended_long_ago(policy: Policy, at: datetime) -> Query:
    """Where a purge has to look: no class keeps words for a shorter time than the shortest."""
    return Query(ended_before=at - min(r.keep for r in policy.retention), erased=False)


def purge(policy: Policy, complaint: Complaint, at: datetime) -> RecordErasure | None:
    """The tombstone for a case whose words have been kept long enough (Q14), ``None`` for any other."""
    if not is_kept_long_enough(policy, complaint, at):
        return None
    rule = retention(policy, complaint)
    return RecordErasure(reason=f"Retention class {rule.code}: kept for {rule.keep.days} days after the end")


def personal_data(cases: Iterable[tuple[Complaint, Sequence[Entry]]]) -> list[dict[str, object]]:
    """Everything on file about one person's cases, as JSON values (subject access)."""
    return [
        {"complaint": c.model_dump(mode="json"), "entries": [e.model_dump(mode="json") for e in file]}
        for c, file in cases
    ]
