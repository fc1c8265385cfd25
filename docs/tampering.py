"""Write ``reference/tampering.md``: tamper with a database in every way we know, and see what ``verify`` finds.

``python docs/tampering.py``, or ``make docs``. Each row is really done, with SQL, on a copy of the same SQLite file.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import NamedTuple

from complaintflow import Actor, Complainant, ComplaintDesk, Remedy, Role, actions
from complaintflow.desk.outcome import Anchor
from complaintflow.model import Representative
from complaintflow.model.judgement import Review
from complaintflow.model.subject import Subject
from complaintflow.storage.evidence import Fault, canonical
from complaintflow.storage.sqlalchemy import SQLAlchemyStore

PAGE = Path(__file__).parent / "reference" / "tampering.md"
LI = Actor(id="li", roles={Role.AGENT})
HAN = Actor(id="han", roles={Role.HANDLER})
MO = Actor(id="mo", roles={Role.MANAGER})
QIN = Actor(id="qin", roles={Role.REVIEWER})

CASE, OTHER, GONE = "case-1", "case-2", "case-3"
"""Two closed cases of twelve entries, and one that was erased."""
E, C = "complaintflow_entries", "complaintflow_complaints"
FILE = f"complaint_id = '{CASE}'"
SPOT = f"{FILE} AND seq = 5"
"""The entry that is tampered with."""

Hand = Callable[[sqlite3.Connection], object]


class Scene(NamedTuple):
    """A database; its states before the last entry of ``CASE`` and before the erasure; an anchor of its end."""

    now: Path
    earlier: Path
    unerased: Path
    anchor: Anchor


def scene(folder: Path) -> Scene:
    """Make it, always the same: clock, ids and salts are our own."""
    now, earlier, unerased = (folder / f"{name}.db" for name in ("now", "earlier", "unerased"))
    ticks, salts, ids = count(), count(), iter((CASE, OTHER, GONE))
    with SQLAlchemyStore.from_url(f"sqlite:///{now}", create_tables=True) as store:
        desk = ComplaintDesk(
            store,
            clock=lambda: datetime(2026, 3, 2, 9, tzinfo=UTC) + next(ticks) * timedelta(minutes=5),
            new_id=lambda: next(ids),
            new_salt=lambda: f"{next(salts):032x}",
        )
        for person in ("ada", "bob", "eve"):
            case = handle(desk, person)
            if person == "ada":
                copy(now, earlier)
            desk.act(case, actions.Close(review=Review(summary="Packed badly.")), QIN)
        copy(now, unerased)
        desk.erase("eve", MO, reason="Asked for")
        return Scene(now, earlier, unerased, desk.anchor())


def copy(source: Path, target: Path) -> None:
    """A copy of a database that is open."""
    with closing(sqlite3.connect(source)) as a, closing(sqlite3.connect(target)) as b:
        a.backup(b)


def handle(desk: ComplaintDesk, person: str) -> str:
    """One complaint from its record to the customer's feedback: eleven entries."""
    report = actions.Record(
        complainant=Complainant(id=person, name=person.title()),
        representative=Representative(id=f"for-{person}", authority="A letter"),
        category="shipping",
        sub_type="damage",
        narrative="It arrived in pieces.",
        demand="A new one.",
        subject=Subject(order=f"order-{person}"),
    )
    case = desk.record(report, LI, key=f"mail-{person}").complaint.id
    offer = Remedy(kind="resend", description="A new one.")
    steps: tuple[tuple[Actor, actions.Action], ...] = (
        (LI, actions.Uphold(reason="The photos show it.")),
        (LI, actions.Assign(person="han")),
        (HAN, actions.Accept()),
        (HAN, actions.AddNote(text=f"{person.title()} called.")),
        (HAN, actions.EstablishCause(cause="poor_packing", description="No padding.", department="sales")),
        (HAN, actions.ProposePlan(lines=(offer,), against_demand="As demanded.")),
        (MO, actions.Approve()),
        (HAN, actions.CompleteRemedy(line="1.1", confirmed=True)),
        (HAN, actions.Answer(text="It is on its way.")),
        (Actor(id=person, roles={Role.COMPLAINANT}), actions.ConfirmSatisfaction(stars=5)),
    )
    for number, (actor, action) in enumerate(steps, 2):
        desk.act(case, action, actor, key=f"{person}-{number}")
    return case


def sql(*statements: str) -> Hand:
    """A hand that runs statements; ``earlier`` and ``unerased`` are attached."""
    return lambda connection: [connection.execute(statement) for statement in statements]


