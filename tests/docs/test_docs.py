"""The documents tell the truth: their code runs and prints what they say, their links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from command import Run

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    return [code for kind, code in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


def print_like(shown: str, printed: str) -> bool:
    """``...`` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, shown.strip().split("..."))), printed.strip(), re.DOTALL) is not None


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name)
def test_code_on_the_page_runs_and_prints_what_it_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)  # where dataclasses look for the names in annotations
    printed: str | None = None
    for kind, code in FENCE.findall(page.read_text(encoding="utf-8")):
        if kind == "text" and printed is not None:
            assert print_like(code, printed), f"the page shows\n{code}\nbut this was printed\n{printed}"
        printed = None
        if kind == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(code, name(page), "exec"), module.__dict__)  # noqa: S102 - our own pages are run on purpose
            printed = out.getvalue()


def test_the_readme_shows_what_its_code_prints() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    kinds = [kind for kind, _ in FENCE.findall(page)]
    assert ("python", "text") in set(pairwise(kinds))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_to_our_own_files_resolve(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    links = [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link]
    missing = [link for link in links if link and not (page.parent / link).exists()]
    assert not missing


def test_every_page_can_be_found_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page != index}
    assert pages - linked == set()


BY_HAND = ROOT / "docs" / "how-to" / "handle-a-case-by-hand.md"
CSV = """\
date_received,product,issue,company,date_sent_to_company,company_response_to_consumer,timely_response,consumer_disputed?,complaint_id
2013-08-30,Loan,Fee,Bank,2013-08-30,Closed with explanation,Yes,No,1
"""


def test_the_commands_of_the_page_handle_a_case_to_its_end(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of the page is really run, in order; ``$`` shows one that fails, above what it says."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "complaints.csv").write_text(CSV, encoding="utf-8")
    page = BY_HAND.read_text(encoding="utf-8")
    shown = re.search(r"C\d{4}-\w{5}-\w{5}", page)
    assert shown is not None
    number = shown[0]
    for kind, code in FENCE.findall(page):
        commands, _, said = code.partition("\n") if kind == "text" else (code, "", "")
        for line in commands.splitlines():
            program, *words = shlex.split(line.removeprefix("$ ").replace(shown[0], number), comments=True)
            if program == "export":
                monkeypatch.setenv(*words[0].split("=", 1))
                continue
            done = run(*words)
            assert not done.code if kind == "bash" else print_like(said, done.err), f"{line}\n{done.err}"
            if words[0] == "record":
                number = done.out.split()[0]
    assert "Closed" in run("show", number).out


def shown_commands() -> list[tuple[str, list[str]]]:
    """Every ``complaintflow ...`` line of a bash block, with its page, but for those that are run."""
    pages = [page for page in PAGES if page != BY_HAND]
    lines = ((page, line.strip()) for page in pages for code in blocks(page, "bash") for line in code.splitlines())
    return [(name(page), shlex.split(line, comments=True)[1:]) for page, line in lines if line[:14] == "complaintflow "]


@pytest.mark.parametrize(("page", "words"), shown_commands())
def test_every_command_shown_exists_with_its_options(page: str, words: list[str]) -> None:
    pytest.importorskip("typer", reason="the extra `cli` is not installed")
    command = [sys.executable, "-m", "complaintflow.cli", *words, "--help"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own pages
    assert done.returncode == 0, f"{page}: {done.stderr}"


def test_every_make_target_shown_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    shown = {
        target
        for page in PAGES
        for code in blocks(page, "bash")
        for target in re.findall(r"^make ([a-z]+)", code, re.MULTILINE)
    }
    assert {"demo", "test"} <= shown <= targets
