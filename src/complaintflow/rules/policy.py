"""The policy: what a house decides for itself. Plain data, one object, written down with the workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from complaintflow.model.base import Label
from complaintflow.model.money import Money
from complaintflow.model.remedy import RemedyKind
from complaintflow.model.taxonomy import Category


@dataclass(frozen=True, slots=True)
class Duty:
    """Who owes an obligation of a kind, to whom, and how long they have.

    ``place`` says which department owes it: the front desk, the case's owner, the reviewers, or nobody inside.
    """

    label: Label
    role: str
    to: str
    within: timedelta
    place: str = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """A retention class: how long the personal words of a case are kept after it ended (Q14, Q20).

    It takes the cases that were, or were not, ``upheld`` (settled on the spot counts as upheld), and those of some
    ``categories`` only; ``None`` takes all. The case itself is never deleted (Q15).
    """

    code: str
    keep: timedelta
    upheld: bool | None = None
    categories: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The host's rule book in numbers and names (Q12, S34). Durations are plain elapsed time.

    ``limits`` maps a role to what it may spend on its own authority, one amount for each currency; ``None`` is
    without limit, an absent role may spend nothing (Q12, P16).
    """

    categories: tuple[Category, ...]
    remedies: tuple[RemedyKind, ...]
    causes: Mapping[str, Label]
    departments: Mapping[str, Label]
    routes: Mapping[str, str]
    """Category code to responsible department (P06, P08, P09)."""
    front_desk: str
    reviewers: str
    duties: Mapping[str, Duty]
    limits: Mapping[str, tuple[Money, ...] | None]
    max_hand_backs: int = 2
    max_disputes: int = 2
    max_appeals: int = 1
    max_extensions: int = 2
    max_reopenings: int = 3
    reopen_within: timedelta = timedelta(days=60)
    urgent_within: timedelta = timedelta(hours=4)
    """How soon a complaint about danger to health or safety is judged (T22)."""
    retention: tuple[Retention, ...] = (Retention(code="standard", keep=timedelta(days=3 * 365 + 1)),)
    """The first class that takes a case is the case's own; the last takes all."""

    def category(self, code: str) -> Category | None:
        return next((c for c in self.categories if c.code == code), None)

    def remedy(self, code: str) -> RemedyKind | None:
        return next((r for r in self.remedies if r.code == code), None)

    def problems(self) -> list[str]:
        """What is inconsistent in it, as sentences; empty if nothing."""
        found = [f"category {c.code!r} has no route" for c in self.categories if c.code not in self.routes]
        named = {**{f"route of {c}": d for c, d in self.routes.items()}, "front desk": self.front_desk}
        named["reviewers"] = self.reviewers
        found += [f"{what}: unknown department {d!r}" for what, d in named.items() if d not in self.departments]
        found += [f"duty {k!r} has no time" for k, d in self.duties.items() if d.within <= timedelta()]
        short = [r.code for r in self.retention if r.keep < self.reopen_within]
        found += [f"retention {code!r} ends before a case may no longer be reopened" for code in short]
        if not any(r.upheld is None and r.categories is None for r in self.retention[-1:]):
            found.append("the last retention class does not take every case")
        for what, codes in (("category", self.categories), ("remedy", self.remedies)):
            twice = {c.code for c in codes if sum(c.code == other.code for other in codes) > 1}
            found += [f"{what} {code!r} is there twice" for code in sorted(twice)]
        return found
