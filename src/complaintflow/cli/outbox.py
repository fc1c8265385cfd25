"""Commands for events that wait for delivery: what is left, what is parked and why, and letting it go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from complaintflow.cli.cases import AsJson, print_json
from complaintflow.cli.database import Database, opened
from complaintflow.cli.errors import CannotRun

if TYPE_CHECKING:
    from complaintflow.storage.sqlalchemy.relay import OutboxRelay

app = typer.Typer(help="Events that wait for delivery.", no_args_is_help=True)
Event = Annotated[str, typer.Argument(metavar="EVENT", help="The id of a parked event.")]


@contextmanager
def _relay(db: Path) -> Iterator[OutboxRelay]:
    try:
        from complaintflow.storage.sqlalchemy.relay import OutboxRelay
    except ImportError as error:
        raise CannotRun(f"this needs the extra `outbox`: {error}") from error
    with opened(db) as store:
        yield OutboxRelay(store, print)  # nothing is delivered from here


@app.command()
def backlog(db: Database, as_json: AsJson = False) -> None:
    """Show how many events wait, are in flight or parked, and how old the oldest are."""
    with _relay(db) as relay:
        found = relay.backlog()
    if as_json:
        print_json([line._asdict() for line in found])
        return
    from complaintflow.cli.tables import table
    from complaintflow.cli.words import console, when

    shown = table("State", "Events", "Oldest", right=("Events",))
    for line in found:
        shown.add_row(line.state.replace("_", " "), str(line.events), when(line.oldest))
    console().print(shown if found else "everything is delivered")


@app.command()
def parked(db: Database, limit: Annotated[int, typer.Option(min=1)] = 100, as_json: AsJson = False) -> None:
    """Show the events that are not tried any more, and why; each holds back its case."""
    with _relay(db) as relay:
        found = relay.parked(limit)
    if as_json:
        print_json([line._asdict() for line in found])
        return
    from complaintflow.cli.words import console, when

    for line in found:
        console().print(f"{line.id}\n  {when(line.since)}, attempt {line.attempts}: {line.reason}", markup=False)


@app.command()
def retry(event: Event, db: Database) -> None:
    """Let relays try a parked event again."""
    with _relay(db) as relay, _known():
        relay.retry(event)


@app.command()
def skip(event: Event, db: Database, reason: Annotated[str, typer.Option(help="Why nobody needs it.")]) -> None:
    """Give a parked event up, so that its case goes on."""
    with _relay(db) as relay, _known():
        relay.skip(event, reason)


@contextmanager
def _known() -> Iterator[None]:
    try:
        yield
    except (LookupError, ValueError) as error:
        raise CannotRun(str(error)) from error
