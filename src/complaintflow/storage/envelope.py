"""What happened, as others may hear it: one CloudEvents 1.0 envelope for each entry. Needs the extra ``outbox``.

An envelope is thin: it says which case moved how, by ids, codes and times, and holds nobody's words. Who needs more
asks the desk, so that erasing a person has nothing to find in envelopes, wherever they were sent.
"""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import quote, unquote

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from complaintflow.model.complaint import Complaint
from complaintflow.storage.evidence import Sealed


def event_id(tenant: str, complaint_id: str, seq: int) -> str:
    """The id of the event of this entry: the same however often it is delivered, so that a repetition is seen."""
    return f"{quote(tenant, safe='')}/{quote(complaint_id, safe='')}/{seq}"


def read_event_id(id: str) -> tuple[str, str, int]:
    """Tenant, complaint and entry number of an event. Raises ``ValueError`` if the id is not one of ours."""
    try:
        tenant, complaint_id, seq = id.split("/")
        return unquote(tenant), unquote(complaint_id), int(seq)
    except ValueError as error:
        raise ValueError(f"{id!r} is not the id of an event") from error


def envelope(source: str, tenant: str, complaint: Complaint, record: Sealed) -> CloudEvent:
    """The event of a sealed entry and the complaint that it made.

    ``source`` is the URI reference of who tells it. ``sequence`` and ``partitionkey`` are CloudEvents' documented
    extensions: events of one partition key are to be heard in the order of their sequence.
    """
    body = json.loads(record.body)  # personal words are commitments here already, and none of those is taken over
    attributes = {
        "specversion": "1.0",
        "id": event_id(tenant, record.complaint_id, record.seq),
        "source": source,
        "type": f"complaintflow.{record.action}.v1",
        "subject": record.complaint_id,
        "time": record.at,
        "datacontenttype": "application/json",
        "partitionkey": f"{quote(tenant, safe='')}/{quote(record.complaint_id, safe='')}",
        "sequence": f"{record.seq:010}",  # the extension asks for text in which the order of letters is the order
    }
    return CloudEvent(attributes, {"tenant": tenant, "number": complaint.number, **_facts(complaint, record, body)})


def _facts(complaint: Complaint, record: Sealed, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "complaint": record.complaint_id,
        "seq": record.seq,
        "action": record.action,
        "actor": record.actor,  # staff only: where the complainant acted it is empty
        "stage_from": body["stage_from"],
        "stage_to": body["stage_to"],
        "department": body["owner"]["department"],
        "opened": [{name: o[name] for name in ("id", "kind", "due_at")} for o in body.get("opened", ())],
        "settled": [{name: s[name] for name in ("obligation", "status")} for s in body.get("settled", ())],
        "next_due_at": complaint.next_due_at,
    }


def dump_event(event: CloudEvent) -> str:
    """The envelope in CloudEvents' JSON format."""
    return JSONFormat().write(event).decode()


def load_event(text: str) -> CloudEvent:
    """Read what ``dump_event`` wrote."""
    return cast("CloudEvent", JSONFormat().read(CloudEvent, text))
