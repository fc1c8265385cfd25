"""What a store must do if it has the ability: erase, survive, share its data, leave the commit to the host."""

from __future__ import annotations

from complaintflow.desk.sync import ComplaintDesk
from complaintflow.model import actions as act
from complaintflow.model.complaint import Complaint
from complaintflow.model.parties import Complainant
from complaintflow.storage.evidence import unseal
from complaintflow.testing import laws
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.clauses import (
    LATER,
    Chapter,
    conflict_of,
    conflicts,
    found,
    numbered,
    overdue,
    reference,
    same,
    trace,
    write,
)
from complaintflow.testing.drafts import AGENT, CUSTOMER, MANAGER, START, Draft, Filing, population
from complaintflow.workflow.evolve import fold

ERASURE = Chapter(6, "Erasure (law 11)")
SHARING = Chapter(7, "After a restart, and beside another session")
HOST = Chapter(8, "Inside the host's transaction")
WHOLE = Chapter(9, "The whole desk")


def _erasable(key: str | None = None) -> tuple[Draft, list[Filing], Complaint]:
    """A withdrawn case, its filings with the erasure on file, and the complaint without personal words."""
    draft = Draft()
    filings = [
        draft.record(key=key, representative={"id": "speaker-1", "authority": "Mandate"}),
        draft.note(),
        draft.then(act.Withdraw(reason="Solved"), CUSTOMER),
        draft.then(act.RecordErasure(reason="Letter 12"), MANAGER),
    ]
    return draft, filings, fold(unseal(f.record._replace(cells=None)) for f in filings)


@ERASURE.clause(Ability.ERASURE)
def forget_takes_the_cells_and_nothing_else(bench: Bench) -> None:
    """The cells of every entry are gone, by file and by key; all other fields are as they were given."""
    _, filings, bare = _erasable(key="key-1")
    write(bench.store, *filings)
    bench.store.forget("a", bare)
    expected = [f.record._replace(cells=None) for f in filings]
    assert list(bench.store.history("a", "case-1")) == expected
    assert bench.store.recall("a", "key-1") == expected[0]


@ERASURE.clause(Ability.ERASURE)
def forget_puts_the_bare_complaint_in_place(bench: Bench) -> None:
    """The snapshot is the given one, wherever it is shown, and the person's ids find it no more."""
    _, filings, bare = _erasable()
    write(bench.store, *filings)
    assert len(found(bench.store, "a", complainant="customer-1")) == 1
    bench.store.forget("a", bare)
    assert bench.store.load("a", "case-1") == bare
    assert found(bench.store, "a") == [bare]
    assert found(bench.store, "a", complainant="customer-1") == []
    assert found(bench.store, "a", complainant="speaker-1") == []
    assert found(bench.store, "a", erased=True) == [bare]
    if bench.able(Ability.SEARCH):
        assert found(bench.store, "a", text="café") == []


@ERASURE.clause(Ability.ERASURE)
def forget_of_an_old_version_changes_nothing(bench: Bench) -> None:
    """If the stored version is another, or there is no such case, ``forget`` is a conflict and changes nothing."""
    draft, filings, bare = _erasable(key="key-1")
    for stored in (filings[:0], filings[:1], [*filings[1:], draft.then(act.PlaceHold(matter="Court 7"), MANAGER)]):
        write(bench.store, *stored)
        before = trace(bench.store, *filings)
        conflict = conflict_of(lambda: bench.store.forget("a", bare))
        assert conflict is not None, "a stale forget was taken"
        assert (conflict.complaint_id, conflict.expected) == ("case-1", bare.version)
        same(before, trace(bench.store, *filings))


