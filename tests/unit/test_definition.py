from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from complaintflow import DefinitionError, Workflow, actions, standard_policy, standard_workflow
from complaintflow.model.base import Label
from complaintflow.model.parties import Role
from complaintflow.rules.policy import Policy
from complaintflow.workflow import consequences, evolve
from complaintflow.workflow.rows import Row, Stage, rows
from complaintflow.workflow.stages import STANDARD_STAGES, S
from complaintflow.workflow.standard import STANDARD_TABLE

Faults = Callable[[list[Stage], list[Row], Policy], tuple[list[Stage], list[Row], Policy]]


def test_the_standard_workflow_has_a_row_for_every_action_and_every_action_is_in_a_row() -> None:
    assert {row.action for row in STANDARD_TABLE} == set(actions.ACTIONS)


def test_every_stage_and_duty_has_its_words_in_two_languages() -> None:
    """Law 10, T05, T06."""
    workflow = standard_workflow()
    labels = [x for s in workflow.stages.values() for x in (s.label, s.says, s.next)]
    labels += [d.label for d in workflow.policy.duties.values()]
    labels += [*workflow.policy.causes.values(), *workflow.policy.departments.values()]
    assert all(label.en and label.zh and label.en != label.zh for label in labels)


def test_every_guard_says_in_a_sentence_what_it_asks() -> None:
    for guard in {g for row in STANDARD_TABLE for g in row.guards}:
        assert guard.__doc__, guard


def test_the_standard_workflow_is_made_once_and_a_policy_of_ones_own_makes_another() -> None:
    assert standard_workflow() is standard_workflow()
    assert standard_workflow(standard_policy()) is not standard_workflow()


def extra_row(action: str, source: str, target: str | None) -> Faults:
    return lambda s, t, p: (s, [*t, *rows(action, source, target, (Role.AGENT,))], p)


def extra_stage(name: str, **more: object) -> Faults:
    words = Label("a", "b")
    stage = Stage(name, words, **{"says": words, "next": words, "ask": Role.AGENT} | more)  # type: ignore[arg-type]
    return lambda s, t, p: ([*s, stage], t, p)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (extra_row("dance", S.CLOSED, None), "'dance': unknown action"),
        (extra_row("uphold", "nowhere", None), "unknown stage 'nowhere'"),
        (extra_row("uphold", S.AWAITING_ASSESSMENT, "nowhere"), "unknown stage 'nowhere'"),
        (extra_row("uphold", S.AWAITING_ASSESSMENT, S.CLOSED), "hidden by an earlier one"),
        (extra_row("reopen", S.ARCHIVED, S.AWAITING_ASSESSMENT), "is final but"),
        (extra_stage("limbo"), "'limbo' is never reached"),
        (extra_stage("limbo"), "'limbo' leads to no end"),
        (extra_stage("limbo", duty="dream"), "unknown duty 'dream'"),
        (extra_stage("limbo", says=Label("a", "")), "no words for the customer"),
        (lambda s, t, p: (s, t, replace(p, routes={})), "has no route"),
        (lambda s, t, p: (s, t, replace(p, front_desk="attic")), "unknown department 'attic'"),
        (lambda s, t, p: (s, t, replace(p, remedies=p.remedies * 2)), "is there twice"),
        (lambda s, t, p: (s, [r for r in t if r.action != "archive"], p), "leads to no end"),
    ],
)
def test_a_faulty_definition_is_refused_with_the_fault_when_it_is_made(fault: Faults, said: str) -> None:
    """Q01: a workflow that cannot work is found by its developer, not by a customer."""
    stages, table, policy = fault(list(STANDARD_STAGES), list(STANDARD_TABLE), standard_policy())
    with pytest.raises(DefinitionError) as caught:
        Workflow("mine@1", stages, table, policy)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_every_fault_is_told_not_the_first() -> None:
    with pytest.raises(DefinitionError) as caught:
        Workflow("mine@1", STANDARD_STAGES, STANDARD_TABLE, replace(standard_policy(), routes={}, front_desk="attic"))
    assert len(caught.value.problems) == 5


def test_what_an_action_changes_is_told_for_actions_that_exist() -> None:
    known = set(actions.ACTIONS.values())
    assert set(evolve._CHANGES) <= known
    assert set(consequences._SPECIAL) <= known
