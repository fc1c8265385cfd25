"""What happens beside the eight steps, and round the corners of the table."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from complaintflow import Actor, Complainant, Remedy, Role, actions
from complaintflow.model.judgement import Review
from complaintflow.model.obligation import Status
from complaintflow.model.parties import Representative, StaffMember
from complaintflow.model.subject import Discrepancy, Measurement, Subject
from story import CHEN, HAN, LI, MO, QIN, WU, Shop, money

SORRY = Remedy(kind="apology", description="Sorry")


def test_a_complainant_records_in_the_own_name_only() -> None:
    """T02: staff record anybody's complaint, whoever is asked first."""
    shop = Shop()
    record = shop.record().entry.action
    assert isinstance(record, actions.Record)
    assert shop.desk.record(record, CHEN).complaint.stage == "awaiting_assessment"
    assert shop.desk.record(record, HAN).complaint.stage == "awaiting_assessment"
    spoken_for = record.model_copy(
        update={"complainant": Complainant(id="old"), "representative": Representative(id="chen", authority="daughter")}
    )
    assert shop.desk.record(spoken_for, CHEN).complaint.speakers == {"old", "chen"}
    stranger = Actor(id="zhao", roles={Role.COMPLAINANT})
    refused = shop.desk.options(shop.id, stranger)
    assert all(not o.allowed for o in refused), [o.action for o in refused if o.allowed]


@pytest.mark.parametrize(
    ("category", "sub_type", "need", "fact"),
    [
        ("contract", "grade", "discrepancy", Discrepancy(promised="A", delivered="B")),  # R12
        (
            "quality",
            "out_of_tolerance",
            "measurement",
            Measurement(value=Decimal(12), limit=Decimal(10), unit="mm"),
        ),  # R08
    ],
)
def test_some_sub_types_need_their_facts(category: str, sub_type: str, need: str, fact: object) -> None:
    """R08, R12."""
    shop = Shop()
    facts = {"category": category, "sub_type": sub_type}
    record = shop.record().entry.action.model_copy(update=facts)
    assert shop_refuses(shop, record) == {f"missing_{need}": need}
    assert shop.record(**facts, **{need: fact}).complaint.sub_type == sub_type


def shop_refuses(shop: Shop, record: actions.Action) -> dict[str, str | None]:
    assert isinstance(record, actions.Record)
    with pytest.raises(Exception, match="refused") as caught:
        shop.desk.record(record, LI)
    return {r.code: r.field for r in caught.value.refusals}  # type: ignore[attr-defined]  # it is Refused


def test_the_acknowledgement_says_when_the_reply_will_come_and_the_customer_sees_it() -> None:
    """T03, M13, M14."""
    shop = Shop()
    shop.record(language="zh-CN")
    by = shop.now + timedelta(days=3)
    past = actions.Acknowledge(text="x", reply_by=shop.now)
    assert shop.refused(LI, past) == {"in_the_past": "reply_by"}
    shop.do(LI, actions.Acknowledge(text="我们已收到。", reply_by=by))
    view = shop.desk.customer_view(shop.id)
    assert [(p.words, p.due_at, p.status) for p in view.promises] == [("按承诺答复", by, "进行中")]
    assert shop.desk.customer_view(shop.id, language="en").promises[0].status == "open"


def test_settled_on_the_spot_stays_inside_the_own_limit_of_each_currency() -> None:
    """M15, law 5."""
    shop = Shop()
    shop.record()
    line = Remedy(kind="compensation", description="Sorry", amount=money("200.01"))
    settle = actions.SettleOnTheSpot(text="Here you are.", reason="Clear", lines=(line,))
    assert shop.refused(LI, settle) == {"over_limit": "lines"}
    twice = tuple(line.model_copy(update={"amount": money("100.01")}) for _ in range(2))
    assert shop.refused(LI, settle.model_copy(update={"lines": twice})) == {"over_limit": "lines"}
    rubles = line.model_copy(update={"amount": money("1", "RUB")})
    assert shop.refused(LI, settle.model_copy(update={"lines": (rubles,)})) == {"over_limit": "lines"}
    fair = line.model_copy(update={"amount": money("200")})
    case = shop.do(LI, settle.model_copy(update={"lines": (fair,)})).complaint
    assert case.stage == "awaiting_feedback"
    shop.do(CHEN, actions.Dispute(reason="Not enough"))
    assert shop.case.stage == "awaiting_assessment"


def test_a_case_is_handed_back_only_so_often() -> None:
    """Q09: no passing the buck."""
    shop = Shop().upheld()
    for _ in range(2):
        shop.do(LI, actions.Assign(person="han"))
        shop.do(HAN, actions.HandBack(reason="Not ours"))
        assert shop.case.owner.person is None
    shop.do(LI, actions.Assign(person="han"))
    assert shop.refused(HAN, actions.HandBack(reason="Not ours")) == {"hand_over_limit": None}
    shop.do(MO, actions.Reassign(person="bai", department="sales", reason="Somebody must"))
    assert shop.owed()["acceptance"] == "bai"


