"""Law 11: every edit, removal, insertion and swap is found; erasing keeps the chain valid."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from complaintflow import ComplaintDesk, Refused, actions
from complaintflow.desk.outcome import Anchor
from complaintflow.storage.evidence import Sealed, canonical
from complaintflow.storage.memory import MemoryStore
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from story import CHEN, MO, PERSONAL, QIN, Shop, handled_for

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


@given(json_values)
def test_our_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    """The standard library's C code, held against the package that implements the whole standard."""
    assert canonical(value).encode() == rfc8785.dumps(value)


def closed_case() -> tuple[Shop, MemoryStore]:
    shop = Shop().closed()
    store = shop.desk.store
    assert isinstance(store, MemoryStore)
    return shop, store


def tampered(shop: Shop, store: MemoryStore, file: tuple[Sealed, ...]) -> tuple[Any, ...]:
    store._entries["main", shop.id] = file
    return shop.desk.verify(shop.id)


def test_a_whole_file_has_no_fault() -> None:
    shop, _ = closed_case()
    assert shop.desk.verify(shop.id) == ()


@given(st.data())
def test_any_changed_character_of_any_entry_is_found_where_it_is(data: st.DataObject) -> None:
    shop, store = closed_case()
    file = store.history("main", shop.id)
    at = data.draw(st.integers(0, len(file) - 1))
    field = data.draw(st.sampled_from([f for f in Sealed._fields if getattr(file[at], f) is not None]))
    old = getattr(file[at], field)
    new: Any
    if isinstance(old, str):
        spot = data.draw(st.integers(0, len(old) - 1))
        char = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != old[spot]))
        new = old[:spot] + char + old[spot + 1 :]
        if field == "cells" and same_json(old, new):
            return
    else:
        new = old + 1 if isinstance(old, int) else old + timedelta(microseconds=1)
    faults = tampered(shop, store, (*file[:at], file[at]._replace(**{field: new}), *file[at + 1 :]))
    assert faults
    assert min(f.seq for f in faults) <= at + 2


def same_json(old: str, new: str) -> bool:
    """White space between cells is no part of the evidence."""
    try:
        return bool(json.loads(old) == json.loads(new))
    except ValueError:
        return False


@given(st.data())
def test_a_removed_inserted_or_swapped_entry_is_found(data: st.DataObject) -> None:
    shop, store = closed_case()
    file = list(store.history("main", shop.id))
    a, b = data.draw(st.lists(st.integers(0, len(file) - 2), min_size=2, max_size=2, unique=True))
    how = data.draw(st.sampled_from(("remove", "insert", "swap")))
    if how == "remove":
        del file[a]
    elif how == "insert":
        file.insert(a, file[b])
    else:
        file[a], file[b] = file[b], file[a]
    assert tampered(shop, store, tuple(file))


def test_a_file_of_another_case_or_tenant_is_found() -> None:
    shop, store = closed_case()
    other, theirs = closed_case()
    assert tampered(shop, store, theirs.history("main", other.id))
    theirs._entries["b", other.id] = theirs.history("main", other.id)
    theirs._complaints["b", other.id] = other.case
    faults = ComplaintDesk(theirs, tenant="b").verify(other.id)
    assert [f.seq for f in faults] == [1], "the first entry names the tenant"


