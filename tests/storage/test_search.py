"""Narratives are found by their words, in the same way on every store, and not after their erasure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases import DATABASES, desk, opened, report
from complaintflow import ComplaintDesk, MemoryStore, Query, actions
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.storage.words import document, matches, terms
from story import CHEN, LI, MO

NARRATIVES = (
    "The teapot arrived in pieces!",
    "茶壶碎了，非常失望",
    "Ein kaputter Müller-Teekessel",
    "お茶がこぼれた",
    "I paid $3.50 to you; it's THE one IN the box",
    "茶叶很好。壶碎",
    "ＦＵＬＬ ｗｉｄｔｈ, order A1",
    "주문한 찻주전자가 깨졌어요",
    "𠮷野家 was fine, the straße was not",
    "no_such_thing' OR 'x'='x",
)
FOUND = {
    "teapot": {0},
    "TEA": {0},
    "pieces teap": {0},
    "eapot": set[int](),
    "the": {0, 4, 8},
    "in": {0, 4},
    "茶": {1, 3, 5},
    "茶壶": {1},
    "壶碎": {1, 5},
    "茶壶碎": {1},
    "失望": {1},
    "望": {1},
    "碎了非常": set[int](),
    "失望 茶壶": {1},
    "müller": {2},
    "mu\u0308ller": {2},
    "お茶": {3},
    "full width": {6},
    "찻주전자": {7},
    "𠮷": {8},
    "strasse": {8},
    "3.50": {4},
    "!!!": set[int](),
    "%": set[int](),
    "x74": set[int](),
    '"teapot" OR "茶壶"': set[int](),
    "teapot*": {0},
    "-teapot": {0},
    "NOT teapot": set[int](),
    "NEAR(teapot pieces)": set[int](),
    "document:teapot": set[int](),
    "teapot' --": {0},
    "teapot & !pieces | (": {0},
    "' OR 'x'='x": {9},
    "\\": set[int](),
}


@pytest.fixture(scope="module", params=("memory", *DATABASES))
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComplaintDesk]:
    """A desk with all the narratives, and another tenant's with the same."""

    def filled(store: MemoryStore | SQLAlchemyStore) -> ComplaintDesk:
        for tenant, start in (("other", 500), ("main", 0)):
            ours = desk(store, tenant, start)
            for words in NARRATIVES:
                ours.record(report(words), LI)
        return ours

    if request.param == "memory":
        yield filled(MemoryStore())
    else:
        with opened(request.param, tmp_path_factory.mktemp("search")) as store:
            yield filled(store)


@pytest.mark.parametrize("text", FOUND)
def test_the_words_of_a_question_find_their_narratives_and_nobody_elses(asked: ComplaintDesk, text: str) -> None:
    """English and Chinese; operators of the databases' own query languages are nothing but punctuation."""
    found = asked.find(Query(text=text)).complaints
    assert {c.id for c in found} == {f"case-{i:05}" for i in FOUND[text]}


def test_words_go_together_with_other_filters_and_pages(asked: ComplaintDesk) -> None:
    first = asked.find(Query(text="茶", limit=2))
    assert [c.narrative for c in first.complaints] == [NARRATIVES[1], NARRATIVES[3]]
    rest = asked.find(Query(text="茶", limit=2, after=first.next))
    assert [c.narrative for c in rest.complaints] == [NARRATIVES[5]]
    assert asked.find(Query(text="茶", stage="closed")).complaints == ()


LETTERS = st.text(st.sampled_from("ab cB'\"*%-é茶壶碎了お가1_"), max_size=12)


@given(LETTERS, LETTERS)
@example("茶壶碎", "壶碎")
def test_a_run_of_east_asian_characters_is_found_where_it_stands_and_only_there(text: str, asked_for: str) -> None:
    """The reference itself, held against plain Python: pairs of characters are a means, not a meaning."""

    def runs(of: str) -> list[str]:
        spaced = "".join(c if c.isalnum() and ord(c) >= 0x3000 else " " for c in of)
        return spaced.split()

    wanted = runs(asked_for)
    if asked_for.replace(" ", "") == "".join(wanted) and wanted:
        assert matches(terms(asked_for), document(text)) == all(any(w in r for r in runs(text)) for w in wanted)


@given(st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=30))
def test_every_text_is_found_by_itself_if_it_has_a_letter_or_digit(text: str) -> None:
    has_words = any(c.isalnum() for c in normalize("NFKC", text).casefold())
    assert matches(terms(text), document(text)) == has_words


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.text(min_size=1, max_size=6))
def test_sqlite_finds_what_the_reference_finds(
    tmp_path_factory: pytest.TempPathFactory, narratives: list[str], asked_for: str
) -> None:
    """Any characters at all: none breaks the index's own language."""
    words = [n for n in narratives if n.strip() and "\0" not in n] or ["-"]
    with opened("sqlite", tmp_path_factory.mktemp("any")) as store:
        for ours in (mem := desk(MemoryStore()), db := desk(store)):
            for n in words:
                ours.record(report(n), LI)
        query = Query(text=asked_for)
        assert [c.id for c in db.find(query).complaints] == [c.id for c in mem.find(query).complaints]


@pytest.mark.parametrize("database", DATABASES)
def test_after_an_erasure_the_words_find_nothing(database: str, tmp_path: Path) -> None:
    with opened(database, tmp_path) as store:
        ours = desk(store)
        case = ours.record(report("Zqxj broke, 茶壶碎了"), LI).complaint
        kept = ours.record(report("Zqxj is mine", complainant=report().complainant.model_copy(update={"id": "wu"})), LI)
        ours.act(case.id, actions.Withdraw(reason="-"), CHEN)
        assert len(ours.find(Query(text="zqxj")).complaints) == 2
        assert ours.erase("chen", MO, reason="Letter 12").erased
        assert [c.id for c in ours.find(Query(text="zqxj")).complaints] == [kept.complaint.id]
        assert ours.find(Query(text="茶壶")).complaints == ()


def test_after_an_erasure_no_byte_of_the_index_holds_the_words(tmp_path: Path) -> None:
    """FTS5 only marks what is deleted, until its segments are merged: a raw scan of the file and its log."""
    secret = document("zqxjvkwy 壷壶壷")
    with opened("sqlite", tmp_path) as store:
        ours = desk(store)
        for n in range(30):
            ours.record(report(f"Common words of case {n}"), LI)
        case = ours.record(report("Common zqxjvkwy, 壷壶壷 indeed"), LI).complaint
        ours.act(case.id, actions.Withdraw(reason="-"), CHEN)
        assert all(word.encode() in raw(tmp_path) for word in secret), "the scan would not find it"
        ours.erase("chen", MO, reason="Letter 12")
    tails = [word[7:] for word in secret[:2]]  # the index shares the beginning of a word with its neighbour's
    assert [tail for tail in tails if tail.encode() in raw(tmp_path)] == []


def raw(folder: Path) -> bytes:
    """Every byte of the database and the log beside it."""
    return b"".join(p.read_bytes() for p in folder.iterdir())