def column(table: str, name: str, where: str) -> Hand:
    """A hand that puts another value into a column: a later time, a greater number, other text, text for none."""

    def lay(connection: sqlite3.Connection) -> None:
        (was,) = connection.execute(f"SELECT {name} FROM {table} WHERE {where}").fetchone()
        value = was + 40 if isinstance(was, int) else f"{was or ''}x"
        if name == "at" or name.endswith("_at"):
            value = "2031-09-09T09:09:09.000000Z"
        connection.execute(f"UPDATE {table} SET {name} = ? WHERE {where}", (value,))

    return lay


def forge(first: int) -> Hand:
    """A hand that changes an entry and every hash from there on, and the snapshot, as this library would write them."""

    def lay(connection: sqlite3.Connection) -> None:
        file = connection.execute(f"SELECT seq, body FROM {E} WHERE {FILE} AND seq >= {first} ORDER BY seq").fetchall()
        prev = json.loads(file[0][1])["prev"]
        for seq, body in file:
            content = json.loads(body) | {"prev": prev}
            if seq == first:
                content["owner"] = {"department": "sales"}
            forged = canonical(content)
            prev = sha256(forged.encode()).hexdigest()
            connection.execute(f"UPDATE {E} SET body = ?, hash = ? WHERE {FILE} AND seq = {seq}", (forged, prev))
        connection.execute(f"UPDATE {C} SET body = json_set(body, '$.head', ?) WHERE id = '{CASE}'", (prev,))

    return lay


def put_back(state: str, table: str, where: str) -> tuple[str, str]:
    """Statements that put rows back as they were in another state."""
    return f"DELETE FROM {table} WHERE {where}", f"INSERT INTO {table} SELECT * FROM {state}.{table} WHERE {where}"


def shift(by: int, *seqs: int) -> tuple[str, ...]:
    """Statements that move entries of the file to other numbers, in this order."""
    return tuple(f"UPDATE {E} SET seq = {n + by} WHERE {FILE} AND seq = {n}" for n in seqs)


_ENTRY = ("tenant", "complaint_id", "seq", "at", "action", "actor", "key")
_SEARCH = (
    "tenant", "id", "number", "version", "stage", "category", "sub_type", "department", "person", "complainant",
    "representative", "order_ref", "cause", "recorded_at", "ended_at", "next_due_at",
)  # fmt: skip
_COPIED = "tenant, complaint_id, 5, at, action, actor, NULL, hash, body, cells"
_ROW = f"id = '{CASE}'"
_OF_GONE, _GONE_ROW = f"complaint_id = '{GONE}'", f"id = '{GONE}'"
_EXCHANGE = tuple(
    f"UPDATE {E} SET complaint_id = '{b}' WHERE complaint_id = '{a}'"
    for a, b in ((CASE, "x"), (OTHER, CASE), ("x", OTHER))
)

# Each section is a list of ways: what is done, and the hand that does it. The case that is verified is CASE, or GONE
# where a way is about an erasure.
WAYS: dict[str, dict[str, Hand]] = {
    "One entry (the fifth of twelve)": {
        "change its body": sql(f"UPDATE {E} SET body = replace(body, 'han', 'wu') WHERE {SPOT}"),
        "change its hash": sql(f"UPDATE {E} SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE {SPOT}"),
        "change a word in a cell": sql(f"UPDATE {E} SET cells = replace(cells, 'called', 'shouted') WHERE {SPOT}"),
        "change the salt of a cell": sql(f"UPDATE {E} SET cells = replace(cells, '[\"0', '[\"1') WHERE {SPOT}"),
        "remove its cells without an erasure": sql(f"UPDATE {E} SET cells = NULL WHERE {SPOT}"),
        "put garbage in its place": sql(f"UPDATE {E} SET body = '[', hash = 7, cells = x'00' WHERE {SPOT}"),
        **{f"change its column `{name}`": column(E, name, SPOT) for name in _ENTRY},
        "change it and the hashes from there on, the snapshot too": forge(5),
    },
    "The order of entries": {
        "delete an entry": sql(f"DELETE FROM {E} WHERE {SPOT}"),
        "delete an entry and close the gap": sql(f"DELETE FROM {E} WHERE {SPOT}", *shift(-1, *range(6, 13))),
        "delete the first entry": sql(f"DELETE FROM {E} WHERE {FILE} AND seq = 1"),
        "insert a copy of an entry": sql(
            *shift(1, *range(12, 4, -1)), f"INSERT INTO {E} SELECT {_COPIED} FROM {E} WHERE {FILE} AND seq = 4"
        ),
        "swap two entries": sql(*shift(45, 5), *shift(-3, 8), *shift(-42, 50)),
        "cut the tail": sql(f"DELETE FROM {E} WHERE {FILE} AND seq = 12"),
        "cut the tail and roll the snapshot back with it": sql(
            f"DELETE FROM {E} WHERE {FILE} AND seq = 12", *put_back("earlier", C, _ROW)
        ),
    },
    "The whole file": {
        "exchange the files of two cases": sql(*_EXCHANGE),
        "delete all entries": sql(f"DELETE FROM {E} WHERE {FILE}"),
        "delete the snapshot": sql(f"DELETE FROM {C} WHERE {_ROW}"),
        "delete the case altogether": sql(f"DELETE FROM {E} WHERE {FILE}", f"DELETE FROM {C} WHERE {_ROW}"),
        "rewrite it from the first entry on, the snapshot too": forge(1),
    },
    "What was erased": {
        "put an erased cell back": sql(*put_back("unerased", E, f"{_OF_GONE} AND seq = 2")),
        "put all its entries back but for the tombstone": sql(*put_back("unerased", E, f"{_OF_GONE} AND seq < 13")),
        "put the case back as it was, without the tombstone": sql(
            *put_back("unerased", E, _OF_GONE), *put_back("unerased", C, _GONE_ROW)
        ),
    },
    "The snapshot": {
        "change it": sql(f"UPDATE {C} SET body = replace(body, 'A new one.', 'Nothing.') WHERE {_ROW}"),
        "put garbage in its place": sql(f"UPDATE {C} SET body = x'ff' WHERE {_ROW}"),
        "roll it back": sql(*put_back("earlier", C, _ROW)),
    },
    "The columns to search by": {f"change `{name}`": column(C, name, _ROW) for name in _SEARCH},
}


