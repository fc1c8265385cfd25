"""The commands put together, and the one place where errors become lines and exit codes.

Exit codes: 0 done; 1 refused, not found, or counts that differ; 2 the command itself cannot run; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from complaintflow.cli import cases, demo, handle, keep, outbox, replay, schema
from complaintflow.cli.errors import CannotRun, lines
from complaintflow.errors import ComplaintFlowError, StorageError

app = typer.Typer(
    name="complaintflow",
    help="Complaint handling: see it run, replay real complaints, handle a case by hand.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "list": cases.list_cases,
    "show": cases.show,
    "history": cases.history,
    "customer": cases.customer,
    "options": cases.options,
    "record": handle.record,
    "act": handle.act,
    "sweep": handle.sweep,
    "verify": keep.verify,
    "anchor": keep.anchor,
    "erase": keep.erase,
    "purge": keep.purge,
}
for name, command in _COMMANDS.items():
    app.command(name)(command)
app.add_typer(replay.app, name="replay")
app.add_typer(schema.app, name="db")
app.add_typer(outbox.app, name="outbox")


def _version(asked: bool) -> None:
    if asked:
        from complaintflow import __version__

        typer.echo(f"complaintflow {__version__}")
        raise typer.Exit


def _for_all(context: typer.Context, db: Path | None) -> None:
    if db is not None:
        context.default_map = _for_each(context.command, str(db))


def _for_each(command: Any, db: str) -> dict[str, Any]:
    """``--db`` before the command is the default of ``--db`` behind each command, groups of commands included."""
    inside = getattr(command, "commands", None)
    return {"db": db} if inside is None else {name: _for_each(sub, db) for name, sub in inside.items()}


@app.callback()
def _options(
    db: Annotated[
        Path | None,
        typer.Option(
            callback=_for_all,
            envvar="COMPLAINTFLOW_DB",
            metavar="FILE",
            help="The SQLite file of the cases, for any command.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default the process's own, and give its exit code. Never a traceback for a user."""
    try:
        return app(arguments, standalone_mode=False) or 0
    except typer.Exit as ended:
        return ended.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _tell(["interrupted"], 130)
    except BrokenPipeError:
        # The reader has gone, as `head` does; nothing may be written any more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except CannotRun as error:
        return _tell(lines(error), error.exit_code)
    except StorageError as error:
        return _tell(lines(error), 2)
    except (ComplaintFlowError, ValidationError) as error:
        return _tell(lines(error), 1)
    except Exception as error:
        # A usage error: its class has moved from click to typer between the versions, its methods have not.
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message()
        return _tell([message] if message else [], 2)  # without arguments the help has been shown, and that is all


def _tell(reasons: list[str], code: int) -> int:
    for reason in reasons:
        typer.echo(f"complaintflow: {' '.join(reason.split())}", err=True)
    return code
