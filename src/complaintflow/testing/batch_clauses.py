"""What a store must do that writes many cases in one transaction: as single appends would, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from complaintflow.desk.batch import Past, Step
from complaintflow.desk.outcome import Outcome
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.model import actions as act
from complaintflow.model.parties import Complainant
from complaintflow.storage.evidence import unseal
from complaintflow.storage.memory import MemoryStore
from complaintflow.storage.port import Store
from complaintflow.testing import laws
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.clauses import (
    Chapter,
    conflict_of,
    conflicts,
    found,
    many,
    numbered,
    reference,
    same,
    trace,
    write,
    write_many,
)
from complaintflow.testing.drafts import AGENT, CUSTOMER, HANDLER, MANAGER, START, WORDS, Draft, Filing, population
from complaintflow.testing.finding_clauses import QUERIES
from complaintflow.workflow.evolve import fold

BATCH = Chapter(11, "Many cases in one transaction")
TICK = timedelta(microseconds=1)


@BATCH.clause(Ability.BATCH)
def a_batch_leaves_what_single_appends_leave(bench: Bench) -> None:
    """Complaints, files, keys, pages, due times: all is as if the steps had been appended one by one."""
    filings = [*population(), Draft("keyed").record(key=f"key-1 {WORDS}")]
    write_many(bench.store, *filings)
    _as_if_appended(bench, *filings)


@BATCH.clause(Ability.BATCH)
def batches_and_single_appends_follow_one_another(bench: Bench) -> None:
    """New and known cases stand in one batch; a batch goes on from single appends, and they from a batch."""
    filings = population()
    write(bench.store, *filings[:2])
    write_many(bench.store, *filings[2:8])
    _as_if_appended(bench, *filings[:8])
    write(bench.store, filings[8])
    write_many(bench.store, *filings[9:])
    _as_if_appended(bench, *filings)


@BATCH.clause(Ability.BATCH)
def steps_of_one_case_follow_one_another(bench: Bench) -> None:
    """A batch may hold many steps of a case, among those of others: the last makes the complaint, all make the file."""
    one, two = Draft("case-1"), Draft("case-2")
    filings = [one.record(key="key-1"), two.record()]
    for n in range(11):
        filings += [one.note(f"{n}", after=TICK), two.note(key=f"key-2 {n}")]
    write_many(bench.store, *filings)
    for draft in (one, two):
        assert bench.store.load("a", draft.id) == draft.complaint
        assert [r.seq for r in bench.store.history("a", draft.id)] == list(range(1, 13))
    _as_if_appended(bench, *filings)
    filings += [two.note(), one.then(act.Withdraw(reason="Solved"), CUSTOMER), two.note()]
    write_many(bench.store, *filings[-3:])
    _as_if_appended(bench, *filings)


@BATCH.clause(Ability.BATCH)
def an_empty_batch_changes_nothing(bench: Bench) -> None:
    """No steps are written, no ids loaded, no keys recalled, and that is no error."""
    filing = Draft().record(key="key-1")
    write(bench.store, filing)
    before = trace(bench.store, filing)
    bench.store.append_many("a", [])
    same(before, trace(bench.store, filing))
    assert dict(bench.store.load_many("a", [])) == {}
    assert dict(bench.store.recall_many("a", [])) == {}


@BATCH.clause(Ability.BATCH)
def many_are_loaded_as_they_are_there(bench: Bench) -> None:
    """``load_many`` gives what ``load`` gives, by id; unknown ids are absent, however many and in what collection."""
    names = ("k", "K", "\u00e9", "e\u0301", "ｋ", "kk", "🫖")
    cases = {name: Draft(name).record().complaint for name in names}
    write(bench.store, *(Draft(name).record() for name in names), *(f for f in population() if f.complaint.id == "b2"))
    for wanted in (["k"], ("k", "K", "k"), {"é", "nobody"}, frozenset(names), dict.fromkeys(names).keys()):
        assert dict(bench.store.load_many("a", wanted)) == {i: c for i, c in cases.items() if i in wanted}
    crowd = [*(f"nobody-{n}" for n in range(500)), "kk", "b2"]
    expected = {"kk": cases["kk"], "b2": bench.store.load("a", "b2")}
    assert dict(bench.store.load_many("a", crowd)) == expected
    assert dict(bench.store.load_many("a", crowd[:500])) == {}


@BATCH.clause(Ability.BATCH)
def many_keys_lead_to_their_entries(bench: Bench) -> None:
    """``recall_many`` gives what ``recall`` gives, by key, compared exactly; unknown keys are absent."""
    names = ("k", "K", "k ", "\u00e9", "e\u0301", "ｋ", f"key {WORDS}")
    draft = Draft()
    filings = [draft.record(), *(draft.note(key=name) for name in names), Draft("case-2").record(key="other")]
    write(bench.store, *filings)
    entries = {f.record.key: f.record for f in filings if f.record.key is not None}
    for wanted in (["k"], ("k ", "K", "k "), {"e\u0301", "nothing"}, frozenset(entries)):
        assert dict(bench.store.recall_many("a", wanted)) == {k: r for k, r in entries.items() if k in wanted}
    crowd = [*(f"nothing-{n}" for n in range(500)), "other"]
    assert dict(bench.store.recall_many("a", crowd)) == {"other": entries["other"]}


@BATCH.clause(Ability.BATCH)
def others_cases_are_in_no_batch(bench: Bench) -> None:
    """What another tenant has under the same ids, numbers and keys is not read by a batch, and not in its way."""
    theirs = [*population("b"), Draft("keyed", "b").record(key="key-1"), Draft("a:b", "b").record(key="a:b")]
    write_many(bench.store, *theirs)
    before = trace(bench.store, *theirs)
    ids = {f.complaint.id for f in theirs}
    assert dict(bench.store.load_many("a", ids)) == {}
    assert dict(bench.store.recall_many("a", ["key-1", "a:b"])) == {}
    assert dict(bench.store.load_many("b:a", ["b"])) == {}
    ours = [*population("a"), Draft("keyed", "a").record(key="key-1", who="ours")]
    write_many(bench.store, *ours[:3])
    write_many(bench.store, *ours[3:])
    _as_if_appended(bench, *ours)
    same(before, trace(bench.store, *theirs))
    same(many(reference(*theirs), *theirs), many(bench.store, *theirs))


@BATCH.clause(Ability.BATCH)
def an_old_version_in_a_batch_is_a_conflict(bench: Bench) -> None:
    """If somebody was faster in one case, nothing of any case is written, wherever in the batch that case stands."""
    one, two, new = Draft("case-1"), Draft("case-2"), Draft("case-3")
    stored = [one.record(), two.record()]
    late = Draft("case-2")
    late.complaint = two.complaint
    stored += [two.note("faster")]
    write(bench.store, *stored)
    fits, stale = [one.note(key="key-1"), new.record(key="key-2")], late.note("slower", key="key-3")
    for batch in ([stale, *fits], [fits[0], stale, fits[1]], [*fits, stale], [stale]):
        _conflicts(bench.store, batch, stored, stale)
    _conflicts(bench.store, [*fits, stored[0]], stored, stored[0])
    write_many(bench.store, *fits, two.note(key="key-3"))


@BATCH.clause(Ability.BATCH)
def a_gap_in_a_batch_is_a_conflict(bench: Bench) -> None:
    """Each step follows the one before it in its case: none is left out, doubled, or ahead of its turn."""
    one, two, new = Draft("case-1"), Draft("case-2"), Draft("case-3")
    stored = [one.record(), two.record()]
    write(bench.store, *stored)
    fits = one.note(key="key-1")
    second, third, fourth = two.note(key="key-2"), two.note(), two.note()
    first_of_new, second_of_new = new.record(key="key-3"), new.note()
    for batch, wrong in (
        ([fits, third], third),
        ([fits, second, fourth], fourth),
        ([second, third, third, fits], third),
        ([third, second, fits], third),
        ([fits, second_of_new], second_of_new),
        ([second_of_new, fits, first_of_new], second_of_new),
        ([first_of_new, fits, first_of_new], first_of_new),
    ):
        _conflicts(bench.store, batch, [*stored, second, first_of_new], wrong)
    write_many(bench.store, first_of_new, second, fits, third, second_of_new, fourth)


@BATCH.clause(Ability.BATCH)
def a_taken_number_in_a_batch_is_a_conflict(bench: Bench) -> None:
    """Two new cases with one number are refused, and so is one that has the number of a case on file."""
    stored, known = Draft("case-1").record(), Draft("case-1")
    known.complaint = stored.complaint
    write(bench.store, stored)
    note, two, three = known.note(key="key-1"), Draft("case-2").record(key="key-2"), Draft("case-3").record()
    like_one, like_two = numbered(two, stored.complaint.number), numbered(three, two.complaint.number)
    for batch in ([note, like_one], [two, note, like_two], [like_two, two]):
        _conflicts(bench.store, batch, [stored])
    write_many(bench.store, note, two, three)
    four = Draft("case-4").record()
    conflicts(bench.store, numbered(four, three.complaint.number), three)
    _conflicts(bench.store, [numbered(four, two.complaint.number)], [two])


@BATCH.clause(Ability.BATCH)
def a_used_key_in_a_batch_is_a_conflict(bench: Bench) -> None:
    """A key that stands for an entry already, or for two of the batch, is refused; single appends know it, too."""
    one, two = Draft("case-1"), Draft("case-2")
    stored = [one.record(key="key-1"), two.record()]
    write_many(bench.store, *stored)
    conflicts(bench.store, one.note(key="key-1"), *stored)
    one.complaint = stored[0].complaint
    fits = [one.note(), Draft("case-3").record(key="key-2")]
    for taken in (two.note(key="key-1"), Draft("case-4").record(key="key-2"), Draft("case-5").record(key="key-1")):
        _conflicts(bench.store, [*fits, taken], stored)
        _conflicts(bench.store, [taken, *fits], stored)
    write_many(bench.store, *fits)
    same(many(reference(*stored, *fits), *fits), many(bench.store, *fits))


@BATCH.clause(Ability.BATCH, Ability.THREADS)
def of_batches_that_race_one_wins_as_a_whole(bench: Bench) -> None:
    """Of many that go on with the same cases at once, each in an order of its own, one is written, and nothing else."""
    drafts = [Draft(f"case-{n}") for n in range(3)]
    write_many(bench.store, *(draft.record() for draft in drafts))
    for n in range(4):
        before = [draft.complaint for draft in drafts]
        rivals = []
        for m in range(3):
            rival = _moved_by(drafts, f"rival {m}", f"key-{n}")
            rivals.append(rival[m:] + rival[:m])
            for draft, complaint in zip(drafts, before, strict=True):
                draft.complaint = complaint
        results = bench.race_batches(rivals)
        (winner,) = [rival for rival, conflict in zip(rivals, results, strict=True) if conflict is None]
        for filing in winner:
            assert bench.store.load("a", filing.complaint.id) == filing.complaint
            assert bench.store.history("a", filing.complaint.id)[-1] == filing.record
            assert len(bench.store.history("a", filing.complaint.id)) == filing.record.seq
        for draft in drafts:
            draft.complaint = bench.store.load("a", draft.id)


@BATCH.clause(Ability.BATCH, Ability.SESSIONS)
def batches_of_another_session_are_seen_at_once(bench: Bench) -> None:
    """What one store object wrote, another reads and is checked against, by batches and beside them."""
    one, two = Draft("case-1"), Draft("case-2")
    first = [one.record(key="key-1"), two.record()]
    with bench.second_session() as other:
        assert dict(other.load_many("a", ["case-1", "case-2"])) == {}
        write_many(bench.store, *first)
        same(many(bench.store, *first), many(other, *first))
        late = Draft("case-2")
        late.complaint = two.complaint
        write(other, two.note("faster"))
        assert dict(bench.store.load_many("a", ["case-2"])) == {"case-2": two.complaint}
        _conflicts(bench.store, [one.note(), late.note("slower")], first)
        _conflicts(bench.store, [two.note(), Draft("case-3").record(key="key-1")], first)


@BATCH.clause(Ability.BATCH, Ability.DURABILITY)
def a_batch_is_there_after_a_restart(bench: Bench) -> None:
    """Whatever was written in batches is there when the store is opened again, and is in the way of what it should."""
    filings = [*population(), Draft("keyed").record(key="key-1")]
    write_many(bench.store, *filings[:7])
    write_many(bench.store, *filings[7:])
    with bench.reopen() as again:
        same(trace(reference(*filings), *filings), trace(again, *filings))
        same(many(reference(*filings), *filings), many(again, *filings))
        _conflicts(again, [Draft("new").record(), Draft("keyed-2").record(key="key-1")], filings)
        _conflicts(again, [Draft("new").record(), filings[0]], filings)


@BATCH.clause(Ability.BATCH, Ability.ERASURE)
def batches_know_what_was_erased(bench: Bench) -> None:
    """Of a case that a batch wrote ``forget`` takes all words; then batches load it bare, and recall no cell."""
    draft = Draft()
    filings = [draft.record(key="key-1"), draft.note(key="key-2")]
    filings += [
        draft.then(act.Withdraw(reason="Solved"), CUSTOMER),
        draft.then(act.RecordErasure(reason="Letter 12"), MANAGER),
    ]
    write_many(bench.store, *filings)
    same(many(reference(*filings), *filings), many(bench.store, *filings))
    bare = fold(unseal(f.record._replace(cells=None)) for f in filings)
    bench.store.forget("a", bare)
    assert dict(bench.store.load_many("a", ["case-1"])) == {"case-1": bare}
    assert [r.cells for r in bench.store.history("a", "case-1")] == [None] * 4
    recalled = bench.store.recall_many("a", ["key-1", "key-2"])
    assert {key: r.cells for key, r in recalled.items()} == {"key-1": None, "key-2": None}
    draft.complaint = bare
    held = draft.then(act.PlaceHold(matter="Court 7"), MANAGER)
    write_many(bench.store, held)
    assert bench.store.load("a", "case-1") == held.complaint


@BATCH.clause(Ability.BATCH, Ability.HOST_TRANSACTION)
def a_batch_is_the_hosts_to_commit(bench: Bench) -> None:
    """Inside the host's transaction a batch is read at once; outside nothing is there until the host commits."""
    filings = [*population()[:9], Draft("keyed").record(key="key-1")]
    nothing = trace(bench.store, *filings)
    with bench.host_transaction() as host:
        write_many(host.store, *filings)
        same(many(reference(*filings), *filings), many(host.store, *filings))
        same(nothing, trace(bench.store, *filings))
        host.rollback()
    same(nothing, trace(bench.store, *filings))
    with bench.host_transaction() as host:
        write_many(host.store, *filings)
        host.commit()
    _as_if_appended(bench, *filings)


