"""Hypothesis strategies: actors and actions that fit a case often, and miss it often enough to be refused.

Words that a customer may read begin with ``PUBLIC``, all others with ``INTERNAL``; people under accusation are called
``ACCUSED``. So one search of the customer's view shows whether anything leaked (law 10).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from complaintflow.model import actions as act
from complaintflow.model.complaint import Complaint
from complaintflow.model.judgement import Measure, PenaltyProposal, Review
from complaintflow.model.money import Money
from complaintflow.model.obligation import BY_HAND
from complaintflow.model.parties import Actor, Complainant, Role, StaffMember
from complaintflow.model.remedy import Remedy
from complaintflow.model.subject import Discrepancy, Evidence, Measurement, Shipment, Subject
from complaintflow.model.taxonomy import Classification
from complaintflow.workflow.decide import options
from complaintflow.workflow.definition import Workflow

ACCUSED = StaffMember(id="accused-1", name="ACCUSED Wang", department="customer_service")
CAUSER = StaffMember(id="handler-1", name="ACCUSED Handler", department="sales")
COMPLAINANT = Complainant(id="customer-1", name="Chen", contact="chen@example.org")

CAST = (
    *(
        Actor(id=f"{role}-{n}", roles={role}, department="customer_service")
        for role in (Role.AGENT, Role.HANDLER, Role.MANAGER, Role.REVIEWER)
        for n in (1, 2, 3)
    ),
    Actor(id="customer-1", roles={Role.COMPLAINANT}),
    Actor(id="customer-2", roles={Role.COMPLAINANT}),
    Actor(id="scheduler", roles={Role.SYSTEM}),
    Actor(id="accused-1", roles={Role.AGENT, Role.HANDLER, Role.MANAGER, Role.REVIEWER}),
    Actor(id="chief-1", roles={Role.AGENT, Role.HANDLER, Role.MANAGER}),
)

_public = st.sampled_from(("PUBLIC we are on it", "PUBLIC 我们正在处理"))
_naming = st.just(f"PUBLIC ask {ACCUSED.name} about it")
_internal = st.sampled_from(("INTERNAL because", "INTERNAL 原因"))
_stars = st.none() | st.integers(1, 5)


def _money(limit: int) -> st.SearchStrategy[Money]:
    amounts = st.integers(1, limit * 100).map(lambda cents: Decimal(cents) / 100)
    return st.builds(Money, amount=amounts, currency=st.sampled_from(("CNY", "EUR", "USD")))


def remedies(
    workflow: Workflow, words: st.SearchStrategy[str], limit: int = 60
) -> st.SearchStrategy[tuple[Remedy, ...]]:
    """One to three lines of the catalogue, with money where it belongs and now and then where it does not."""
    policy = workflow.policy

    def line(kind: str, money: Money, description: str, slip: int) -> Remedy:
        rule = policy.remedy(kind)
        wants = rule is not None and rule.money != "none"
        return Remedy(kind=kind, description=description, amount=money if wants != (slip == 0) else None)

    kinds = st.sampled_from([*(r.code for r in policy.remedies), "no_such_remedy"])
    lines = st.builds(line, kinds, _money(limit), words, st.integers(0, 9))
    return st.lists(lines, min_size=1, max_size=3).map(tuple)


def records(workflow: Workflow, at: datetime) -> st.SearchStrategy[act.Record]:
    """Complaints of every category, mostly with the facts that their sub-type needs."""
    pairs = [(c.code, s.code) for c in workflow.policy.categories for s in c.sub_types]

    def build(pair: tuple[str, str], **more: Any) -> act.Record:
        return act.Record(
            complainant=COMPLAINANT, category=pair[0], sub_type=pair[1], narrative="PUBLIC it broke", **more
        )

    return st.builds(
        build,
        st.sampled_from([*pairs, ("quality", "no_such_type")]),
        demand=st.just("PUBLIC a refund"),
        subject=st.sampled_from((Subject(), Subject(order="o-1", staff=ACCUSED))),
        also=st.sampled_from(((), (Classification(category="service", sub_type="attitude"),))),
        language=st.sampled_from(("en", "zh-CN")),
        received_at=st.none() | st.timedeltas(timedelta(days=-3), timedelta(hours=1)).map(lambda d: at + d),
        discrepancy=st.sampled_from((Discrepancy(promised="PUBLIC 10", delivered="PUBLIC 9"), None)),
        measurement=st.sampled_from((Measurement(value=Decimal(12), limit=Decimal(10), unit="mm"), None)),
        urgent=st.booleans(),
    )


def _reviews(at: datetime) -> st.SearchStrategy[Review]:
    due = st.sampled_from((at + timedelta(days=30), at - timedelta(days=1)))
    measures = st.builds(
        Measure, description=st.just("INTERNAL buy foam"), department=st.sampled_from(("sales", "nowhere")), due_at=due
    )
    penalty = PenaltyProposal(person=ACCUSED, rule="INTERNAL rule 7", evidence="INTERNAL log", heard="INTERNAL sorry")
    return st.builds(
        Review,
        summary=_internal,
        measures=st.lists(measures, max_size=1).map(tuple),
        penalties=st.sampled_from(((), (penalty,))),
        loss=st.none() | _money(100),
    )


Draw = Callable[[], st.SearchStrategy[act.Action]]


class _Payloads:
    """The payloads of all actions for one case: right mostly, and wrong now and then."""

    def __init__(self, workflow: Workflow, c: Complaint, at: datetime) -> None:
        self.workflow = workflow
        self.c = c
        self.at = at
        policy = workflow.policy
        self.public = _public | _naming if c.subject.staff == ACCUSED else _public
        self.lines = st.sampled_from([*(x.id for x in c.lines), "9.9"])
        self.owed = st.sampled_from([*(o.id for o in c.open_obligations), *(o.id for o in c.obligations[:2]), "9.9"])
        by_hand = [o.id for o in c.open_obligations if o.kind in BY_HAND]
        self.settled_by_hand = st.sampled_from(by_hand) | self.owed if by_hand else self.owed
        self.ahead = st.timedeltas(timedelta(hours=-2), timedelta(days=20)).map(lambda d: at + d)
        self.people = st.sampled_from(("handler-1", "handler-2", "handler-3", ACCUSED.id, COMPLAINANT.id))
        self.departments = st.sampled_from([*policy.departments, "nowhere"])
        self.causes = st.sampled_from([*policy.causes, "no_such_cause"])
        self.evidence = st.builds(Evidence, ref=st.just("file-1"), description=self.public, shown=st.booleans())

    def of_the_steps(self) -> dict[str, Draw]:
        b: Any = st.builds
        return {
            "acknowledge": lambda: b(act.Acknowledge, text=self.public, reply_by=self.ahead),
            "reclassify": lambda: b(
                act.Reclassify,
                category=st.sampled_from(("shipping", "service", "contract", "nothing")),
                sub_type=st.sampled_from(("damage", "attitude", "grade")),
                reason=_internal,
                discrepancy=st.none(),
                measurement=st.none(),
            ),
            "uphold": lambda: b(act.Uphold, reason=_internal, demand_reasonable=st.booleans()),
            "decline": lambda: b(
                act.Decline, reason=_internal, grounds_sufficient=st.booleans(), demand_reasonable=st.booleans()
            ),
            "settle_on_the_spot": lambda: b(
                act.SettleOnTheSpot, text=self.public, reason=_internal, lines=remedies(self.workflow, self.public, 25)
            ),
            "merge": lambda: b(act.Merge, into=st.sampled_from(("another", self.c.id)), reason=_internal),
            "assign": lambda: b(act.Assign, person=self.people, department=st.none() | self.departments),
            "accept": lambda: st.just(act.Accept()),
            "hand_back": lambda: b(act.HandBack, reason=_internal, suggested_department=st.none()),
            "establish_cause": lambda: b(
                act.EstablishCause,
                cause=self.causes,
                description=_internal,
                department=self.departments,
                person=st.sampled_from((None, None, CAUSER)),
            ),
            "propose_plan": lambda: b(
                act.ProposePlan, lines=remedies(self.workflow, self.public), against_demand=_internal
            ),
            "approve": lambda: b(act.Approve, comment=_internal),
            "return_for_revision": lambda: b(act.ReturnForRevision, reason=_internal),
            "complete_remedy": lambda: b(
                act.CompleteRemedy,
                line=self.lines,
                amount=st.none() | _money(30),
                confirmed=st.sampled_from((True, True, True, False)),
                shipment=st.sampled_from((None, Shipment(carrier="PUBLIC carrier", tracking="T1", expected_days=3))),
            ),
            "fail_remedy": lambda: b(act.FailRemedy, line=self.lines, reason=_internal),
            "replan": lambda: b(act.Replan, reason=_internal),
            "answer": lambda: b(act.Answer, text=self.public),
            "confirm_satisfaction": lambda: b(act.ConfirmSatisfaction, stars=_stars, words=st.just("PUBLIC thanks")),
            "dispute": lambda: b(act.Dispute, reason=st.just("PUBLIC no"), stars=_stars),
            "appeal": lambda: b(act.Appeal, reason=st.just("PUBLIC no")),
            "lapse_feedback": lambda: st.just(act.LapseFeedback()),
            "close": lambda: b(act.Close, review=_reviews(self.at)),
            "reopen": lambda: b(act.Reopen, reason=_internal),
            "follow_up": lambda: b(act.FollowUp, note=_internal, stars=_stars),
            "archive": lambda: st.just(act.Archive()),
        }

    def of_the_rest(self) -> dict[str, Draw]:
        b: Any = st.builds
        return {
            "add_note": lambda: b(act.AddNote, text=_internal),
            "attach_evidence": lambda: b(act.AttachEvidence, evidence=self.evidence),
            "promise": lambda: b(act.Promise, text=self.public, due_at=self.ahead),
            "fulfil_obligation": lambda: b(act.FulfilObligation, obligation=self.settled_by_hand, how=_internal),
            "waive_obligation": lambda: b(act.WaiveObligation, obligation=self.settled_by_hand, reason=_internal),
            "update_customer": lambda: b(act.UpdateCustomer, text=self.public),
            "wait_for_customer": lambda: b(act.WaitForCustomer, text=self.public, until=st.none() | self.ahead),
            "wait_for_third_party": lambda: b(
                act.WaitForThirdParty, party=_internal, request=_internal, until=st.none() | self.ahead
            ),
            "resume": lambda: b(act.Resume, note=_internal),
            "extend": lambda: b(act.Extend, text=self.public, reason=_internal, until=self.ahead),
            "reassign": lambda: b(act.Reassign, person=self.people, department=self.departments, reason=_internal),
            "escalate": lambda: b(act.Escalate, reason=_internal),
            "refer_outside": lambda: b(act.ReferOutside, text=self.public, body=st.just("PUBLIC ombudsman")),
            "withdraw": lambda: b(act.Withdraw, reason=st.just("PUBLIC solved")),
            "place_hold": lambda: st.just(act.PlaceHold(matter="INTERNAL claim")),
            "lift_hold": lambda: st.just(act.LiftHold(reason="INTERNAL settled")),
            "record_erasure": lambda: st.just(act.RecordErasure(reason="INTERNAL asked for")),
            "record_missed": lambda: b(act.RecordMissed, obligation=self.owed),
        }


def _payloads(workflow: Workflow, c: Complaint, at: datetime) -> dict[str, Draw]:
    payloads = _Payloads(workflow, c, at)
    return payloads.of_the_steps() | payloads.of_the_rest()


def moves(workflow: Workflow, complaint: Complaint, at: datetime) -> st.SearchStrategy[tuple[act.Action, Actor]]:
    """The work of the stage, by somebody who may do it now; its payload may still be wrong.

    What many stages know (notes, waits, withdrawing) is left to ``tries``, or histories would never get far.
    """
    able: dict[str, list[Actor]] = {}
    for actor in CAST:
        for option in options(workflow, complaint, actor, at):
            if option.allowed:
                able.setdefault(option.action, []).append(actor)
    own = sorted(name for name in able if sum(name in rows for rows in workflow.by_stage.values()) <= 3)
    payloads = _payloads(workflow, complaint, at)
    return st.sampled_from(own or sorted(able)).flatmap(
        lambda name: st.tuples(payloads[name](), st.sampled_from(able[name]))
    )


def tries(workflow: Workflow, complaint: Complaint, at: datetime) -> st.SearchStrategy[tuple[act.Action, Actor]]:
    """Any action that the stage knows, or now and then any at all, by somebody likely or by anybody."""
    here = sorted(workflow.by_stage[complaint.stage])
    anything = sorted(set(act.ACTIONS) - {"record"})
    names = st.sampled_from(here or anything) | st.sampled_from(anything)
    payloads = _payloads(workflow, complaint, at)

    def somebody(name: str) -> st.SearchStrategy[Actor]:
        wanted = {role for row in workflow.by_stage[complaint.stage].get(name, ()) for role in row.by}
        suited = [a for a in CAST if a.roles & wanted] or CAST
        return st.sampled_from(suited) | st.sampled_from(CAST)

    return names.flatmap(lambda name: st.tuples(payloads[name](), somebody(name)))


def _actor(id: str) -> Actor:
    return next(a for a in CAST if a.id == id)


def beginnings() -> st.SearchStrategy[list[tuple[act.Action, Actor]]]:
    """A case handled well up to some point, so that random histories start in every stage, not in the first."""
    agent, handler, manager = _actor("agent-1"), _actor("handler-1"), _actor("manager-1")
    customer, reviewer = _actor("customer-1"), _actor("reviewer-1")
    record = act.Record(
        complainant=COMPLAINANT,
        category="shipping",
        sub_type="damage",
        narrative="PUBLIC it broke",
        demand="PUBLIC new",
    )
    money = Money(amount=Decimal(20), currency="CNY")
    lines = (
        Remedy(kind="resend", description="PUBLIC a new one"),
        Remedy(kind="compensation", description="PUBLIC for the wait", amount=money),
    )
    upheld: list[tuple[act.Action, Actor]] = [
        (record, agent),
        (act.Uphold(reason="INTERNAL photos"), agent),
        (act.Escalate(reason="INTERNAL press"), agent),
        (act.Assign(person=handler.id), agent),
        (act.Accept(), handler),
        (act.EstablishCause(cause="poor_packing", description="INTERNAL thin", department="sales"), handler),
        (act.ProposePlan(lines=lines, against_demand="INTERNAL more"), handler),
        (act.Approve(), manager),
        (act.CompleteRemedy(line="1.1", confirmed=True), handler),
        (act.CompleteRemedy(line="1.2", confirmed=True), handler),
        (act.Answer(text="PUBLIC done"), handler),
        (act.ConfirmSatisfaction(stars=5), customer),
        (act.Close(review=Review(summary="INTERNAL fine")), reviewer),
    ]
    declined: list[tuple[act.Action, Actor]] = [
        (record, agent),
        (act.Decline(reason="INTERNAL no", grounds_sufficient=False, demand_reasonable=True), agent),
        (act.Answer(text="PUBLIC we are sorry"), agent),
    ]
    settled: list[tuple[act.Action, Actor]] = [
        (record, agent),
        (act.SettleOnTheSpot(text="PUBLIC sorry", reason="INTERNAL small", lines=lines[1:]), agent),
    ]
    stops = [upheld[:n] for n in range(1, len(upheld) + 1)] + [settled, declined[:2], *[declined] * 4]
    return st.sampled_from(stops)


def recorders() -> st.SearchStrategy[Actor]:
    """Anybody of the cast may record; a stranger to the case may not record in another's name."""
    return st.sampled_from(CAST)
