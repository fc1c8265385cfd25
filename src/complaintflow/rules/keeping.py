"""May it be erased? Legal hold (Q14, Q20) and what an erasure leaves."""

from __future__ import annotations

from datetime import datetime

from complaintflow.model.complaint import Complaint
from complaintflow.model.refusal import Refusal
from complaintflow.rules.policy import Policy, Retention
from complaintflow.rules.situation import Situation


def is_held(s: Situation) -> Refusal | None:
    """Only a hold that is there can be lifted."""
    if s.complaint.held:
        return None
    return Refusal(code="not_held", message="This case is under no legal hold.")


def is_not_held(s: Situation) -> Refusal | None:
    """Nothing is erased from a case under legal hold, and a hold is placed once."""
    if not s.complaint.held:
        return None
    return Refusal(code="held", message="This case is under legal hold.", remedy="A manager can lift the hold.")


def is_not_erased(s: Situation) -> Refusal | None:
    """A case without its words cannot be handled again."""
    if s.complaint.erased_at is None:
        return None
    return Refusal(
        code="erased",
        message=f"The personal data of this case were erased on {s.complaint.erased_at:%Y-%m-%d}.",
        remedy="Record a new complaint.",
    )


def retention(policy: Policy, complaint: Complaint) -> Retention:
    """The retention class of a case: the first of the policy that takes it (Q14)."""
    upheld = complaint.assessment is not None and complaint.assessment.validity != "declined"
    return next(
        r
        for r in policy.retention
        if r.upheld in (None, upheld) and (r.categories is None or complaint.category in r.categories)
    )


def is_kept_long_enough(policy: Policy, complaint: Complaint, at: datetime) -> bool:
    """Has it ended, is it under no hold, and is the time of its class over?"""
    if complaint.ended_at is None or complaint.held:
        return False
    return complaint.ended_at + retention(policy, complaint).keep < at
