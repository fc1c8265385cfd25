"""How long words are kept (Q14, Q15, Q20), and that an erasure reaches everything, however it is interrupted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import DATABASES, opened
from complaintflow import (
    Actor,
    AsyncComplaintDesk,
    AsyncMemoryStore,
    Complaint,
    ComplaintDesk,
    KeyReused,
    MemoryStore,
    Query,
    Refused,
    Role,
    actions,
    standard_policy,
    standard_workflow,
)
from complaintflow.errors import DefinitionError
from complaintflow.rules.keeping import is_kept_long_enough, retention
from complaintflow.rules.policy import Retention
from complaintflow.storage.evidence import Sealed
from complaintflow.testing import laws, strategies
from remains import UNFINISHED, dump
from story import CHEN, LI, MO, PERSONAL, Shop, handled_for

DAY = timedelta(days=1)
YEARS = 3 * 365 + 2


def withdrawn(shop: Shop | None = None) -> Shop:
    shop = shop or Shop()
    shop.record()
    shop.do(CHEN, actions.Withdraw(reason="It is here"))
    return shop


def test_a_case_is_purged_once_when_the_time_of_its_class_is_over() -> None:
    shop = withdrawn()
    ended = shop.case.ended_at
    assert ended is not None
    keep = standard_policy().retention[-1].keep
    assert shop.desk.purge(at=ended + keep) == ()
    (done,) = shop.desk.purge(at=ended + keep + timedelta(microseconds=1))
    assert done.complaint == shop.case
    assert (shop.case.narrative, shop.case.stage) == ("[erased]", "withdrawn")
    assert isinstance(done.entry.action, actions.RecordErasure)
    assert done.entry.action.reason == "Retention class standard: kept for 1096 days after the end"
    assert done.entry.actor.id == "purge"
    assert shop.desk.purge(at=ended + 2 * keep) == (), "it was erased twice"
    assert shop.desk.verify(shop.id) == ()


def test_open_cases_and_legal_holds_are_not_purged() -> None:
    """Q14, Q20."""
    shop = withdrawn()
    shop.do(MO, actions.PlaceHold(matter="Court 7"))
    held = shop.id
    shop.record()
    shop.now += YEARS * DAY
    assert shop.desk.purge() == ()
    assert {shop.desk.get(i).narrative for i in (held, shop.id)} == {"The teapot arrived in pieces."}
    shop.desk.act(held, actions.LiftHold(reason="Settled"), MO)
    assert [o.complaint.id for o in shop.desk.purge()] == [held]


def test_a_purge_is_bounded_and_the_next_one_goes_on() -> None:
    shop = Shop()
    for _ in range(5):
        withdrawn(shop)
    shop.now += YEARS * DAY
    assert [len(shop.desk.purge(limit=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_the_class_follows_category_and_validity_and_the_first_that_fits_wins() -> None:
    classes = (
        Retention(code="unfounded", keep=100 * DAY, upheld=False),
        Retention(code="goods", keep=900 * DAY, categories=frozenset({"shipping", "quality"})),
        Retention(code="rest", keep=500 * DAY),
    )
    policy = replace(standard_policy(), retention=classes)
    upheld, declined = Shop(policy).closed(), Shop(policy)
    declined.record()
    declined.do(LI, actions.Decline(reason="No", grounds_sufficient=False, demand_reasonable=True))
    service = Shop(policy).closed()
    other = service.case.model_copy(update={"category": "service"})
    assert [retention(policy, c).code for c in (upheld.case, declined.case, other)] == ["goods", "unfounded", "rest"]
    upheld.now += 899 * DAY
    assert upheld.desk.purge() == ()
    upheld.now += 2 * DAY
    assert len(upheld.desk.purge()) == 1


def test_a_policy_whose_classes_cannot_be_is_refused() -> None:
    for classes, said in (
        ((Retention(code="brief", keep=DAY),), "retention 'brief' ends before a case may no longer be reopened"),
        ((Retention(code="some", keep=900 * DAY, upheld=True),), "the last retention class does not take every case"),
        ((), "the last retention class does not take every case"),
    ):
        with pytest.raises(DefinitionError, match=said):
            standard_workflow(replace(standard_policy(), retention=classes))


def test_the_awaitable_desk_purges_and_erases_the_same_way() -> None:
    async def story() -> None:
        now = [datetime(2026, 3, 2, tzinfo=UTC)]
        desk = AsyncComplaintDesk(AsyncMemoryStore(), clock=lambda: now[0])
        record = Shop().record().entry.action
        assert isinstance(record, actions.Record)
        case = (await desk.record(record, LI)).complaint
        assert (await desk.erase("chen", MO, reason="x")).refused.keys() == {case.id}
        await desk.act(case.id, actions.Withdraw(reason="-"), CHEN)
        now[0] += YEARS * DAY
        assert [o.complaint.narrative for o in await desk.purge()] == ["[erased]"]
        assert await desk.purge() == ()
        assert await desk.verify(case.id, anchor=await desk.anchor()) == ()

    asyncio.run(story())


class Killed(BaseException):
    """The process ends here: nothing catches it."""


class Interrupted(MemoryStore):
    """Dies before it forgets, the first time; ``meanwhile`` is what somebody else does just then."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Any = None

    def forget(self, tenant: str, complaint: Complaint) -> None:
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        super().forget(tenant, complaint)


