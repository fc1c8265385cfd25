"""What a store must do, clause by clause: keep what it was given, refuse what does not fit, tenant by tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from complaintflow.storage.port import Query
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.clauses import LATER, Chapter, conflicts, found, numbered, write
from complaintflow.testing.drafts import START, WORDS, Draft, population

KEEPING = Chapter(1, "Keeping what was given")
CONFLICTS = Chapter(2, "Conflicts: what does not fit is refused and leaves no trace (law 2, law 3)")
TENANTS = Chapter(3, "Tenants never meet (law 13)")

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
    conflicts(bench.store, numbered(second, first.complaint.number), first)
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


CHAPTERS = [KEEPING, CONFLICTS, TENANTS]
