"""Which department answers for a case."""

from __future__ import annotations

from complaintflow.model.complaint import Complaint
from complaintflow.rules.policy import Policy


def responsible_department(policy: Policy, complaint: Complaint) -> str:
    """The department that the category goes to: shipping to storage and transport, and so on (P08, P09)."""
    return policy.routes[complaint.category]