def test_waiting_for_the_customer_stops_the_stages_clock_and_for_a_third_party_does_not() -> None:
    shop = Shop().upheld()
    shop.do(LI, actions.Assign(person="han"))
    shop.do(HAN, actions.Accept())
    due = due_of(shop, "investigation")
    shop.do(HAN, actions.WaitForCustomer(text="Which cup?"))
    assert "investigation" not in shop.owed()
    assert shop.owed()["customer_reply"] == "complainant"
    shop.do(LI, actions.Resume(note="The blue one"), days=4)
    assert due_of(shop, "investigation") == due + timedelta(days=4, minutes=5)
    assert shop.case.stage == "under_investigation"
    due = due_of(shop, "investigation")
    shop.do(HAN, actions.WaitForThirdParty(party="SF", request="Scan log"))
    shop.do(HAN, actions.Resume(note="Came"), days=2)
    assert due_of(shop, "investigation") == due


def test_a_late_stage_is_not_excused_by_waiting_withdrawing_or_waiving() -> None:
    """Law 8."""
    shop = Shop().upheld()
    shop.do(CHEN, actions.Withdraw(reason="Enough"), days=3)
    late = {o.kind for o in shop.case.obligations if o.status is Status.MISSED}
    assert late == {"assignment", "acknowledgement"}


def test_the_time_is_extended_before_it_is_over_with_a_notice_and_not_for_ever() -> None:
    shop = Shop().upheld()
    due = due_of(shop, "assignment")
    extend = actions.Extend(text="It takes longer.", reason="Ill", until=due)
    assert shop.refused(LI, extend) == {"not_longer": "until"}
    for day in (1, 2):
        shop.do(LI, extend.model_copy(update={"until": due + timedelta(days=day)}))
    assert due_of(shop, "assignment") == due + timedelta(days=2)
    assert shop.refused(LI, extend.model_copy(update={"until": due + timedelta(days=9)})) == {"extension_limit": None}
    again = Shop().upheld()
    again.now += timedelta(days=2)
    late = actions.Extend(text="Sorry", reason="Ill", until=again.now + timedelta(days=9))
    assert again.refused(LI, late) == {"too_late": None}


def test_reassigning_moves_what_is_owed_to_the_new_person_by_the_same_time() -> None:
    shop = Shop().planned()
    shop.do(MO, actions.Approve())
    before = {o.kind: o.due_at for o in shop.case.open_obligations}
    shop.do(MO, actions.Reassign(person="bai", department="sales", reason="Leave"))
    assert {o.kind: o.due_at for o in shop.case.open_obligations} == before
    assert {shop.owed()[k] for k in ("remedy", "execution")} == {"bai"}


def test_nobody_is_given_or_judges_a_complaint_about_themselves() -> None:
    """R18, law 6."""
    shop = Shop().upheld(subject=Subject(staff=StaffMember(id="han")))
    assert shop.refused(LI, actions.Assign(person="han")) == {"involved": "person"}
    assert shop.refused(MO, actions.Reassign(person="han", department="sales", reason="x")) == {"involved": "person"}
    mine = Shop()
    mine.record(subject=Subject(staff=StaffMember(id="li")))
    assert mine.refused(LI, actions.Uphold(reason="x")) == {"involved": None}


def test_words_for_the_customer_do_not_name_the_accused() -> None:
    """Law 10, R18."""
    shop = Shop()
    shop.record(subject=Subject(staff=StaffMember(id="s-77", name="Wang Wei")))
    named = actions.UpdateCustomer(text="We talk to wang wei today.")
    assert shop.refused(LI, named) == {"names_staff": "text"}
    shop.do(LI, actions.UpdateCustomer(text="We talk to the department today."))


def test_a_dispute_goes_back_to_the_handler_and_in_the_end_outside() -> None:
    """ISO 10002: what cannot be settled is referred to an outside body."""
    shop = Shop().answered()
    for _ in range(2):
        shop.do(CHEN, actions.Dispute(reason="Wrong colour"))
        assert (shop.case.stage, shop.case.owner.person) == ("awaiting_plan", "han")
        shop.do(HAN, actions.ProposePlan(lines=(Remedy(kind="apology", description="Sorry"),), against_demand="-"))
        shop.do(MO, actions.Approve())
        shop.do(HAN, actions.CompleteRemedy(line=shop.case.lines[-1].id))
        shop.do(HAN, actions.Answer(text="Sorry."))
    shop.do(CHEN, actions.Dispute(reason="Still wrong"))
    assert shop.case.stage == "awaiting_review"
    close = actions.Close(review=Review(summary="x"))
    assert shop.refused(QIN, close) == {"still_owed": None}
    shop.do(LI, actions.ReferOutside(text="The arbitration board can help.", body="Consumer arbitration"))
    assert shop.do(QIN, close).complaint.referred_to == "Consumer arbitration"


