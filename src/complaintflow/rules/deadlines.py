"""When an obligation is due. Pure; working-time calendars will answer here."""

from __future__ import annotations

from datetime import datetime

from complaintflow.model.obligation import Status
from complaintflow.rules.policy import Policy


def due_at(policy: Policy, kind: str, opened_at: datetime) -> datetime:
    """The due time of a kind of obligation opened at this moment (UTC)."""
    return opened_at + policy.duties[kind].within


def outcome(due: datetime, at: datetime, otherwise: Status) -> Status:
    """How an obligation ends at ``at``: missed if its time is over, whatever else was meant (law 8)."""
    return Status.MISSED if at > due else otherwise
