"""What a desk gives back."""

from __future__ import annotations

from typing import NamedTuple

from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry


class Outcome(NamedTuple):
    """The entry that was written and the complaint after it. ``repeated``: the key was known, nothing new happened."""

    complaint: Complaint
    entry: Entry
    repeated: bool = False
