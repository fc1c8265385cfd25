"""How complaints become text and back, and how a page's cursor is written. Shared by all stores."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from complaintflow.errors import Damaged
from complaintflow.model.complaint import Complaint

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL and halves of characters: no database has text with them."""


def dump_complaint(complaint: Complaint) -> str:
    """JSON without what is at its default: a snapshot can be folded anew at any time."""
    return complaint.model_dump_json(exclude_defaults=True)


def load_complaint(text: str) -> Complaint:
    """Read what ``dump_complaint`` wrote. Raises ``Damaged`` if it is anything else."""
    try:
        return Complaint.model_validate_json(text)
    except ValueError as error:
        raise Damaged("a snapshot") from error


def cursor_after(complaint: Complaint) -> str:
    """An opaque pointer behind this complaint in the order of (recorded_at, id)."""
    return _cursor(complaint.recorded_at, complaint.id)


def _cursor(at: datetime, complaint_id: str) -> str:
    return urlsafe_b64encode(f"{at.isoformat()} {complaint_id}".encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The (recorded_at, id) behind which a page begins. Raises ``ValueError`` if it is not one of ours."""
    try:
        text, _, complaint_id = urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{cursor!r} is not the `next` of a page") from error
    if at.tzinfo is None or not complaint_id or "\0" in complaint_id or _cursor(at, complaint_id) != cursor:
        raise ValueError(f"{cursor!r} is not the `next` of a page")
    return at, complaint_id
