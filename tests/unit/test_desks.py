from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from complaintflow import (
    AsyncComplaintDesk,
    AsyncMemoryStore,
    Complainant,
    Complaint,
    ComplaintDesk,
    ComplaintNotFound,
    ConcurrencyConflict,
    Entry,
    KeyReused,
    MemoryStore,
    Money,
    Query,
    Refused,
    actions,
    read_action,
)
from complaintflow.desk.batch import Past, Step
from complaintflow.errors import Damaged
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import AsyncStore, Store
from story import CHEN, LI, MO, Shop

RECORD = actions.Record(
    complainant=Complainant(id="chen"), category="shipping", sub_type="loss", narrative="Gone", demand="Find it"
)
UPHOLD = actions.Uphold(reason="No scan since Monday")
SALT = "0123456789abcdef" * 2
NAIVE = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - the point of the test
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(("sync", "other"), [(ComplaintDesk, AsyncComplaintDesk), (Store, AsyncStore)])
def test_the_twins_have_the_same_methods_with_the_same_signatures(sync: type, other: type) -> None:
    def surface(cls: type) -> dict[str, object]:
        methods = inspect.getmembers(cls, inspect.isfunction)
        return {name: str(inspect.signature(f)) for name, f in methods if not name.startswith("_")}

    assert surface(sync) == surface(other)
    awaited = [inspect.iscoroutinefunction(f) for n, f in inspect.getmembers(other, inspect.isfunction) if n[0] != "_"]
    assert all(awaited)


def test_the_awaitable_desk_tells_the_same_story() -> None:
    ids = iter(("a", "b"))

    async def story() -> tuple[Complaint, tuple[Entry, ...]]:
        desk = AsyncComplaintDesk(
            AsyncMemoryStore(), clock=lambda: NOON, new_id=lambda: next(ids), new_salt=lambda: SALT
        )
        case = (await desk.record(RECORD, LI, key="k")).complaint
        assert (await desk.record(RECORD, LI, key="k")).repeated
        await desk.act(case.id, UPHOLD, LI, expected_version=1)
        with pytest.raises(Refused):
            await desk.act(case.id, actions.Approve(), MO)
        with pytest.raises(ConcurrencyConflict):
            await desk.act(case.id, actions.AddNote(text="x"), LI, expected_version=1)
        with pytest.raises(ComplaintNotFound):
            await desk.options("nobody", LI)
        assert [c.id for c in (await desk.find()).complaints] == ["a"]
        assert (await desk.customer_view("a")).number == case.number
        assert await desk.sweep(at=datetime(2026, 3, 20, tzinfo=UTC))
        return await desk.get("a"), await desk.history("a")

    ours = ComplaintDesk(MemoryStore(), clock=lambda: NOON, new_id=lambda: "a", new_salt=lambda: SALT)
    ours.record(RECORD, LI, key="k")
    ours.act("a", UPHOLD, LI)
    ours.sweep(at=datetime(2026, 3, 20, tzinfo=UTC))
    assert asyncio.run(story()) == (ours.get("a"), ours.history("a"))


def test_the_same_key_gives_the_first_outcome_and_writes_nothing() -> None:
    shop = Shop()
    first = shop.desk.record(RECORD, LI, key="order-7")
    again = shop.desk.record(RECORD, LI, key="order-7")
    assert (again.complaint, again.entry, again.repeated) == (first.complaint, first.entry, True)
    done = shop.desk.act(first.complaint.id, UPHOLD, LI, key="u")
    shop.desk.act(first.complaint.id, actions.AddNote(text="later"), LI)
    again = shop.desk.act(first.complaint.id, UPHOLD, LI, key="u")
    assert (again.complaint, again.entry) == done[:2]
    assert len(shop.desk.history(first.complaint.id)) == 3


@pytest.mark.parametrize(
    "other",
    [
        lambda d, i: d.act(i, actions.Uphold(reason="Another"), LI, key="u"),
        lambda d, i: d.act(i, UPHOLD, MO, key="u"),
        lambda d, _: d.record(RECORD, LI, key="u"),
        lambda d, _: d.act(d.record(RECORD, LI).complaint.id, UPHOLD, LI, key="u"),
    ],
)
def test_a_key_stands_for_one_action_of_one_actor_on_one_case(other: Callable[[ComplaintDesk, str], object]) -> None:
    desk = ComplaintDesk(MemoryStore())
    case = desk.record(RECORD, LI).complaint
    desk.act(case.id, UPHOLD, LI, key="u")
    with pytest.raises(KeyReused) as caught:
        other(desk, case.id)
    assert (caught.value.key, caught.value.complaint_id, caught.value.seq) == ("u", case.id, 2)


