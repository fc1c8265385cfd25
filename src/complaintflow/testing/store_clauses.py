"""What a store must do, clause by clause: the promises of ``storage.port``, each with what tends to break it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from complaintflow.storage.port import Query
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.clauses import LATER, Chapter, conflicts, found, overdue, pages, reference, write
from complaintflow.testing.drafts import START, WORDS, Draft, Filing, population

KEEPING = Chapter(1, "Keeping what was given")
CONFLICTS = Chapter(2, "Conflicts: what does not fit is refused and leaves no trace (law 2, law 3)")
TENANTS = Chapter(3, "Tenants never meet (law 13)")
FINDING = Chapter(4, "Finding")
DUE = Chapter(5, "What is due (law 8)")

TICK = timedelta(microseconds=1)


@KEEPING.clause()
def nothing_is_found_where_nothing_is(bench: Bench) -> None:
    """Without cases: no complaint, an empty file, an empty last page, nothing due, no key known."""
    store = bench.store
    assert store.load("a", "case-1") is None
    assert tuple(store.history("a", "case-1")) == ()
    page = store.find("a", Query())
    assert (tuple(page.complaints), page.next) == ((), None)
    assert tuple(store.due("a", LATER, 10)) == ()
    assert store.recall("a", "key-1") is None


@KEEPING.clause()
def the_complaint_is_loaded_as_it_was_given(bench: Bench) -> None:
    """``load`` gives a complaint equal to the one appended last, whatever is in it."""
    for filing in population():
        write(bench.store, filing)
        assert bench.store.load("a", filing.complaint.id) == filing.complaint


@KEEPING.clause()
def entries_are_kept_as_they_were_given(bench: Bench) -> None:
    """``history`` gives every field of every entry as it was: text to the byte, ``None`` as ``None``."""
    draft = Draft()
    filings = [draft.record(key="key-1"), draft.note(), draft.note(f" {WORDS} \t")]
    altered = filings[1].record._replace(body=' {"b": 1.0,\n "a": "\\u00e9"} ', cells="")
    filings[1] = filings[1]._replace(record=altered)
    write(bench.store, *filings)
    for kept, filing in zip(bench.store.history("a", "case-1"), filings, strict=True):
        assert tuple(kept) == tuple(filing.record)
        assert [type(field) for field in kept] == [type(field) for field in filing.record]


@KEEPING.clause()
def entries_come_in_the_order_of_their_numbers(bench: Bench) -> None:
    """``history`` is ordered by ``seq`` as a number: 10 comes behind 9."""
    draft = Draft()
    write(bench.store, draft.record(), *draft.notes(11))
    assert [r.seq for r in bench.store.history("a", "case-1")] == list(range(1, 13))


@KEEPING.clause()
def times_are_exact_and_aware(bench: Bench) -> None:
    """``at`` comes back in UTC, aware, exact to the microsecond (law 14)."""
    draft = Draft(at=datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC))
    write(bench.store, draft.record(), draft.note(after=TICK), draft.note(after=timedelta(hours=1)))
    times = [r.at for r in bench.store.history("a", "case-1")]
    assert all(at.utcoffset() == timedelta() for at in times), times
    first = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
    assert times == [first, first + TICK, first + TICK + timedelta(hours=1)]


@KEEPING.clause()
def a_key_leads_to_its_entry(bench: Bench) -> None:
    """``recall`` gives the entry written under a key, as it was given; entries without a key do not meet."""
    draft = Draft()
    filings = [draft.record(key="key-1"), draft.note(), draft.note(), draft.note(key=f"key-2 {WORDS}")]
    write(bench.store, *filings)
    assert bench.store.recall("a", "key-1") == filings[0].record
    assert bench.store.recall("a", f"key-2 {WORDS}") == filings[3].record
    assert bench.store.recall("a", "key-2") is None


@KEEPING.clause()
def ids_and_keys_are_compared_exactly(bench: Bench) -> None:
    """Case, accents, width and how a letter is composed all count, in ids as in keys."""
    names = ("k", "K", "\u00e9", "e\u0301", "e", "ｋ", "kk", "ß", "ss")
    filings = [Draft(name).record(key=name, who=name) for name in names]
    write(bench.store, *filings)
    for name, filing in zip(names, filings, strict=True):
        assert bench.store.load("a", name) == filing.complaint
        assert tuple(bench.store.history("a", name)) == (filing.record,)
        assert bench.store.recall("a", name) == filing.record
        assert [c.id for c in found(bench.store, "a", complainant=name)] == [name]


@KEEPING.clause()
def a_space_behind_a_key_counts(bench: Bench) -> None:
    """Keys are the caller's text: one with a space behind it is another key."""
    one, other = Draft("case-1").record(key="key"), Draft("case-2").record(key="key ")
    write(bench.store, one, other)
    assert bench.store.recall("a", "key ") == other.record
    assert bench.store.recall("a", "key") == one.record