def kill() -> None:
    raise Killed


def interrupted(meanwhile: Any) -> tuple[Shop, Interrupted]:
    shop, store = Shop(), Interrupted()
    shop.desk = ComplaintDesk(store, clock=lambda: shop.now)
    handled_for(shop.desk, shop)
    store.meanwhile = meanwhile
    return shop, store


def tombstones(shop: Shop) -> int:
    return sum(e.action.type == "record_erasure" for e in shop.desk.history(shop.id))


def test_an_erasure_killed_before_the_cells_are_gone_is_reported_and_finished_without_a_second_tombstone() -> None:
    shop, store = interrupted(kill)
    with pytest.raises(Killed):
        shop.desk.erase("chen-4711", MO, reason="Asked for")
    assert shop.case.narrative == "It arrived in pieces."
    assert {f.what for f in shop.desk.verify(shop.id)} == {UNFINISHED}
    with_cells = store.history("main", shop.id)
    assert shop.desk.erase("chen-4711", LI, reason="I may not").refused[shop.id], "finishing needs the same right"
    (done,) = shop.desk.erase("chen-4711", MO, reason="Again").erased
    assert done.repeated
    assert isinstance(done.entry.action, actions.RecordErasure)
    assert done.entry.action.reason == "Asked for"
    assert tombstones(shop) == 1
    assert shop.desk.verify(shop.id) == ()
    assert not [w for w in PERSONAL if w in repr((shop.case, store.history("main", shop.id)))]
    assert [w for w in PERSONAL if w in repr(with_cells)] == list(PERSONAL), "the scan would not find it"


def test_a_hold_that_comes_between_tombstone_and_cells_keeps_the_words() -> None:
    def meanwhile() -> None:
        shop.desk.act(shop.id, actions.PlaceHold(matter="Court 7"), MO)

    shop, _ = interrupted(meanwhile)
    assert {r.code for r in shop.desk.erase("chen-4711", MO, reason="Asked for").refused[shop.id]} == {"held"}
    assert shop.case.narrative == "It arrived in pieces."


def test_words_that_come_between_tombstone_and_cells_get_a_tombstone_of_their_own() -> None:
    named = Actor(id="mo", roles={Role.MANAGER}, name="Mo Li")

    def meanwhile() -> None:
        shop.desk.act(shop.id, actions.Archive(), named)

    shop, _ = interrupted(meanwhile)
    shop.now += 61 * DAY  # the archive is for cases that cannot be reopened
    assert shop.desk.erase("chen-4711", MO, reason="Asked for").erased
    assert (tombstones(shop), shop.case.stage) == (2, "archived")
    assert shop.desk.verify(shop.id) == ()


@pytest.mark.parametrize("database", DATABASES)
def test_after_an_erasure_no_row_of_any_table_holds_the_persons_words(database: str, tmp_path: Path) -> None:
    """Law 11, at the level of rows; `test_evidence` scans the bytes of a SQLite file."""
    shop = Shop()
    with opened(database, tmp_path) as store:
        desk = ComplaintDesk(store, clock=lambda: shop.now)
        handled_for(desk, shop)
        desk.act(shop.id, actions.PlaceHold(matter="-"), MO, key="hold")
        desk.act(shop.id, actions.LiftHold(reason="-"), MO)
        again = desk.record(told := first(desk, shop.id), LI, key="mail-1").complaint
        desk.act(again.id, actions.Withdraw(reason="-"), CHEN.model_copy(update={"id": "chen-4711"}))
        assert [w for w in PERSONAL if w not in dump(store)] == [], "the scan would not find it"
        assert len(desk.erase("chen-4711", MO, reason="Asked for by letter 12").erased) == 2
        assert [w for w in PERSONAL if w in dump(store)] == []
        recalled = store.recall("main", "mail-1")
        assert recalled is not None
        assert recalled.cells is None
        with pytest.raises(KeyReused):
            desk.record(told, LI, key="mail-1")  # whether it is the same can no longer be told
        assert [desk.verify(c, anchor=desk.anchor()) for c in (shop.id, again.id)] == [(), ()]