@BATCH.clause(Ability.BATCH, Ability.HOST_TRANSACTION)
def a_refused_batch_leaves_the_hosts_transaction_whole(bench: Bench) -> None:
    """After a conflict nothing of the batch is in the host's transaction, and what came before and after it stays."""
    one, two = Draft("case-1"), Draft("case-2")
    first, other = one.record(key="key-1"), two.record()
    with bench.host_transaction() as host:
        write_many(host.store, first, other)
        going_on = [one.note(key="key-2"), two.note()]
        _conflicts(host.store, [*going_on, Draft("case-3").record(key="key-1")], [first, other])
        _conflicts(host.store, [Draft("case-3").record(), *going_on, other], [first, other])
        write_many(host.store, *going_on)
        host.commit()
    _as_if_appended(bench, first, other, *going_on)


@BATCH.clause(Ability.BATCH)
def a_desk_does_many_as_one_by_one(bench: Bench) -> None:
    """``act_many`` and ``import_cases`` of a desk have the results, and leave the files, that the reference's have."""
    told = [_many_at_a_desk(store) for store in (bench.store, MemoryStore())]
    assert told[0] == told[1]


def _many_at_a_desk(store: Store) -> list[object]:
    """What became of a few batches, and what stands in the files then."""
    ids = iter([f"case-{n}" for n in range(1, 9)])
    desk = ComplaintDesk(store, tenant="a", clock=lambda: START, new_id=lambda: next(ids), new_salt=lambda: "5a1f" * 8)
    person = Complainant(id="customer-1", name=WORDS)
    said = {"complainant": person, "category": "service", "sub_type": "attitude", "narrative": WORDS, "demand": "-"}
    report, upheld = act.Record.model_validate(said), act.Uphold(reason="So it was")
    old = Past("old-1", [(report, AGENT, START), (upheld, AGENT, START + TICK)])
    refused = Past("old-2", [(report, AGENT, START), (upheld, HANDLER, START)])
    noted = Step("case-1", act.AddNote(text=WORDS), AGENT, "key-1")
    results = [
        *desk.import_cases([old, refused, old]),
        *desk.act_many([noted, ("case-2", upheld, AGENT), ("case-1", act.Assign(person="handler-1"), AGENT), noted]),
        *desk.act_many([noted, noted._replace(complaint_id="case-2")]),
        *desk.import_cases([old, Past("old-3", [(report, AGENT, START)])]),
    ]
    told: list[object] = [r if isinstance(r, Outcome) else f"{type(r).__name__}: {r}" for r in results]
    for case in desk.find().complaints:
        laws.check(desk.workflow, case, desk.history(case.id))
        told += [case, desk.history(case.id), desk.verify(case.id)]
    return told


