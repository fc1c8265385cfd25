from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command import desk_on
from complaintflow import Complaint, Entry
from complaintflow.cli.cfpb import drive
from complaintflow.cli.cfpb.policy import code
from complaintflow.model.obligation import Kind, Status

if TYPE_CHECKING:
    from command import Run

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "cfpb_sample.csv"

OLD = [
    "date_received", "product", "sub_product", "issue", "sub_issue", "consumer_complaint_narrative", "company", "state",
    "tags", "submitted_via", "date_sent_to_company", "company_response_to_consumer", "timely_response",
    "consumer_disputed?", "complaint_id",
]  # fmt: skip
NEW = [
    "Date received", "Product", "Sub-product", "Issue", "Sub-issue", "Consumer complaint narrative", "Company", "State",
    "Tags", "Submitted via", "Date sent to company", "Company response to consumer", "Timely response?",
    "Consumer disputed?", "Complaint ID",
]  # fmt: skip

EXPLAINED = "Closed with explanation"
MONEY = "Closed with monetary relief"


def row(
    id: str, response: str = EXPLAINED, timely: str = "Yes", disputed: str = "No", *,
    received: str = "8/30/2013", sent: str = "09/03/2013", product: str = "Mortgage", issue: str = "Late fee",
    narrative: str = "",
) -> list[str]:  # fmt: skip
    return [
        received, product, "", issue, "", narrative, "Bank & Söhne", "CA", "", "Web",
        sent, response, timely, disputed, id,
    ]  # fmt: skip


