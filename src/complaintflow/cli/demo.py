"""``complaintflow demo``: a handful of complaints through all steps, and what one sees of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from complaintflow.cli.database import NewDatabase, fresh_file, opened
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from complaintflow.cli.stories import Story
    from complaintflow.model.complaint import Complaint
    from complaintflow.storage.port import Store


@dataclass(frozen=True)
class Told:
    """A story that has been told to the desk: how its case stands, and how many entries were new."""

    story: Story
    complaint: Complaint
    new: int


class Teller:
    """Tells stories to a desk whose clock and ids are the demo's own: the output is the same every time."""

    def __init__(self, store: Store) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.desk = ComplaintDesk(store, clock=lambda: self.now, new_id=lambda: f"demo-{self._telling}")
        self._telling = ""

    def tell(self, story: Story) -> Told:
        """Drive one story. Every action has a key, so that telling it again changes nothing."""
        from complaintflow.cli.stories import LI, at

        self._telling, self.now = story.key, at(story.day)
        done = [self.desk.record(story.record, LI, key=f"demo-{story.key}-0")]
        case, sweep_on = done[0].complaint.id, story.swept_on
        for i, (day, actor, action) in enumerate(story.steps, 1):
            if sweep_on is not None and day > sweep_on:
                self.now, sweep_on = at(sweep_on), None
                done += self.desk.sweep()
            self.now = at(day)
            done.append(self.desk.act(case, action, actor, key=f"demo-{story.key}-{i}"))
        return Told(story, self.desk.get(case), sum(not outcome.repeated for outcome in done))


def demo(db: NewDatabase = None) -> None:
    """Handle a handful of complaints through all steps, and read what came of them."""
    from complaintflow.cli.stories import stories
    from complaintflow.cli.words import console

    path = db or fresh_file("demo.db")
    out = console()
    with opened(path, create=True) as store:
        teller = Teller(store)
        told = [teller.tell(story) for story in stories()]
        _what_happened(out, teller.desk, told)
        _a_refusal(out, teller.desk)
        _one_case(out, teller.desk, told[1].complaint)
        _all_cases(out, teller.desk, [t.complaint for t in told])
    _go_on(out, path, told[1].complaint)


def _what_happened(out: Console, desk: ComplaintDesk, told: Sequence[Told]) -> None:
    from rich.table import Table
    from rich.text import Text

    from complaintflow.cli.words import heading

    entries, new = sum(t.complaint.version for t in told), sum(t.new for t in told)
    there = "" if new else ", 0 new"
    out.print(heading("March in a shop for household goods", f"{len(told)} complaints, {entries} entries{there}"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for t in told:
        style = "cyan" if t.complaint.ended_at is None else "green"
        grid.add_row(Text(desk.workflow.stages[t.complaint.stage].label.en, style=style), t.story.title)
    out.print(grid)


def _a_refusal(out: Console, desk: ComplaintDesk) -> None:
    from complaintflow.cli.stories import SUN
    from complaintflow.cli.tables import refusal_text
    from complaintflow.cli.words import heading
    from complaintflow.model.actions import Approve

    out.print(heading("A refusal", "Sun Yi, who proposed 480 CNY for the lamp, tries to approve it"))
    try:
        desk.act("demo-lamp", Approve(), SUN)
    except Refused as refused:
        out.print(refusal_text(refused.refusals))


def _one_case(out: Console, desk: ComplaintDesk, complaint: Complaint) -> None:
    from complaintflow.cli.tables import customer_sheet, timeline_grid
    from complaintflow.cli.words import heading, legend
    from complaintflow.reports.timeline import timeline

    out.print(heading(f"The file of {complaint.number}", "who did what, where it went, what was owed"))
    out.print(legend())
    out.print(timeline_grid(desk.workflow, timeline(desk.workflow, desk.history(complaint.id))))
    for language, title in (("en", "What Amelia Wood sees of it"), ("zh", "The same in Chinese")):
        out.print(heading(title, "no notes, no names, no returned plan" if language == "en" else ""))
        out.print(customer_sheet(desk.customer_view(complaint.id, language=language)))


def _all_cases(out: Console, desk: ComplaintDesk, complaints: Sequence[Complaint]) -> None:
    from complaintflow.cli.tables import case_table, pareto_table
    from complaintflow.cli.words import heading
    from complaintflow.reports.caselist import case_list
    from complaintflow.reports.pareto import pareto

    out.print(heading("All cases", "✗ counts due times that were missed"))
    out.print(case_table(case_list(desk.workflow, complaints)))
    causes = desk.workflow.policy.causes
    out.print(heading("Pareto of causes", "bright: what four fifths of the harm come from"))
    out.print(pareto_table("Cause", pareto(complaints), lambda code: causes[code].en))


def _go_on(out: Console, path: Path, complaint: Complaint) -> None:
    from complaintflow.cli.words import heading

    out.print(heading("Go on by hand"))
    for command in (
        f"export COMPLAINTFLOW_DB={shlex.quote(str(path))}",
        "complaintflow list",
        f"complaintflow show {complaint.number}",
        f"complaintflow history {complaint.number}",
        f"complaintflow customer {complaint.number} --language zh",
        "complaintflow options demo-lamp --as mo --role manager",
        "complaintflow act demo-lamp approve --as mo --role manager",
    ):
        out.print(f"  {command}", style="dim", soft_wrap=True)
    out.print(heading("Start over", "the demo run again on the same file adds nothing"))
    for command in (f"rm {shlex.quote(str(path))}", f"complaintflow demo --db {shlex.quote(str(path))}"):
        out.print(f"  {command}", style="dim", soft_wrap=True)
