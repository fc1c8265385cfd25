"""The same key from several processes at once: one entry, and one outcome for all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from complaintflow import (
    Complainant,
    Complaint,
    ComplaintDesk,
    ConcurrencyConflict,
    KeyReused,
    MemoryStore,
    Outcome,
    actions,
)
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from contention import DATABASES, database, meet, processes, record
from story import LI, MO

WORKERS, KEYS = 3, 4
REPORT = actions.Record(
    complainant=Complainant(id="chen"), category="shipping", sub_type="loss", narrative="Gone", demand="Find it"
)
UPHOLD = actions.Uphold(reason="No scan since Monday")


class Told(NamedTuple):
    """What a worker was told under a key: the entry's place and hash, the complaint's version, was it there before?"""

    place: tuple[str, int, str]
    version: int
    repeated: bool


def told(outcome: Outcome) -> Told:
    entry = outcome.entry
    return Told((entry.complaint_id, entry.seq, entry.hash), outcome.complaint.version, outcome.repeated)


def record_under_keys(url: str, tenant: str, _: int) -> list[Told]:
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store, tenant=tenant)
        return [told(together(partial(desk.record, REPORT, LI, key=f"r-{key}"))) for key in range(KEYS)]


def act_under_keys(url: str, tenant: str, ids: list[str], _: int) -> list[Told]:
    """An action that the stage does not allow twice: who comes second must hear the first outcome, no refusal."""
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store, tenant=tenant)
        return [
            told(together(partial(desk.act, i, UPHOLD, LI, key=f"a-{key}", expected_version=1)))
            for key, i in enumerate(ids)
        ]


def together(call: Callable[[], Outcome]) -> Outcome:
    meet()
    return call()


@pytest.mark.parametrize("name", DATABASES)
def test_the_same_key_from_processes_at_once_gives_one_entry_and_one_outcome(name: str, tmp_path: Path) -> None:
    with database(name, tmp_path) as url, SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store)
        with processes(WORKERS) as pool:
            told = list(pool.map(partial(record_under_keys, url, "main"), range(WORKERS)))
            one_outcome(told)
            ids = [c.id for c in desk.find().complaints]
            assert sorted(ids) == sorted(t.place[0] for t in told[0])
            told = list(pool.map(partial(act_under_keys, url, "main", ids), range(WORKERS)))
        one_outcome(told)
        for complaint_id in ids:
            assert [e.action.type for e in desk.history(complaint_id)] == ["record", "uphold"]
            assert desk.verify(complaint_id) == ()
        elsewhere = ComplaintDesk(store, tenant="other")
        assert not elsewhere.record(REPORT, LI, key="r-0").repeated, "keys of other tenants are theirs"


def one_outcome(told: list[list[Told]]) -> None:
    for answers in zip(*told, strict=True):
        assert len({(t.place, t.version) for t in answers}) == 1
        assert [t.repeated for t in answers].count(False) == 1


def note_under_keys(url: str, ids: list[str], worker: int) -> list[str | None]:
    """Notes of one's own under keys that all use; the text of those that were taken."""
    done: list[str | None] = []
    with SQLAlchemyStore.from_url(url) as store:
        desk = ComplaintDesk(store)
        for key in range(KEYS):
            note = actions.AddNote(text=f"By worker {worker}")
            meet()
            try:
                if key % 2:
                    desk.act(ids[worker], note, LI, key=f"n-{key}")
                else:
                    desk.record(REPORT.model_copy(update={"narrative": note.text}), LI, key=f"n-{key}")
                done.append(note.text)
            except KeyReused as error:
                assert error.key == f"n-{key}"  # noqa: PT017 - the process has nobody else to tell
                done.append(None)
    return done


@pytest.mark.parametrize("name", DATABASES)
def test_the_same_key_with_different_actions_at_once_is_taken_by_one_and_an_error_for_the_others(
    name: str, tmp_path: Path
) -> None:
    with database(name, tmp_path) as url, SQLAlchemyStore.from_url(url) as store:
        ids = record(store, WORKERS)
        with processes(WORKERS) as pool:
            done = list(pool.map(partial(note_under_keys, url, ids), range(WORKERS)))
        assert all(len([text for text in texts if text]) == 1 for texts in zip(*done, strict=True))
        desk = ComplaintDesk(store)
        files = [desk.history(c.id) for c in desk.find().complaints]
        assert sum(len(file) for file in files) == WORKERS + KEYS, "who was too late wrote nothing"


class Late(MemoryStore):
    """A store in which a twin does the same just after one has looked, before the key or the case: 0 or 1."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after
        self.twin: Callable[[], object] | None = None

    def recall(self, tenant: str, key: str) -> Sealed | None:
        found = super().recall(tenant, key)
        self._now(0)
        return found

    def load(self, tenant: str, complaint_id: str) -> Complaint | None:
        found = super().load(tenant, complaint_id)
        self._now(1)
        return found

    def _now(self, place: int) -> None:
        if place == self.after and self.twin is not None:
            twin, self.twin = self.twin, None
            twin()


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("expected_version", [None, 1])
def test_a_twin_between_any_two_reads_is_no_refusal_and_no_conflict(after: int, expected_version: int | None) -> None:
    store = Late(after)
    desk = ComplaintDesk(store)
    case = desk.record(REPORT, LI).complaint

    def uphold() -> Outcome:
        return desk.act(case.id, UPHOLD, LI, key="u", expected_version=expected_version)

    firsts: list[Outcome] = []
    store.twin = lambda: firsts.append(uphold())
    again = uphold()
    assert (again.entry, again.complaint, again.repeated) == (firsts[0].entry, firsts[0].complaint, True)
    assert len(desk.history(case.id)) == 2


def test_a_conflict_with_an_expected_version_writes_nothing_and_leaves_the_key_free() -> None:
    desk = ComplaintDesk(MemoryStore())
    case = desk.record(REPORT, LI).complaint
    desk.act(case.id, UPHOLD, LI)
    with pytest.raises(ConcurrencyConflict):
        desk.act(case.id, actions.AddNote(text="-"), LI, expected_version=1, key="n")
    assert not desk.act(case.id, actions.AddNote(text="Another"), MO, key="n").repeated
