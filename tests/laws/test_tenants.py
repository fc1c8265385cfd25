"""Law 13: tenants never meet. Every public function of desks and stores, on histories whose names all clash."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import DATABASES, opened
from complaintflow import (
    Actor,
    AsyncComplaintDesk,
    AsyncMemoryStore,
    Complainant,
    ComplaintDesk,
    ConcurrencyConflict,
    MemoryStore,
    Query,
    Role,
    actions,
)
from complaintflow.desk.batch import Past
from complaintflow.errors import ComplaintFlowError
from complaintflow.storage import port
from complaintflow.storage.evidence import Sealed
from complaintflow.testing.awaited import Awaited, entered
from stores import async_sql_store

CHIEF = Actor(id="mo", roles={Role.AGENT, Role.HANDLER, Role.MANAGER, Role.REVIEWER, Role.SYSTEM})
PERSON = "chen"
IDS, KEYS = ("case-0", "case-1", "case-2"), ("k1", "k2", "k3")
NAMES = ("main", "MAIN", "main2")
"""One is the other but for its case, or begins with it."""
WORDS = ("ALPHA", "BRAVO", "CHARLIE")
"""What each tenant's own words begin with; so a leak is a search."""
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATE = datetime(2099, 1, 1, tzinfo=UTC)


class House:
    """The desks of all tenants on one store, with one clock. Ids, and so the numbers, are the same in each."""

    def __init__(self, store: Any, desk: type, world: int) -> None:
        self.now = START
        self.anchors: list[Any] = []
        self.desks = [
            desk(store, tenant=f"{name}.{world}", clock=lambda: self.now, new_id=ids(), new_salt=lambda: "5a1f" * 8)
            for name in NAMES
        ]

    def tenants(self) -> list[str]:
        return [desk.tenant for desk in self.desks]


def ids() -> Callable[[], str]:
    numbers = count()
    return lambda: f"case-{next(numbers)}"


class Call:
    """One call: the desk, the words of its tenant, and what hypothesis draws for it."""

    def __init__(self, house: House, place: int, data: st.DataObject) -> None:
        self.house, self.desk, self.words = house, house.desks[place], WORDS[place]
        self._data = data

    def one(self, *choices: Any) -> Any:
        return self._data.draw(st.sampled_from(choices))

    @property
    def id(self) -> str:
        return str(self.one(*IDS))

    @property
    def key(self) -> Any:
        return self.one(None, *KEYS)

    def report(self) -> actions.Record:
        person = Complainant(id=PERSON, name=f"{self.words} Chen")
        return actions.Record(
            complainant=person, category="shipping", sub_type="loss", narrative=f"{self.words} gone", demand="Find it"
        )

    def step(self) -> actions.Action:
        return self.one(  # type: ignore[no-any-return]
            actions.AddNote(text=f"{self.words} note"),
            actions.Uphold(reason=f"{self.words} photos"),
            actions.Assign(person="han"),
            actions.Withdraw(reason=f"{self.words} found"),
            actions.Withdraw(reason=f"{self.words} found"),
            actions.PlaceHold(matter="Court"),
            actions.LiftHold(reason="Settled"),
        )


DESK: dict[str, Callable[[Call], Any]] = {
    "record": lambda c: c.desk.record(c.report(), CHIEF, key=c.key),
    "act": lambda c: c.desk.act(c.id, c.step(), CHIEF, key=c.key),
    "act_many": lambda c: c.desk.act_many([(c.id, c.step(), CHIEF), (c.id, c.step(), CHIEF)]),
    "import_cases": lambda c: c.desk.import_cases([Past(c.one(*KEYS), [(c.report(), CHIEF, c.house.now)])]),
    "options": lambda c: c.desk.options(c.id, CHIEF),
    "get": lambda c: c.desk.get(c.id),
    "history": lambda c: c.desk.history(c.id),
    "find": lambda c: c.desk.find(c.one(None, Query(complainant=PERSON), Query(erased=True), Query(due_before=LATE))),
    "customer_view": lambda c: c.desk.customer_view(c.id),
    "sweep": lambda c: c.desk.sweep(limit=c.one(1, 100)),
    "verify": lambda c: c.desk.verify(c.id, anchor=c.one(None, *c.house.anchors)),
    "anchor": lambda c: c.desk.anchor(),
    "erase": lambda c: c.desk.erase(PERSON, CHIEF, reason="Asked for"),
    "purge": lambda c: c.desk.purge(limit=c.one(1, 100)),
    "personal_data": lambda c: c.desk.personal_data(PERSON),
}
"""How each public method of a desk is called here."""


def surface(cls: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("_")}


def test_no_public_method_is_forgotten_here() -> None:
    assert surface(ComplaintDesk) == surface(AsyncComplaintDesk) == DESK.keys()
    protocols = [c for _, c in inspect.getmembers(port, inspect.isclass) if getattr(c, "_is_protocol", False)]
    assert set().union(*map(surface, protocols)) == STORE.keys()


Wait = Callable[[Any], Any]


def seen(store: Any, tenant: str, wait: Wait) -> list[Any]:
    """Everything that a store says about a tenant."""
    return [
        *(wait(store.load(tenant, i)) for i in IDS),
        *(wait(store.history(tenant, i)) for i in IDS),
        *(wait(store.recall(tenant, k)) for k in KEYS),
        wait(store.find(tenant, Query())),
        wait(store.due(tenant, LATE, 100)),
    ]


def tell(result: Any) -> str:
    """Everything that can be read in it."""
    if isinstance(result, BaseException):
        return f"{result} {vars(result)}"
    return repr(result)


