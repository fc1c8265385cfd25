"""Who takes part: the complainant, the people of the house, and who answers for a case."""

from __future__ import annotations

from enum import StrEnum

from complaintflow.model.base import Frozen, Names, PersonRef, Ref, Words


class Role(StrEnum):
    """The roles of the standard workflow (Q02, Q12). A host may use further names of its own."""

    COMPLAINANT = "complainant"
    """Who complains, or speaks for them: acts in their own cases only."""
    AGENT = "agent"
    """Customer service: records, acknowledges, judges, assigns, answers declined cases."""
    HANDLER = "handler"
    """A person of the responsible department: accepts, investigates, proposes, carries out, answers."""
    MANAGER = "manager"
    """Decides every plan, reassigns, waives."""
    REVIEWER = "reviewer"
    """Reviews what was handled, draws the lessons and closes."""
    SYSTEM = "system"
    """The host's scheduler: records missed due times, lapses, archives."""
    THIRD_PARTY = "third_party"
    """A carrier, supplier or outside body: may owe something, acts through the house."""


class Actor(Frozen):
    """Who acts. The host has authenticated them; the library only reads what is written here."""

    id: PersonRef
    roles: Names
    department: str | None = None
    name: Words | None = None


class Complainant(Frozen):
    """Who complains. ``tags`` are the host's own free words and no input of any decision (law 9, M19, S39)."""

    id: PersonRef
    name: Words | None = None
    contact: Words | None = None
    tags: tuple[Words, ...] = ()


class Representative(Frozen):
    """Who speaks for the complainant, and on what authority (a mandate, a parent, a lawyer)."""

    id: PersonRef
    authority: Words
    name: Words | None = None
    contact: Words | None = None


class StaffMember(Frozen):
    """A person of the house as the object or cause of a complaint (R18): never shown to the customer."""

    id: Ref
    name: Words | None = None
    department: str | None = None


class Owner(Frozen):
    """Who answers for a case or owes an obligation inside the house: one department, and a person once named (P07)."""

    department: str
    person: str | None = None
