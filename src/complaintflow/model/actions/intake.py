"""Steps 1 and 2: record, acknowledge, judge."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from complaintflow.model.actions.base import Action, ToCustomer
from complaintflow.model.base import Code, Label, Ref, UtcDatetime, Words
from complaintflow.model.parties import Complainant, Representative
from complaintflow.model.remedy import Remedy
from complaintflow.model.subject import Discrepancy, Evidence, Measurement, Subject
from complaintflow.model.taxonomy import Classification

LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class Record(Action):
    """Record a complaint: who complains, when, about what, what they want (R02, R03). Anybody may (T02)."""

    type: Literal["record"] = "record"
    label: ClassVar = Label("Record the complaint", "记录投诉")

    complainant: Complainant
    category: Code
    sub_type: Code
    narrative: Words
    demand: Words
    representative: Representative | None = None
    subject: Subject = Subject.model_construct()  # built without a schema, so that import stays quick
    also: tuple[Classification, ...] = ()
    """Further categories of the same complaint (R19)."""
    points: tuple[Words, ...] = ()
    """The points raised, as heard (M12)."""
    expectation: Words | None = None
    """What would have met the customer's expectation (S12)."""
    channel: Code = "web"
    language: Annotated[str, Field(pattern=LANGUAGE)] = "en"
    received_at: UtcDatetime | None = None
    """When it reached the house, if before it was recorded."""
    discrepancy: Discrepancy | None = None
    measurement: Measurement | None = None
    evidence: tuple[Evidence, ...] = ()
    urgent: bool = False
    """Danger to health or safety: judged first (T22)."""


class Acknowledge(ToCustomer):
    """Tell the complainant that it is heard, and by when the reply will come (M13, T03)."""

    type: Literal["acknowledge"] = "acknowledge"
    label: ClassVar = Label("Acknowledge", "确认受理")

    reply_by: UtcDatetime
    channel: Code = "email"


class Reclassify(Action):
    """Put the complaint under the category it belongs to."""

    type: Literal["reclassify"] = "reclassify"
    label: ClassVar = Label("Reclassify", "重新分类")

    category: Code
    sub_type: Code
    reason: Words
    discrepancy: Discrepancy | None = None
    measurement: Measurement | None = None


class Uphold(Action):
    """The complaint stands: the grounds are sufficient; the demand is judged on its own (P03)."""

    type: Literal["uphold"] = "uphold"
    label: ClassVar = Label("Uphold", "判定成立")

    reason: Words
    demand_reasonable: bool = True


class Decline(Action):
    """The complaint does not stand: at least one of the two tests fails, and the reason says why (P04)."""

    type: Literal["decline"] = "decline"
    label: ClassVar = Label("Decline", "判定不成立")

    reason: Words
    grounds_sufficient: bool
    demand_reasonable: bool


class SettleOnTheSpot(ToCustomer):
    """Solve it at once, inside the own limit, and tell the complainant (M15)."""

    type: Literal["settle_on_the_spot"] = "settle_on_the_spot"
    label: ClassVar = Label("Settle on the spot", "当场解决")

    reason: Words
    lines: Annotated[tuple[Remedy, ...], Field(min_length=1, max_length=50)]
    channel: Code = "phone"
    proof: Ref | None = None

    def words_for_customer(self) -> str:
        return "\n".join([self.text, *(line.description for line in self.lines)])


class Merge(Action):
    """The same matter is already handled in another case: go on there."""

    type: Literal["merge"] = "merge"
    label: ClassVar = Label("Merge into another case", "并入另一投诉")

    into: Ref
    reason: Words
