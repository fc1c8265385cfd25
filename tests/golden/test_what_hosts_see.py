"""What a host extends, and what its customers read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from complaintflow import Category, Remedy, actions, standard_policy
from complaintflow.model.base import Label
from complaintflow.model.remedy import RemedyKind
from complaintflow.model.subject import Shipment
from complaintflow.model.taxonomy import Classification, SubType
from story import CHEN, HAN, LI, MO, Shop


def test_a_host_adds_categories_and_a_case_may_have_several() -> None:
    """R19, S34: categories, routes, remedies and due times are data."""
    bike = SubType(code="brake", label=Label("Brake", "刹车"), needs=frozenset({"staff"}))
    standard = standard_policy()
    policy = replace(
        standard,
        categories=(
            *standard.categories,
            Category(code="bicycle", label=Label("Bicycle", "自行车"), sub_types=(bike,)),
        ),
        departments={**standard.departments, "workshop": Label("Workshop", "维修部")},
        routes={**standard.routes, "bicycle": "workshop"},
        remedies=(*standard.remedies, RemedyKind(code="tune_up", label=Label("Tune-up", "保养"))),
        duties={**standard.duties, "assessment": replace(standard.duties["assessment"], within=timedelta(hours=4))},
    )
    shop = Shop(policy)
    also = (Classification(category="service", sub_type="skill"),)
    shop.record(category="bicycle", sub_type="brake", also=also, subject={"staff": {"id": "fang"}})
    due = next(o for o in shop.case.open_obligations if o.kind == "assessment")
    assert due.due_at - due.opened_at == timedelta(hours=4)
    shop.do(LI, actions.Uphold(reason="It squeals"))
    shop.do(LI, actions.Assign(person="han"))
    assert shop.case.owner.department == "workshop"
    shop.do(HAN, actions.Accept())
    shop.do(HAN, actions.EstablishCause(cause="unknown", description="?", department="workshop"))
    shop.do(HAN, actions.ProposePlan(lines=(Remedy(kind="tune_up", description="All of it"),), against_demand="-"))
    assert shop.case.lines[0].kind == "tune_up"


def test_an_unknown_further_category_is_named() -> None:
    """R19."""
    shop = Shop()
    record = shop.record().entry.action
    wrong = record.model_copy(update={"also": (Classification(category="service", sub_type="smell"),)})
    assert isinstance(wrong, actions.Record)
    with pytest.raises(Exception, match=r"also\.0\.sub_type"):
        shop.desk.record(wrong, LI)


def test_the_catalogue_has_a_goodwill_gesture() -> None:
    """M04."""
    assert standard_policy().remedy("goodwill")


def test_the_starter_causes_hold_the_holes_in_the_bucket() -> None:
    """S06, S07: rude conduct, poor service, untrained staff, poor quality; a poor choice of goods is no complaint."""
    assert {"rude_conduct", "poor_service", "untrained_staff", "production_fault"} <= set(standard_policy().causes)


def test_a_record_needs_five_facts() -> None:
    """S31: standards must not be a burden."""
    with pytest.raises(ValidationError) as caught:
        actions.Record.model_validate({})
    missing = {str(e["loc"][0]) for e in caught.value.errors()}
    assert missing == {"complainant", "category", "sub_type", "narrative", "demand"}


def test_escalating_makes_the_manager_owe_a_look() -> None:
    """Q25, S30."""
    shop = Shop().upheld()
    shop.do(LI, actions.Escalate(reason="She knows the press"))
    owed = next(o for o in shop.case.open_obligations if o.kind == "escalation")
    assert (owed.owed_by.role, shop.case.escalations) == ("manager", 1)
    shop.do(MO, actions.FulfilObligation(obligation=owed.id, how="Called her"))
    assert "escalation" not in shop.owed()


def test_the_customer_reads_each_step_the_next_one_and_what_became_of_each_remedy() -> None:
    """T05, T06, T07, T18."""
    shop = Shop().planned(language="zh-CN")
    shop.do(MO, actions.Approve(comment="Costs us 12"))
    parcel = Shipment(carrier="SF", tracking="SF123", expected_days=2)
    shop.do(HAN, actions.CompleteRemedy(line="1.1", confirmed=True, shipment=parcel))
    shop.do(HAN, actions.Answer(text="新茶壶已寄出。"))
    view = shop.desk.customer_view(shop.id)
    assert (view.language, view.category, view.stage) == ("zh", "货物运输投诉", "我们已答复您。")
    assert view.answer == "新茶壶已寄出。"
    assert [s.words for s in view.steps][-2:] == ["一项补救措施已完成。", "我们已答复您。"]
    assert [(r.words, r.status, r.shipment) for r in view.remedies] == [("补发", "已完成", parcel)]
    english = shop.desk.customer_view(shop.id, language="en")
    assert english.next_step.startswith("Please tell us")
    assert "Costs us 12" not in english.model_dump_json()
    shop.do(CHEN, actions.ConfirmSatisfaction(stars=4))
    assert shop.desk.customer_view(shop.id).reply_by is None