def first(desk: ComplaintDesk, complaint_id: str) -> actions.Record:
    action = desk.history(complaint_id)[0].action
    assert isinstance(action, actions.Record)
    return action


WORKFLOW = standard_workflow()


def histories(data: st.DataObject) -> tuple[ComplaintDesk, list[datetime]]:
    """A desk with a case that strangers have played with, and the clock that it reads."""
    now = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    desk = ComplaintDesk(MemoryStore(), clock=lambda: now[0], new_id=lambda: "case-1", new_salt=lambda: "0" * 32)
    while not desk.find().complaints:
        try:
            desk.record(data.draw(strategies.records(WORKFLOW, now[0])), data.draw(strategies.recorders()))
        except Refused:
            continue
    for _ in range(data.draw(st.integers(2, 25))):
        now[0] += timedelta(hours=data.draw(st.sampled_from((0, 3, 26, 400))))
        how = strategies.moves if WORKFLOW.is_open(desk.get("case-1").stage) else strategies.tries
        try:
            desk.act("case-1", *data.draw(how(WORKFLOW, desk.get("case-1"), now[0])))
        except Refused:
            continue
    if data.draw(st.booleans()) and WORKFLOW.is_open(desk.get("case-1").stage):
        desk.act("case-1", actions.Withdraw(reason="PUBLIC solved"), strategies.CAST[12])
    if data.draw(st.sampled_from((False, False, True))) and not desk.get("case-1").held:
        desk.act("case-1", actions.PlaceHold(matter="INTERNAL claim"), MO)
    return desk, now


@settings(max_examples=15)
@given(st.data())
def test_after_any_history_a_purge_takes_what_is_over_and_leaves_the_rest_whole(data: st.DataObject) -> None:
    desk, now = histories(data)
    now[0] += data.draw(st.sampled_from((0, 59, 1000, 3000))) * DAY
    before, file = desk.get("case-1"), desk.store.history("main", "case-1")
    gone = desk.purge()
    after = desk.get("case-1")
    assert bool(gone) == (is_kept_long_enough(WORKFLOW.policy, before, now[0]) and before.narrative != "[erased]")
    if before.ended_at is None or before.held or not gone:
        assert (after, desk.store.history("main", "case-1")) == (before, file), "it touched what it must not"
    works_as_ever(desk, now[0])


@settings(max_examples=15)
@given(st.data())
def test_after_any_history_an_erased_case_keeps_the_laws_and_every_method_works_on_it(data: st.DataObject) -> None:
    """Law 1 after law 11."""
    desk, now = histories(data)
    done = desk.erase("customer-1", MO, reason="Asked for")
    if done.erased:
        text = repr((desk.get("case-1"), desk.store.history("main", "case-1"), desk.history("case-1")))
        assert not [w for w in ("chen@example", "customer-1", "INTERNAL because", "it broke") if w in text]
        now[0] += data.draw(st.sampled_from((0, 30, 100))) * DAY
    works_as_ever(desk, now[0])


def works_as_ever(desk: ComplaintDesk, now: datetime) -> None:
    desk.sweep(at=now)
    case, file = desk.get("case-1"), desk.history("case-1")
    laws.snapshot_is_the_fold(case, file)
    laws.entries_have_no_gap(file)
    laws.late_is_missed_once(file)
    assert desk.verify("case-1", anchor=desk.anchor()) == ()
    assert desk.find(Query(erased=case.complainant.id == "[erased]")).complaints == (case,)
    for actor in strategies.CAST:
        assert desk.options("case-1", actor)
    assert desk.customer_view("case-1").stage
    assert len(desk.personal_data(case.complainant.id)) == 1
    assert all(isinstance(record, Sealed) for record in desk.store.history("main", "case-1"))
