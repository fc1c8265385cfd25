"""Commands that read: a case, its file, the list, what the customer sees, what one may do."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any

import typer

from complaintflow.cli.database import Database, desk_on
from complaintflow.cli.errors import CannotRun
from complaintflow.cli.times import read_time
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.errors import ComplaintNotFound
from complaintflow.model.base import REF
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
    datetime | None,
    typer.Option(parser=read_time, metavar="TIME", help="When it is done, UTC without a zone; now if left out."),
]
From = Annotated[
    datetime | None, typer.Option(parser=read_time, metavar="TIME", help="Recorded at this time (UTC) or later.")
]
Before = Annotated[
    datetime | None, typer.Option(parser=read_time, metavar="TIME", help="Recorded before this time (UTC).")
]
DueBefore = Annotated[
    datetime | None,
    typer.Option(parser=read_time, metavar="TIME", help="With something owed that is due before this time (UTC)."),
]


def actor(user: str, roles: list[str], department: str | None) -> Actor:
    """Who acts: the command line takes the user's word for it, as it does for the file."""
    if not re.fullmatch(REF, user):
        raise CannotRun(f"--as {user!r}: an id without spaces is wanted, such as mei")
    return Actor(id=user, roles=frozenset(roles), department=department)


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
    text: Annotated[str | None, typer.Option(help="With all these words in the narrative.")] = None,
    recorded_from: From = None,
    recorded_before: Before = None,
    due_before: DueBefore = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    after: Annotated[str | None, typer.Option(help="Go on behind the page that ended with this.")] = None,
    as_json: AsJson = False,
) -> None:
    """List cases, oldest first; every filter that is given must hold."""
    query = Query(
        stage=stage, category=category, department=department, person=person, complainant=complainant, order=order,
        cause=cause, text=text, recorded_from=recorded_from, recorded_before=recorded_before, due_before=due_before,
        limit=limit, after=after,
    )  # fmt: skip
    with desk_on(db) as desk:
        try:
            page = desk.find(query)
        except ValueError as error:
            raise CannotRun(str(error)) from error
        if not page.complaints:
            _known(desk, query)
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


def _known(desk: ComplaintDesk, query: Query) -> None:
    """Nothing was found: because a code is unknown? A database of another policy may have codes that are not here."""
    policy = desk.workflow.policy
    codes = {
        "stage": tuple(desk.workflow.stages),
        "category": tuple(c.code for c in policy.categories),
        "department": tuple(policy.departments),
        "cause": tuple(policy.causes),
    }
    for name, known in codes.items():
        asked = getattr(query, name)
        if asked is not None and asked not in known:
            raise CannotRun(f"there is no {name} {asked!r}; known: {', '.join(known)}")


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
