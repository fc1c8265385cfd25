from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaintflow import Complainant, Complaint, ComplaintDesk, MemoryStore, Role, actions
from complaintflow.model.parties import Actor
from complaintflow.reports.caselist import case_list
from complaintflow.reports.pareto import cause, pareto
from complaintflow.reports.timeline import timeline

LI = Actor(id="li", name="Li Na", roles=frozenset({Role.AGENT}))
HAN = Actor(id="han", roles=frozenset({Role.HANDLER}))
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def desk() -> ComplaintDesk:
    return ComplaintDesk(MemoryStore(), clock=lambda: T0)


def recorded(at_desk: ComplaintDesk, sub_type: str = "damage") -> Complaint:
    action = actions.Record(
        complainant=Complainant(id="c1"), category="shipping", sub_type=sub_type, narrative="n", demand="d"
    )
    return at_desk.record(action, LI).complaint


def with_cause(at_desk: ComplaintDesk, code: str) -> Complaint:
    case = recorded(at_desk).id
    at_desk.act(case, actions.Uphold(reason="r"), LI)
    at_desk.act(case, actions.Assign(person="han"), LI)
    at_desk.act(case, actions.Accept(), HAN)
    found = actions.EstablishCause(cause=code, description="d", department="sales")
    return at_desk.act(case, found, HAN).complaint


def test_pareto_counts_causes_tallest_first_and_leaves_out_cases_without_one() -> None:
    """Q21: count, share and cumulative share of each cause."""
    d = desk()
    cases = [with_cause(d, code) for code in ("carrier_loss", "poor_packing", "billing_error", "poor_packing")]
    bars = pareto([*cases, recorded(d)])
    assert [(b.code, b.count) for b in bars] == [("poor_packing", 2), ("billing_error", 1), ("carrier_loss", 1)]
    assert [b.share for b in bars] == [0.5, 0.25, 0.25]
    assert [b.cumulative for b in bars] == [0.5, 0.75, 1.0]


def test_pareto_of_nothing_is_empty() -> None:
    assert pareto([]) == ()
    assert pareto([recorded(desk())], by=cause) == ()


@given(st.lists(st.sampled_from(["damage", "loss", "spoilage", "packing"]), min_size=1, max_size=40))
def test_pareto_shares_fall_and_add_up_to_one(sub_types: list[str]) -> None:
    first = recorded(desk())
    cases = [first.model_copy(update={"sub_type": s}) for s in sub_types]
    bars = pareto(cases, by=lambda c: c.sub_type)
    assert sum(b.count for b in bars) == len(sub_types)
    assert [b.count for b in bars] == sorted((b.count for b in bars), reverse=True)
    assert bars[-1].cumulative == 1.0


def test_a_timeline_tells_who_did_what_and_what_was_owed() -> None:
    """Q15, P25: nothing of the file is left out, and each obligation is told when it opens and when it ends."""
    d = desk()
    case = recorded(d).id
    d.sweep(at=T0 + timedelta(days=3, seconds=1))
    d.act(case, actions.Uphold(reason="The photo"), LI, at=T0 + timedelta(days=4))
    moments = timeline(d.workflow, d.history(case))
    assert [m.seq for m in moments] == list(range(1, len(moments) + 1))
    first, last = moments[0], moments[-1]
    assert (first.who, first.said, first.stage_from) == ("Li Na", "n", None)
    assert first.stage_to is not None
    assert (first.stage_to.en, first.stage_to.zh) == ("Awaiting assessment", "待判定")
    assert [(o.kind, s.status) for m in moments[1:-1] for o, s in m.settled] == [
        ("assessment", "missed"),
        ("acknowledgement", "missed"),
    ]
    assert (last.what.en, last.said) == ("Uphold", "The photo")
    assert [o.kind for o in last.opened] == ["assignment"]


@pytest.mark.parametrize(("days", "missed"), [(1, 0), (3, 1), (4, 2)])
def test_a_case_line_counts_what_the_house_missed(days: int, missed: int) -> None:
    d = desk()
    recorded(d)
    d.sweep(at=T0 + timedelta(days=days))
    line = next(case_list(d.workflow, d.find().complaints))
    assert line.missed == missed
    assert (line.stage.zh, line.category.en, line.sub_type.en) == ("待判定", "Shipping", "Damaged in transit")
    assert line.is_open
    assert line.department.en == "Customer service"


def test_a_case_line_counts_no_silence_of_the_complainant() -> None:
    """Q29: a complainant who stays silent has missed nothing that is held against anybody."""
    d = desk()
    case = recorded(d).id
    no = actions.Decline(reason="r", grounds_sufficient=False, demand_reasonable=True)
    d.act(case, no, LI)
    d.act(case, actions.Answer(text="t"), LI)
    d.act(case, actions.LapseFeedback(), LI, at=T0 + timedelta(days=15))
    assert next(case_list(d.workflow, d.find().complaints)).missed == 0


def test_a_code_that_the_policy_does_not_know_stands_for_itself() -> None:
    d = desk()
    foreign = recorded(d).model_copy(update={"category": "mortgage", "stage": "elsewhere"})
    line = next(case_list(d.workflow, [foreign]))
    assert (line.category.en, line.stage.en) == ("mortgage", "elsewhere")
