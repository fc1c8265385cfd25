"""The port: what a store must do. Six methods, twice: once blocking, once awaitable.

A store keeps data and knows no rules. Every method works inside one tenant and never sees another (law 13).
"""

from __future__ import annotations

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
        """The complaint as its last entry left it, or ``None``."""
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
