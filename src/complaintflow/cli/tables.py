"""What the terminal shows: plain tables and grids that stay aligned at 80 columns, Chinese included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from complaintflow.cli.words import SIGNS, day, duty_name, when
from complaintflow.model.complaint import Complaint
from complaintflow.model.obligation import Obligation, Party, Status
from complaintflow.model.refusal import Refusal
from complaintflow.reports.caselist import CaseLine
from complaintflow.reports.pareto import Bar
from complaintflow.reports.timeline import Moment
from complaintflow.workflow.customer_view import CustomerView
from complaintflow.workflow.decide import Option
from complaintflow.workflow.definition import Workflow


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table with a line under its head and no frame."""
    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold", show_edge=False)
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def facts(pairs: Iterable[tuple[str, RenderableType]]) -> Table:
    """Names on the left, what they are on the right."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(name, value)
    return grid


def case_table(lines: Iterable[CaseLine]) -> Table:
    """Cases, one to a line; what was missed is red."""
    made = table("Case", "About", "Stage", "With", "Next due")
    for column in (0, 2, 4):
        made.columns[column].no_wrap = True
    for line in lines:
        made.add_row(
            line.number,
            Text(f"{line.sub_type.en}\n") + Text(line.category.en, style="dim"),
            Text(line.stage.en, style="cyan" if line.is_open else "dim")
            + Text(f" ✗{line.missed}" if line.missed else "", style="bold red"),
            line.person or (line.department.en if line.is_open else ""),
            day(line.next_due_at) if line.is_open else "",
        )
    return made


def timeline_grid(workflow: Workflow, moments: Iterable[Moment]) -> Table:
    """The file: when, who, what; under it where the case went and what was owed."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", style="dim")
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(no_wrap=True, max_width=16)
    grid.add_column(overflow="fold")
    for m in moments:
        grid.add_row(str(m.seq), when(m.at), m.who, Group(*_moment(workflow, m)))
    return grid


def _moment(workflow: Workflow, m: Moment) -> Iterable[RenderableType]:
    yield Text(m.what.en, style="bold")
    if m.said:
        yield Text(m.said, style="italic")
    if m.stage_to is not None:
        came_from = f"{m.stage_from.en} " if m.stage_from else ""
        yield Text(f"{came_from}→ {m.stage_to.en}", style="cyan")
    for owed, settlement in m.settled:
        yield _owed(workflow, owed, settlement.status, "")
    for owed in m.opened:
        yield _owed(workflow, owed, Status.OPEN, f" by {when(owed.due_at)}")


def _owed(workflow: Workflow, o: Obligation, status: Status, rest: str) -> Text:
    sign, style = SIGNS[status]
    ending = {Status.MISSED: " - missed", Status.WAIVED: " - no longer owed"}.get(status, rest)
    about = f" {o.ref}" if o.ref else ""
    return Text(f"{sign} {duty_name(workflow, o.kind)}{about}{ending}", style=style)


def case_sheet(workflow: Workflow, c: Complaint) -> Group:
    """One case on one page: what it is about, where it stands, what is owed, what is given."""
    stage = workflow.stages.get(c.stage)
    pairs: list[tuple[str, RenderableType]] = [
        ("Case", Text.assemble((c.number, "bold"), (f"  version {c.version}", "dim"))),
        ("Stage", Text(stage.label.en if stage else c.stage, style="cyan")),
        ("About", f"{c.category} / {c.sub_type}"),
        ("Complainant", c.complainant.name or c.complainant.id),
        ("Received", when(c.received_at)),
        ("With", ", ".join(x for x in (c.owner.person, c.owner.department) if x)),
        ("Complaint", Text(c.narrative)),
        ("Demand", Text(c.demand)),
    ]
    if c.assessment:
        pairs.append(("Judged", Text(f"{c.assessment.validity}: {c.assessment.reason}")))
    if c.finding:
        pairs.append(("Cause", Text(f"{c.finding.cause}: {c.finding.description}")))
    if c.answer:
        pairs.append(("Answer", Text(c.answer.text)))
    parts = [facts(pairs), *([_remedies(c)] if c.lines else []), _obligations(workflow, c)]
    return Group(*(part for table in parts for part in (table, "")))


