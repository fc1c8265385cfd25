from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([A-Z]\d\d) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
COUNTS = {"R": 21, "P": 29, "Q": 32, "M": 25, "T": 22, "S": 42}


def rows() -> list[tuple[str, str]]:
    return ROW.findall((ROOT / "docs" / "coverage.md").read_text(encoding="utf-8"))


def test_every_requirement_has_its_line() -> None:
    wanted = [f"{letter}{n:02}" for letter, count in COUNTS.items() for n in range(1, count + 1)]
    assert len(wanted) == 171
    assert [item for item, _ in rows()] == wanted


def test_every_line_names_a_test_that_exists_or_says_why_not() -> None:
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"def (test_\w+)", tests))
    for item, shown in rows():
        named = re.findall(r"`(test_\w+)`", shown)
        assert set(named) <= defined, f"{item} names a test that does not exist: {set(named) - defined}"
        assert named or "not yet" in shown or "not ours" in shown, f"{item}: {shown}"


def test_a_requirement_shown_by_no_test_is_not_called_done() -> None:
    assert all("`test_" in shown for item, shown in rows() if item.startswith("P"))
