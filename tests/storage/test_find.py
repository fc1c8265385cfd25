"""Finding: every filter on every store as the reference says, pages that hold still, and indexes that do the work."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from cases import DATABASES, NOON, desk, opened, report
from complaintflow import Complainant, Complaint, ComplaintDesk, MemoryStore, Query, Subject, actions
from complaintflow.desk.batch import Past
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.storage.words import document
from story import CHEN, LI

MOMENT = NOON + timedelta(hours=3)


def cases() -> list[Past]:
    """Thirty cases, two at each moment: open and ended ones, in several hands."""

    def one(n: int) -> Past:
        at = NOON + timedelta(hours=n // 2)
        facts: dict[str, Any] = {"complainant": Complainant(id="chen" if n % 4 else "wu")}
        if n % 3 == 0:
            facts |= {"category": "service", "sub_type": "attitude"}
        if n % 5 == 0:
            facts["subject"] = Subject(order=f"order-{n}")
        steps: list[Any] = [(report(f"Case {n}: 茶壶{'碎' if n % 2 else '裂'}了", **facts), LI, at)]
        if n % 4:
            steps.append((actions.Uphold(reason="Seen"), LI, at + timedelta(minutes=1)))
        if n % 4 > 1:
            steps.append((actions.Assign(person="han"), LI, at + timedelta(minutes=2)))
        if n % 4 > 2:
            steps.append((actions.Withdraw(reason="Found"), CHEN, at + timedelta(days=1, minutes=n)))
        return Past(f"past-{n}", steps)

    return [one(n) for n in range(30)]


def filled(store: Any) -> ComplaintDesk:
    other, ours = desk(store, "other", 500), desk(store)
    for d in (other, ours):
        d.import_cases(cases())
    return ours


@pytest.fixture(scope="module")
def reference() -> ComplaintDesk:
    return filled(MemoryStore())


@pytest.fixture(scope="module", params=DATABASES)
def ours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComplaintDesk]:
    with opened(request.param, tmp_path_factory.mktemp("find")) as store:
        yield filled(store)


QUERIES = (
    Query(),
    Query(number="C0000-00000-00000"),
    Query(stage="awaiting_acceptance"),
    Query(category="service", sub_type="attitude"),
    Query(department="storage_and_transport", person="han"),
    Query(person="han", open=True),
    Query(open=False),
    Query(open=False, ended_before=NOON + timedelta(days=1, minutes=8, hours=3)),
    Query(complainant="wu"),
    Query(order="order-10"),
    Query(cause="poor_packing"),
    Query(recorded_from=MOMENT),
    Query(recorded_from=MOMENT, recorded_before=MOMENT),
    Query(recorded_from=NOON, recorded_before=MOMENT, stage="awaiting_assessment"),
    Query(due_before=NOON + timedelta(days=3)),
    Query(due_before=NOON + timedelta(days=30), text="裂了", open=True),
    Query(text="case 壶碎", person="han"),
    Query(erased=False, category="shipping"),
    Query(erased=True),
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q.model_dump_json(exclude_defaults=True))
def test_a_filter_finds_what_the_reference_finds_page_by_page(
    ours: ComplaintDesk, reference: ComplaintDesk, query: Query
) -> None:
    whole = reference.find(query)
    assert ours.find(query) == whole
    paged: list[Complaint] = []
    after = None
    while True:
        page = ours.find(query.model_copy(update={"limit": 3, "after": after}))
        paged += page.complaints
        if (after := page.next) is None:
            break
        assert len(page.complaints) == 3
    assert tuple(paged) == whole.complaints


def test_the_queries_above_show_something(reference: ComplaintDesk) -> None:
    found = [len(reference.find(q).complaints) for q in QUERIES]
    assert found[0] == 30
    nothing = {Query(number="C0000-00000-00000"), Query(cause="poor_packing"), Query(erased=True), QUERIES[12]}
    assert {q for q, n in zip(QUERIES, found, strict=True) if not n} == nothing


@pytest.mark.parametrize("database", ["memory", *DATABASES])
def test_pages_hold_still_while_cases_come_and_change(database: str, tmp_path: Path) -> None:
    """What was there when the first page was read is seen once: no case twice, none left out."""

    def told(store: Any) -> None:
        mine = filled(store)
        seen, page = [], mine.find(Query(limit=4))
        before = {c.id for c in mine.find().complaints}
        while True:
            seen += [c.id for c in page.complaints]
            for c in page.complaints:  # each case that was just read moves
                mine.act(c.id, actions.AddNote(text="Read"), LI, at=c.updated_at)
            mine.record(report(), LI, at=NOON)  # and one comes in front of all
            if page.next is None:
                break
            page = mine.find(Query(limit=4, after=page.next))
        assert len(seen) == len(set(seen))
        assert before <= set(seen)

    if database == "memory":
        told(MemoryStore())
    else:
        with opened(database, tmp_path) as store:
            told(store)


def opaque(content: str) -> str:
    return urlsafe_b64encode(content.encode()).decode()


@pytest.mark.parametrize(
    "after",
    ["", "!", "茶", "AAAA", opaque("x y"), opaque("2026-03-02T12:00:00 a"), opaque("2026-03-02T12:00:00+00:00"),
     opaque("2026-03-02T12:00:00+00:00 a\0"), opaque("2026-03-02T12:00:00+00:00 a") + "\n"],
)  # fmt: skip
def test_a_false_cursor_is_refused(ours: ComplaintDesk, reference: ComplaintDesk, after: str) -> None:
    for each in (ours, reference):
        with pytest.raises(ValueError, match="is not the `next` of a page"):
            each.find(Query(after=after))


def test_due_gives_the_most_overdue_first_and_ends_before_the_moment(
    ours: ComplaintDesk, reference: ComplaintDesk
) -> None:
    moments = [c.next_due_at for c in reference.find().complaints if c.next_due_at is not None]
    for moment in (min(moments), max(moments), max(moments) + timedelta(microseconds=1)):
        for limit in (1, 5, 100):
            expected = reference.store.due("main", moment, limit)
            assert ours.store.due("main", moment, limit) == expected
    assert reference.store.due("main", min(moments), 100) == ()


MANY = 3000


@pytest.fixture(scope="module", params=DATABASES)
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLAlchemyStore]:
    """Thousands of rows, a copy of one case each; one in a hundred is due; the planner has looked at them."""
    with opened(request.param, tmp_path_factory.mktemp("large")) as store:
        grow(store, MANY)
        yield store


def grow(store: SQLAlchemyStore, rows: int) -> None:
    ours = desk(store)
    case = ours.record(report(), LI).complaint
    with store.engine.begin() as connection:
        table = store.tables.complaints
        row = dict(connection.execute(table.select()).mappings().one())
        copies = [
            row
            | {
                "id": f"copy-{n:05}",
                "number": f"copy-{n:05}",
                "recorded_at": case.recorded_at + timedelta(seconds=n),
                "stage": "awaiting_plan" if n % 50 == 0 else "closed",
                "person": f"person-{n % 50}",
                "ended_at": None if n % 50 == 0 else case.recorded_at,
                "next_due_at": case.recorded_at + timedelta(days=n % 7) if n % 100 == 0 else None,
            }
            for n in range(rows)
        ]
        connection.execute(table.insert(), copies)
        words = [
            {"place": n, "tenant": "main", "id": f"copy-{n:05}", "document": document(f"The cup of case {n} leaks")}
            for n in range(rows)
        ]
        connection.execute(store.tables.words.insert(), words)
    look = "ANALYZE TABLE" if store.engine.dialect.name == "mysql" else "ANALYZE"
    with store.engine.begin() as connection:
        for each in (table, store.tables.words):
            connection.execute(text(f"{look} {each.name}"))


def plan(store: SQLAlchemyStore, look: Callable[[], object]) -> str:
    """How the database answers what ``look`` asks, in its own words."""
    asked: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", listen)
    look()
    event.remove(store.engine, "before_cursor_execute", listen)
    statement, values = next(a for a in asked if a[0].startswith("SELECT"))
    explain = "EXPLAIN QUERY PLAN" if store.engine.dialect.name == "sqlite" else "EXPLAIN"
    with store.engine.connect() as connection:
        if store.engine.dialect.name == "postgresql" and "_words" in statement:  # 3,000 are too few for its GIN index
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(f"{explain} {statement}", values))


LOOKS: dict[str, Callable[[SQLAlchemyStore], object]] = {
    "by_due": lambda store: store.due("main", NOON + timedelta(days=1), 10),
    "by_open": lambda store: store.find("main", Query(open=True, person="person-0", limit=10)),
    "by_open ": lambda store: store.find("main", Query(open=True, stage="awaiting_plan", limit=10)),
    "by_words": lambda store: store.find("main", Query(text="pieces", open=True)),
}


@pytest.mark.parametrize("index", LOOKS)
def test_the_index_does_the_work_and_no_table_is_scanned(large: SQLAlchemyStore, index: str) -> None:
    """What is due, on a desk, or spoken of: the cost depends on that, not on all that is stored."""
    how = plan(large, lambda: LOOKS[index](large))
    on_sqlite = large.engine.dialect.name == "sqlite"
    named = "words_fts VIRTUAL TABLE INDEX" if index == "by_words" and on_sqlite else f"complaintflow_{index.strip()}"
    assert named in how, how
    assert not re.search(r"SCAN complaintflow_(complaints|words )|Seq Scan|'complaintflow\w+', 'ALL'", how), how
