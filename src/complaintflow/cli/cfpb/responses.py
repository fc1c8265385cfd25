"""How the company's response is told in the file, and what it means in the workflow.

- With monetary or non-monetary relief the complaint is upheld, and the relief is a line of the plan. The file has no
  sums and no causes, so none are written.
- With explanation it is declined, and the answer gives the reasons.
- Plainly closed means, in the bureau's own words, neither relief nor explanation: declined, and the answer says so.
- An untimely response is one that the bureau did not get in time: the missed reply is on record, and the bureau
  tells the consumer; nothing was granted, so the complaint is declined.
- In progress, or nothing: the case stays open, awaiting its assessment.
"""

from __future__ import annotations

from dataclasses import dataclass

from complaintflow.cli.cfpb.file import IN_PROGRESS
from complaintflow.cli.cfpb.policy import MONETARY, NON_MONETARY
from complaintflow.model.complaint import Complaint
from complaintflow.model.obligation import Kind, Status
from complaintflow.model.remedy import LineStatus


@dataclass(frozen=True, slots=True)
class Response:
    """One response of the file. ``remedy`` is the kind of relief, ``None`` if the complaint was declined."""

    name: str
    reason: str
    answer: str
    remedy: str | None = None


_ALL = (
    Response(
        "Closed with monetary relief",
        "The company granted monetary relief.",
        "The company has closed your complaint with monetary relief.",
        MONETARY,
    ),
    Response(
        "Closed with non-monetary relief",
        "The company granted relief other than money.",
        "The company has closed your complaint with relief other than money.",
        NON_MONETARY,
    ),
    Response(
        "Closed with explanation",
        "The company gave an explanation and no relief.",
        "The company has looked into your complaint and explained its reasons; it grants no relief.",
    ),
    Response(
        "Closed",
        "The company closed it with neither relief nor explanation.",
        "The company has closed your complaint with neither relief nor explanation.",
    ),
    Response(
        "Untimely response",
        "The company did not respond in time, and no relief is known.",
        "The company did not respond to your complaint in time.",
    ),
)

RESPONSES = {response.name: response for response in _ALL}


def response_of(complaint: Complaint) -> str:
    """The response that a stored case shows: by its judgement, its relief carried out, and its answer."""
    if complaint.assessment is None or complaint.answer is None:
        return IN_PROGRESS
    done = {line.kind for line in complaint.lines_in(LineStatus.DONE)}
    for response in _ALL:
        judged = "upheld" if response.remedy else "declined"
        wanted = {response.remedy} if response.remedy else set()
        if (complaint.assessment.validity, done, complaint.answer.text) == (judged, wanted, response.answer):
            return response.name
    return "none of the file's responses"


def was_timely(complaint: Complaint) -> bool:
    """No reply that was promised to the consumer was missed."""
    replies = (o for o in complaint.obligations if o.kind == Kind.PROMISED_REPLY)
    return all(o.status is not Status.MISSED for o in replies)


def was_disputed(complaint: Complaint) -> bool:
    """The consumer disputed the outcome, or appealed against a refusal."""
    return complaint.disputes + complaint.appeals > 0
