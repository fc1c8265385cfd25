"""The same counts twice: from the columns of the file, and from the stored cases. They must be equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from complaintflow.cli.cfpb.file import IN_PROGRESS, Damaged, records
from complaintflow.cli.cfpb.responses import response_of, was_disputed, was_timely
from complaintflow.model.complaint import Complaint
from complaintflow.rules.policy import Policy

Counts = Mapping[str, Counter[str]]
"""Of each question, how many complaints there are for each answer."""


def _none() -> dict[str, Counter[str]]:
    return {"Product": Counter(), "Company response": Counter(), "Timely response": Counter(), "Disputed": Counter()}


def _yes(answer: bool) -> str:
    return "Yes" if answer else "No"


def counts_of_file(path: Path, skip: Collection[int]) -> Counts:
    """What the columns say, without the lines in ``skip``. Knows nothing of how rows are driven."""
    counts = _none()
    for found in records(path):
        if isinstance(found, Damaged) or found[0] in skip:
            continue
        record = found[1]
        counts["Product"][record["product"]] += 1
        counts["Company response"][record["company_response_to_consumer"] or IN_PROGRESS] += 1
        counts["Timely response"][record["timely_response"]] += 1
        counts["Disputed"][_yes(record["consumer_disputed"] == "Yes")] += 1
    return counts


def counts_of_cases(policy: Policy, complaints: Iterable[Complaint]) -> Counts:
    """What the stored cases show."""
    counts = _none()
    for complaint in complaints:
        category = policy.category(complaint.category)
        counts["Product"][category.label.en if category else complaint.category] += 1
        counts["Company response"][response_of(complaint)] += 1
        counts["Timely response"][_yes(was_timely(complaint))] += 1
        counts["Disputed"][_yes(was_disputed(complaint))] += 1
    return counts