def verified(there: Scene, folder: Path, hand: Hand, case: str) -> tuple[tuple[Fault, ...], ...]:
    """What is found without and with the anchor, after a hand was laid on a copy of the database."""
    changed = folder / "changed.db"
    shutil.copy(there.now, changed)
    with closing(sqlite3.connect(changed)) as connection:
        connection.execute(f"ATTACH '{there.earlier}' AS earlier")
        connection.execute(f"ATTACH '{there.unerased}' AS unerased")
        before = list(connection.iterdump())
        hand(connection)
        connection.commit()
        if list(connection.iterdump()) == before:
            raise AssertionError(f"nothing was tampered with: {changed}")
    with SQLAlchemyStore.from_url(f"sqlite:///{changed}") as store:
        desk = ComplaintDesk(store)
        return tuple(faults(desk, case, anchor) for anchor in (None, there.anchor))


def faults(desk: ComplaintDesk, case: str, anchor: Anchor | None) -> tuple[Fault, ...]:
    """What ``verify`` says. That nobody knows the case any more is no finding: nobody would have asked for it."""
    try:
        return desk.verify(case, anchor=anchor)
    except LookupError:
        return ()


def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        there = scene(folder)
        tables = [line for title, ways in WAYS.items() for line in section(there, folder, title, ways)]
    return "\n".join((*ABOVE.splitlines(), *tables, *BELOW.splitlines(), ""))


def section(there: Scene, folder: Path, title: str, ways: dict[str, Hand]) -> Iterator[str]:
    """One table of the page."""
    yield from (f"## {title}", "", "| what is done | found | with an anchor | first finding, at entry |")
    yield "| --- | --- | --- | --- |"
    for what, hand in ways.items():
        alone, anchored = verified(there, folder, hand, GONE if title == "What was erased" else CASE)
        first = min(anchored or (None,), key=lambda fault: fault.seq if fault else 0)
        said = f"{first.seq}: {first.what.replace('|', '/')}" if first else ""
        yield f"| {what} | {'yes' if alone else '**no**'} | {'yes' if anchored else '**no**'} | {said} |"
    yield ""


ABOVE = """\
# What tampering is found

The file of a case is a chain of hashes ([how](../adr/0013-cells-and-salted-commitments.md)). `desk.verify(id)` walks
and folds it, compares the snapshot, and asks the store for the case by what it says. `desk.verify(id, anchor=anchor)`
holds it against an [anchor](../how-to/prove-and-erase.md) as well, exported before and kept elsewhere. Each row below
was really done, with SQL, on a SQLite file of three closed cases; this page is generated from what was found. The
findings name the number of the first entry that is wrong, 0 where there is no file left to point into.

"""

BELOW = """\
## What a chain cannot find

- **Without an anchor: a clean cut and a rewrite.** Whoever can write to the database and has this library can compute
  every hash anew. A tail that is cut together with its snapshot leaves a shorter file that is whole. Nothing inside
  the database can show either. Export an anchor often, and keep it where the same hands cannot reach.
- **With an anchor: what happened after it.** Entries that were written and cut between two anchors leave no trace.
- **A case that no anchor knows and that was deleted.** Nobody can ask for what nobody knows.
- **What was never true.** The chain proves what was recorded, not that it happened.
- **Some columns to search by,** where the table says no, and those that were empty and now are not. They decide
  nothing, the snapshot and the file do: a false `version` lets no further action in, a false name shows a case in one
  inbox too many. The next action writes the others anew.
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parents[2])}")
