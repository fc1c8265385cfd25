"""What a store must do, clause by clause: find cases page by page, and what is due."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta

from complaintflow.storage.port import Query
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.clauses import LATER, Chapter, found, overdue, pages, reference, write
from complaintflow.testing.drafts import START, Draft, population

FINDING = Chapter(4, "Finding")
DUE = Chapter(5, "What is due (law 8)")

TICK = timedelta(microseconds=1)

QUERIES: tuple[dict[str, object], ...] = (
    {"number": "C2603-0000000000"},
    {"number": population()[0].complaint.number},
    {"stage": "awaiting_assessment"},
    {"stage": "awaiting_plan"},
    {"stage": "Awaiting_Plan"},
    {"category": "shipping"},
    {"sub_type": "damage"},
    {"department": "sales"},
    {"person": "handler-1"},
    {"complainant": "customer-1"},
    {"complainant": "Customer-1"},
    {"complainant": "speaker-1"},
    {"order": "order-1"},
    {"order": "ORDER-1"},
    {"cause": "poor_packing"},
    {"recorded_from": START},
    {"recorded_from": START + TICK},
    {"recorded_from": START + 2 * TICK},
    {"recorded_before": START},
    {"recorded_before": START + TICK},
    {"recorded_before": START + 2 * TICK},
    {"due_before": START + timedelta(days=2)},
    {"due_before": START + timedelta(days=2) + TICK},
    {"due_before": LATER},
    {"open": True},
    {"open": False},
    {"ended_before": START + timedelta(days=3)},
    {"ended_before": START + timedelta(days=3) + TICK},
    {"erased": True},
    {"erased": False},
    {"category": "shipping", "sub_type": "damage", "department": "sales"},
    {"complainant": "customer-1", "stage": "awaiting_assessment", "recorded_before": START + TICK},
    {"department": "sales", "stage": "awaiting_assessment"},
)
"""Every filter alone, with what just does and just does not fit, and some together."""


@FINDING.clause()
def every_filter_that_is_set_must_hold(bench: Bench) -> None:
    """A query finds what the reference finds; recorded from is included, recorded, due and ended before are not."""
    cases = population()
    write(bench.store, *cases)
    expected = reference(*cases)
    for wanted in QUERIES:
        ours, theirs = found(bench.store, "a", **wanted), found(expected, "a", **wanted)
        assert ours == theirs, f"{wanted} found {[c.id for c in ours]}, not {[c.id for c in theirs]}"


@FINDING.clause()
def cases_come_in_the_order_of_record_and_id(bench: Bench) -> None:
    """Ordered by (recorded_at, id), ids by code points: ``B`` before ``b``, ``é`` behind ``z``, 🫖 behind ｋ."""
    names = ("b", "B", "a", "z", "é", "ｋ", "🫖", "b2", "-")
    late, early = Draft("late", at=START + TICK), Draft("early", at=START.replace(microsecond=0))
    write(bench.store, late.record(), *(Draft(name).record() for name in names), early.record())
    assert [c.id for c in found(bench.store, "a")] == ["early", *sorted(names), "late"]


@FINDING.clause()
def pages_are_full_and_meet_without_overlap(bench: Bench) -> None:
    """Each page but the last has ``limit`` cases; only the last has no ``next``; together they are everything once."""
    cases = [Draft(f"case-{n}", at=START + n // 2 * TICK).record() for n in range(6)]
    write(bench.store, *cases)
    for limit, sizes in ((1, [1] * 6), (2, [2, 2, 2]), (4, [4, 2]), (5, [5, 1]), (6, [6]), (7, [6])):
        got = list(pages(bench.store, "a", Query(limit=limit)))
        assert [len(page) for page in got] == sizes, f"limit {limit}: {[len(page) for page in got]}"
        assert [c.id for page in got for c in page] == [f.complaint.id for f in cases]


@FINDING.clause()
def a_cursor_stays_where_it_was(bench: Bench) -> None:
    """Between two pages cases are recorded before and behind, and others change: none is shown twice or left out."""
    drafts = [Draft(f"case-{n}", at=START + n * TICK) for n in range(1, 7)]
    write(bench.store, *(draft.record() for draft in drafts))
    first = bench.store.find("a", Query(limit=3))
    write(bench.store, Draft("case-0").record(), Draft("case-7", at=START + 7 * TICK).record())
    write(bench.store, drafts[0].note(after=timedelta(days=1)), drafts[2].note(), drafts[4].note())
    rest = found(bench.store, "a", limit=3, after=first.next)
    assert [c.id for c in (*first.complaints, *rest)] == [f"case-{n}" for n in range(1, 8)]


@FINDING.clause()
def a_false_cursor_is_refused(bench: Bench) -> None:
    """An ``after`` that is not the ``next`` of a page is a ``ValueError``, not an empty page."""
    write(bench.store, Draft().record())
    for after in ("nonsense", "é", urlsafe_b64encode(b"nonsense").decode(), urlsafe_b64encode(b"1 \xff").decode()):
        try:
            bench.store.find("a", Query(after=after))
        except ValueError:
            continue
        raise AssertionError(f"{after!r} was taken for a cursor")


@FINDING.clause()
def a_page_shows_cases_as_they_stand(bench: Bench) -> None:
    """A found complaint is the one that ``load`` gives, also after it moved out of and into the query."""
    draft = Draft("b")
    cases = population()
    write(bench.store, *cases)
    for complaint in found(bench.store, "a"):
        assert complaint == bench.store.load("a", complaint.id)
    draft.complaint = next(c for c in found(bench.store, "a") if c.id == "b")
    write(bench.store, draft.note(after=timedelta(hours=1)))
    assert found(bench.store, "a", order="order-1") == [draft.complaint]


@FINDING.clause(Ability.SEARCH)
def words_are_found(bench: Bench) -> None:
    """``text`` finds the beginnings of words of the narrative, and Chinese characters in a row, of this tenant."""
    narratives = ("The teapot arrived broken", "茶壶碎了", "Nobody picked up the telephone", "Über 3 weeks late; 50%")
    cases = [Draft(f"case-{n}").record(narrative=words) for n, words in enumerate(narratives)]
    write(bench.store, *cases, *(Draft(f"case-{3 - n}", "b").record(narrative=w) for n, w in enumerate(narratives)))
    expected = reference(*cases)
    for text in ("teapot", "TEA", "broken teapot", "茶壶", "茶", "壶茶", "the", "über", "50%", '"', "* OR", "no'body"):
        ours, theirs = found(bench.store, "a", text=text), found(expected, "a", text=text)
        assert ours == theirs, f"{text!r} found {[c.id for c in ours]}, not {[c.id for c in theirs]}"


@DUE.clause()
def due_is_strictly_before(bench: Bench) -> None:
    """At the very moment of its due time nothing is overdue yet; a microsecond later it is."""
    filing = Draft().record()
    write(bench.store, filing)
    moment = filing.complaint.next_due_at
    assert moment is not None
    assert overdue(bench.store, "a", moment) == []
    assert overdue(bench.store, "a", moment + TICK) == [(moment, "case-1")]


@DUE.clause()
def the_most_overdue_comes_first(bench: Bench) -> None:
    """Ids come in the order of their earliest open due time, at most ``limit``, the most overdue of all."""
    write(bench.store, *(Draft(f"case-{n}", at=START + timedelta(hours=n * 5 % 7)).record() for n in range(7)))
    every = overdue(bench.store, "a", LATER)
    assert len(every) == 7
    for limit in (1, 3, 7, 8):
        assert overdue(bench.store, "a", LATER, limit) == every[:limit]


@DUE.clause()
def what_is_due_follows_the_newest_entry(bench: Bench) -> None:
    """After each entry the due time is that of the newest complaint; a case that has ended owes nothing."""
    expected = reference()
    for filing in population():
        write(bench.store, filing)
        write(expected, filing)
        for before in (LATER, START + timedelta(days=1), START + timedelta(days=2)):
            assert overdue(bench.store, "a", before) == overdue(expected, "a", before)


@DUE.clause()
def what_is_due_at_the_same_moment_comes_by_id(bench: Bench) -> None:
    """Cases with the same due time come in the order of ids, by code points, not in the order they were written."""
    names = ("b", "B", "a", "é", "z", "ｋ", "🫖", "b2")
    write(bench.store, *(Draft(name).record() for name in names), Draft("sooner", at=START - TICK).record())
    expected = ["sooner", *sorted(names)]
    for limit in (2, 5, 9, 10):
        due = list(bench.store.due("a", LATER, limit))
        assert due == expected[:limit], f"limit {limit}: {due}"


CHAPTERS = [FINDING, DUE]