@KEEPING.clause()
def what_was_read_does_not_change(bench: Bench) -> None:
    """A complaint or file that was read stays as it was, whatever is written afterwards."""
    draft = Draft()
    first, second = draft.record(), draft.note()
    write(bench.store, first)
    complaint, file = bench.store.load("a", "case-1"), bench.store.history("a", "case-1")
    write(bench.store, second)
    assert complaint == first.complaint
    assert tuple(file) == (first.record,)


@CONFLICTS.clause()
def an_old_version_is_a_conflict(bench: Bench) -> None:
    """An entry whose number is taken is refused: whoever was slower has lost."""
    draft = Draft()
    first = draft.record()
    slower = Draft()
    write(bench.store, first, draft.note("faster"), draft.note("faster still"))
    slower.complaint = first.complaint
    conflicts(bench.store, slower.note("slower", key="key-1"))
    conflicts(bench.store, first)
    conflicts(bench.store, Draft(at=START + TICK).record())


@CONFLICTS.clause()
def a_gap_is_a_conflict(bench: Bench) -> None:
    """An entry that would leave a number out is refused, and so is a second one without a first."""
    draft = Draft()
    first, second, third = draft.record(), draft.note(key="key-1"), draft.note(key="key-2")
    conflicts(bench.store, second)
    write(bench.store, first)
    conflicts(bench.store, third)
    write(bench.store, second, third)


@CONFLICTS.clause()
def a_taken_number_is_a_conflict(bench: Bench) -> None:
    """Two cases of a tenant never share a number; the refused case can be written under another one."""
    first, second = Draft("case-1").record(), Draft("case-2").record(key="key-1")
    write(bench.store, first)
    conflicts(bench.store, _numbered(second, first.complaint.number), first)
    write(bench.store, second)


@CONFLICTS.clause()
def a_used_key_is_a_conflict(bench: Bench) -> None:
    """A key stands for one entry of the tenant: in the same case, in another, for a new case."""
    one, two = Draft("case-1"), Draft("case-2")
    filings = [one.record(key="key-1"), two.record()]
    write(bench.store, *filings)
    for taken in (one.note(key="key-1"), two.note(key="key-1"), Draft("case-3").record(key="key-1")):
        conflicts(bench.store, taken, *filings)
    assert bench.store.recall("a", "key-1") == filings[0].record


@CONFLICTS.clause()
def a_conflict_leaves_the_way_free(bench: Bench) -> None:
    """After a conflict the same case takes the entry that fits, under a key that the refused one named."""
    draft = Draft()
    first = draft.record(key="key-1")
    write(bench.store, first)
    conflicts(bench.store, first)
    before = draft.complaint
    conflicts(bench.store, draft.note(key="key-1"), first)
    draft.complaint = before
    lost = draft.note("lost", key="key-2")
    draft.complaint = before
    write(bench.store, draft.note("won"))
    conflicts(bench.store, lost, first)
    last = draft.note(key="key-2")
    write(bench.store, last)
    assert bench.store.recall("a", "key-2") == last.record
    assert [r.seq for r in bench.store.history("a", "case-1")] == [1, 2, 3]


@CONFLICTS.clause(Ability.THREADS)
def of_those_who_race_for_a_version_one_wins(bench: Bench) -> None:
    """Of many that append the same next entry at once, one is written, all others meet a conflict."""
    draft = Draft()
    write(bench.store, draft.record())
    for _ in range(5):
        before = draft.complaint
        rivals = []
        for n in range(4):
            draft.complaint = before
            rivals.append(draft.note(f"rival {n}"))
        results = bench.race(rivals)
        (winner,) = [rival for rival, conflict in zip(rivals, results, strict=True) if conflict is None]
        assert bench.store.load("a", "case-1") == winner.complaint
        assert bench.store.history("a", "case-1")[-1] == winner.record
        assert len(bench.store.history("a", "case-1")) == winner.record.seq
        draft.complaint = winner.complaint


@CONFLICTS.clause(Ability.THREADS)
def of_those_who_race_for_a_key_one_wins(bench: Bench) -> None:
    """Of many that use the same key at once, each for a case of its own, one is written."""
    for n in range(5):
        rivals = [Draft(f"case-{n}-{m}").record(key=f"key-{n}") for m in range(4)]
        results = bench.race(rivals)
        (winner,) = [rival for rival, conflict in zip(rivals, results, strict=True) if conflict is None]
        assert bench.store.recall("a", f"key-{n}") == winner.record
        kept = [r.complaint.id for r in rivals if bench.store.load("a", r.complaint.id) is not None]
        assert kept == [winner.complaint.id]


