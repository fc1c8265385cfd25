"""The suite tested: it finds every store that is broken on purpose, and lets the whole one pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from broken import BROKEN, SQLWhole, Store, Whole, laws_of
from complaintflow.testing.store_machine import compare_with_reference
from kill_matrix import FIXED, PAGE, killers, page

FOUND_AT_RANDOM = (
    "BatchConflictSwallowed",
    "BatchForgetsKeys",
    "BatchInPieces",
    "BatchKeepsTheFirstSnapshot",
    "BlindInsideTheHost",
    "CellsBackAfterRestart",
    "CommitsForTheHost",
    "FileBeforeCheck",
    "ForgetLeavesTheSnapshot",
    "KeyNotChecked",
    "KeysLostOnRestart",
    "LostUpdate",
    "SavepointIgnored",
    "SecondLock",
    "StaleRead",
    "SwallowedConflict",
    "TenantForgottenInFind",
)
"""Mistakes of every sort; how soon a random history meets the others is left to chance."""


@pytest.fixture
def quick() -> Iterator[None]:
    """A found mistake need not be made small here."""
    before = settings.get_current_profile_name()
    settings.load_profile("quick")
    yield
    settings.load_profile(before)


def test_the_stores_that_are_not_broken_pass(quick: None) -> None:  # noqa: ARG001 - used for its effect
    for store in (Whole, SQLWhole):
        assert killers(store) == ()
        with laws_of(store).bench() as bench:
            compare_with_reference(bench, histories=10)


@pytest.mark.parametrize("store", BROKEN, ids=lambda store: store.__name__)
def test_a_broken_store_is_found(store: Store) -> None:
    assert killers(store)


def test_every_clause_finds_something() -> None:
    found = {clause for store in BROKEN for clause in killers(store)}
    assert [clause.id for clause in FIXED if clause.id not in found] == []


@pytest.mark.parametrize("name", FOUND_AT_RANDOM)
def test_random_histories_alone_find_it(name: str, quick: None) -> None:  # noqa: ARG001 - used for its effect
    (store,) = [store for store in BROKEN if store.__name__ == name]
    with laws_of(store).bench() as bench, pytest.raises(AssertionError):
        compare_with_reference(bench, histories=100)


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
