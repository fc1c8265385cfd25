"""Commands that write: record a complaint, act on a case, record what was missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, cast

import typer

from complaintflow.cli.cases import Case, Department, Moment, Roles, User, actor, named
from complaintflow.cli.database import Database, desk_on
from complaintflow.cli.errors import CannotRun
from complaintflow.cli.payload import build
from complaintflow.desk.outcome import Outcome
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.model import actions as act_
from complaintflow.model.complaint import Complaint

Data = Annotated[
    str | None, typer.Option("--data", metavar="JSON", help="The payload as JSON; @FILE reads a file, - the input.")
]
Fields = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="One field of the payload, such as lines.0.kind=exchange."),
]
Key = Annotated[str | None, typer.Option(help="An idempotency key: a repetition changes nothing.")]


def record(
    db: Database,
    user: User,
    role: Roles,
    department: Department = None,
    data: Data = None,
    fields: Fields = None,
    at: Moment = None,
    key: Key = None,
) -> None:
    """Record a new complaint; creates the database if it is not there yet."""
    action = cast("act_.Record", build("record", data, fields or ()))
    with desk_on(db, create=True) as desk:
        _tell(desk, desk.record(action, actor(user, role, department), at=at, key=key))


def act(
    case: Case,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="Its name, such as propose_plan.")],
    db: Database,
    user: User,
    role: Roles,
    department: Department = None,
    data: Data = None,
    fields: Fields = None,
    at: Moment = None,
    key: Key = None,
    expected_version: Annotated[int | None, typer.Option(help="Refuse if the case has moved on meanwhile.")] = None,
) -> None:
    """Do an action on a case, or hear every reason why not."""
    payload = build(action, data, fields or ())
    with desk_on(db) as desk:
        complaint = named(desk, case)
        _known_here(desk, complaint)
        who = actor(user, role, department)
        _tell(desk, desk.act(complaint.id, payload, who, at=at, key=key, expected_version=expected_version))


def sweep(
    db: Database,
    at: Moment = None,
    limit: Annotated[int, typer.Option(min=1, help="Look at so many cases at most.")] = 100,
) -> None:
    """Record every due time that has passed; each is recorded once, however often this runs."""
    if at is not None and at > datetime.now(UTC):
        typer.echo("complaintflow: warning: the entries will bear a time that is still ahead", err=True)
    with desk_on(db) as desk:
        done = desk.sweep(at=at, limit=limit)
        for outcome in done:
            _tell_missed(desk, outcome)
        typer.echo(f"{len(done)} missed due times recorded")


def _known_here(desk: ComplaintDesk, complaint: Complaint) -> None:
    """A case of another policy, such as a replayed one, has no routes here."""
    if desk.workflow.policy.category(complaint.category) is None:
        raise CannotRun(
            f"{complaint.number} was recorded under another policy: no category {complaint.category!r} here"
        )


def _tell_missed(desk: ComplaintDesk, outcome: Outcome) -> None:
    from complaintflow.cli.tables import who
    from complaintflow.cli.words import duty_name, when

    for settled in outcome.entry.settled:
        owed = outcome.complaint.obligation(settled.obligation)
        if owed is not None:
            said = f"{duty_name(desk.workflow, owed.kind)}: missed, was due {when(owed.due_at)}"
            typer.echo(f"{outcome.complaint.number}  {said}, owed by {who(owed.owed_by)}")


def _tell(desk: ComplaintDesk, outcome: Outcome) -> None:
    stage = desk.workflow.stages[outcome.complaint.stage].label.en
    said = "done before, nothing new" if outcome.repeated else f"entry {outcome.entry.seq}"
    typer.echo(f"{outcome.complaint.number}  {outcome.entry.action.label.en}: {stage}  ({said})")
