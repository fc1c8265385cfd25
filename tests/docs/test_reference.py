"""The reference pages are those that the definition makes."""

from __future__ import annotations

import ast
import dataclasses
import re
import runpy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from complaintflow import model, standard_policy, standard_workflow
from complaintflow.model.actions import ACTIONS
from complaintflow.workflow.diagram import mermaid, place, reference, rules, span

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = standard_workflow()
PAGES: Callable[[], dict[Path, str]] = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]
CATALOGUE = runpy.run_path(str(ROOT / "docs" / "catalogue.py"))


@pytest.mark.parametrize(("page", "text"), PAGES().items(), ids=lambda value: getattr(value, "stem", ""))
def test_the_committed_page_is_current(page: Path, text: str) -> None:
    assert page.read_text(encoding="utf-8") == text, "run `make docs`"


def test_every_noun_of_the_actions_can_be_imported_from_the_model() -> None:
    page = (ROOT / "docs" / "reference" / "actions.md").read_text(encoding="utf-8")
    nouns = re.findall(r"^## `(\w+)`$", page.partition("# Nouns")[2], re.MULTILINE)
    assert {"Remedy", "Review", "Shipment"} <= set(nouns) <= set(model.__all__)


def test_every_refusal_of_the_source_stands_in_the_catalogue() -> None:
    page = CATALOGUE["catalogue"]()
    told = set(re.findall(r"^\| `(\w+)` \|", page.partition("## Refusals")[2], re.MULTILINE))
    sources = {p: p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.py")}
    refusing = {p for p, text in sources.items() if any(map(makes_a_refusal, ast.walk(ast.parse(text))))}
    assert refusing <= set(CATALOGUE["RULES"])
    codes = {code for p in refusing for code in re.findall(r'code="(\w+)"', sources[p])}
    assert len(codes) > 30
    assert codes | {"hand_over_limit", "missing_measurement", "missing_field", "invalid_field"} <= told


def makes_a_refusal(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"


def test_a_refusal_is_told_with_what_its_names_stand_for() -> None:
    source = """
def limit(code, n):
    word = "once" if n else "never"
    return Refusal(code=code, message=f"Only {word}, not {n} times.", remedy=None)
def a(n): return limit("too_many", n)
ADVICE = {"x": "Give x.", "y": "Give y."}
def needs(need): return Refusal(code=f"no_{need}", message="m", remedy=ADVICE[need], field="f" if need == "x" else "g")
"""
    assert set(map(tuple, CATALOGUE["told_in"](source))) == {
        ("too_many", "Only once, not … times. / Only never, not … times.", "", ""),
        ("no_x", "m", "Give x.", "f"),
        ("no_y", "m", "Give y.", "g"),
    }


def test_the_rules_tell_every_row_once() -> None:
    told = [
        (rule.row.action, source, target)
        for rule in rules(WORKFLOW)
        for source in rule.sources
        for target in rule.targets or (None,)
    ]
    assert sorted(told, key=str) == sorted(((r.action, r.source, r.target) for r in WORKFLOW.table), key=str)


def test_every_stage_and_every_step_is_drawn() -> None:
    picture = mermaid(WORKFLOW)
    drawn = {line.partition(" : ")[0].strip() for line in picture.splitlines()}
    assert all(f"as {stage}" in picture for stage in WORKFLOW.stages)
    assert {f"{r.source} --> {r.target}" for r in WORKFLOW.table if r.action in ("uphold", "decline", "close")} <= drawn
    moving = {ACTIONS[r.action].label.en for r in WORKFLOW.table if r.target is not None}
    assert all(label in picture for label in moving)


def test_every_condition_is_told_in_words() -> None:
    page = reference(WORKFLOW)
    assert "Who proposed a plan does not approve it (law 6)." in page
    assert "<lambda>" not in page
    nameless = [g for row in WORKFLOW.table for g in (*row.guards, row.when) if g is not None and not g.__doc__]
    assert not nameless


def test_the_page_follows_the_policy() -> None:
    policy = dataclasses.replace(standard_policy(), max_appeals=3, reopen_within=timedelta(days=1, hours=12))
    page = reference(standard_workflow(policy))
    assert "| appeal | 3 times |" in page
    assert "| reopen | within 1 day 12 hours |" in page


def test_a_set_of_stages_is_told_in_the_shortest_way() -> None:
    opened = [stage for stage in WORKFLOW.stages if WORKFLOW.is_open(stage)]
    assert place(WORKFLOW, opened) == "any open stage"
    assert place(WORKFLOW, opened[1:]) == "any open stage but `awaiting_assessment`"
    assert place(WORKFLOW, opened[:2]) == "`awaiting_assessment`, `declined`"
    assert place(WORKFLOW, [*opened, "closed"]) == "any open stage, `closed`"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, minutes=5), "2 days 5 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(seconds=20), "less than a minute"),
    ],
)
def test_a_duration_is_told_in_words(time: timedelta, words: str) -> None:
    assert span(time) == words
