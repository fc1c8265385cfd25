from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from complaintflow import __version__
from complaintflow.model.casenumber import case_number

if TYPE_CHECKING:
    from command import Run

CUP = '{"complainant": {"id": "c1"}, "category": "shipping", "sub_type": "damage", "narrative": "Broken cup."}'
LI = ("--as", "li", "--role", "agent")
NOBODY = case_number("nobody", datetime(2026, 3, 1, tzinfo=UTC))
HAN = ("--as", "han", "--role", "handler")


@pytest.fixture
def db(run: Run, tmp_path: Path) -> Path:
    """A database with one case."""
    path = tmp_path / "shop.db"
    done = run("record", "--db", path, *LI, "--data", CUP, "--set", "demand=A new cup", "--key", "k1")
    assert done.code == 0, done.err
    return path


def number(run: Run, db: Path) -> str:
    found = json.loads(run("list", "--db", db, "--json").out)
    return str(found["complaints"][0]["number"])


def test_a_case_is_handled_by_hand_from_record_to_close(run: Run, db: Path) -> None:
    """P01-P28, with nothing but the command line."""
    case = number(run, db)

    def act(who: str, role: str, action: str, *fields: str) -> None:
        sets = [part for field in fields for part in ("--set", field)]
        done = run("act", case, action, "--db", db, "--as", who, "--role", role, *sets)
        assert done.code == 0, done.err

    act("li", "agent", "acknowledge", "text=We look into it.", "reply_by=2999-01-01T00:00:00Z")
    act("li", "agent", "uphold", "reason=The photo")
    act("li", "agent", "assign", "person=han")
    act("han", "handler", "accept")
    act("han", "handler", "establish-cause", "cause=poor_packing", "description=Thin", "department=sales")
    plan = ("lines.0.kind=resend", "lines.0.description=A new cup", "against_demand=All of it")
    money = ("lines.1.kind=compensation", "lines.1.description=Sorry", 'lines.1.amount={"amount":9.5,"currency":"EUR"}')
    act("han", "handler", "propose_plan", *plan, *money)
    act("mo", "manager", "approve")
    act("han", "handler", "complete_remedy", "line=1.1")
    act("han", "handler", "complete_remedy", "line=1.2", "confirmed=true")
    act("han", "handler", "answer", "text=It is on its way.")
    act("c1", "complainant", "confirm_satisfaction", "stars=5")
    act("ren", "reviewer", "close", "review.summary=Better boxes")

    shown = run("show", case.lower().replace("-", " "), "--db", db).out
    assert "Closed" in shown
    assert "9.50 EUR" in shown
    assert run("list", "--db", db, "--stage", "closed", "--cause", "poor_packing").out.count(case) == 1
    assert "0 cases" in run("list", "--db", db, "--stage", "archived").out
    assert "→ Closed" in run("history", case, "--db", db).out
    assert "您的投诉已结案。" in run("customer", case, "--db", db, "--language", "zh").out


def test_every_reason_of_a_refusal_is_a_line_with_its_field_and_its_way_out(run: Run, db: Path) -> None:
    """S29, S30: whoever is refused hears why and what would make it possible."""
    done = run("act", number(run, db), "settle_on_the_spot", "--db", db, "--as", "c1", "--role", "reviewer",
               "--set", "reason=r", "--set", "text=t", "--set", "lines.0.kind=compensation",
               "--set", "lines.0.description=d")  # fmt: skip
    assert done.code == 1
    assert done.out == ""
    refused = done.err.splitlines()
    assert len(refused) == 3
    assert any("It is done by: agent or manager." in line for line in refused)
    assert any("is involved in this complaint" in line for line in refused)
    assert any("[lines.0.amount] Give what the customer gets." in line for line in refused)


def test_what_is_wrong_in_a_payload_is_told_by_field(run: Run, db: Path) -> None:
    done = run("act", number(run, db), "acknowledge", "--db", db, *LI, "--set", "reply_by=soon", "--set", "x=1")
    assert done.code == 1
    fields = {line.split(": ")[1] for line in done.err.splitlines()}
    assert fields == {"text", "reply_by", "x"}


def test_a_field_of_a_line_that_is_wrong_is_told_once_and_says_what_is_wanted(run: Run, db: Path) -> None:
    plan = ("--set", "lines.0.kind=a voucher", "--set", "lines.0.description=d", "--set", "against_demand=a")
    done = run("act", number(run, db), "propose_plan", "--db", db, *HAN, *plan)
    assert done.err == (
        "complaintflow: lines.0.kind: A code in lower snake case is wanted, such as out_of_tolerance.\n"
    )
    done = run("act", number(run, db), "complete_remedy", "--db", db, *HAN, "--set", "line=one")
    assert done.err.rstrip().endswith("position in it, such as 1.1.")