def write(path: Path, rows: list[list[str]], header: list[str] = OLD, encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([header, *rows])
    return path


EVERY_OUTCOME = [
    row("1"),
    row("2", MONEY),
    row("3", "Closed with non-monetary relief", disputed="Yes"),
    row("4", "Closed", "No", "Yes"),
    row("5", "Untimely response", "No", "N/A"),
    row("6", "In progress", disputed="N/A"),
    row("7", "", "No", "", product="借记卡", issue="收费"),
    row("8", MONEY, "No", received="2013-08-30", sent="2013-08-29", narrative='A, "quoted"\nline'),
]


def case(db: Path, id: int) -> Complaint:
    with desk_on(db) as desk:
        return desk.get(f"cfpb-{id}")


def history(db: Path, id: int) -> tuple[Entry, ...]:
    with desk_on(db) as desk:
        return desk.history(f"cfpb-{id}")


@pytest.mark.parametrize("header", [OLD, NEW], ids=["snake case", "titles"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_every_outcome_in_both_header_styles_gives_equal_counts(
    run: Run, tmp_path: Path, header: list[str], encoding: str
) -> None:
    file = write(tmp_path / "c.csv", EVERY_OUTCOME, header, encoding)
    result = run("replay", "cfpb", file, "--db", tmp_path / "c.db")
    assert result.code == 0, result.err
    assert "8 rows: 8 new cases" in result.out
    assert "0 damaged" in result.out
    assert "1 were sent before they were received" in result.out
    assert "Both counts are equal." in result.out


def test_each_response_becomes_its_outcome_in_the_workflow(run: Run, tmp_path: Path) -> None:
    """P02, P14, P16, P18, P20: relief is judged, planned, approved and carried out; explanation is a reasoned no."""
    run("replay", "cfpb", write(tmp_path / "c.csv", EVERY_OUTCOME), "--db", tmp_path / "c.db")
    cases = {i: case(tmp_path / "c.db", i) for i in range(1, 9)}
    assert [cases[i].stage for i in range(1, 9)] == ["closed"] * 5 + ["awaiting_assessment"] * 2 + ["closed"]
    judged = [c.assessment.validity if c.assessment else None for c in cases.values()]
    assert judged == ["declined", "upheld", "upheld", "declined", "declined", None, None, "upheld"]
    assert [(x.kind, x.status, x.amount) for x in cases[2].lines] == [("monetary_relief", "done", None)]
    assert [x.kind for x in cases[3].lines] == ["non_monetary_relief"]
    assert (cases[3].disputes, cases[3].appeals) == (1, 0)
    assert (cases[4].disputes, cases[4].appeals) == (0, 1)
    assert f"{cases[8].received_at:%Y-%m-%d}" == "2013-08-30"


def test_a_response_that_was_not_timely_is_a_missed_promise_to_the_consumer(run: Run, tmp_path: Path) -> None:
    """T03, P25: the promised reply was missed, once, after its 15 days."""
    run("replay", "cfpb", write(tmp_path / "c.csv", EVERY_OUTCOME), "--db", tmp_path / "c.db")
    for i in range(1, 9):
        owed = case(tmp_path / "c.db", i).obligations
        missed = [o for o in owed if o.kind == Kind.PROMISED_REPLY and o.status is Status.MISSED]
        assert len(missed) == (i in {4, 5, 7, 8}), i


def test_what_was_sent_before_it_was_received_is_noted_in_the_file_of_the_case(run: Run, tmp_path: Path) -> None:
    run("replay", "cfpb", write(tmp_path / "c.csv", EVERY_OUTCOME), "--db", tmp_path / "c.db")
    said = run("history", "cfpb-8", "--db", tmp_path / "c.db").out
    assert "sent on 2013-08-29, before it was" in " ".join(said.split())


DAMAGED = [
    (row("9", received="31/31/2013"), "date_received: '31/31/2013' is not a date"),
    (row("9", sent=""), "date_sent_to_company is empty"),
    (row("9", "Closed with a smile"), "'Closed with a smile' is not a known response"),
    (row("9", timely="Perhaps"), "timely_response: 'Perhaps' is neither Yes nor No"),
    (row("9", "In progress", disputed="Yes"), "disputed, but there is no response yet"),
    (row("9")[:-2], "13 columns, the header has 15"),
    (row("1", MONEY), "complaint 1 is in the file already, with different content"),
    (row("9", narrative="nul\x00"), "narrative"),
    (row("9", narrative="x" * 20_001), "narrative"),
]


@pytest.mark.parametrize(("bad", "reason"), DAMAGED, ids=[reason[:30] for _, reason in DAMAGED])
def test_a_damaged_row_is_told_with_line_and_reason_and_the_rest_goes_on(
    run: Run, tmp_path: Path, bad: list[str], reason: str
) -> None:
    file = write(tmp_path / "c.csv", [row("1", narrative="two\nlines"), bad, row("2")])
    result = run("replay", "cfpb", file, "--db", tmp_path / "c.db")
    assert result.code == 0
    assert "3 rows: 2 new cases" in result.out
    assert f"line 4: {reason}" in result.out or ("line 4: " in result.out and reason in result.out)
    assert "Both counts are equal." in result.out


def test_bytes_that_are_not_utf8_damage_their_row_only(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "c.csv", [row("1"), row("2", narrative="caf\u00e9"), row("3")])
    file.write_bytes(file.read_bytes().replace("é".encode(), b"\xe9"))
    result = run("replay", "cfpb", file, "--db", tmp_path / "c.db")
    assert "line 3: holds bytes that are not UTF-8" in result.out
    assert "3 rows: 2 new cases" in result.out


def test_the_same_row_twice_is_one_case(run: Run, tmp_path: Path) -> None:
    result = run("replay", "cfpb", write(tmp_path / "c.csv", [row("1"), row("1")]), "--db", tmp_path / "c.db")
    assert "2 rows: 1 new cases" in result.out
    assert "1 repeated" in result.out
    assert result.code == 0


def test_replaying_the_same_file_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    file, db = write(tmp_path / "c.csv", EVERY_OUTCOME), tmp_path / "c.db"
    run("replay", "cfpb", file, "--db", db)
    before = [history(db, i) for i in range(1, 9)]
    again = run("replay", "cfpb", file, "--db", db)
    assert "0 new cases, 0 new entries" in again.out
    assert again.code == 0
    assert [history(db, i) for i in range(1, 9)] == before


def test_an_interrupted_run_goes_on_in_the_middle_of_a_row(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, db = write(tmp_path / "c.csv", EVERY_OUTCOME), tmp_path / "c.db"
    run("replay", "cfpb", file, "--db", tmp_path / "whole.db")
    respond = drive.Driver._relieve

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drive.Driver, "_relieve", stop)
    stopped = run("replay", "cfpb", file, "--db", db)
    assert stopped.code == 130
    assert "interrupted after 2 of 8 rows" in stopped.err
    assert case(db, 2).stage == "awaiting_assignment"

    monkeypatch.setattr(drive.Driver, "_relieve", respond)
    rest = run("replay", "cfpb", file, "--db", db)
    assert rest.code == 0
    assert "8 rows: 6 new cases" in rest.out
    for i in range(1, 9):
        assert told(db, i) == told(tmp_path / "whole.db", i)


def told(db: Path, id: int) -> list[Entry]:
    """The file without its hashes: each run draws salts of its own."""
    return [e.model_copy(update={"prev": "", "hash": ""}) for e in history(db, id)]


def test_a_newer_file_goes_on_where_the_older_one_ended(run: Run, tmp_path: Path) -> None:
    db = tmp_path / "c.db"
    run("replay", "cfpb", write(tmp_path / "old.csv", [row("1", "In progress")]), "--db", db)
    result = run("replay", "cfpb", write(tmp_path / "new.csv", [row("1", MONEY)]), "--db", db)
    assert "0 new cases, 1" in result.out
    assert result.code == 0
    assert case(db, 1).stage == "closed"


def test_a_row_that_was_replayed_with_other_content_is_told(run: Run, tmp_path: Path) -> None:
    db = tmp_path / "c.db"
    run("replay", "cfpb", write(tmp_path / "a.csv", [row("1")]), "--db", db)
    result = run("replay", "cfpb", write(tmp_path / "b.csv", [row("1", issue="Other")]), "--db", db)
    assert "line 2: complaint 1 was replayed before with different content" in result.out


def test_counts_that_differ_are_told_and_fail(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("complaintflow.cli.cfpb.counts.was_timely", lambda _: True)
    result = run("replay", "cfpb", write(tmp_path / "c.csv", EVERY_OUTCOME), "--db", tmp_path / "c.db")
    assert result.code == 1
    assert "The counts differ." in result.out
    assert "≠" in result.out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot read"),
        (b"", "is empty"),
        (b"\x7fELF\x00\x01\n\x02", "is not a file of the CFPB's complaints"),
        (b"a,b,c\n1,2,3\n", "it has no column date_received"),
        ((",".join(OLD) + "\n").encode(), "a header and no rows"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_one_line(
    run: Run, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "c.csv"
    if content is not None:
        file.write_bytes(content)
    result = run("replay", "cfpb", file, "--db", tmp_path / "c.db")
    assert result.code == 2
    assert reason in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "c.db").exists()


def test_codes_of_names_are_valid_and_tell_names_apart() -> None:
    names = [
        "Mortgage",
        "mortgage",
        "Debt collection",
        "Debt, collection",
        "借记卡",
        "信用卡",
        "x" * 200,
        "x" * 201,
        "401k",
    ]
    codes = [code(name) for name in names]
    assert codes[0] == "mortgage"
    assert codes[2] == "debt_collection"
    assert len(set(codes)) == len(names)
    assert all(len(c) <= 64 and c[0].isalpha() and c.isascii() for c in codes)


def test_the_public_sample_of_a_thousand_complaints_keeps_its_counts(run: Run, tmp_path: Path) -> None:
    if not SAMPLE.exists():
        pytest.skip("the public sample is not beside the repository: ../shared/data/cfpb_sample.csv")
    result = run("replay", "cfpb", SAMPLE, "--db", tmp_path / "c.db")
    assert result.code == 0, result.err
    assert "1,000 rows: 1,000 new cases" in result.out
    assert "0 damaged" in result.out
    for name, count in (("Mortgage", 343), ("Closed with explanation", 729), ("Untimely response", 1)):
        line = next(x for x in result.out.splitlines() if x.strip().startswith(name))
        assert line.split()[-3:] == [str(count), str(count), "="]
