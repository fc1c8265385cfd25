"""What every rule looks at: the policy, the case, who wants to do what, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from complaintflow.model.actions import Action
from complaintflow.model.complaint import Complaint
from complaintflow.model.parties import Actor
from complaintflow.model.refusal import Refusal
from complaintflow.rules.policy import Policy

A = TypeVar("A", bound=Action)


class Situation:
    """One question put to the rules. ``action`` is ``None`` when asked what would be possible, before any payload."""

    __slots__ = ("action", "actor", "at", "case", "policy")

    def __init__(
        self, policy: Policy, case: Complaint | None, action: Action | None, actor: Actor, at: datetime
    ) -> None:
        self.policy = policy
        self.case = case
        self.action = action
        self.actor = actor
        self.at = at

    @property
    def complaint(self) -> Complaint:
        """The case; only a rule for ``record`` may meet a situation without one."""
        if self.case is None:
            raise LookupError("there is no complaint yet")
        return self.case


Guard = Callable[[Situation], Refusal | None]
"""A condition of a row: a refusal if it is not met, else nothing."""


def on_payload(cls: type[A]) -> Callable[[Callable[[Situation, A], Refusal | None]], Guard]:
    """Make a guard of a rule about the payload of one action; silent while there is no payload yet."""

    def decorate(rule: Callable[[Situation, A], Refusal | None]) -> Guard:
        def guard(s: Situation) -> Refusal | None:
            return rule(s, s.action) if isinstance(s.action, cls) else None

        guard.__name__ = rule.__name__
        guard.__doc__ = rule.__doc__
        return guard

    return decorate