def _remedies(c: Complaint) -> Table:
    made = table("Line", "Remedy", "What", "Amount", "Status", right=["Amount"])
    for line in c.lines:
        amount = str(line.paid or line.amount or "")
        made.add_row(line.id, line.kind, Text(line.description), amount, line.status)
    return made


def _obligations(workflow: Workflow, c: Complaint) -> Table:
    made = table("Id", "Owed", "By", "Due", "")
    order = sorted(c.obligations, key=lambda o: (not o.is_open, o.due_at))
    for o in order:
        sign, style = SIGNS[o.status]
        made.add_row(
            o.id, duty_name(workflow, o.kind), who(o.owed_by), when(o.due_at), Text(f"{sign} {o.status}", style=style)
        )
    return made


def who(party: Party) -> str:
    """The person if one is known, else the role and its department."""
    return party.person or " / ".join(x for x in (party.role, party.department) if x)


_HEADS = {
    "en": ("Where it stands", "What comes next", "Reply by", "Our promises", "What you get", "What happened"),
    "zh": ("当前状态", "下一步", "请于此前回复", "我们的承诺", "给您的补救", "处理过程"),
}
_SHIPMENT = {"en": "{carrier} {tracking}, about {days} days", "zh": "{carrier} {tracking},约{days}天"}
_BY = {"en": "by {day}", "zh": "{day}前"}


def customer_sheet(view: CustomerView) -> Table:
    """The case as its complainant sees it, in the view's own language."""
    stands, follows, reply_by, promises, gets, happened = _HEADS[view.language]
    pairs: list[tuple[str, RenderableType]] = [
        (stands, Text(view.stage, style="bold")),
        (follows, view.next_step),
    ]
    if view.reply_by:
        pairs.append((reply_by, day(view.reply_by)))
    for i, promise in enumerate(view.promises):
        by = _BY[view.language].format(day=day(promise.due_at))
        pairs.append((promises if not i else "", Text(f"{promise.words} ({by}) {promise.status}")))
    pairs += [(gets if not i else "", _gift(view, i)) for i in range(len(view.remedies))]
    pairs.append((happened, _steps(view)))
    return facts(pairs)


def _steps(view: CustomerView) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for step in view.steps:
        said = Text(f"\n{step.text}", style="italic") if step.text else Text()
        grid.add_row(day(step.at), Text(step.words) + said)
    return grid


def _gift(view: CustomerView, position: int) -> Text:
    given = view.remedies[position]
    amount = f" {given.amount}" if given.amount else ""
    said = Text(f"{given.words}{amount}: {given.description} ({given.status})")
    if given.shipment is not None:
        s = given.shipment
        days = s.expected_days if s.expected_days is not None else "?"
        said.append("\n" + _SHIPMENT[view.language].format(carrier=s.carrier, tracking=s.tracking, days=days), "dim")
    return said


def option_table(found: Sequence[Option]) -> Table:
    """What an actor may do, what not, and why not."""
    made = table("Action", "May you?", "Needs")
    for option in sorted(found, key=lambda o: not o.allowed):
        if option.allowed:
            needs = ", ".join(n for n in option.schema.get("required", ()) if n != "type")
            made.add_row(Text(option.action, style="bold"), Text("yes", style="green"), needs)
        else:
            made.add_row(option.action, Text("no", style="dim"), refusal_text(option.refusals))
    return made


def refusal_text(refusals: Iterable[Refusal]) -> Text:
    """Every reason, and what would make it possible."""
    said = [
        Text.assemble((f"✗ {r.message}", "red"), (f" [{r.field}]" if r.field else "", "dim"), f"\n  {r.remedy or ''}")
        for r in refusals
    ]
    return Text("\n").join(said)


def pareto_table(title: str, bars: Sequence[Bar], name: Callable[[str], str] = str, width: int = 20) -> Table:
    """The bars as a table with a bar of blocks; the longest fills ``width``."""
    made = table(title, "Cases", "Share", "Cumulative", "", right=("Cases", "Share", "Cumulative"))
    longest = max((bar.count for bar in bars), default=1)
    for bar in bars:
        blocks = "█" * max(1, round(width * bar.count / longest))
        # The bars that make the first four fifths are the ones to work on.
        style = "bold yellow" if (bar.running - bar.count) / bar.total < 0.8 else "dim"
        made.add_row(
            Text(name(bar.code)), str(bar.count), f"{bar.share:.1%}", f"{bar.cumulative:.1%}", Text(blocks, style=style)
        )
    return made
