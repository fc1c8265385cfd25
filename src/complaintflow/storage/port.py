"""The port: what a store must do. Six methods, twice: once blocking, once awaitable.

A store keeps data and knows no rules. Every method works inside one tenant and never sees another (law 13).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Protocol, runtime_checkable

from pydantic import Field

from complaintflow.model.base import Frozen, UtcDatetime
from complaintflow.model.cells import ERASED
from complaintflow.model.complaint import Complaint
from complaintflow.storage import words
from complaintflow.storage.evidence import Sealed


class Query(Frozen):
    """Which complaints to find: every filter that is set must hold. Oldest first, ``limit`` to a page."""

    number: str | None = None
    stage: str | None = None
    category: str | None = None
    sub_type: str | None = None
    department: str | None = None
    person: str | None = None
    complainant: str | None = None
    """The complainant's id or the representative's."""
    order: str | None = None
    cause: str | None = None
    recorded_from: UtcDatetime | None = None
    """Recorded at this moment or later."""
    recorded_before: UtcDatetime | None = None
    due_before: UtcDatetime | None = None
    """With an open obligation due before this moment."""
    ended_before: UtcDatetime | None = None
    """Closed, withdrawn or merged before this moment."""
    open: bool | None = None
    """Is it still open: neither closed, withdrawn nor merged? What is on a desk now has an index of its own."""
    text: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Words of the narrative, in any order: each begins a word there; Chinese, Japanese and Korean characters stand
    together in a row. Letters and digits count, nothing else does; without any of them nothing is found."""
    erased: bool | None = None
    """Are the complainant's words gone?"""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: str | None = None
    """The ``next`` of the page before."""

    def matches(self, complaint: Complaint) -> bool:
        """Does every filter that is set hold for it? What each of them means, for stores that look for themselves.

        ``limit`` and ``after`` are no filters: they say which of the complaints that match are on the page.
        """
        finding = complaint.finding
        equal = (
            (self.number, complaint.number),
            (self.stage, complaint.stage),
            (self.category, complaint.category),
            (self.sub_type, complaint.sub_type),
            (self.department, complaint.owner.department),
            (self.person, complaint.owner.person),
            (self.order, complaint.subject.order),
            (self.cause, finding.cause if finding else None),
            (self.open, complaint.ended_at is None),
            (self.erased, complaint.complainant.id == ERASED),
        )
        return (
            all(wanted in (None, found) for wanted, found in equal)
            and (self.complainant is None or self.complainant in complaint.speakers)
            and (self.recorded_from is None or complaint.recorded_at >= self.recorded_from)
            and _is_before(complaint.recorded_at, self.recorded_before)
            and _is_before(complaint.next_due_at, self.due_before)
            and _is_before(complaint.ended_at, self.ended_before)
            and (self.text is None or words.matches(words.terms(self.text), words.document(complaint.narrative)))
        )


def _is_before(moment: datetime | None, limit: datetime | None) -> bool:
    """What has no such moment is before none."""
    return limit is None or (moment is not None and moment < limit)


class Page(Frozen):
    """A page of complaints; ``next`` leads to the following one, ``None`` if this is the last."""

    complaints: tuple[Complaint, ...]
    next: str | None = None


class Store(Protocol):
    """A blocking store. All methods raise ``StorageError`` if the store itself fails."""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        """The complaint as its last entry left it, or ``None``.

        This and the other reading methods raise ``Damaged`` for what cannot be read any more.
        """
        ...

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        """Write the sealed entry and the complaint that it makes: both or neither.

        Before: the stored version is ``record.seq - 1`` (nothing is stored for ``seq`` 1), the number is free, and
        so is ``record.key`` if there is one. Otherwise raises ``ConcurrencyConflict`` and has written nothing.
        """
        ...

    def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        """All sealed entries, as they were given, in the order of ``seq``; empty if there is no such complaint."""
        ...

    def find(self, tenant: str, query: Query) -> Page:
        """A page of the complaints that ``query.matches``, in the order of (recorded_at, id), ids by code points.

        Raises ``ValueError`` for a false ``after``.
        """
        ...

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        """Ids of complaints with an open obligation due strictly before ``before``, at most ``limit``.

        In the order of (next_due_at, id), so the most overdue first; ids by code points, as in ``find``.
        """
        ...

    def recall(self, tenant: str, key: str) -> Sealed | None:
        """The sealed entry that was written under this idempotency key, or ``None``."""
        ...


class AsyncStore(Protocol):
    """The awaitable twin of ``Store``: the same methods, the same promises."""

    async def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        """See ``Store.load``."""
        ...

    async def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        """See ``Store.append``."""
        ...

    async def history(self, tenant: str, complaint_id: str) -> tuple[Sealed, ...]:
        """See ``Store.history``."""
        ...

    async def find(self, tenant: str, query: Query) -> Page:
        """See ``Store.find``."""
        ...

    async def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        """See ``Store.due``."""
        ...

    async def recall(self, tenant: str, key: str) -> Sealed | None:
        """See ``Store.recall``."""
        ...


@runtime_checkable
class SupportsErasure(Protocol):
    """What a store can do beside: take back personal words."""

    def forget(self, tenant: str, complaint: Complaint) -> None:
        """Remove the cells of all entries of this complaint, for good, and put ``complaint`` in the snapshot's place.

        Both or neither. Nothing of the former snapshot and cells may be left where the store keeps its data, indexes
        and logs of its own included, as far as its database can tell.
        Raises ``ConcurrencyConflict`` if the stored version is not ``complaint.version``; nothing is changed then.
        """
        ...


@runtime_checkable
class AsyncSupportsErasure(Protocol):
    """The awaitable twin of ``SupportsErasure``."""

    async def forget(self, tenant: str, complaint: Complaint) -> None:
        """See ``SupportsErasure.forget``."""
        ...


@runtime_checkable
class SupportsBatch(Protocol):
    """What a store can do beside: many cases in one transaction."""

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> Mapping[str, Complaint]:
        """Those of these complaints that are there, by id: each as ``load`` gives it."""
        ...

    def recall_many(self, tenant: str, keys: Collection[str]) -> Mapping[str, Sealed]:
        """The sealed entries that were written under these keys, by key: each as ``recall`` gives it."""
        ...

    def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        """Append in this order, as ``append`` does; all or nothing. Steps of one case follow one another; none is none.

        Each must fit what is stored and the steps before it. Otherwise raises ``ConcurrencyConflict``, and nothing of
        any case is written. For a version it names a step of the case that does not fit; for a number or a key that is
        taken, any step of the batch.
        """
        ...


@runtime_checkable
class AsyncSupportsBatch(Protocol):
    """The awaitable twin of ``SupportsBatch``."""

    async def load_many(self, tenant: str, complaint_ids: Collection[str]) -> Mapping[str, Complaint]:
        """See ``SupportsBatch.load_many``."""
        ...

    async def recall_many(self, tenant: str, keys: Collection[str]) -> Mapping[str, Sealed]:
        """See ``SupportsBatch.recall_many``."""
        ...

    async def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        """See ``SupportsBatch.append_many``."""
        ...