def test_a_cut_tail_and_a_rewrite_are_found_against_an_anchor_and_a_false_anchor_shows() -> None:
    shop, store = closed_case()
    anchor = shop.desk.anchor()
    assert anchor.is_whole()
    assert shop.desk.verify(shop.id, anchor=anchor) == ()
    files, complaints = store._entries, store._complaints
    files["main", shop.id] = files["main", shop.id][:-1]
    with_tail = complaints["main", shop.id]
    assert [f.what for f in shop.desk.verify(shop.id)] == ["the snapshot is not what the file makes"]
    complaints["main", shop.id] = fold_of(store, shop.id)
    assert shop.desk.verify(shop.id) == (), "a clean cut cannot be seen from inside"
    assert "the tail is cut" in shop.desk.verify(shop.id, anchor=anchor)[0].what
    assert with_tail.version == anchor.heads[shop.id][0]
    store._numbers.clear()
    rewritten = Shop()
    rewritten.desk = ComplaintDesk(store, new_id=lambda: shop.id, clock=lambda: shop.now)
    for kept in (files, complaints):
        kept.pop(("main", shop.id))
    rewritten.closed()
    assert shop.desk.verify(shop.id) == (), "a full rewrite cannot be seen from inside"
    assert "rewritten" in shop.desk.verify(shop.id, anchor=anchor)[0].what
    for kept in (files, complaints):
        kept.pop(("main", shop.id))
    assert "the tail is cut" in shop.desk.verify(shop.id, anchor=anchor)[-1].what
    forged = anchor.model_copy(update={"heads": {}})
    assert not forged.is_whole()
    assert Anchor.model_validate_json(anchor.model_dump_json()) == anchor


def fold_of(store: MemoryStore, complaint_id: str) -> Any:
    from complaintflow.storage.evidence import unseal
    from complaintflow.workflow.evolve import fold

    return fold(unseal(r) for r in store.history("main", complaint_id))


def raw(folder: Path) -> bytes:
    """Every byte of the database and the log beside it."""
    return b"".join(p.read_bytes() for p in folder.iterdir())


def test_after_an_erasure_no_byte_of_the_database_holds_the_persons_words_and_the_chain_is_whole(
    tmp_path: Path,
) -> None:
    """Law 11: a raw scan of the files, the log beside them included."""
    with SQLAlchemyStore.from_url(f"sqlite:///{tmp_path}/c.db", create_tables=True) as store:
        shop = Shop()
        desk = ComplaintDesk(store, clock=lambda: shop.now)
        handled_for(desk, shop)
        assert all(word.encode() in raw(tmp_path) for word in PERSONAL), "the scan would not find it"
        export = json.dumps(desk.personal_data("chen-4711"), ensure_ascii=False)
        assert all(word in export for word in PERSONAL)
        done = desk.erase("chen-4711", MO, reason="Asked for by letter 12")
        assert [o.complaint.id for o in done.erased] == [shop.id]
        found = raw(tmp_path)
        assert [word for word in PERSONAL if word.encode() in found] == []
    with SQLAlchemyStore.from_url(f"sqlite:///{tmp_path}/c.db") as store:
        desk = ComplaintDesk(store, clock=lambda: shop.now)
        assert desk.verify(shop.id) == ()
        case = desk.get(shop.id)
        assert (case.narrative, case.complainant.id, case.stage) == ("[erased]", "[erased]", "withdrawn")
        assert case.erased_at is not None
        assert [e.action.type for e in desk.history(shop.id)][-1] == "record_erasure"
        assert desk.personal_data("chen-4711") == []
        assert desk.erase("chen-4711", MO, reason="Again").erased == ()
        with pytest.raises(Refused, match="were erased on"):
            desk.act(shop.id, actions.Reopen(reason="-"), MO)


def test_an_open_case_and_one_under_legal_hold_are_not_erased() -> None:
    """Q14, Q20."""
    shop = Shop().upheld()
    assert {r.code for r in shop.desk.erase("chen", MO, reason="x").refused[shop.id]} == {"not_possible_now"}
    shop.do(CHEN, actions.Withdraw(reason="-"))
    shop.do(MO, actions.PlaceHold(matter="Court 7"))
    assert {r.code for r in shop.desk.erase("chen", MO, reason="x").refused[shop.id]} == {"held"}
    assert shop.case.narrative == "The teapot arrived in pieces."
    shop.do(MO, actions.LiftHold(reason="Settled"))
    assert shop.desk.erase("chen", QIN, reason="x").refused, "a reviewer may not"
    assert shop.desk.erase("chen", MO, reason="x").erased


def test_a_cell_that_is_gone_without_an_erasure_on_file_is_found() -> None:
    shop, store = closed_case()
    file = store.history("main", shop.id)
    faults = tampered(shop, store, (file[0]._replace(cells=None), *file[1:]))
    assert "a cell is gone, and no erasure is on file" in {f.what for f in faults}
