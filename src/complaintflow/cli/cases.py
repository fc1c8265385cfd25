"""Commands that read: a case, its file, the list, what the customer sees, what one may do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from complaintflow.cli.database import Database, desk_on
from complaintflow.cli.errors import CannotRun
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.errors import ComplaintNotFound
from complaintflow.model.casenumber import read_case_number
from complaintflow.model.complaint import Complaint
from complaintflow.model.parties import Actor
from complaintflow.storage.port import Query

Case = Annotated[str, typer.Argument(metavar="CASE", help="The id or the case number, as heard.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
User = Annotated[str, typer.Option("--as", metavar="USER", help="Who acts.")]
Roles = Annotated[list[str], typer.Option("--role", metavar="ROLE", help="A role of theirs; may be repeated.")]
Department = Annotated[str | None, typer.Option("--department", metavar="CODE", help="Their department.")]
Moment = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="A time, UTC; now if left out.")
]


def actor(user: str, roles: list[str], department: str | None) -> Actor:
    """Who acts: the command line takes the user's word for it, as it does for the file."""
    return Actor(id=user, roles=frozenset(roles), department=department)


def utc(at: datetime | None) -> datetime | None:
    """A time from the command line is meant as UTC."""
    return at.replace(tzinfo=UTC) if at is not None else None


def named(desk: ComplaintDesk, case: str) -> Complaint:
    """The case with this id or number. Raises ``ComplaintNotFound``."""
    try:
        return desk.get(case)
    except ComplaintNotFound:
        try:
            number = read_case_number(case)
        except ValueError as error:
            raise CannotRun(f"no complaint has the id {case!r}, and {error}") from None
        found = desk.find(Query(number=number)).complaints
        if not found:
            raise ComplaintNotFound(number) from None
        return found[0]


def print_json(data: Any) -> None:
    """Readable JSON, Chinese as it is."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def show(case: Case, db: Database, as_json: AsJson = False) -> None:
    """Show one case: where it stands, what is owed, what is given."""
    with desk_on(db) as desk:
        complaint = named(desk, case)
        if as_json:
            print_json(complaint.model_dump(mode="json"))
            return
        from complaintflow.cli.tables import case_sheet
        from complaintflow.cli.words import console

        console().print(case_sheet(desk.workflow, complaint))


def list_cases(
    db: Database,
    stage: str | None = None,
    category: str | None = None,
    department: str | None = None,
    person: str | None = None,
    complainant: str | None = None,
    order: str | None = None,
    cause: str | None = None,
    recorded_from: Moment = None,
    recorded_before: Moment = None,
    due_before: Moment = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    after: Annotated[str | None, typer.Option(help="Go on behind the page that ended with this.")] = None,
    as_json: AsJson = False,
) -> None:
    """List cases, oldest first; every filter that is given must hold."""
    query = Query(
        stage=stage, category=category, department=department, person=person, complainant=complainant, order=order,
        cause=cause, recorded_from=utc(recorded_from), recorded_before=utc(recorded_before),
        due_before=utc(due_before), limit=limit, after=after,
    )  # fmt: skip
    with desk_on(db) as desk:
        try:
            page = desk.find(query)
        except ValueError as error:
            raise CannotRun(str(error)) from error
        if as_json:
            print_json(page.model_dump(mode="json"))
            return
        from complaintflow.cli.tables import case_table
        from complaintflow.cli.words import console
        from complaintflow.reports.caselist import case_list

        console().print(case_table(case_list(desk.workflow, page.complaints)))
        more = f"; there are more: --after {page.next}" if page.next else ""
        count = len(page.complaints)
        console().print(f"\n{count} case{'' if count == 1 else 's'}{more}", style="dim", soft_wrap=True)


def history(case: Case, db: Database, as_json: AsJson = False) -> None:
    """Show the whole file of a case: who did what when, and what followed."""
    with desk_on(db) as desk:
        file = desk.history(named(desk, case).id)
        if as_json:
            print_json([entry.model_dump(mode="json") for entry in file])
            return
        from complaintflow.cli.tables import timeline_grid
        from complaintflow.cli.words import console
        from complaintflow.reports.timeline import timeline

        console().print(timeline_grid(desk.workflow, timeline(desk.workflow, file)))


def customer(
    case: Case,
    db: Database,
    language: Annotated[str | None, typer.Option(help="en or zh; the complaint's own if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a case as its complainant sees it."""
    with desk_on(db) as desk:
        view = desk.customer_view(named(desk, case).id, language=language)
        if as_json:
            print_json(view.model_dump(mode="json"))
            return
        from complaintflow.cli.tables import customer_sheet
        from complaintflow.cli.words import console

        console().print(customer_sheet(view))


def options(
    case: Case, db: Database, user: User, role: Roles, department: Department = None, as_json: AsJson = False
) -> None:
    """Show what somebody may do with a case now, what not, and why not."""
    with desk_on(db) as desk:
        found = desk.options(named(desk, case).id, actor(user, role, department))
        if as_json:
            rows = [
                {
                    "action": o.action,
                    "allowed": o.allowed,
                    "refusals": [r.model_dump(mode="json") for r in o.refusals],
                    "schema": o.schema,
                }
                for o in found
            ]
            print_json(rows)
            return
        from complaintflow.cli.tables import option_table
        from complaintflow.cli.words import console

        console().print(option_table(found))