def test_a_time_has_a_zone_or_is_utc_in_options_and_payloads(run: Run, db: Path) -> None:
    """Law 14: nothing naive goes in."""
    case = number(run, db)
    for written, kept in (
        ("2999-01-01", "2999-01-01T00:00:00Z"),
        ("2999-01-01T10:00:00", "2999-01-01T10:00:00Z"),
        ("2999-01-01T10:00:00+08:00", "2999-01-01T02:00:00Z"),
    ):
        given = ("--set", "text=t", "--set", f"reply_by={written}")
        done = run("act", case, "acknowledge", "--db", db, *LI, *given, "--at", "2998-01-01T00:00:00+08:00")
        assert done.code == 0, done.err
        entry = json.loads(run("history", case, "--db", db, "--json").out)[-1]
        assert (entry["action"]["reply_by"], entry["at"]) == (kept, "2997-12-31T16:00:00Z")
    assert "1 case" in run("list", "--db", db, "--recorded-before", "2999-01-01T00:00Z").out
    assert "0 cases" in run("list", "--db", db, "--recorded-from", "2999-01-01").out


def test_the_database_may_be_named_before_the_command(
    run: Run, db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 case" in run("--db", db, "list").out
    monkeypatch.setenv("COMPLAINTFLOW_DB", str(tmp_path / "other.db"))
    assert "1 case" in run("--db", db, "list").out, "what is said in the command counts more than the environment"
    assert "1 case" in run("--db", tmp_path / "other.db", "list", "--db", db).out, "and the nearest most"


def test_cases_are_found_by_words_of_the_narrative(run: Run, db: Path) -> None:
    assert "1 case" in run("list", "--db", db, "--text", "cup broken").out
    assert "0 cases" in run("list", "--db", db, "--text", "saucer").out


def test_options_say_what_may_be_done_and_why_not(run: Run, db: Path) -> None:
    found = json.loads(run("options", number(run, db), "--db", db, *HAN, "--json").out)
    by_name = {o["action"]: o for o in found}
    assert by_name["add_note"]["allowed"]
    assert by_name["add_note"]["schema"]["required"] == ["text"]
    assert [r["code"] for r in by_name["uphold"]["refusals"]] == ["wrong_role"]
    assert "It is done by: agent or manager." in run("options", number(run, db), "--db", db, *HAN).out


def test_json_is_the_whole_case_and_the_whole_file(run: Run, db: Path) -> None:
    case = number(run, db)
    assert json.loads(run("show", case, "--db", db, "--json").out)["narrative"] == "Broken cup."
    file = json.loads(run("history", case, "--db", db, "--json").out)
    assert [entry["action"]["type"] for entry in file] == ["record"]
    assert json.loads(run("customer", case, "--db", db, "--json").out)["number"] == case


def test_a_key_makes_a_repetition_harmless(run: Run, db: Path) -> None:
    again = run("record", "--db", db, *LI, "--data", CUP, "--set", "demand=A new cup", "--key", "k1")
    assert "done before, nothing new" in again.out
    assert "1 case" in run("list", "--db", db).out
    other = run("record", "--db", db, *LI, "--data", CUP, "--set", "demand=Two cups", "--key", "k1")
    assert other.code == 1
    assert "a different action" in other.err


def test_a_stale_version_is_a_conflict(run: Run, db: Path) -> None:
    note = ("act", number(run, db), "add_note", "--db", db, *LI, "--set", "text=n", "--expected-version", 1)
    assert run(*note).code == 0
    late = run(*note)
    assert late.code == 1
    assert "expected version 1, found version 2" in late.err


def test_sweep_records_each_missed_time_once(run: Run, db: Path) -> None:
    """P25, on the day after the first three due times and again."""
    ahead = run("sweep", "--db", db, "--at", "2999-01-01")
    assert ahead.out.count("owed by agent / customer_service") == 3
    assert "Judge the complaint: missed, was due" in ahead.out
    assert "will bear a time that is still ahead" in ahead.err
    assert run("sweep", "--db", db, "--at", "2999-01-01").out == "0 missed due times recorded\n"
    assert "✗ missed" in run("show", number(run, db), "--db", db).out


def test_a_payload_is_read_from_a_file(run: Run, db: Path, tmp_path: Path) -> None:
    (tmp_path / "note.json").write_text('{"text": "from a file"}', encoding="utf-8")
    done = run("act", number(run, db), "add_note", "--db", db, *LI, "--data", f"@{tmp_path / 'note.json'}")
    assert done.code == 0
    assert "from a file" in run("history", number(run, db), "--db", db).out


def test_the_database_may_be_named_by_the_environment(run: Run, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLAINTFLOW_DB", str(db))
    assert "1 case" in run("list").out


def _wrong() -> list[tuple[tuple[str, ...], int, str]]:
    act = ("act", "CASE", "add_note", "--db", "DB", *LI)
    return [
        (("show", "nobody", "--db", "DB"), 2, "is not a case number"),
        (("show", NOBODY, "--db", "DB"), 1, f"no complaint {NOBODY!r}"),
        (("show", "x", "--db", "DIR/none.db"), 2, "there is no database"),
        (("show", "x", "--db", "DIR"), 2, "there is no database"),
        (("show", "x", "--db", "DIR/text.db"), 2, "file is not a database"),
        (("show", "x", "--db", "DIR/other.db"), 2, "no such table"),
        (("record", "--db", "DIR/no/such.db", *LI, "--data", CUP, "--set", "demand=d"), 2, "unable to open"),
        (("list", "--db", "DB", "--after", "nonsense"), 2, "is not the `next` of a page"),
        (("list", "--db", "DB", "--limit", "0"), 2, "Invalid value for '--limit'"),
        (("list", "--db", "DB", "--stage", "bogus"), 2, "no stage 'bogus'; known: awaiting_assessment, declined,"),
        (("list", "--db", "DB", "--category", "bogus"), 2, "known: quality, contract, shipping, service"),
        (("list", "--db", "DB", "--due-before", "soon"), 2, "'soon' is no time; write 2026-12-01, "),
        (("act", "CASE", "fly", "--db", "DB", *LI), 2, "no action 'fly'; `complaintflow options` lists them"),
        (("act", "CASE", "asign", "--db", "DB", *LI), 2, "no action 'asign'; did you mean assign"),
        (("act", "CASE", "accept", "--db", "DB", "--as", "li x", "--role", "agent"), 2, "id without spaces is wanted"),
        ((*act, "--data", "{bad"), 2, "--data is not JSON"),
        ((*act, "--data", "[1]"), 2, "--data must be a JSON object"),
        ((*act, "--data", "@DIR/none.json"), 2, "cannot read"),
        ((*act, "--set", "text"), 2, "is not of the form field=value"),
        ((*act, "--set", "text=a", "--set", "text.b=c"), 2, "no field 'b' inside a plain value"),
        ((*act, "--set", "text.5=a", "--set", "text.0=c"), 2, "is no place in a list"),
        (("show", "--db", "DB"), 2, "Missing argument"),
        (("fly",), 2, "No such command 'fly'"),
    ]


@pytest.mark.parametrize(("arguments", "code", "reason"), _wrong(), ids=[reason for *_, reason in _wrong()])
def test_an_error_is_one_clear_line(
    run: Run, db: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    (tmp_path / "text.db").write_text("this is plain text and no database at all " * 20, encoding="utf-8")
    (tmp_path / "other.db").touch()
    names = {"DB": str(db), "DIR": str(tmp_path), "CASE": number(run, db)}
    said = [a.replace("DIR", names["DIR"]) if "DIR" in a else names.get(a, a) for a in arguments]
    done = run(*said)
    assert (done.code, done.out) == (code, "")
    assert reason in done.err
    assert done.err.count("\n") == 1


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"complaintflow {__version__}\n"


def test_as_a_process_it_ends_with_the_exit_code_and_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "complaintflow.cli", "show", "x", "--db", str(tmp_path / "none.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.returncode == 2
    assert done.stderr.startswith("complaintflow: there is no database")
    assert "Traceback" not in done.stderr


def test_importing_the_library_loads_nothing_of_the_command_line() -> None:
    code = "import sys, complaintflow; print([m for m in ('typer', 'rich', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == "[]\n"


def test_without_its_extra_the_command_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import complaintflow.cli

    monkeypatch.setitem(sys.modules, "typer", None)
    for name in [m for m in sys.modules if m.startswith("complaintflow.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit, match=r"pip install 'complaintflow\[cli\]'"):
        complaintflow.cli.main()


def test_a_replayed_case_can_be_read_but_not_acted_upon_under_the_standard_policy(run: Run, tmp_path: Path) -> None:
    header = "date_received,product,issue,company,date_sent_to_company,company_response_to_consumer,timely_response"
    file = tmp_path / "c.csv"
    file.write_text(f"{header},consumer_disputed?,complaint_id\n2013-08-30,Loan,Fee,Bank,2013-08-30,,Yes,,1\n", "utf-8")
    assert run("replay", "cfpb", file, "--db", tmp_path / "c.db").code == 0
    assert "Awaiting assessment" in run("show", "cfpb-1", "--db", tmp_path / "c.db").out
    done = run("act", "cfpb-1", "uphold", "--db", tmp_path / "c.db", *LI, "--set", "reason=r")
    assert done.code == 2
    assert "recorded under another policy" in done.err