@CONFLICTS.clause(Ability.THREADS)
def those_who_do_not_meet_all_get_through(bench: Bench) -> None:
    """Writers of different cases all get through, if they come back after a conflict as the desk does."""
    drafts = [Draft(f"case-{n}") for n in range(4)]
    for step in range(4):
        waiting = [draft.note() if step else draft.record() for draft in drafts]
        for _ in range(8):
            results = bench.race(waiting)
            waiting = [filing for filing, conflict in zip(waiting, results, strict=True) if conflict is not None]
            if not waiting:
                break
        assert not waiting, f"{len(waiting)} of {len(drafts)} never got through"
    for draft in drafts:
        assert bench.store.load("a", draft.id) == draft.complaint
        assert len(bench.store.history("a", draft.id)) == 4


@TENANTS.clause()
def the_same_names_live_side_by_side(bench: Bench) -> None:
    """Two tenants may have the same id, number and key; each reads its own."""
    ours, theirs = (Draft("case-1", tenant).record(key="key-1", who=tenant) for tenant in ("a", "b"))
    assert ours.complaint.number == theirs.complaint.number
    write(bench.store, ours, theirs)
    for filing in (ours, theirs):
        assert bench.store.load(filing.tenant, "case-1") == filing.complaint
        assert tuple(bench.store.history(filing.tenant, "case-1")) == (filing.record,)
        assert bench.store.recall(filing.tenant, "key-1") == filing.record
    more = Draft("case-1", "b")
    more.complaint = theirs.complaint
    write(bench.store, more.note())
    assert bench.store.load("a", "case-1") == ours.complaint
    assert tuple(bench.store.history("a", "case-1")) == (ours.record,)


@TENANTS.clause()
def others_cases_are_not_read(bench: Bench) -> None:
    """What only another tenant has is unknown: by id, by key, in pages, among what is due."""
    theirs = population("b")
    write(bench.store, *theirs, Draft("keyed", "b").record(key="key-1"))
    for filing in theirs:
        assert bench.store.load("a", filing.complaint.id) is None
        assert tuple(bench.store.history("a", filing.complaint.id)) == ()
        assert found(bench.store, "a", number=filing.complaint.number) == []
    assert bench.store.recall("a", "key-1") is None
    assert found(bench.store, "a") == []
    for who in ("customer-1", "speaker-1"):
        assert found(bench.store, "a", complainant=who) == []
    assert tuple(bench.store.due("a", LATER, 1000)) == ()


@TENANTS.clause()
def a_cursor_is_no_way_into_another_tenant(bench: Bench) -> None:
    """The ``next`` of one tenant's page, used by another, shows nothing but the other's own cases."""
    write(bench.store, *population("a"), *population("b"))
    after = bench.store.find("a", Query(limit=2)).next
    page = bench.store.find("b", Query(after=after))
    assert all(c in found(bench.store, "b") for c in page.complaints)
    assert bench.store.find("nobody", Query(after=after)).complaints == ()


@TENANTS.clause()
def names_that_run_together_are_kept_apart(bench: Bench) -> None:
    """Tenant ``a:b`` with case ``c`` is not tenant ``a`` with case ``b:c``; nor is ``A`` the tenant ``a``."""
    for mark in (":", "/", "|", "-", "\\", "%", "."):
        one = Draft("c", f"a{mark}b").record(key="c", who="one")
        other = Draft(f"b{mark}c", "a").record(key=f"b{mark}c", who="other")
        write(bench.store, one, other)
        for filing in (one, other):
            assert bench.store.load(filing.tenant, filing.complaint.id) == filing.complaint
            assert tuple(bench.store.history(filing.tenant, filing.complaint.id)) == (filing.record,)
            assert bench.store.recall(filing.tenant, filing.record.key) == filing.record
        assert [c.id for c in found(bench.store, f"a{mark}b")] == ["c"]
    write(bench.store, Draft("c", "A").record())
    assert len(found(bench.store, "A")) == 1
    assert bench.store.load("a", "c") is None


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
    write(bench.store, Draft("late", at=START + TICK).record(), *(Draft(name).record() for name in names))
    assert [c.id for c in found(bench.store, "a")] == [*sorted(names), "late"]


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
    write(bench.store, *cases, Draft("theirs", "b").record(narrative=narratives[0]))
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


def _numbered(filing: Filing, number: str) -> Filing:
    return filing._replace(complaint=filing.complaint.model_copy(update={"number": number}))


CHAPTERS = [KEEPING, CONFLICTS, TENANTS, FINDING, DUE]
