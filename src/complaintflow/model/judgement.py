"""What people decided about a case: assessment, finding, answer, feedback, review."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from complaintflow.model.base import Code, Frozen, Moment, Ref, Text, UtcDatetime, Words
from complaintflow.model.money import Money
from complaintflow.model.parties import StaffMember

Validity = Literal["upheld", "declined", "settled"]
Stars = Annotated[int, Field(ge=1, le=5)]
"""Satisfaction on the five-star scale: 1 to 5 (S41)."""


class Assessment(Frozen):
    """Does the complaint stand? Two tests, kept apart: grounds sufficient, demand reasonable (P03)."""

    validity: Validity
    grounds_sufficient: bool
    demand_reasonable: bool
    reason: Text
    by: Ref
    at: Moment


class Finding(Frozen):
    """The cause first, the department second, the person last and only to those who may know (P11, Q11)."""

    cause: Code
    description: Text
    department: Code
    person: StaffMember | None = None


class Answer(Frozen):
    """The reply to the complainant and how it was sent; ``proof`` is the host's reference to it (P20)."""

    text: Text
    channel: Code
    at: Moment
    proof: Ref | None = None


class Feedback(Frozen):
    """How the complainant took the answer, or that they stayed silent until the time lapsed (P21)."""

    kind: Literal["satisfied", "disputed", "appealed", "lapsed"]
    at: Moment
    stars: Stars | None = None
    words: Text | None = None


class Measure(Frozen):
    """An improvement measure with the department that owes it and its due time (P27, P29).

    Like the lessons of a review it outlives an erasure, so that it is learned from: it must name nobody.
    """

    description: Text
    department: Code
    due_at: UtcDatetime


class PenaltyProposal(Frozen):
    """A proposal to hold somebody to account: rule, evidence, their own words. Never executed here (P19, P22-P24)."""

    person: StaffMember
    rule: Text
    evidence: Words
    heard: Words
    """What the person said when heard, or why they could not be heard."""
    percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    base: Money | None = None
    cap: Money | None = None


class Review(Frozen):
    """Step 8: summary, lessons, measures, accountability, and what the case cost and recovered (P17, P26-P28)."""

    summary: Words
    lessons: tuple[Text, ...] = ()
    measures: tuple[Measure, ...] = ()
    penalties: tuple[PenaltyProposal, ...] = ()
    loss: Money | None = None
    recovered: Money | None = None
