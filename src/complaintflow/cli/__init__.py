"""The command line: see it run, replay real complaints, handle a case by hand. Needs the extra ``cli``."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point ``complaintflow``; ends the process with the command's exit code."""
    try:
        from complaintflow.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        sys.exit("complaintflow: the command line needs its extra: pip install 'complaintflow[cli]'")
    sys.exit(run())
