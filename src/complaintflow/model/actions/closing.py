"""From the answer to the archive: feedback, review, follow-up."""

from __future__ import annotations

from typing import ClassVar, Literal

from complaintflow.model.actions.base import Action
from complaintflow.model.base import Label, Ref, Words
from complaintflow.model.judgement import Review, Stars


class ConfirmSatisfaction(Action):
    """The complainant takes the answer as settling the matter (P05, Q08)."""

    type: Literal["confirm_satisfaction"] = "confirm_satisfaction"
    label: ClassVar = Label("Confirm satisfaction", "确认满意")

    stars: Stars | None = None
    words: Words | None = None


class Dispute(Action):
    """The complainant does not accept the outcome of an upheld or settled complaint."""

    type: Literal["dispute"] = "dispute"
    label: ClassVar = Label("Dispute the outcome", "对结果提出异议")

    reason: Words
    stars: Stars | None = None


class Appeal(Action):
    """The complainant asks for a new judgement of a declined complaint, by somebody else."""

    type: Literal["appeal"] = "appeal"
    label: ClassVar = Label("Appeal", "申诉")

    reason: Words


class LapseFeedback(Action):
    """The time for feedback is over and the complainant stayed silent."""

    type: Literal["lapse_feedback"] = "lapse_feedback"
    label: ClassVar = Label("Let the feedback lapse", "反馈期满")


class Close(Action):
    """Step 8: review the case and close it (P26, P27)."""

    type: Literal["close"] = "close"
    label: ClassVar = Label("Review and close", "总结评价并结案")

    review: Review


class Reopen(Action):
    """Open an ended case again, inside the window that the policy gives."""

    type: Literal["reopen"] = "reopen"
    label: ClassVar = Label("Reopen", "重新开启")

    reason: Words


class FollowUp(Action):
    """The call-back after a month or two: what the customer said, and a new case if it revealed one (T15, T16)."""

    type: Literal["follow_up"] = "follow_up"
    label: ClassVar = Label("Call back", "回访")

    note: Words
    stars: Stars | None = None
    new_case: Ref | None = None


class Archive(Action):
    """End the case for good."""

    type: Literal["archive"] = "archive"
    label: ClassVar = Label("Archive", "归档")
