"""A process may die at any moment of an erasure: verify says so, and a repetition finishes it (law 11)."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from cases import DATABASES, opened
from complaintflow import ComplaintDesk
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.testing import crash
from remains import UNFINISHED, words_in
from story import MO, PERSONAL, Shop, handled_for

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
EVERY = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 7
"""Each step in the long run, each seventh otherwise; seven is prime to the pairs of call and return."""


class Sigkill:
    """A profile function that kills its process at the so-many-th step into a driver, a file or a lock."""

    def __init__(self, step: int) -> None:
        self._left = step

    def __call__(self, _frame: FrameType, event: str, called: Any) -> None:
        if event in ("c_call", "c_return") and crash._reaches_outside(called):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def dies_erasing(store: SQLAlchemyStore, desk: ComplaintDesk, step: int) -> bool:
    """Erase in a process that is killed at this step; ``False`` if it was done before it came so far."""

    def work() -> None:
        desk.find()  # connected, as a process that has been working
        sys.setprofile(Sigkill(step))
        erase(desk)
        sys.setprofile(None)

    return is_killed(store, work)


def erase(desk: ComplaintDesk) -> list[bool]:
    """For each case that was erased: was there a tombstone before?"""
    return [done.repeated for done in desk.erase("chen-4711", MO, reason="Asked for by letter 12").erased]


def is_killed(store: SQLAlchemyStore, work: Callable[[], None]) -> bool:
    """Do this in another process, each opening the database anew: was it killed before the end?"""
    store.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), f"the process ended with {code}"
    return code != 0


def how_far(desk: ComplaintDesk, complaint_id: str) -> str:
    """Where a killed process left an erasure, and that verify says so."""
    file, said = desk.store.history("main", complaint_id), {f.what for f in desk.verify(complaint_id)}
    left = sum(record.action == "record_erasure" for record in file), any(record.cells for record in file)
    if left == (1, True):
        assert said == {UNFINISHED}
        assert desk.get(complaint_id).narrative == "It arrived in pieces."
        return "tombstone"
    assert said == set()
    assert desk.get(complaint_id).narrative == ("It arrived in pieces." if left == (0, True) else "[erased]")
    return {(0, True): "nothing", (1, False): "all"}[left]


@pytest.mark.parametrize("database", DATABASES)
def test_an_erasure_killed_at_any_step_is_seen_and_finished_by_a_repetition(database: str, tmp_path: Path) -> None:
    """Law 11: on SQLite no byte of the files holds the words afterwards, on servers no row of any table does."""
    shop, outcomes, died, step = Shop(), Counter[str](), True, 1
    with opened(database, tmp_path) as store:
        desk = ComplaintDesk(store, clock=lambda: shop.now)
        while died:
            handled_for(desk, shop)
            assert words_in(store) == list(PERSONAL), "the scan would not find it"
            died = dies_erasing(store, desk, step)
            outcomes[reached := how_far(desk, shop.id)] += died
            assert erase(desk) == {"nothing": [False], "tombstone": [True], "all": []}[reached]
            assert (how_far(desk, shop.id), words_in(store)) == ("all", []), f"killed at step {step}: {reached}"
            step += EVERY
    print(f"{database}: {dict(outcomes)}")
    assert min(outcomes[reached] for reached in ("nothing", "tombstone", "all")) > 0


def test_an_erasure_killed_before_the_log_is_emptied_is_finished_by_a_repetition(tmp_path: Path) -> None:
    shop = Shop()
    with opened("sqlite", tmp_path) as store:
        handled_for(desk := ComplaintDesk(store, clock=lambda: shop.now), shop)

        def work() -> None:
            store._door.scrub = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
            erase(desk)

        assert is_killed(store, work)
        assert how_far(desk, shop.id) == "all"
        assert erase(desk) == []
        assert words_in(store) == []