def play(store: Any, desk: type, world: int, data: st.DataObject, wait: Wait) -> set[str]:
    """A random history in all tenants; after each call only its own tenant has changed, or was shown."""
    house, done = House(store, desk, world), set()
    for place in range(len(NAMES)):
        for _ in range(2):
            wait(DESK["record"](Call(house, place, data)))
    often = ("act", "act", "act", "erase", "purge", "sweep", "anchor", "verify")
    for _ in range(data.draw(st.integers(8, 20))):
        place = data.draw(st.integers(0, len(NAMES) - 1))
        name = data.draw(st.sampled_from([*DESK, *often]))
        house.now += timedelta(days=data.draw(st.sampled_from((0, 0, 0, 5, 1200))))
        before = [seen(store, tenant, wait) for tenant in house.tenants()]
        try:
            result = wait(DESK[name](Call(house, place, data)))
        except (ComplaintFlowError, ValueError) as error:
            result = error
        else:
            done.add(name)
        if name == "anchor":
            house.anchors.append(result)
        text, strangers = tell(result), [w for n, w in enumerate(WORDS) if n != place]
        assert not [w for w in strangers if w in text], f"{name} shows another tenant's words"
        after = [seen(store, tenant, wait) for tenant in house.tenants()]
        touched = [n for n in range(len(NAMES)) if after[n] != before[n]]
        assert touched in ([], [place]), f"{name} touched another tenant"
    return done


_calm = settings(max_examples=40, suppress_health_check=[*HealthCheck])


@pytest.mark.parametrize("desk", [ComplaintDesk, AsyncComplaintDesk])
def test_no_desk_shows_or_touches_another_tenant_in_memory(desk: type) -> None:
    done: set[str] = set()

    with asyncio.Runner() as runner:

        def wait(result: Any) -> Any:
            return runner.run(result) if inspect.iscoroutine(result) else result

        @_calm
        @given(st.data())
        def law(data: st.DataObject) -> None:
            store = AsyncMemoryStore() if desk is AsyncComplaintDesk else MemoryStore()
            done.update(play(store, desk, 0, data, wait))

        law()
    assert done == DESK.keys()


@pytest.mark.parametrize("database", DATABASES)
def test_no_desk_shows_or_touches_another_tenant_in_a_database(database: str, tmp_path: Path) -> None:
    worlds = count()
    with ExitStack() as stack:
        store = stack.enter_context(opened(database, tmp_path))

        @settings(parent=_calm, max_examples=10 if database == "sqlite" else 5)
        @given(st.data())
        def law(data: st.DataObject) -> None:
            play(store, ComplaintDesk, next(worlds), data, lambda result: result)

        law()


@pytest.mark.parametrize("database", DATABASES)
def test_no_awaitable_desk_shows_or_touches_another_tenant_in_a_database(database: str) -> None:
    worlds = count()
    with asyncio.Runner() as runner, entered(async_sql_store(database), runner) as store:

        def wait(result: Any) -> Any:
            return runner.run(result) if inspect.iscoroutine(result) else result

        @settings(parent=_calm, max_examples=3)
        @given(st.data())
        def law(data: st.DataObject) -> None:
            play(store, AsyncComplaintDesk, next(worlds), data, wait)

        law()


STORE: dict[str, Callable[[Any, str, tuple[Any, Sealed]], Any]] = {
    "load": lambda store, tenant, _: store.load(tenant, "case-0"),
    "append": lambda store, tenant, given: store.append(tenant, *given),
    "history": lambda store, tenant, _: store.history(tenant, "case-0"),
    "find": lambda store, tenant, _: store.find(tenant, Query()),
    "due": lambda store, tenant, _: store.due(tenant, LATE, 10),
    "recall": lambda store, tenant, _: store.recall(tenant, "k1"),
    "forget": lambda store, tenant, given: store.forget(tenant, given[0]),
    "load_many": lambda store, tenant, _: store.load_many(tenant, ["case-0"]),
    "recall_many": lambda store, tenant, _: store.recall_many(tenant, ["k1"]),
    "append_many": lambda store, tenant, given: store.append_many(tenant, [given]),
}
"""How each method of a store is called: with the case of another tenant, whose names are all the same."""


@pytest.mark.parametrize("kind", ["memory", *DATABASES, *(f"async {database}" for database in DATABASES)])
def test_no_method_of_a_store_finds_or_changes_what_another_tenant_has_under_the_same_names(
    kind: str, tmp_path: Path
) -> None:
    report = actions.Record(
        complainant=Complainant(id=PERSON), category="shipping", sub_type="loss", narrative="ALPHA", demand="Find it"
    )
    with ExitStack() as stack:
        if kind.startswith("async "):
            runner = stack.enter_context(asyncio.Runner())
            awaited = stack.enter_context(entered(async_sql_store(kind.removeprefix("async ")), runner))
            store: Any = Awaited(awaited, runner)
        else:
            store = MemoryStore() if kind == "memory" else stack.enter_context(opened(kind, tmp_path))
        for n, name in enumerate(STORE):
            owner = f"main{n}"
            case = ComplaintDesk(store, tenant=owner, clock=lambda: START, new_id=ids()).record(report, CHIEF, key="k1")
            (record,) = store.history(owner, "case-0")
            before = seen(store, owner, lambda result: result)
            for other in (f"MAIN{n}", f"main{n}.", f"main{n} ", f"m{n}"):
                try:
                    found = STORE[name](store, other, (case.complaint, record))
                except ConcurrencyConflict:
                    assert name == "forget", "there is nothing to forget, and room for the rest"
                else:
                    assert not (found.complaints if isinstance(found, port.Page) else found), f"{other!r} has {found}"
                assert seen(store, owner, lambda result: result) == before, f"{name} in {other!r} changed {owner!r}"
