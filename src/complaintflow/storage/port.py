"""The port: what a store must do. Six methods, twice: once blocking, once awaitable.

A store keeps data and knows no rules. Every method works inside one tenant and never sees another (law 13).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Protocol, runtime_checkable

from pydantic import Field

from complaintflow.model.base import Frozen, UtcDatetime
from complaintflow.model.complaint import Complaint
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
        """A page of complaints in the order of (recorded_at, id). Raises ``ValueError`` for a false ``after``."""
        ...

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        """Ids of complaints with an open obligation due strictly before ``before``, most overdue first."""
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
        """Those of these complaints that are there, by id."""
        ...

    def recall_many(self, tenant: str, keys: Collection[str]) -> Mapping[str, Sealed]:
        """The sealed entries that were written under these keys, by key."""
        ...

    def append_many(self, tenant: str, steps: Sequence[tuple[Complaint, Sealed]]) -> None:
        """Append in this order, as ``append`` does; all or nothing. Steps of one case follow one another.

        Raises ``ConcurrencyConflict`` for the first that does not fit; then nothing of any case is written.
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
