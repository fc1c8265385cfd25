"""``complaintflow replay``: real complaints of a public source through the real workflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from complaintflow.cli.database import NewDatabase, fresh_file, opened
from complaintflow.cli.errors import CannotRun

if TYPE_CHECKING:
    from rich.table import Table

    from complaintflow.cli.cfpb.run import Replay, Result

app = typer.Typer(help="Replay complaints of a public source.", no_args_is_help=True)


@app.callback()
def _sources() -> None:
    """Without it, typer would take the only source for the command itself."""


@app.command()
def cfpb(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV of the US consumer complaint database.")],
    db: NewDatabase = None,
) -> None:
    """Drive every complaint of the CFPB's file to its outcome, and compare both counts."""
    from complaintflow.cli.cfpb.run import Replay, survey

    seen = survey(file)
    path = db or fresh_file("cfpb.db")
    with opened(path, create=True) as store:
        replay = Replay(store, file, seen)
        result = _run(replay, seen.rows, path)
    _summarize(result, path)
    if not result.is_equal:
        raise typer.Exit(1)


def _run(replay: Replay, total: int, path: Path) -> Result:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("rows", total=total)
            return replay.run(lambda: progress.advance(task))
    except KeyboardInterrupt:
        done = replay.result
        raise Interrupted(
            f"interrupted after {done.rows} of {total} rows, {done.new_cases} new cases are in {path};"
            " the same command goes on from there"
        ) from None


class Interrupted(CannotRun):
    """The user stopped it; what was written stays."""

    exit_code = 130


def _summarize(result: Result, path: Path) -> None:
    from complaintflow.cli.tables import pareto_table
    from complaintflow.cli.words import console, heading

    out = console()
    out.print(
        f"{result.rows:,} rows: {result.new_cases:,} new cases, {result.new_entries:,} new entries,"
        f" {result.repeated:,} repeated, {len(result.damaged):,} damaged",
        style="bold",
    )
    for damage in result.damaged:
        out.print(f"  {damage}", style="red", markup=False, soft_wrap=True)
    if result.sent_before_received:
        out.print(f"{result.sent_before_received:,} were sent before they were received: noted in their files")
    out.print(heading("The file's own counts and the stored cases"), _counts(result))
    out.print(heading("Pareto of issues", "the ten most frequent"), pareto_table("Issue", result.issues[:10], width=12))
    verdict = ("Both counts are equal.", "green") if result.is_equal else ("The counts differ.", "bold red")
    out.print(f"\n{verdict[0]}", style=verdict[1])
    out.print(f"Kept in {path}", style="dim", soft_wrap=True)


def _counts(result: Result) -> Table:
    from rich.text import Text

    from complaintflow.cli.tables import table

    made = table("", "File", "Stored", " ", right=("File", "Stored"))
    for question, of_file in result.of_file.items():
        stored = result.of_cases[question]
        made.add_row(Text(question, style="bold"), end_section=False)
        for answer, _ in sorted((of_file | stored).items(), key=lambda item: (-item[1], item[0])):
            equal = of_file[answer] == stored[answer]
            sign = Text("=", style="green") if equal else Text("≠", style="bold red")
            made.add_row(Text(f"  {answer}"), f"{of_file[answer]:,}", f"{stored[answer]:,}", sign)
    return made
