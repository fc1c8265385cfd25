"""Law 11 on a real database file: whatever is done to it, ``verify`` reports and never raises."""

from __future__ import annotations

import json
import os
import runpy
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaintflow import ComplaintDesk
from complaintflow.storage.evidence import Fault, canonical
from complaintflow.storage.memory import MemoryStore
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from story import Shop

TAMPERING = runpy.run_path(str(Path(__file__).resolve().parents[2] / "docs" / "tampering.py"))
CASE: str = TAMPERING["CASE"]
STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 89
"""Every byte in the long profile, every so many-th by default."""

Verify = Callable[[str, str, object], tuple[Fault, ...]]


@pytest.fixture(scope="module")
def there() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as name:
        yield TAMPERING["scene"](Path(name))


@pytest.fixture(scope="module")
def lay(there: Any) -> Iterator[Verify]:
    """Put a value into a cell of a table, verify, and put the old one back."""
    with (
        SQLAlchemyStore.from_url(f"sqlite:///{there.now}") as store,
        closing(sqlite3.connect(there.now, isolation_level=None)) as raw,
    ):
        desk = ComplaintDesk(store)

        def lay(table: str, what: str, value: object) -> tuple[Fault, ...]:
            column, _, row = what.partition(" of ")
            (was,) = raw.execute(f"SELECT {column} FROM {table} WHERE rowid = {row}").fetchone()
            as_text = "CAST(? AS TEXT)" if isinstance(value, bytes) and column in ("body", "cells", "hash") else "?"
            try:
                raw.execute(f"UPDATE {table} SET {column} = {as_text} WHERE rowid = {row}", (value,))
                return desk.verify(CASE)
            finally:
                raw.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = {row}", (was,))

        assert desk.verify(CASE) == ()
        yield lay
        assert desk.verify(CASE) == (), "the scene was not put back"


def rows(there: Any, columns: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(there.now)) as raw:
        return raw.execute(f"SELECT rowid, {columns} FROM {TAMPERING['E']} WHERE {TAMPERING['FILE']}").fetchall()


def test_the_table_of_what_is_found_is_current() -> None:
    assert TAMPERING["PAGE"].read_text(encoding="utf-8") == TAMPERING["page"](), "run `make docs`"


@pytest.mark.parametrize("column", ["body", "cells", "hash"])
def test_any_changed_byte_of_the_file_is_found_at_its_entry_or_the_next(column: str, lay: Verify, there: Any) -> None:
    """Bytes that make no UTF-8 are found as well: the whole file cannot be read then, and entry 0 says so."""
    tried = 0
    for row, seq, text in rows(there, f"seq, {column}"):
        whole = (text or "").encode()
        for spot in range(seq % STEP, len(whole), STEP):
            for byte in {whole[spot] ^ 1, 0xFF}:
                changed = whole[:spot] + bytes([byte]) + whole[spot + 1 :]
                faults = lay(TAMPERING["E"], f"{column} of {row}", changed)
                first = min((f.seq for f in faults), default=None)
                assert first in ((0,) if byte == 0xFF else (seq,)), (seq, spot, faults)
                tried += 1
    assert tried > 15


GARBAGE = (
    0, -1, 2**63 - 1, 1.5, "", " ", "null", "7", "[", "{}", "[]", '"\\ud800"', "[" * 100_000, "9" * 10_000,
    "NaN", '{"prev":' + "[" * 900 + "]" * 900 + "}", '{"x": ["\\ud800", "\\ud800"]}', '{"x": 1}', b"\x00\xff", b"{}",
    "2026-13-45", "0001-01-01T00:00:00+14:00", "\x00", "😀" * 1_000, None,
)  # fmt: skip


@pytest.mark.parametrize("value", GARBAGE, ids=lambda value: repr(value)[:20])
def test_garbage_in_any_column_is_reported_and_nothing_is_raised(value: object, lay: Verify, there: Any) -> None:
    with closing(sqlite3.connect(there.now)) as raw:
        names = {t: [r[1] for r in raw.execute(f"PRAGMA table_info({t})")] for t in (TAMPERING["E"], TAMPERING["C"])}
        (case,) = raw.execute(f"SELECT rowid FROM {TAMPERING['C']} WHERE id = '{CASE}'").fetchone()
    row = rows(there, "seq")[4][0]
    for name in names[TAMPERING["E"]]:
        with suppress(sqlite3.IntegrityError):  # NULL where the table takes none
            assert lay(TAMPERING["E"], f"{name} of {row}", value), name
    for name in names[TAMPERING["C"]]:
        with suppress(sqlite3.IntegrityError):
            found = lay(TAMPERING["C"], f"{name} of {case}", value)
            assert found or name == "version" or value is None, name


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from paths(part, (*at, name))


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


junk: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.just([])
    | st.just({})
    | st.just([[]])
)


@pytest.fixture(scope="module")
def closed() -> Shop:
    return Shop().closed()


@settings(max_examples=150)
@given(data=st.data())
def test_a_forged_entry_with_a_right_hash_is_reported_whatever_it_says(data: st.DataObject, closed: Shop) -> None:
    """The body is canonical and its hash right: what is left is what the chain, the columns and the fold say."""
    store = closed.desk.store
    assert isinstance(store, MemoryStore)
    file = store.history("main", closed.id)
    spot = data.draw(st.integers(0, len(file) - 1))
    content = json.loads(file[spot].body)
    forged = canonical(replaced(content, data.draw(st.sampled_from(list(paths(content)))), data.draw(junk)))
    record = file[spot]._replace(body=forged, hash=sha256(forged.encode()).hexdigest())
    store._entries["main", closed.id] = (*file[:spot], record, *file[spot + 1 :])
    try:
        assert closed.desk.verify(closed.id) or forged == file[spot].body
    finally:
        store._entries["main", closed.id] = file
