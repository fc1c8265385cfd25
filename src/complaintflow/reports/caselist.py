"""A list of cases: where each one stands, who answers for it, what is due next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from complaintflow.model.base import Label
from complaintflow.model.complaint import Complaint
from complaintflow.model.obligation import Status
from complaintflow.model.parties import Role
from complaintflow.workflow.definition import Workflow


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case of the list.

    ``missed`` counts the due times that the house missed, as they are on record. A complainant who stays silent has
    missed nothing that is held against anybody.
    """

    number: str
    stage: Label
    is_open: bool
    category: Label
    sub_type: Label
    department: Label
    person: str | None
    next_due_at: datetime | None
    missed: int


def case_list(workflow: Workflow, complaints: Iterable[Complaint]) -> Iterator[CaseLine]:
    """The lines in the order of the complaints. A code that the policy does not know stands for itself."""
    for c in complaints:
        category = workflow.policy.category(c.category)
        sub_type = category.sub_type(c.sub_type) if category else None
        stage = workflow.stages.get(c.stage)
        yield CaseLine(
            number=c.number,
            stage=stage.label if stage else Label(c.stage, c.stage),
            is_open=c.ended_at is None,
            category=category.label if category else Label(c.category, c.category),
            sub_type=sub_type.label if sub_type else Label(c.sub_type, c.sub_type),
            department=workflow.policy.departments.get(c.owner.department)
            or Label(c.owner.department, c.owner.department),
            person=c.owner.person,
            next_due_at=c.next_due_at,
            missed=sum(o.status is Status.MISSED and o.owed_by.role != Role.COMPLAINANT for o in c.obligations),
        )
