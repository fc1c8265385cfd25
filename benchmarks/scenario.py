"""One full case from record to close, with an acknowledgement and two remedy lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import uuid4

from complaintflow import Actor, Complainant, Money, Remedy, Role, Subject, actions
from complaintflow.desk.batch import Past
from complaintflow.model.judgement import Measure, Review
from complaintflow.model.subject import Evidence, Shipment

AGENT = Actor(id="li", roles=frozenset({Role.AGENT}), department="customer_service")
HANDLER = Actor(id="han", roles=frozenset({Role.HANDLER}), department="storage_and_transport")
MANAGER = Actor(id="mo", roles=frozenset({Role.MANAGER}), department="storage_and_transport")
REVIEWER = Actor(id="ren", roles=frozenset({Role.REVIEWER}), department="quality_management")
CUSTOMER = Actor(id="customer-7", roles=frozenset({Role.COMPLAINANT}))

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PAST = 8
"""Entries of a case that is imported."""


class Step(NamedTuple):
    """What is done, by whom, when."""

    action: actions.Action
    actor: Actor
    at: datetime


def full_case() -> tuple[Step, ...]:
    """Fourteen actions, six hours apart; every payload is built here, so that only the handling is measured."""
    return tuple(Step(action, actor, START + timedelta(hours=6 * i)) for i, (action, actor) in enumerate(_handling()))


def histories(number: int, entries: int = PAST) -> list[Past]:
    """As many cases that were handled elsewhere, each with the first ``entries`` of the full case."""
    steps = [(step.action, step.actor, step.at) for step in full_case()[:entries]]
    return [Past(f"past-{uuid4().hex}", steps) for _ in range(number)]


def _handling() -> Iterator[tuple[actions.Action, Actor]]:
    yield _record(), AGENT
    yield actions.Acknowledge(text="We have it and look into it.", reply_by=START + timedelta(days=7)), AGENT
    yield actions.Uphold(reason="The photographs show the damage."), AGENT
    yield actions.Assign(person=HANDLER.id), AGENT
    yield actions.Accept(), HANDLER
    yield (
        actions.EstablishCause(
            cause="poor_packing",
            description="The carton was too thin for two lamps.",
            department="storage_and_transport",
        ),
        HANDLER,
    )
    yield actions.ProposePlan(lines=_plan(), against_demand="A new lamp and something for the wait."), HANDLER
    yield actions.Approve(comment="Agreed."), MANAGER
    shipment = Shipment(carrier="Post", tracking="PX-4711", expected_days=3)
    yield actions.CompleteRemedy(line="1.1", confirmed=True, shipment=shipment), HANDLER
    yield actions.CompleteRemedy(line="1.2", confirmed=True, reference="refund-99"), HANDLER
    yield actions.UpdateCustomer(text="The new lamp is on its way."), HANDLER
    yield actions.Answer(text="A new lamp is on its way, and 10 euros are yours.", proof="mail-3"), HANDLER
    yield actions.ConfirmSatisfaction(stars=4, words="Quick."), CUSTOMER
    yield actions.Close(review=_review()), REVIEWER


def _record() -> actions.Record:
    return actions.Record(
        complainant=Complainant(id=CUSTOMER.id, name="A. Lind", contact="lind@example.org"),
        category="shipping",
        sub_type="damage",
        narrative="Two lamps were ordered; one arrived with a broken shade, the carton was crushed on one side.",
        demand="A new lamp.",
        subject=Subject(order="order-1024", product="lamp-8"),
        evidence=(Evidence(ref="photo-1", description="The broken shade", shown=True),),
    )


def _plan() -> tuple[Remedy, Remedy]:
    return (
        Remedy(kind="resend", description="A new lamp"),
        Remedy(kind="compensation", description="For the wait", amount=Money(amount=Decimal(10), currency="EUR")),
    )


def _review() -> Review:
    return Review(
        summary="Handled in time; the carton was to blame.",
        lessons=("Lamps need the double carton.",),
        measures=(
            Measure(
                description="Order the double carton.",
                department="storage_and_transport",
                due_at=START + timedelta(days=40),
            ),
        ),
    )