@ERASURE.clause(Ability.ERASURE)
def forget_leaves_everybody_else(bench: Bench) -> None:
    """Other cases of the tenant, and the same case of another tenant, keep their words."""
    _, filings, bare = _erasable()
    others = [*population(), *population("b"), Draft("case-1", "b").record()]
    write(bench.store, *others, *filings)
    bench.store.forget("a", bare)
    expected = reference(*others)
    assert [c for c in found(bench.store, "a") if c.id != "case-1"] == found(expected, "a")
    assert found(bench.store, "b") == found(expected, "b")
    for tenant, complaint_id in {(f.tenant, f.complaint.id) for f in others}:
        assert tuple(bench.store.history(tenant, complaint_id)) == expected.history(tenant, complaint_id)


@ERASURE.clause(Ability.ERASURE)
def an_erased_case_goes_on(bench: Bench) -> None:
    """``forget`` may be repeated, and the case takes its next entry as before."""
    draft, filings, bare = _erasable()
    write(bench.store, *filings)
    for _ in range(2):
        bench.store.forget("a", bare)
    draft.complaint = bare
    later = draft.then(act.PlaceHold(matter="Court 7"), MANAGER)
    write(bench.store, later)
    assert bench.store.load("a", "case-1") == later.complaint
    assert [r.cells is None for r in bench.store.history("a", "case-1")][:4] == [True] * 4


@SHARING.clause(Ability.DURABILITY)
def what_was_written_is_there_after_a_restart(bench: Bench) -> None:
    """A store that is opened on the same data has all of it: complaints, files, keys, numbers, due times."""
    filings = [*population(), *population("b"), Draft("keyed").record(key="key-1")]
    write(bench.store, *filings)
    before = trace(bench.store, *filings)
    with bench.reopen() as again:
        same(before, trace(again, *filings))
        conflicts(again, Draft("keyed-2").record(key="key-1"), *filings)
        conflicts(again, filings[0], *filings)


@SHARING.clause(Ability.DURABILITY, Ability.ERASURE)
def what_was_erased_stays_so_after_a_restart(bench: Bench) -> None:
    """After an erasure and a restart no cell has come back, and the bare complaint stands."""
    _, filings, bare = _erasable()
    write(bench.store, *filings)
    bench.store.forget("a", bare)
    with bench.reopen() as again:
        assert again.load("a", "case-1") == bare
        assert [r.cells for r in again.history("a", "case-1")] == [None] * len(filings)


@SHARING.clause(Ability.SESSIONS)
def another_session_sees_at_once_what_was_written(bench: Bench) -> None:
    """What one store object has written, another reads with its next call; nobody reads an old copy."""
    draft = Draft()
    first = draft.record(key="key-1")
    with bench.second_session() as other:
        assert other.load("a", "case-1") is None
        write(bench.store, first)
        same(trace(bench.store, first), trace(other, first))
        second = draft.note(key="key-2")
        write(other, second)
        same(trace(other, first, second), trace(bench.store, first, second))
        assert bench.store.load("a", "case-1") == second.complaint


@SHARING.clause(Ability.SESSIONS)
def another_session_is_checked_against_what_is_there(bench: Bench) -> None:
    """Version, key and number are checked against what another store object wrote a moment ago."""
    draft, first = Draft(), None
    with bench.second_session() as other:
        first = draft.record(key="key-1")
        assert bench.store.load("a", "case-1") is None
        write(other, first)
        conflicts(bench.store, first)
        conflicts(bench.store, Draft("case-2").record(key="key-1"), first)
        number = first.complaint.number
        taken = Draft("case-3").record()
        conflicts(bench.store, numbered(taken, number), first)
        late = Draft()
        late.complaint = draft.complaint
        write(bench.store, draft.note("faster"))
        conflicts(other, late.note("slower"), first)


@HOST.clause(Ability.HOST_TRANSACTION)
def nothing_is_seen_outside_before_the_host_commits(bench: Bench) -> None:
    """Inside, the store reads what it wrote; outside nothing is there until the host commits, then everything is."""
    draft = Draft()
    filings = [draft.record(key="key-1"), draft.note()]
    nothing = trace(bench.store, *filings)
    with bench.host_transaction() as host:
        write(host.store, *filings)
        same(trace(reference(*filings), *filings), trace(host.store, *filings))
        same(nothing, trace(bench.store, *filings))
        host.commit()
    same(trace(reference(*filings), *filings), trace(bench.store, *filings))


