"""The complaint: the fold of its entries, kept whole so that it can be read and queried."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from complaintflow.model.base import Code, Frozen, Moment, Ref, Text
from complaintflow.model.entry import Version
from complaintflow.model.judgement import Answer, Assessment, Feedback, Finding, Review, Stars
from complaintflow.model.obligation import Obligation
from complaintflow.model.parties import Complainant, Owner, Representative
from complaintflow.model.remedy import LineStatus, RemedyLine
from complaintflow.model.subject import Discrepancy, Evidence, Measurement, Subject
from complaintflow.model.taxonomy import Classification

Count = Annotated[int, Field(ge=0)]


class Waiting(Frozen):
    """Where a wait began, and how much of that stage's time was left; ``None`` if its clock ran on."""

    stage: str
    remaining: timedelta | None = None


class Complaint(Frozen):
    """A case as it stands after entry number ``version``. All times are UTC.

    Never built by hand: ``evolve`` folds it from its entries.
    """

    id: Ref
    number: str
    """A short name to read out on the telephone, such as ``C2611-7K3M9-QX4C2``."""
    version: Version
    head: str = ""
    """The hash of the last entry (law 11)."""
    workflow: str
    stage: str
    owner: Owner
    recorded_at: Moment
    received_at: Moment
    updated_at: Moment
    ended_at: Moment | None = None
    """When it was closed, withdrawn or merged; ``None`` while it is open."""

    complainant: Complainant
    representative: Representative | None = None
    category: Code
    sub_type: Code
    also: tuple[Classification, ...] = ()
    subject: Subject = Subject.model_construct()  # built without a schema, so that import stays quick
    narrative: Text
    points: tuple[Text, ...] = ()
    demand: Text
    expectation: Text | None = None
    channel: Code
    language: str
    discrepancy: Discrepancy | None = None
    measurement: Measurement | None = None
    evidence: tuple[Evidence, ...] = ()
    urgent: bool = False

    obligations: tuple[Obligation, ...] = ()
    """What is open and what was missed; what was kept or waived is in the file."""
    assessment: Assessment | None = None
    finding: Finding | None = None
    lines: tuple[RemedyLine, ...] = ()
    answer: Answer | None = None
    feedback: Feedback | None = None
    review: Review | None = None
    follow_up_stars: Stars | None = None
    waiting: Waiting | None = None
    merged_into: Ref | None = None
    held: bool = False
    """Under legal hold: nothing of it is erased."""
    erased_at: Moment | None = None
    referred_to: Text | None = None

    acknowledged_at: Moment | None = None
    plans: Count = 0
    proposed_by: Ref | None = None
    approved_by: Ref | None = None
    judges: tuple[Ref, ...] = ()
    """Who has judged it so far; an appeal goes to somebody else."""
    hand_backs: Count = 0
    disputes: Count = 0
    appeals: Count = 0
    reopenings: Count = 0
    extensions: Count = 0
    escalations: Count = 0

    @property
    def open_obligations(self) -> tuple[Obligation, ...]:
        return tuple(o for o in self.obligations if o.is_open)

    @property
    def next_due_at(self) -> Moment | None:
        """The earliest due time of its open obligations."""
        return min((o.due_at for o in self.obligations if o.is_open), default=None)

    def obligation(self, id: str) -> Obligation | None:
        return next((o for o in self.obligations if o.id == id), None)

    def line(self, id: str) -> RemedyLine | None:
        return next((line for line in self.lines if line.id == id), None)

    def lines_in(self, *statuses: LineStatus) -> tuple[RemedyLine, ...]:
        return tuple(line for line in self.lines if line.status in statuses)

    @property
    def accused(self) -> frozenset[str]:
        """The ids of the people complained about or found to have caused it; they may not judge or handle (law 6)."""
        people = (self.subject.staff, self.finding.person if self.finding else None)
        return frozenset(p.id for p in people if p is not None)

    @property
    def speakers(self) -> frozenset[str]:
        """The ids of those who may act as the complainant."""
        return frozenset(p.id for p in (self.complainant, self.representative) if p is not None)
