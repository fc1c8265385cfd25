"""Commands that keep the files: prove them, export an anchor, erase a person's words, purge what is over."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from complaintflow.cli.cases import Department, Moment, Roles, User, actor, named
from complaintflow.cli.database import Database, desk_on
from complaintflow.cli.errors import CannotRun, lines
from complaintflow.desk.outcome import Anchor, Outcome
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.errors import ComplaintNotFound, Damaged, Refused


def verify(
    db: Database,
    case: Annotated[
        str | None, typer.Argument(metavar="CASE", help="The id or number; every case if left out.")
    ] = None,
    anchor: Annotated[Path | None, typer.Option(metavar="FILE", help="What `anchor` printed before.")] = None,
) -> None:
    """Look for tampering: every entry, the chain, the snapshot, and the anchor if one is given."""
    known = _read_anchor(anchor) if anchor else None
    with desk_on(db) as desk:
        ids = _all_ids(desk, known) if case is None else [_id(desk, case)]
        try:
            found = [(i, fault) for i in ids for fault in desk.verify(i, anchor=known)]
        except ValueError as error:
            raise CannotRun(str(error)) from error
        for complaint_id, fault in found:
            typer.echo(f"{complaint_id}  entry {fault.seq}: {fault.what}")
        wrong = len({complaint_id for complaint_id, _ in found})
        typer.echo(f"{len(ids)} case{'s'[: len(ids) != 1]} verified, {wrong or 'nothing'} wrong")
        if found:
            raise typer.Exit(1)


def anchor(db: Database) -> None:
    """Print how far every file reaches now, as JSON: sign it, and keep it where nobody who may write here can reach."""
    with desk_on(db) as desk:
        typer.echo(desk.anchor().model_dump_json())


def erase(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The id of a complainant or representative.")],
    db: Database,
    user: User,
    role: Roles,
    reason: Annotated[str, typer.Option(help="Why, naming nobody: it stays on file.")],
    department: Department = None,
) -> None:
    """Erase a person's words from all their cases that have ended, for good."""
    with desk_on(db) as desk:
        done = desk.erase(person, actor(user, role, department), reason=reason)
        _tell(done.erased)
        for complaint_id, refusals in done.refused.items():
            for line in lines(Refused(f"erasing {desk.get(complaint_id).number}", refusals)):
                typer.echo(f"complaintflow: {line}", err=True)
        if done.refused:
            raise typer.Exit(1)


def purge(
    db: Database,
    at: Moment = None,
    limit: Annotated[int, typer.Option(min=1, help="Erase the words of so many cases at most.")] = 100,
) -> None:
    """Erase the words of cases whose retention class keeps them no longer; a repetition does no harm."""
    with desk_on(db) as desk:
        _tell(desk.purge(at=at, limit=limit))


def _tell(erased: Iterable[Outcome]) -> None:
    numbers = [outcome.complaint.number for outcome in erased]
    for number in numbers:
        typer.echo(f"{number}  erased")
    typer.echo(f"{len(numbers)} case{'s'[: len(numbers) != 1]} erased")


def _read_anchor(path: Path) -> Anchor:
    try:
        return Anchor.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise CannotRun(f"{path} is no anchor") from error


def _id(desk: ComplaintDesk, case: str) -> str:
    """The id of a case that may be damaged, or gone but for the anchor."""
    try:
        return named(desk, case).id
    except (CannotRun, ComplaintNotFound, Damaged):
        return case


def _all_ids(desk: ComplaintDesk, known: Anchor | None) -> list[str]:
    """All cases there are, and those that the anchor knows."""
    anchored = known.heads if known else {}
    try:
        return sorted({*desk.anchor().heads, *anchored})
    except Damaged as error:
        if known is None:
            raise CannotRun(f"{error}: cases cannot be listed, name one or give an anchor") from error
        typer.echo("complaintflow: a snapshot is damaged: only the cases of the anchor are looked at", err=True)
        return sorted(anchored)