@HOST.clause(Ability.HOST_TRANSACTION)
def the_hosts_rollback_leaves_no_trace(bench: Bench) -> None:
    """After the host has rolled back, everything is as before and the same filings can be written (law 3)."""
    draft = Draft()
    first, *others = draft.record(), draft.note(key="key-1"), draft.note()
    new = Draft("case-2").record(key="key-2")
    write(bench.store, first)
    before = trace(bench.store, first, *others, new)
    with bench.host_transaction() as host:
        write(host.store, *others, new)
        host.rollback()
    same(before, trace(bench.store, first, *others, new))
    write(bench.store, *others, new)


@HOST.clause(Ability.HOST_TRANSACTION)
def a_savepoint_takes_back_only_what_came_after_it(bench: Bench) -> None:
    """What was written since the savepoint is gone after it was rolled back, what came before it is committed."""
    draft = Draft()
    first, lost, kept = draft.record(), draft.note("lost", key="key-1"), Draft("case-2").record(key="key-2")
    with bench.host_transaction() as host:
        write(host.store, first)
        host.savepoint()
        write(host.store, lost, Draft("case-3").record())
        host.rollback_to_savepoint()
        write(host.store, kept)
        host.commit()
    filings = (first, lost, kept)
    same(trace(reference(first, kept), *filings), trace(bench.store, *filings))


@HOST.clause(Ability.HOST_TRANSACTION)
def a_conflict_leaves_the_hosts_transaction_whole(bench: Bench) -> None:
    """After a conflict inside, the host goes on and commits what came before and after it."""
    draft = Draft()
    first, second = draft.record(key="key-1"), draft.note()
    with bench.host_transaction() as host:
        write(host.store, first)
        conflicts(host.store, Draft("case-2").record(key="key-1"), first)
        conflicts(host.store, first)
        write(host.store, second)
        host.commit()
    same(trace(reference(first, second), first, second), trace(bench.store, first, second))


@HOST.clause(Ability.HOST_TRANSACTION, Ability.ERASURE)
def an_erasure_is_the_hosts_to_commit(bench: Bench) -> None:
    """``forget`` inside a transaction that is rolled back has forgotten nothing."""
    _, filings, bare = _erasable()
    write(bench.store, *filings)
    before = trace(bench.store, *filings)
    with bench.host_transaction() as host:
        host.store.forget("a", bare)
        assert host.store.load("a", "case-1") == bare
        host.rollback()
    same(before, trace(bench.store, *filings))


@WHOLE.clause()
def a_desk_tells_the_same_story(bench: Bench) -> None:
    """A desk over the store handles a case: the laws hold, the chain verifies, repeats are harmless, sweeps once."""
    ids = iter(("case-1", "case-2"))
    desk = ComplaintDesk(bench.store, tenant="a", clock=lambda: START, new_id=lambda: next(ids))
    report = act.Record(
        complainant=Complainant(id="customer-1"), category="service", sub_type="attitude", narrative="-", demand="-"
    )
    case = desk.record(report, AGENT, key="key-1").complaint
    assert desk.record(report, AGENT, key="key-1").repeated
    desk.act(case.id, act.Uphold(reason="So it was"), AGENT, expected_version=1)
    late = conflict_of(lambda: desk.act(case.id, act.AddNote(text="late"), AGENT, expected_version=1))
    assert late is not None, "a stale expected_version was taken"
    assert desk.sweep(at=LATER)
    assert desk.sweep(at=LATER) == ()
    laws.check(desk.workflow, desk.get(case.id), desk.history(case.id))
    assert desk.verify(case.id) == ()
    assert [c.id for c in desk.find().complaints] == ["case-1"]
    assert overdue(bench.store, "a", START) == []


CHAPTERS = [ERASURE, SHARING, HOST, WHOLE]
