"""How complaints become text and back, and how a page's cursor is written. Shared by all stores."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from complaintflow.model.complaint import Complaint


def dump_complaint(complaint: Complaint) -> str:
    """JSON without what is at its default: a snapshot can be folded anew at any time."""
    return complaint.model_dump_json(exclude_defaults=True)


def load_complaint(text: str) -> Complaint:
    """Read what ``dump_complaint`` wrote."""
    return Complaint.model_validate_json(text)


def cursor_after(complaint: Complaint) -> str:
    """An opaque pointer behind this complaint in the order of (recorded_at, id)."""
    return urlsafe_b64encode(f"{complaint.recorded_at.isoformat()} {complaint.id}".encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The (recorded_at, id) behind which a page begins. Raises ``ValueError`` if it is not one of ours."""
    try:
        at, _, complaint_id = urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(at), complaint_id
    except ValueError as error:
        raise ValueError(f"{cursor!r} is not the `next` of a page") from error
