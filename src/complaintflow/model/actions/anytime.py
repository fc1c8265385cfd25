"""What may happen at any open stage, beside the handling steps."""

from __future__ import annotations

from typing import ClassVar, Literal

from complaintflow.model.actions.base import Action, ToCustomer
from complaintflow.model.base import Code, Label, Ref, UtcDatetime, Words
from complaintflow.model.subject import Evidence


class AddNote(Action):
    """An internal note; the complainant never sees it (law 10)."""

    type: Literal["add_note"] = "add_note"
    label: ClassVar = Label("Add a note", "添加内部备注")

    text: Words


class AttachEvidence(Action):
    """Attach a reference to evidence that the host keeps."""

    type: Literal["attach_evidence"] = "attach_evidence"
    label: ClassVar = Label("Attach evidence", "附上证据")

    evidence: Evidence

    def words_for_customer(self) -> str | None:
        return self.evidence.description if self.evidence.shown else None


class Promise(ToCustomer):
    """Promise the complainant something by a time (M14, M15)."""

    type: Literal["promise"] = "promise"
    label: ClassVar = Label("Promise", "作出承诺")

    due_at: UtcDatetime


class FulfilObligation(Action):
    """Say that a promise, measure, escalation or referral has been kept, and how."""

    type: Literal["fulfil_obligation"] = "fulfil_obligation"
    label: ClassVar = Label("Fulfil an obligation", "履行义务")

    obligation: Ref
    how: Words


class WaiveObligation(Action):
    """Let an obligation go, with a reason; what is already late stays recorded as missed (law 8)."""

    type: Literal["waive_obligation"] = "waive_obligation"
    label: ClassVar = Label("Waive an obligation", "免除义务")

    obligation: Ref
    reason: Words


class UpdateCustomer(ToCustomer):
    """Tell the complainant how the case stands, unasked (T13)."""

    type: Literal["update_customer"] = "update_customer"
    label: ClassVar = Label("Update the customer", "向客户通报进展")

    channel: Code = "email"


class WaitForCustomer(ToCustomer):
    """Ask the complainant for something and wait; the stage's own clock stands still meanwhile."""

    type: Literal["wait_for_customer"] = "wait_for_customer"
    label: ClassVar = Label("Wait for the customer", "等待客户")

    until: UtcDatetime | None = None


class WaitForThirdParty(Action):
    """Ask a carrier or supplier and wait; the complainant's clock runs on, for the third party is the shop's choice."""

    type: Literal["wait_for_third_party"] = "wait_for_third_party"
    label: ClassVar = Label("Wait for a third party", "等待第三方")

    party: Words
    request: Words
    until: UtcDatetime | None = None


class Resume(Action):
    """Go on where the wait began."""

    type: Literal["resume"] = "resume"
    label: ClassVar = Label("Resume", "恢复处理")

    note: Words


class Extend(ToCustomer):
    """Move the stage's due time, with a reason, and tell the complainant; limited, and only before it is due."""

    type: Literal["extend"] = "extend"
    label: ClassVar = Label("Extend the time", "延长期限")

    until: UtcDatetime
    reason: Words


class Reassign(Action):
    """Give the case to another person or department; what was owed by the former is owed by the new one."""

    type: Literal["reassign"] = "reassign"
    label: ClassVar = Label("Reassign", "改派")

    person: Ref
    department: Code
    reason: Words


class Escalate(Action):
    """Call in the manager (Q25, S30)."""

    type: Literal["escalate"] = "escalate"
    label: ClassVar = Label("Escalate", "升级处理")

    reason: Words


class ReferOutside(ToCustomer):
    """Tell the complainant which outside body can look at the case, such as an ombudsman (ISO 10002, 10003)."""

    type: Literal["refer_outside"] = "refer_outside"
    label: ClassVar = Label("Refer outside", "转外部机构")

    body: Words


class Withdraw(Action):
    """The complainant takes the complaint back."""

    type: Literal["withdraw"] = "withdraw"
    label: ClassVar = Label("Withdraw", "撤回投诉")

    reason: Words


class RecordMissed(Action):
    """Record that a due time has passed; done once for each, by the sweep (law 8)."""

    type: Literal["record_missed"] = "record_missed"
    label: ClassVar = Label("Record a missed due time", "记录逾期")

    obligation: Ref
