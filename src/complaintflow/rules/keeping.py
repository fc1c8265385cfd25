"""May it be erased? Legal hold (Q14, Q20) and what an erasure leaves."""

from __future__ import annotations

from complaintflow.model.refusal import Refusal
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