def test_a_second_appeal_is_told_of_the_outside_body() -> None:
    shop = Shop()
    shop.record()
    for judge in (LI, WU):
        shop.do(judge, actions.Decline(reason="No", grounds_sufficient=False, demand_reasonable=True))
        shop.do(judge, actions.Answer(text="We are sorry, no."))
        shop.do(CHEN, actions.Appeal(reason="Yes!"))
    assert shop.case.stage == "awaiting_review"
    assert "referral" in shop.owed()


def test_a_closed_case_is_called_back_reopened_inside_the_window_and_archived_after_it() -> None:
    """T15, T16."""
    shop = Shop().closed()
    assert shop.owed() == {"call_back": "customer_service"}
    assert shop.refused(QIN, actions.Archive()) == {"too_early": None, "still_owed": None}
    shop.do(LI, actions.FollowUp(note="She drinks tea again.", stars=5), days=40)
    shop.now += timedelta(days=21)
    assert shop.refused(CHEN, actions.Reopen(reason="It leaks")) == {"window_closed": None}
    assert shop.do(QIN, actions.Archive()).complaint.stage == "archived"
    left = {o.action for o in shop.desk.options(shop.id, MO)}
    assert left == {"place_hold", "lift_hold", "record_erasure"}
    again = Shop().closed()
    case = again.do(CHEN, actions.Reopen(reason="It leaks"), days=5).complaint
    assert (case.stage, case.reopenings, case.review, case.ended_at) == ("awaiting_assessment", 1, None, None)


def test_a_merged_case_points_at_the_other_and_not_at_itself() -> None:
    shop = Shop()
    shop.record()
    assert shop.refused(LI, actions.Merge(into=shop.id, reason="x")) == {"same_case": "into"}
    assert shop.do(LI, actions.Merge(into="other", reason="Same parcel")).complaint.merged_into == "other"


def test_a_promise_left_open_keeps_the_case_from_closing_until_kept_or_waived() -> None:
    """M14, S04."""
    shop = Shop().answered()
    shop.do(LI, actions.Promise(text="A voucher by Friday.", due_at=shop.now + timedelta(days=2)))
    shop.do(CHEN, actions.ConfirmSatisfaction())
    close = actions.Close(review=Review(summary="x"))
    assert shop.refused(QIN, close) == {"still_owed": None}
    promise = next(o for o in shop.case.open_obligations if o.kind == "promise")
    assert shop.refused(LI, actions.FulfilObligation(obligation="9.9", how="?")) == {"no_such_obligation": "obligation"}
    review = next(o for o in shop.case.open_obligations if o.kind == "review")
    assert shop.refused(MO, actions.WaiveObligation(obligation=review.id, reason="-")) == {
        "done_by_its_action": "obligation"
    }
    shop.do(LI, actions.FulfilObligation(obligation=promise.id, how="Sent."))
    assert shop.do(QIN, close).complaint.stage == "closed"


def test_progress_is_told_and_owed_again_until_the_answer() -> None:
    """T13."""
    shop = Shop().upheld()
    shop.do(LI, actions.UpdateCustomer(text="We are looking."), days=2)
    assert due_of(shop, "progress_update") == shop.now + timedelta(days=7)


def test_every_refusal_is_told_at_once() -> None:
    shop = Shop().planned()
    boss = Actor(id="han", roles={Role.REVIEWER})
    assert shop.refused(boss, actions.Approve()) == {"wrong_role": None, "own_proposal": None}


def test_a_misfiled_complaint_is_reclassified_with_the_facts_it_then_needs() -> None:
    shop = Shop()
    shop.record()
    to = actions.Reclassify(category="contract", sub_type="grade", reason="It is about the grade")
    assert shop.refused(LI, to) == {"missing_discrepancy": "discrepancy"}
    promised = to.model_copy(update={"discrepancy": Discrepancy(promised="A", delivered="B")})
    assert shop.do(LI, promised).complaint.category == "contract"


def due_of(shop: Shop, kind: str) -> datetime:
    return next(o.due_at for o in shop.case.open_obligations if o.kind == kind)


def test_a_case_is_reopened_only_so_often() -> None:
    shop = Shop().closed()
    for _ in range(3):
        shop.do(CHEN, actions.Reopen(reason="It leaks"))
        shop.do(LI, actions.SettleOnTheSpot(text="Here.", reason="-", lines=(SORRY,)))
        shop.do(CHEN, actions.ConfirmSatisfaction())
        shop.do(QIN, actions.Close(review=Review(summary="-")))
    assert shop.refused(CHEN, actions.Reopen(reason="Again")) == {"reopening_limit": None}


def test_a_wait_that_begins_at_the_very_due_time_leaves_no_time() -> None:
    shop = Shop().upheld()
    shop.now = due_of(shop, "assignment")
    shop.desk.act(shop.id, actions.WaitForCustomer(text="Which cup?"), LI)
    shop.do(LI, actions.Resume(note="Blue"))
    assert due_of(shop, "assignment") == shop.now


def test_danger_is_judged_within_hours() -> None:
    """T22."""
    shop = Shop()
    shop.record(urgent=True)
    assert due_of(shop, "assessment") == shop.now + timedelta(hours=4)
