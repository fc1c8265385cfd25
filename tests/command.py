"""The command line, run in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from complaintflow.desk.sync import ComplaintDesk
from complaintflow.storage.sqlalchemy import SQLAlchemyStore


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


def runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line as a terminal of 80 columns without colour shows it."""
    pytest.importorskip("typer", reason="the command line needs its extra")
    pytest.importorskip("rich", reason="the command line needs its extra")
    from complaintflow.cli import words
    from complaintflow.cli.app import run as run_app

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("COMPLAINTFLOW_DB", raising=False)

    def call(*arguments: object) -> Result:
        words.console.cache_clear()  # it holds the output stream of the call before
        code = run_app([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@contextmanager
def desk_on(db: Path) -> Iterator[ComplaintDesk]:
    """The desk over what a command has written."""
    with SQLAlchemyStore.from_url(f"sqlite:///{db}") as store:
        yield ComplaintDesk(store)
