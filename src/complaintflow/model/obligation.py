"""Obligations: something that somebody owes somebody by a time."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from complaintflow.model.base import Frozen, Moment, Words


class Kind(StrEnum):
    """What is owed. The stages' own duties come first, then what runs beside them."""

    ASSESSMENT = "assessment"
    REPLY = "reply"
    ASSIGNMENT = "assignment"
    ACCEPTANCE = "acceptance"
    INVESTIGATION = "investigation"
    PLAN = "plan"
    DECISION = "decision"
    EXECUTION = "execution"
    FEEDBACK = "feedback"
    REVIEW = "review"
    CUSTOMER_REPLY = "customer_reply"
    THIRD_PARTY_REPLY = "third_party_reply"

    ACKNOWLEDGEMENT = "acknowledgement"
    PROMISED_REPLY = "promised_reply"
    PROGRESS_UPDATE = "progress_update"
    PROMISE = "promise"
    REMEDY = "remedy"
    ESCALATION = "escalation"
    REFERRAL = "referral"
    CALL_BACK = "call_back"
    MEASURE = "measure"


STAGE_DUTIES = frozenset(
    {
        Kind.ASSESSMENT, Kind.REPLY, Kind.ASSIGNMENT, Kind.ACCEPTANCE, Kind.INVESTIGATION, Kind.PLAN,
        Kind.DECISION, Kind.EXECUTION, Kind.FEEDBACK, Kind.REVIEW,
    }
)  # fmt: skip
"""The stages' own duties while the house or the complainant has a step to take."""

BY_HAND = frozenset({Kind.PROMISE, Kind.PROMISED_REPLY, Kind.ESCALATION, Kind.REFERRAL, Kind.MEASURE, Kind.CALL_BACK})
"""Obligations that somebody settles by saying so; all others are settled by the action that does the work."""


class Status(StrEnum):
    """How an obligation stands; all but ``open`` are for good."""

    OPEN = "open"
    KEPT = "kept"
    MISSED = "missed"
    WAIVED = "waived"


class Party(Frozen):
    """Who owes or is owed: always a role, and inside the house the department and person once they are known."""

    role: str
    department: str | None = None
    person: str | None = None


class Obligation(Frozen):
    """What ``owed_by`` owes ``owed_to`` by ``due_at`` (UTC).

    ``id`` is the number of the entry that opened it and its position there (``"3.1"``). ``ref`` points at what
    it is about (a remedy line), ``words`` says it to people. ``level`` counts how often the same work was missed.
    """

    id: str
    kind: str
    owed_by: Party
    owed_to: Party
    opened_at: Moment
    due_at: Moment
    status: Status = Status.OPEN
    settled_at: Moment | None = None
    ref: str | None = None
    words: Words | None = None
    level: Annotated[int, Field(ge=0)] = 0

    @property
    def is_open(self) -> bool:
        return self.status is Status.OPEN


class Settlement(Frozen):
    """How an open obligation ended, as the entry that ended it records it."""

    obligation: str
    status: Status
    reason: Words | None = None
