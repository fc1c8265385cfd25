"""What a store must do about what cannot be read any more: say so, and neither hide it nor fall over it (law 11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from complaintflow.desk.sync import ComplaintDesk
from complaintflow.errors import Damaged
from complaintflow.storage.port import Query
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.clauses import Chapter, found, overdue, write
from complaintflow.testing.drafts import START, Draft, Filing

DAMAGE = Chapter(12, "What cannot be read any more (law 11)")


@DAMAGE.clause(Ability.DAMAGE)
def a_damaged_snapshot_is_told(bench: Bench) -> None:
    """What would read it raises ``Damaged``: ``load``, and every page that it belongs on. It is not passed over."""
    _two_damaged_and_one_whole(bench)
    _is_told(lambda: bench.store.load("a", "snapshot"))
    _is_told(lambda: bench.store.find("a", Query()))
    _is_told(lambda: bench.store.find("a", Query(complainant="customer-1", recorded_before=START.replace(year=2099))))


@DAMAGE.clause(Ability.DAMAGE)
def a_damaged_entry_is_not_passed_over(bench: Bench) -> None:
    """``history`` and ``recall`` raise ``Damaged``, or give what stands there now in its place, for ``verify`` to name.

    The file is neither shorter nor in another order, and a key that is used is not free.
    """
    given = _two_damaged_and_one_whole(bench)
    before = [f.record for f in given if f.complaint.id == "entry"]
    file = _read(lambda: tuple(bench.store.history("a", "entry")))
    assert file is None or (len(file), file[0], file[2]) == (3, before[0], before[2])
    assert file is None or file[1] != before[1], "the damage is not seen: what is read is not what is stored"
    recalled = _read(lambda: (bench.store.recall("a", "key entry"),))
    assert recalled != (None,), "the key of a damaged entry is unknown"


@DAMAGE.clause(Ability.DAMAGE)
def damage_does_not_spread(bench: Bench) -> None:
    """All else is read as before: the file beside a snapshot, and other cases by id, by number, by key, by due time."""
    given = _two_damaged_and_one_whole(bench)
    beside = tuple(f.record for f in given if f.complaint.id == "snapshot")
    assert tuple(bench.store.history("a", "snapshot")) == beside
    assert bench.store.recall("a", "key snapshot") == beside[1]
    for tenant, case in (("a", "entry"), ("a", "whole"), ("b", "whole")):
        newest = [f for f in given if (f.tenant, f.complaint.id) == (tenant, case)][-1]
        assert bench.store.load(tenant, case) == newest.complaint
        assert found(bench.store, tenant, number=newest.complaint.number) == [newest.complaint]
    whole = [f for f in given if (f.tenant, f.complaint.id) == ("a", "whole")]
    assert tuple(bench.store.history("a", "whole")) == tuple(f.record for f in whole)
    assert bench.store.recall("a", "key whole") == whole[1].record
    assert [case for _, case in overdue(bench.store, "b", START.replace(year=2099))] == ["whole"]


@DAMAGE.clause(Ability.DAMAGE, Ability.BATCH)
def damage_is_told_in_batches(bench: Bench) -> None:
    """``load_many`` and ``recall_many`` leave nothing damaged out, and read without it what does not touch it."""
    given = _two_damaged_and_one_whole(bench)
    whole = [f for f in given if (f.tenant, f.complaint.id) == ("a", "whole")]
    _is_told(lambda: bench.store.load_many("a", ["whole", "snapshot"]))
    assert dict(bench.store.load_many("a", ["whole"])) == {"whole": whole[-1].complaint}
    recalled = _read(lambda: dict(bench.store.recall_many("a", ["key whole", "key entry"])))
    assert recalled is None or recalled.keys() == {"key whole", "key entry"}
    assert dict(bench.store.recall_many("a", ["key whole"])) == {"key whole": whole[1].record}


@DAMAGE.clause(Ability.DAMAGE)
def verify_reports_damage(bench: Bench) -> None:
    """A desk's ``verify`` says what is wrong with each damaged case, raises nothing, and finds no fault with others."""
    _two_damaged_and_one_whole(bench)
    desk = ComplaintDesk(bench.store, tenant="a")
    assert desk.verify("snapshot"), "a damaged snapshot is taken for whole"
    assert desk.verify("entry"), "a damaged entry is taken for whole"
    assert desk.verify("whole") == ()


def _two_damaged_and_one_whole(bench: Bench) -> list[Filing]:
    """Cases of three entries, each named after what is damaged of it: the snapshot, the second entry, nothing."""
    given: list[Filing] = []
    for case, tenant in (("snapshot", "a"), ("entry", "a"), ("whole", "a"), ("whole", "b")):
        draft = Draft(case, tenant)
        given += [draft.record(), draft.note(key=f"key {case}"), draft.note()]
    write(bench.store, *given)
    bench.damage("a", "snapshot")
    bench.damage("a", "entry", 2)
    return given


def _read(look: Callable[[], Any]) -> Any:
    """What is read, or ``None`` for ``Damaged``; any other error is a mistake."""
    try:
        return look()
    except Damaged:
        return None


def _is_told(look: Callable[[], Any]) -> None:
    try:
        seen = look()
    except Damaged:
        return
    raise AssertionError(f"what cannot be read was passed over: {seen}")


CHAPTERS = [DAMAGE]
