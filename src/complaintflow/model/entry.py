"""The entry: one line of the case file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from complaintflow.model.actions import AnyAction
from complaintflow.model.base import Frozen, Moment, Ref
from complaintflow.model.obligation import Obligation, Settlement
from complaintflow.model.parties import Actor, Owner

Version = Annotated[int, Field(ge=1)]


class Entry(Frozen):
    """What was done (``action``), by whom, when (UTC), and everything that followed from it.

    ``seq`` counts from 1 without gaps and equals the version of the complaint after it (law 2). What policy
    decided - the stage reached, the owner, obligations with their due times - is written here, so that replaying
    a file never asks today's policy. ``key`` is the idempotency key it was given, if any.

    ``hash`` is that of its sealed form, ``prev`` that of the entry before (law 11); both are empty until it is sealed.
    """

    complaint_id: Ref
    seq: Version
    at: Moment
    actor: Actor
    action: AnyAction
    stage_from: str
    stage_to: str
    owner: Owner
    opened: tuple[Obligation, ...] = ()
    settled: tuple[Settlement, ...] = ()
    workflow: str
    key: str | None = None
    prev: str = ""
    hash: str = ""

    @property
    def moved(self) -> bool:
        return self.stage_from != self.stage_to
