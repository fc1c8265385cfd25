"""Law 9: the same case of a different customer gets the same validity, stage, due times and remedies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from complaintflow import Actor, Complainant, Complaint, Entry, standard_workflow
from complaintflow.model.actions import Action
from complaintflow.testing import strategies
from complaintflow.workflow.decide import decide
from complaintflow.workflow.evolve import evolve

WORKFLOW = standard_workflow()
START = datetime(2026, 3, 2, 9, tzinfo=UTC)

others = st.builds(
    Complainant,
    id=st.sampled_from(("vip-7", "new-1")),
    name=st.sampled_from((None, "Dr. Rich")),
    contact=st.none() | st.just("+86 10 0000"),
    tags=st.sampled_from(((), ("vip", "top 20 %"), ("emotional", "spends 90,000"))),
)


def as_other(actor: Actor, mine: str, other: str) -> Actor:
    return actor.model_copy(update={"id": other}) if actor.id == mine else actor


def of_other(action: Action, mine: str, other: str) -> Action:
    """The same action in the other customer's case."""
    return type(action).model_validate_json(action.model_dump_json().replace(f'"{mine}"', f'"{other}"'))


def shape(c: Complaint) -> object:
    """All that a decision may say, without who the complainant is."""
    owed = [(o.kind, o.owed_by.role, o.owed_by.department, o.due_at, o.status) for o in c.obligations]
    return c.stage, c.owner, owed, c.lines, c.assessment, c.finding, c.escalations


@settings(max_examples=150)
@given(data=st.data(), other=others)
def test_no_decision_looks_at_who_the_customer_is(data: st.DataObject, other: Complainant) -> None:
    """Law 9; T09, T10, T11, T12."""
    now = START
    mine: Complaint | None = None
    theirs: Complaint | None = None
    me = strategies.COMPLAINANT.id
    record = data.draw(strategies.records(WORKFLOW, now))
    actor = data.draw(st.sampled_from([a for a in strategies.CAST if a.id != "customer-2"]))
    step: tuple[Action, Action] = (record, record.model_copy(update={"complainant": other}))
    for turn in range(25):
        if turn:
            if mine is None:
                return
            now += data.draw(st.sampled_from((timedelta(hours=3), timedelta(days=2), timedelta(days=20))))
            pick = strategies.moves if WORKFLOW.is_open(mine.stage) else strategies.tries
            action, actor = data.draw(pick(WORKFLOW, mine, now))
            step = (action, of_other(action, me, other.id))
        ours = decide(WORKFLOW, mine, step[0], actor, now, complaint_id="case")
        same = decide(WORKFLOW, theirs, step[1], as_other(actor, me, other.id), now, complaint_id="case")
        if isinstance(ours, Entry) and isinstance(same, Entry):
            mine, theirs = evolve(mine, ours), evolve(theirs, same)
            assert shape(mine) == shape(theirs)
        else:
            assert not isinstance(ours, Entry)
            assert not isinstance(same, Entry)
            assert [r.code for r in ours] == [r.code for r in same]
