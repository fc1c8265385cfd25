"""One story for each item of the eight steps, P01 to P29."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from complaintflow import Remedy, actions
from complaintflow.model.judgement import Measure, PenaltyProposal, Review
from complaintflow.model.obligation import Status
from complaintflow.model.parties import StaffMember
from complaintflow.model.remedy import LineStatus
from complaintflow.model.subject import Shipment
from complaintflow.reports.pareto import pareto
from complaintflow.reports.rates import complaint_rate
from story import CHEN, HAN, LI, MO, QIN, WU, Shop, money

TEAPOT = Remedy(kind="resend", description="A new teapot")
SORRY = Remedy(kind="compensation", description="For the wait", amount=money("30"))


def test_p01_a_complaint_is_recorded_with_who_when_about_what_and_the_demand() -> None:
    case = Shop().record(points=("broken", "late"), expectation="Unbroken").complaint
    assert (case.stage, case.complainant.id, case.demand) == ("awaiting_assessment", "chen", "A new one.")
    assert case.received_at == case.recorded_at
    assert case.points == ("broken", "late")


def test_p02_it_is_judged_whether_the_complaint_stands() -> None:
    shop = Shop()
    shop.record()
    assert shop.owed()["assessment"] == "customer_service"
    assert shop.do(LI, actions.Uphold(reason="Photos")).complaint.stage == "awaiting_assignment"
    assert "assessment" not in shop.owed()


def test_p03_grounds_and_demand_are_two_tests() -> None:
    shop = Shop()
    shop.record()
    groundless = actions.Decline(reason="No", grounds_sufficient=True, demand_reasonable=True)
    assert shop.refused(LI, groundless) == {"no_ground_to_decline": "grounds_sufficient"}
    case = shop.do(LI, actions.Uphold(reason="True, but a car is too much", demand_reasonable=False)).complaint
    assert case.assessment is not None
    assert (case.assessment.grounds_sufficient, case.assessment.demand_reasonable) == (True, False)


def test_p04_a_declined_complaint_owes_a_reasoned_reply() -> None:
    shop = Shop()
    shop.record()
    shop.do(LI, actions.Decline(reason="Bought elsewhere", grounds_sufficient=False, demand_reasonable=True))
    assert shop.owed()["reply"] == "customer_service"
    assert shop.refused(QIN, actions.Close(review=Review(summary="x"))) == {"not_possible_now": None}
    answer = "We understand your anger. The receipt is from another shop, and it can help you."
    case = shop.do(LI, actions.Answer(text=answer)).complaint
    assert case.stage == "awaiting_feedback"
    assert shop.desk.customer_view(shop.id).answer == answer


def test_p05_a_misunderstanding_can_be_cleared_or_appealed() -> None:
    shop = Shop()
    shop.record()
    decline = actions.Decline(reason="Misread", grounds_sufficient=False, demand_reasonable=True)
    shop.do(LI, decline)
    shop.do(LI, actions.Answer(text="It can be washed, but by hand."))
    assert shop.refused(CHEN, actions.Dispute(reason="No!")) == {"declined": None}
    shop.do(CHEN, actions.Appeal(reason="The label says otherwise."))
    assert shop.case.stage == "awaiting_assessment"
    assert shop.refused(LI, decline) == {"judged_before": None}
    shop.do(WU, decline)
    shop.do(WU, actions.Answer(text="We looked again."))
    case = shop.do(CHEN, actions.ConfirmSatisfaction(words="Now I see.")).complaint
    assert case.feedback is not None
    assert (case.feedback.kind, case.stage) == ("satisfied", "awaiting_review")


def test_p06_p08_shipping_goes_to_storage_and_transport() -> None:
    shop = Shop().upheld()
    shop.do(LI, actions.Assign(person="han"))
    assert shop.case.owner.department == "storage_and_transport"


def test_p09_quality_goes_to_quality_management() -> None:
    shop = Shop().upheld(category="quality", sub_type="defect")
    shop.do(LI, actions.Assign(person="han"))
    assert shop.case.owner.department == "quality_management"


def test_p07_department_and_person_are_both_named_before_work_starts() -> None:
    shop = Shop().upheld()
    assert shop.refused(LI, actions.Assign(person="han", department="nowhere")) == {"unknown_code": "department"}
    shop.do(LI, actions.Assign(person="han", department="sales"))
    assert (shop.case.owner.department, shop.case.owner.person) == ("sales", "han")
    assert shop.owed()["acceptance"] == "han"
    assert shop.refused(WU, actions.Accept()) == {"wrong_role": None, "not_responsible": None}


def test_p10_the_responsible_person_looks_for_the_cause() -> None:
    shop = Shop().upheld()
    shop.do(LI, actions.Assign(person="han"))
    assert shop.do(HAN, actions.Accept()).complaint.stage == "under_investigation"
    assert shop.owed()["investigation"] == "han"


def test_p11_cause_department_and_person_are_found_and_the_person_is_out_of_the_handling() -> None:
    shop = Shop().upheld()
    shop.do(LI, actions.Assign(person="han"))
    shop.do(HAN, actions.Accept())
    found = actions.EstablishCause(
        cause="poor_packing",
        description="I packed it.",
        department="storage_and_transport",
        person=StaffMember(id="han"),
    )
    assert shop.refused(HAN, found.model_copy(update={"cause": "bad luck"})) == {"unknown_code": "cause"}
    case = shop.do(HAN, found).complaint
    assert case.finding is not None
    assert case.finding.person == StaffMember(id="han")
    plan = actions.ProposePlan(lines=(TEAPOT,), against_demand="As demanded")
    assert shop.refused(HAN, plan) == {"involved": None}


def test_p12_p13_a_plan_is_seen_against_the_demand() -> None:
    shop = Shop().investigated()
    entry = shop.do(HAN, actions.ProposePlan(lines=(TEAPOT, SORRY), against_demand="More than demanded.")).entry
    assert shop.case.stage == "awaiting_approval"
    assert isinstance(entry.action, actions.ProposePlan)
    assert entry.action.against_demand == "More than demanded."


def test_p14_five_remedies_and_more_combine_and_have_their_amounts() -> None:
    shop = Shop().investigated()
    kinds = ("return", "exchange", "repair", "discount", "compensation")
    lines = tuple(Remedy(kind=k, description=k, amount=money("5")) for k in kinds)
    shop.do(HAN, actions.ProposePlan(lines=lines, against_demand="Everything"))
    assert [x.kind for x in shop.case.lines] == list(kinds)
    wrong = actions.ProposePlan(lines=(Remedy(kind="discount", description="?"),), against_demand="x")
    assert Shop().investigated().refused(HAN, wrong) == {"wrong_amount": "lines.0.amount"}


def test_p15_p16_the_manager_sees_every_plan_and_owes_a_prompt_decision() -> None:
    shop = Shop().planned()
    decision = next(o for o in shop.case.open_obligations if o.kind == "decision")
    assert (decision.owed_by.role, decision.due_at - decision.opened_at) == ("manager", timedelta(days=2))
    assert shop.refused(LI, actions.Approve()) == {"wrong_role": None}
    assert shop.refused(HAN, actions.CompleteRemedy(line="1.1")) == {"not_possible_now": None}
    shop.do(MO, actions.ReturnForRevision(reason="Add an apology."))
    assert [x.status for x in shop.case.lines] == [LineStatus.DROPPED]
    both = actions.ProposePlan(lines=(TEAPOT, Remedy(kind="apology", description="Sorry")), against_demand="More")
    shop.do(HAN, both)
    assert shop.do(MO, actions.Approve()).complaint.stage == "in_execution"


def test_p17_loss_and_what_was_recovered_are_written_down() -> None:
    shop = Shop().closed(Review(summary="The carrier paid.", loss=money("80"), recovered=money("60")))
    assert shop.case.review is not None
    assert (shop.case.review.loss, shop.case.review.recovered) == (money("80"), money("60"))


def test_p18_each_line_is_carried_out_once_and_for_no_more_than_approved() -> None:
    shop = Shop().planned((TEAPOT, SORRY))
    shop.do(MO, actions.Approve())
    assert shop.refused(HAN, actions.Answer(text="Done")) == {"lines_not_done": None}
    unconfirmed = actions.CompleteRemedy(line="1.2")
    assert shop.refused(HAN, unconfirmed) == {"not_confirmed": "confirmed"}
    too_much = actions.CompleteRemedy(line="1.2", amount=money("31"), confirmed=True)
    assert shop.refused(HAN, too_much) == {"over_approved_sum": "amount"}
    shop.do(HAN, actions.CompleteRemedy(line="1.2", amount=money("29"), confirmed=True))
    assert shop.refused(HAN, actions.CompleteRemedy(line="1.2", confirmed=True)) == {"line_not_approved": "line"}
    shop.do(HAN, actions.FailRemedy(line="1.1", reason="Sold out"))
    assert shop.refused(HAN, actions.Answer(text="Done")) == {"lines_not_done": None}
    assert shop.do(HAN, actions.Replan(reason="Sold out")).complaint.stage == "awaiting_plan"
    assert [x.status for x in shop.case.lines] == [LineStatus.DROPPED, LineStatus.DONE]


def test_p19_p22_p23_p24_penalties_are_proposals_with_rule_evidence_and_a_hearing() -> None:
    penalty = PenaltyProposal(
        person=StaffMember(id="han"),
        rule="Staff rules 4.2, loss under 100 CNY",
        evidence="Packing log",
        heard="The foam was used up.",
        percent=Decimal(2),
        base=money("4000"),
        cap=money("50"),
    )
    shop = Shop().closed(Review(summary="Packed badly.", penalties=(penalty,)))
    assert shop.case.review is not None
    assert shop.case.review.penalties == (penalty,)
    assert "Staff rules" not in shop.desk.customer_view(shop.id).model_dump_json()


def test_p20_the_customer_is_told_with_proof_and_the_shipment() -> None:
    shop = Shop().planned()
    shop.do(MO, actions.Approve())
    parcel = Shipment(carrier="SF", tracking="SF123", expected_days=2)
    shop.do(HAN, actions.CompleteRemedy(line="1.1", confirmed=True, shipment=parcel))
    case = shop.do(HAN, actions.Answer(text="It is on its way.", channel="sms", proof="sms-9")).complaint
    assert case.answer is not None
    assert (case.answer.channel, case.answer.proof, case.answer.at) == ("sms", "sms-9", shop.now)
    assert shop.desk.customer_view(shop.id).remedies[0].shipment == parcel


def test_p21_feedback_is_asked_for_with_a_time_and_silence_counts_only_after_it() -> None:
    shop = Shop().answered()
    assert shop.owed()["feedback"] == "complainant"
    assert shop.desk.customer_view(shop.id).reply_by == shop.now + timedelta(days=14)
    assert shop.refused(LI, actions.LapseFeedback()) == {"too_early": None}
    assert shop.do(LI, actions.LapseFeedback(), days=15).complaint.stage == "awaiting_review"


def test_p25_who_delayed_is_on_record_apart_from_who_caused() -> None:
    shop = Shop().upheld()
    shop.do(LI, actions.Assign(person="han"))
    shop.now += timedelta(days=2)
    swept = shop.desk.sweep()
    late = [o for o in shop.case.obligations if o.status is Status.MISSED and o.kind == "acceptance"]
    assert [o.owed_by.person for o in late] == ["han"]
    assert {o.entry.action.type for o in swept} == {"record_missed"}
    assert not shop.desk.sweep()
    assert shop.case.finding is None


def test_p26_a_case_closes_only_with_a_review_by_somebody_else() -> None:
    shop = Shop().answered()
    shop.do(CHEN, actions.ConfirmSatisfaction())
    assert shop.owed() == {"review": "quality_management"}
    review = actions.Close(review=Review(summary="Put right in one day."))
    assert shop.refused(MO, review) == {"wrong_role": None, "own_work": None}
    assert shop.do(QIN, review).complaint.stage == "closed"


def test_p27_p29_lessons_and_measures_live_on_after_the_case() -> None:
    measure = Measure(
        description="Buy foam", department="storage_and_transport", due_at=Shop().now + timedelta(days=40)
    )
    shop = Shop().closed(Review(summary="x", lessons=("Foam runs out in March.",), measures=(measure,)))
    owed = next(o for o in shop.case.open_obligations if o.kind == "measure")
    assert (owed.words, owed.due_at, owed.owed_by.department) == ("Buy foam", measure.due_at, measure.department)
    shop.do(MO, actions.FulfilObligation(obligation=owed.id, how="Foam is here."), days=10)
    assert "measure" not in shop.owed()


def test_p28_causes_are_counted_and_the_rate_has_a_denominator() -> None:
    cases = [Shop().closed().case, Shop().investigated().case]
    assert [(bar.code, bar.count) for bar in pareto(cases)] == [("poor_packing", 2)]
    assert complaint_rate(len(cases), 800) == Decimal("2.5")
    with pytest.raises(ValueError, match="units"):
        complaint_rate(2, 0)