class Rival(MemoryStore):
    """A store in which a colleague is faster, some times over."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        if record.seq > 1 and self.times:
            self.times -= 1
            other = ComplaintDesk(self, tenant=tenant)
            self.times, left = 0, self.times
            other.act(complaint.id, actions.AddNote(text="I was faster"), LI)
            self.times = left
        super().append(tenant, complaint, record)


def test_an_action_is_decided_anew_when_a_colleague_was_faster() -> None:
    desk = ComplaintDesk(Rival(times=3))
    case = desk.record(RECORD, LI).complaint
    assert desk.act(case.id, UPHOLD, LI).complaint.version == 5
    assert [e.action.type for e in desk.history(case.id)] == ["record", *["add_note"] * 3, "uphold"]


def test_with_an_expected_version_the_conflict_is_the_callers_with_both_versions() -> None:
    """Law 2."""
    desk = ComplaintDesk(Rival(times=1))
    case = desk.record(RECORD, LI).complaint
    with pytest.raises(ConcurrencyConflict) as caught:
        desk.act(case.id, UPHOLD, LI, expected_version=1)
    assert (caught.value.expected, caught.value.actual) == (1, 2)
    assert [e.action.type for e in desk.history(case.id)] == ["record", "add_note"]


def test_without_end_a_faster_colleague_becomes_a_conflict() -> None:
    desk = ComplaintDesk(Rival(times=100))
    case = desk.record(RECORD, LI).complaint
    with pytest.raises(ConcurrencyConflict):
        desk.act(case.id, UPHOLD, LI)


def test_tenants_never_meet() -> None:
    """Law 13; the storage suite asks every store and every method."""
    store = MemoryStore()
    ours, theirs = ComplaintDesk(store, tenant="a"), ComplaintDesk(store, tenant="b")
    case = ours.record(RECORD, LI, key="k").complaint
    assert theirs.record(RECORD, LI, key="k").complaint.id != case.id
    assert [c.id for c in ours.find().complaints] == [case.id]
    for ask in (theirs.get, theirs.history, theirs.customer_view, lambda i: theirs.options(i, LI)):
        with pytest.raises(ComplaintNotFound):
            ask(case.id)
    assert {o.complaint.id for o in theirs.sweep(at=datetime(2030, 1, 1, tzinfo=UTC))}.isdisjoint({case.id})


def test_a_clock_a_little_behind_the_file_does_not_break_its_order_and_one_far_behind_is_refused() -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    times = iter((NOON, NOON - minute, NOON - hour))
    desk = ComplaintDesk(MemoryStore(), clock=lambda: next(times))
    case = desk.record(RECORD, LI).complaint
    assert desk.act(case.id, UPHOLD, LI).entry.at == NOON
    with pytest.raises(Refused, match="already reaches to"):
        desk.act(case.id, actions.Assign(person="han"), LI)
    with pytest.raises(Refused, match="already reaches to"):
        desk.act(case.id, actions.Assign(person="han"), LI, at=NOON - minute)


@pytest.mark.parametrize(
    "ask",
    [
        lambda d, _: d.record(RECORD, LI, at=NAIVE),
        lambda d, i: d.act(i, UPHOLD, LI, at=NAIVE),
        lambda d, i: d.options(i, LI, at=NAIVE),
        lambda d, _: d.sweep(at=NAIVE),
        lambda d, _: d.anchor(at=NAIVE),
        lambda d, _: ComplaintDesk(d.store, clock=lambda: NAIVE).sweep(),
    ],
)
def test_a_naive_time_is_refused_by_every_method_and_from_the_clock(
    ask: Callable[[ComplaintDesk, str], object],
) -> None:
    """Law 14."""
    desk = ComplaintDesk(MemoryStore(), clock=lambda: NOON)
    case = desk.record(RECORD, LI).complaint
    with pytest.raises(ValueError, match="timezone-aware"):
        ask(desk, case.id)


def test_a_sweep_behind_the_file_records_what_was_late_then_at_the_time_of_the_file() -> None:
    """Law 8: nothing late is passed over in silence."""
    shop = Shop()
    shop.record()
    shop.do(LI, actions.AddNote(text="later"), days=20)
    swept = shop.desk.sweep(at=shop.now - timedelta(days=5))
    assert {o.entry.at for o in swept} == {shop.now}
    assert len(swept) == 3


def test_a_case_number_in_place_of_an_id_is_recognised() -> None:
    shop = Shop()
    shop.record()
    with pytest.raises(ComplaintNotFound, match="that is a case number"):
        shop.desk.get(shop.case.number)


def test_untyped_data_becomes_an_action_or_refusals_that_name_the_fields() -> None:
    money = {"amount": "10", "currency": "EUR"}
    line = {"kind": "discount", "description": "-", "amount": money}
    plan = read_action("propose_plan", {"lines": [line], "against_demand": "-"})
    assert isinstance(plan, actions.ProposePlan)
    assert plan.lines[0].amount == Money.of("10", "EUR")
    with pytest.raises(Refused) as caught:
        read_action("propose_plan", {"lines": [{**line, "amount": "10"}], "surprise": 1})
    found = {r.field: r.code for r in caught.value.refusals}
    assert found == {"lines.0.amount": "invalid_field", "against_demand": "missing_field", "surprise": "invalid_field"}
    with pytest.raises(Refused, match="Did you mean approve"):
        read_action("aprove", {})
    with pytest.raises(Refused, match="Known: accept"):
        read_action("zzz", {})


def test_options_name_every_action_of_the_stage_with_reasons_and_schema() -> None:
    """S29, S30: guided next step."""
    shop = Shop()
    shop.record()
    found = {o.action: o for o in shop.desk.options(shop.id, CHEN)}
    assert found["withdraw"].allowed
    assert [r.code for r in found["uphold"].refusals] == ["wrong_role", "involved"]
    assert found["uphold"].schema["required"] == ["reason"]
    assert found["uphold"].label.zh == "判定成立"
    assert "approve" not in found


def test_pages_lead_through_all_cases_in_order_and_a_false_cursor_is_refused() -> None:
    desk = ComplaintDesk(MemoryStore(), clock=lambda: NOON)
    made = sorted(desk.record(RECORD, LI).complaint.id for _ in range(7))
    found, after = [], None
    while True:
        page = desk.find(Query(limit=3, after=after))
        found += [c.id for c in page.complaints]
        after = page.next
        if after is None:
            break
    assert found == made
    with pytest.raises(ValueError, match="next"):
        desk.find(Query(after="tampered!"))


class Interrupted(MemoryStore):
    """Somebody does something before the snapshot is read, and one snapshot cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], object]] = []
        self.damaged = ""

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        if complaint_id == self.damaged:
            raise Damaged("a snapshot")
        if self.meanwhile:
            self.meanwhile.pop()()
        return super().load(tenant, complaint_id)


