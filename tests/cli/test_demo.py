from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from command import desk_on
from complaintflow.model.complaint import Complaint
from complaintflow.model.obligation import Status
from complaintflow.workflow.evolve import fold

if TYPE_CHECKING:
    from command import Run


def case(db: Path, name: str) -> Complaint:
    with desk_on(db) as desk:
        return desk.get(f"demo-{name}")


def test_the_output_is_the_same_every_time(run: Run, tmp_path: Path) -> None:
    first, second = (run("demo", "--db", tmp_path / name) for name in ("a.db", "b.db"))
    assert first.code == second.code == 0, first.err
    assert first.out.replace("a.db", "b.db") == second.out


def test_a_second_run_on_the_same_file_writes_nothing_and_shows_the_same(run: Run, tmp_path: Path) -> None:
    first = run("demo", "--db", tmp_path / "d.db").out.splitlines()
    again = run("demo", "--db", tmp_path / "d.db").out.splitlines()
    assert again[1].endswith("9 complaints, 109 entries, 0 new")
    assert first[2:] == again[2:]


def test_without_a_file_it_says_where_the_cases_are(run: Run) -> None:
    said = run("demo").out
    found = re.search(r"COMPLAINTFLOW_DB=(\S+)", said)
    assert found is not None
    assert Path(found[1]).is_file()
    assert said.endswith(f"  rm {found[1]}\n  complaintflow demo --db {found[1]}\n"), "and how to start over"


def test_the_stories_take_every_turn_that_they_tell_of(run: Run, tmp_path: Path) -> None:
    """P01-P29 on one file: R05, R10, R13, R16 are the four categories; Q09, P16, M15, T18 the turns."""
    db = tmp_path / "d.db"
    run("demo", "--db", db)
    told = ("late", "teapot", "parcel", "chairs", "kettle", "rude", "invoice", "glasses", "lamp")
    cases = {name: case(db, name) for name in told}
    assert {c.category for c in cases.values()} == {"quality", "contract", "shipping", "service"}
    teapot = cases["teapot"]
    assert (teapot.hand_backs, teapot.plans) == (1, 2)
    assert [x.kind for x in teapot.lines if x.status == "done"] == ["resend", "compensation"]
    assert any(x.shipment and x.shipment.tracking == "SF1402678813" for x in teapot.lines)
    assert cases["kettle"].appeals == 1
    assert len(set(cases["kettle"].judges)) == 2
    assert cases["chairs"].disputes == 1
    assert (cases["parcel"].reopenings, cases["parcel"].ended_at) == (1, None)
    assert cases["rude"].assessment is not None
    assert cases["rude"].assessment.validity == "settled"
    assert cases["invoice"].stage == "withdrawn"


def test_only_what_the_story_says_was_missed(run: Run, tmp_path: Path) -> None:
    """P25: the late judgement is on record, once; the other cases are handled in time."""
    db = tmp_path / "d.db"
    run("demo", "--db", db)
    with desk_on(db) as desk:
        missed = [(c.id, o.kind) for c in desk.find().complaints for o in c.obligations if o.status is Status.MISSED]
        assert missed == [("demo-late", "assessment")]
        assert all(fold(desk.history(c.id)) == c for c in desk.find().complaints)


def test_it_shows_what_a_newcomer_wants_to_see(run: Run, tmp_path: Path) -> None:
    """T05-T07, Q21: the file, the customer's view in two languages, the list, the Pareto; and a refusal in full."""
    said = run("demo", "--db", tmp_path / "d.db").out
    for wanted in (
        "✗ sun has no role for this, only: agent, handler.",
        "✗ Nobody approves a plan that they proposed.",
        "✗ 480.00 CNY is over your own limit of 200.00 CNY.",
        "Awaiting acceptance → Awaiting assignment",
        "Where it stands  Your complaint is closed.",
        "当前状态    您的投诉已结案。",
        "Closed ✗1",
        "Poor packing                      2  28.6%       28.6%  ████████████████████",
    ):
        assert wanted in said


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    said = run("demo", "--db", tmp_path / "d.db").out
    commands = said.index("Go on by hand")  # these are to be copied, so they are never broken
    assert max(cell_len(line) for line in said[:commands].splitlines()) <= columns
