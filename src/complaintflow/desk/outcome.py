"""What a desk gives back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Self

from complaintflow.model.base import Frozen, UtcDatetime
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.refusal import Refusal
from complaintflow.storage.evidence import Sealed, canonical


class Outcome(NamedTuple):
    """The entry that was written and the complaint after it. ``repeated``: the key was known, nothing new happened."""

    complaint: Complaint
    entry: Entry
    repeated: bool = False


class Plan(NamedTuple):
    """An outcome that is still to be written, and the sealed entry that says so."""

    complaint: Complaint
    entry: Entry
    record: Sealed

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.complaint, self.entry)


class Erasure(NamedTuple):
    """What an erasure did: the cases that are erased now, and the reasons why others are not."""

    erased: tuple[Outcome, ...]
    refused: Mapping[str, tuple[Refusal, ...]]


class Anchor(Frozen):
    """How far every file reached at a moment: complaint id to (entry number, hash).

    Export it, have it signed or published, and keep it elsewhere: against it a cut tail, a removed case and a file
    rewritten from some entry on are found too. ``digest`` is the hash of the rest, for what is signed.
    """

    tenant: str
    at: UtcDatetime
    heads: Mapping[str, tuple[int, str]]
    digest: str

    @classmethod
    def of(cls, tenant: str, at: datetime, heads: Mapping[str, tuple[int, str]]) -> Self:
        """The anchor with its digest; ``at`` is aware of its zone."""
        loose = cls(tenant=tenant, at=at, heads=heads, digest="")
        return loose.model_copy(update={"digest": loose._now()})

    def is_whole(self) -> bool:
        """Is it as it was exported?"""
        return self.digest == self._now()

    def _now(self) -> str:
        return sha256(canonical([self.tenant, self.at.isoformat(), self.heads]).encode()).hexdigest()