class AsyncInterrupted(AsyncMemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self._store = self.inner = Interrupted()


def test_verify_accuses_nobody_while_colleagues_are_at_work() -> None:
    store = Interrupted()
    desk = ComplaintDesk(store)
    case = desk.record(RECORD, LI).complaint.id
    store.meanwhile = [lambda: desk.act(case, actions.AddNote(text="Called"), LI)] * 2
    assert desk.verify(case) == ()
    assert desk.get(case).version == 3
    store._complaints["main", case] = desk.get(case).model_copy(update={"demand": "Two new ones"})
    store.meanwhile = [lambda: desk.act(case, actions.AddNote(text="Called"), LI)]
    assert [f.what for f in desk.verify(case)] == ["the snapshot is not what the file makes"]


def test_a_case_that_cannot_be_read_keeps_no_other_from_being_swept() -> None:
    """Law 8: what the others have missed is on record before anybody hears of the damage."""
    late = NOON + timedelta(days=30)
    store = Interrupted()
    desk = ComplaintDesk(store, clock=lambda: NOON)
    first, second = (desk.record(RECORD, LI).complaint.id for _ in range(2))
    store.damaged = first
    with pytest.raises(Damaged):
        desk.sweep(at=late)
    assert "record_missed" in [e.action.type for e in desk.history(second)]

    async def awaited() -> list[str]:
        other = AsyncInterrupted()
        desk = AsyncComplaintDesk(other, clock=lambda: NOON)
        first, second = [(await desk.record(RECORD, LI)).complaint.id for _ in range(2)]
        other.inner.damaged = first
        with pytest.raises(Damaged):
            await desk.sweep(at=late)
        return [e.action.type for e in await desk.history(second)]

    assert "record_missed" in asyncio.run(awaited())


@pytest.mark.parametrize("key", ["", "k" * 256, "k\0", "\ud800"])
def test_a_key_that_no_database_could_hold_is_refused_before_anything_is_decided(key: str) -> None:
    desk = ComplaintDesk(MemoryStore())
    case = desk.record(RECORD, LI).complaint.id
    note = actions.AddNote(text="Called")
    for call in (
        lambda: desk.act(case, note, LI, key=key),
        lambda: desk.act_many([(case, note, LI), Step(case, note, LI, key)]),
        lambda: desk.import_cases([Past("old-1", [(RECORD, LI, NOON)]), Past(key, [(RECORD, LI, NOON)])]),
    ):
        with pytest.raises(ValueError, match="idempotency key"):
            call()
    with pytest.raises(ValueError, match="case 1 has no steps"):
        desk.import_cases([Past("old-1", [(RECORD, LI, NOON)]), Past("old-2", [])])
    assert [c.version for c in desk.find().complaints] == [1]
