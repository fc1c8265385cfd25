from __future__ import annotations

import copy
import pickle

import pytest

from complaintflow import errors
from complaintflow.model.refusal import Refusal

LOST = errors.ConcurrencyConflict("case-1", 2, None)
LOST.final = True
ALL = [
    errors.DefinitionError("standard", ["no way out of closed"]),
    errors.Refused("close", [Refusal(code="wrong_role", message="No.", remedy="A reviewer does it.")]),
    errors.ComplaintNotFound("C2611-7K3M9-QX4C2"),
    errors.KeyReused("key-1", "case-1", 3),
    LOST,
    errors.StorageError("the database refused: disk full"),
    errors.Damaged("entry 3 of case-1"),
]


def kinds(base: type[errors.ComplaintFlowError]) -> set[type[errors.ComplaintFlowError]]:
    return {base}.union(*(kinds(c) for c in base.__subclasses__())) - {errors.ComplaintFlowError}


def test_the_list_is_complete() -> None:
    assert {type(e) for e in ALL} == kinds(errors.ComplaintFlowError)


@pytest.mark.parametrize("error", ALL, ids=lambda e: type(e).__name__)
def test_an_error_goes_to_another_process_whole(error: errors.ComplaintFlowError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)


@pytest.mark.parametrize(
    ("conflict", "said"),
    [
        (LOST, "complaint 'case-1': expected version 2, found another one"),
        (errors.ConcurrencyConflict("case-1", 2, 4), "complaint 'case-1': expected version 2, found version 4"),
        (errors.ConcurrencyConflict("case-1", None, None), "complaint 'case-1': somebody was faster"),
        (errors.ConcurrencyConflict("", None, None), "the transaction: somebody was faster"),
    ],
)
def test_a_conflict_says_where_and_what(conflict: errors.ConcurrencyConflict, said: str) -> None:
    assert str(conflict) == said
