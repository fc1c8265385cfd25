"""What a desk gives back."""

from __future__ import annotations

from typing import NamedTuple

from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.storage.evidence import Sealed


class Outcome(NamedTuple):
    """The entry that was written and the complaint after it. ``repeated``: the key was known, nothing new happened."""

    complaint: Complaint
    entry: Entry
    repeated: bool = False


class Plan(NamedTuple):
    """An outcome that is still to be written, and the sealed entry that says so."""

    complaint: Complaint
    entry: Entry
    record: Sealed

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.complaint, self.entry)
