"""Steps 3 to 7: assign, investigate, propose, decide, carry out, answer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from complaintflow.model.actions.base import Action, ToCustomer
from complaintflow.model.base import Code, Label, Ref, Words
from complaintflow.model.money import Money
from complaintflow.model.parties import StaffMember
from complaintflow.model.remedy import Remedy
from complaintflow.model.subject import Shipment

LINE = r"^\d{1,4}\.\d{1,3}$"

LineId = Annotated[str, Field(pattern=LINE)]
"""The id of a line of a plan: the number of the plan and the position of the line in it, such as ``1.2``."""


class Assign(Action):
    """Name the responsible department and person (P06, P07). Without a department, the policy's route is taken."""

    type: Literal["assign"] = "assign"
    label: ClassVar = Label("Assign", "指派责任部门与负责人")

    person: Ref
    department: Code | None = None


class Accept(Action):
    """The assigned person takes the case over (S15, S16)."""

    type: Literal["accept"] = "accept"
    label: ClassVar = Label("Accept", "接受指派")


class HandBack(Action):
    """The assigned person gives the case back, with a reason; counted and limited (Q09)."""

    type: Literal["hand_back"] = "hand_back"
    label: ClassVar = Label("Hand back", "退回指派")

    reason: Words
    suggested_department: Code | None = None


class EstablishCause(Action):
    """State the cause, the department it lies in, and the person if one caused it (P10, P11)."""

    type: Literal["establish_cause"] = "establish_cause"
    label: ClassVar = Label("Establish the cause", "查明原因")

    cause: Code
    description: Words
    department: Code
    person: StaffMember | None = None


class ProposePlan(Action):
    """Propose remedies, seen against what the complainant demands (P12, P13, P14)."""

    type: Literal["propose_plan"] = "propose_plan"
    label: ClassVar = Label("Propose a plan", "提出处理方案")

    lines: Annotated[tuple[Remedy, ...], Field(min_length=1, max_length=50)]
    against_demand: Words
    """How the plan compares with the demand."""

    def words_for_customer(self) -> str:
        return "\n".join(line.description for line in self.lines)


class Approve(Action):
    """The manager approves the plan as it stands (P15, P16)."""

    type: Literal["approve"] = "approve"
    label: ClassVar = Label("Approve the plan", "批准方案")

    comment: Words | None = None


class ReturnForRevision(Action):
    """The manager sends the plan back and says what must change (P16)."""

    type: Literal["return_for_revision"] = "return_for_revision"
    label: ClassVar = Label("Return for revision", "退回修改")

    reason: Words


class CompleteRemedy(Action):
    """One approved line has been carried out (P18); money lines say what was paid, never over what was approved."""

    type: Literal["complete_remedy"] = "complete_remedy"
    label: ClassVar = Label("Complete a remedy", "完成补救项目")

    line: LineId
    amount: Money | None = None
    """What was paid; the approved amount when left out."""
    confirmed: bool = False
    """Goods and amount were confirmed with the complainant beforehand (T19)."""
    reference: Ref | None = None
    shipment: Shipment | None = None


class FailRemedy(Action):
    """One approved line could not be carried out; the case needs a new plan for it."""

    type: Literal["fail_remedy"] = "fail_remedy"
    label: ClassVar = Label("Report a failed remedy", "报告补救失败")

    line: LineId
    reason: Words


class Replan(Action):
    """Go back to planning because a remedy failed."""

    type: Literal["replan"] = "replan"
    label: ClassVar = Label("Plan again", "重新制定方案")

    reason: Words


class Answer(ToCustomer):
    """Answer the complainant, with proof of sending, and ask for feedback (P04, P20, P21)."""

    type: Literal["answer"] = "answer"
    label: ClassVar = Label("Answer and ask for feedback", "答复并征求反馈")

    channel: Code = "email"
    proof: Ref | None = None
