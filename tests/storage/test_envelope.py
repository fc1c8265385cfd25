"""What an envelope says, and what it never does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from complaintflow import Complainant, actions
from complaintflow.model import Representative
from complaintflow.model.actions import ACTIONS
from complaintflow.storage.envelope import dump_event, envelope, event_id, load_event, read_event_id
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.sqlalchemy.relay import Report
from relaying import HOUR, SOURCE, Post
from story import CHEN, LI, MO, Shop


def test_an_erased_person_is_not_in_the_outbox_either(tmp_path: Path) -> None:
    """Law 11: a raw scan of the whole database; the envelopes name nobody even before."""
    post = Post(f"sqlite:///{tmp_path}/c.db")
    chen = CHEN.model_copy(update={"id": "chen-4711", "name": "Chen Meihua"})
    words = ("chen-4711", "Meihua", "daughter-7", "Lin", "teapot")
    post.shop.record(
        complainant=Complainant(id="chen-4711", name="Chen Meihua", contact="meihua@example.org"),
        representative=Representative(id="daughter-7", name="Chen Lin", authority="Her mother, Meihua, is ill"),
        narrative="The teapot of Meihua is in pieces.",
        demand="A teapot for Meihua",
    )
    post.shop.do(LI, actions.AddNote(text="Meihua called"))
    post.shop.do(LI, actions.Promise(text="Meihua gets a teapot", due_at=post.shop.now + HOUR))
    post.shop.do(chen, actions.Withdraw(reason="Meihua has a teapot"))
    outbox = post.store.tables.outbox.c
    with post.store.engine.connect() as connection:
        told = "".join(connection.scalars(select(outbox.envelope)))
    assert told.count("specversion") == 4
    assert not [word for word in words if word in told]

    def sink(_: object) -> None:
        raise LookupError("no address for Chen Meihua")

    relay = post.relay(sink, max_attempts=1)
    assert relay.run_once() == Report(parked=1)
    assert "Meihua" in relay.parked()[0].reason
    post.shop.desk.erase("chen-4711", MO, reason="Asked for by letter 12")
    assert relay.parked()[0].reason == ""
    post.close()
    found = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert not [word for word in words if word.encode() in found]


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(names, names, st.integers(1))
def test_an_event_id_says_which_entry_it_is(tenant: str, complaint: str, seq: int) -> None:
    made = event_id(tenant, complaint, seq)
    assert read_event_id(made) == (tenant, complaint, seq)
    assert made.isascii()


def test_an_envelope_is_a_cloudevent_that_says_where_the_case_went() -> None:
    shop = Shop().closed()
    file: tuple[Sealed, ...] = shop.desk.store.history("main", shop.id)
    events = [envelope(SOURCE, "main", shop.case, record) for record in file]
    assert [load_event(dump_event(e)).get_attributes() for e in events] == [e.get_attributes() for e in events]
    assert [e.get_type() for e in events] == [f"complaintflow.{r.action}.v1" for r in file]
    assert {r.action for r in file} <= ACTIONS.keys()
    upheld = load_event(dump_event(events[1]))
    assert upheld.get_attributes() == {
        "specversion": "1.0",
        "id": f"main/{shop.id}/2",
        "source": SOURCE,
        "type": "complaintflow.uphold.v1",
        "subject": shop.id,
        "time": datetime(2026, 3, 2, 9, 5, tzinfo=UTC),
        "datacontenttype": "application/json",
        "partitionkey": f"main/{shop.id}",
        "sequence": "0000000002",
    }
    data = upheld.get_data()
    assert isinstance(data, dict)
    assert data | {"next_due_at": None} == {
        "tenant": "main",
        "number": shop.case.number,
        "complaint": shop.id,
        "seq": 2,
        "action": "uphold",
        "actor": "li",
        "stage_from": "awaiting_assessment",
        "stage_to": "awaiting_assignment",
        "department": "customer_service",
        "opened": [{"id": "2.1", "kind": "assignment", "due_at": "2026-03-03T09:05:00Z"}],
        "settled": [{"obligation": "1.1", "status": "kept"}],
        "next_due_at": None,
    }
    by_customer = [e.get_data() for e, r in zip(events, file, strict=True) if r.action == "confirm_satisfaction"]
    assert [d["actor"] for d in by_customer if isinstance(d, dict)] == [None]