def _as_if_appended(bench: Bench, *filings: Filing) -> None:
    """All that can be seen is what the reference shows after single appends, whatever is asked for."""
    expected, tenant = reference(*filings), filings[0].tenant
    same(trace(expected, *filings), trace(bench.store, *filings))
    same(many(expected, *filings), many(bench.store, *filings))
    words: tuple[dict[str, object], ...] = ({"text": "café"}, {"text": "茶壶"}) if bench.able(Ability.SEARCH) else ()
    for wanted in (*QUERIES, *words):
        ours, theirs = found(bench.store, tenant, **wanted), found(expected, tenant, **wanted)
        assert ours == theirs, f"{wanted} found {[c.id for c in ours]}, not {[c.id for c in theirs]}"


def _conflicts(store: Store, batch: Sequence[Filing], stored: Sequence[Filing], wrong: Filing | None = None) -> None:
    """The batch is refused with a conflict that names a step of it, of the case of ``wrong``; it leaves no trace."""
    before = trace(store, *stored, *batch), many(store, *stored, *batch)
    conflict = conflict_of(lambda: write_many(store, *batch))
    assert conflict is not None, f"the batch was taken: {[(f.complaint.id, f.record.seq) for f in batch]}"
    same(before[0], trace(store, *stored, *batch))
    same(before[1], many(store, *stored, *batch))
    said = (conflict.complaint_id, conflict.expected)
    case = None if wrong is None else wrong.record.complaint_id
    names = [(i, f.record.seq - 1) for f in batch if (i := f.record.complaint_id) == case or case is None]
    assert said in names, f"the conflict says {said}, not one of {names}"


def _moved_by(drafts: Sequence[Draft], text: str, key: str) -> list[Filing]:
    """The next entry of each case, the first under a key."""
    return [draft.note(text, key=None if n else key) for n, draft in enumerate(drafts)]


CHAPTERS = [BATCH]
