"""A shop's desk with a clock that the story turns, and people with names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from complaintflow import (
    Actor,
    Complainant,
    Complaint,
    ComplaintDesk,
    MemoryStore,
    Money,
    Outcome,
    Policy,
    Refused,
    Remedy,
    Role,
    actions,
    standard_workflow,
)
from complaintflow.model import Representative
from complaintflow.model.judgement import Review

LI = Actor(id="li", roles={Role.AGENT})
WU = Actor(id="wu", roles={Role.AGENT})
HAN = Actor(id="han", roles={Role.HANDLER}, department="storage_and_transport")
MO = Actor(id="mo", roles={Role.MANAGER})
QIN = Actor(id="qin", roles={Role.REVIEWER})
CHEN = Actor(id="chen", roles={Role.COMPLAINANT})


def money(amount: str, currency: str = "CNY") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


class Shop:
    """One complaint of Mrs Chen's, told step by step."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)
        self.desk = ComplaintDesk(MemoryStore(), workflow=standard_workflow(policy), clock=lambda: self.now)
        self.id = ""

    def record(self, **more: Any) -> Outcome:
        facts: dict[str, Any] = {
            "complainant": Complainant(id="chen", name="Chen"),
            "category": "shipping",
            "sub_type": "damage",
            "narrative": "The teapot arrived in pieces.",
            "demand": "A new one.",
        }
        outcome = self.desk.record(actions.Record(**facts | more), LI)
        self.id = outcome.complaint.id
        return outcome

    def do(self, actor: Actor, action: actions.Action, *, days: float = 0) -> Outcome:
        self.now += timedelta(days=days, minutes=5)
        return self.desk.act(self.id, action, actor)

    def refused(self, actor: Actor, action: actions.Action) -> dict[str, str | None]:
        """The codes of the refusals with the fields they name; nothing may have changed."""
        before = self.desk.get(self.id)
        with pytest.raises(Refused) as caught:
            self.do(actor, action)
        assert self.desk.get(self.id) == before
        return {r.code: r.field for r in caught.value.refusals}

    @property
    def case(self) -> Complaint:
        return self.desk.get(self.id)

    def owed(self) -> dict[str, str]:
        """What is open: kind and who owes it: the person, else the department, else the role."""
        return {o.kind: o.owed_by.person or o.owed_by.department or o.owed_by.role for o in self.case.open_obligations}

    def upheld(self, **more: Any) -> Shop:
        self.record(**more)
        self.do(LI, actions.Uphold(reason="The photos show it."))
        return self

    def investigated(self, **more: Any) -> Shop:
        self.upheld(**more)
        self.do(LI, actions.Assign(person="han"))
        self.do(HAN, actions.Accept())
        self.do(
            HAN,
            actions.EstablishCause(cause="poor_packing", description="No padding.", department="storage_and_transport"),
        )
        return self

    def planned(self, lines: Iterable[Remedy] | None = None, **more: Any) -> Shop:
        self.investigated(**more)
        offer = lines or (Remedy(kind="resend", description="A new teapot, well padded."),)
        self.do(HAN, actions.ProposePlan(lines=tuple(offer), against_demand="As demanded."))
        return self

    def answered(self, lines: Iterable[Remedy] | None = None, **more: Any) -> Shop:
        self.planned(lines, **more)
        self.do(MO, actions.Approve())
        for line in self.case.lines:
            self.do(HAN, actions.CompleteRemedy(line=line.id, confirmed=True))
        self.do(HAN, actions.Answer(text="Your new teapot is on its way.", proof="mail-17"))
        return self

    def closed(self, review: Review | None = None) -> Shop:
        self.answered()
        self.do(CHEN, actions.ConfirmSatisfaction(stars=5))
        self.do(QIN, actions.Close(review=review or Review(summary="Packed badly, put right.")))
        return self


PERSONAL = ("chen-4711", "Chen Meihua", "meihua@example.org", "daughter-7", "Chen Lin", "in pieces", "a new teapot")


def handled_for(desk: ComplaintDesk, shop: Shop) -> None:
    """A case of Mrs Chen's and her daughter's that is full of personal words, and ended."""
    shop.desk = desk
    person = Complainant(id="chen-4711", name="Chen Meihua", contact="meihua@example.org", tags=("meihua@example.org",))
    chen = CHEN.model_copy(update={"id": "chen-4711", "name": "Chen Meihua"})
    shop.record(
        complainant=person,
        representative=Representative(id="daughter-7", name="Chen Lin", authority="Her mother, Chen Meihua, is ill"),
        narrative="It arrived in pieces.",
        demand="Chen Meihua wants a new teapot",
        points=("in pieces",),
    )
    shop.do(LI, actions.AddNote(text="Chen Meihua called from meihua@example.org"))
    shop.do(LI, actions.Promise(text="Chen Meihua gets it", due_at=shop.now + timedelta(days=1)))
    shop.do(chen, actions.Withdraw(reason="Chen Meihua has a new teapot"))
