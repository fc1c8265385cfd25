"""Decide: from a question to an entry or to the reasons why not. Pure; no clock, no ids, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from complaintflow.model.actions import ACTIONS, Action
from complaintflow.model.base import Label
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.parties import Actor
from complaintflow.model.refusal import Refusal
from complaintflow.rules.situation import Situation
from complaintflow.workflow.consequences import consequences
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.rows import UNRECORDED


def decide(
    workflow: Workflow,
    complaint: Complaint | None,
    action: Action,
    actor: Actor,
    at: datetime,
    *,
    complaint_id: str | None = None,
    key: str | None = None,
) -> Entry | tuple[Refusal, ...]:
    """The entry that this action makes, or every reason why it is refused.

    ``at`` must be aware; ``complaint_id`` names the new case and is needed only to record one.
    Raises ``ValueError`` for a naive ``at`` or a missing ``complaint_id``.
    """
    if at.tzinfo is None:
        raise ValueError("at must be timezone-aware, in UTC")
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    stage = complaint.stage if complaint is not None else UNRECORDED
    early = _out_of_place(workflow, complaint, action.type, stage, at)
    if early is not None:
        return (early,)
    situation = Situation(workflow.policy, complaint, action, actor, at)
    cursor = workflow.rulebook.step(action.type, stage, situation)
    if cursor.row is None or cursor.refusals:
        return cursor.refusals or (_no_row(action.type, stage),)
    case_id = complaint.id if complaint is not None else complaint_id
    if case_id is None:
        raise ValueError("complaint_id is needed to record a complaint")
    seq = complaint.version + 1 if complaint is not None else 1
    owner, opened, settled = consequences(workflow, cursor.row, situation, cursor.state, seq)
    return Entry(
        complaint_id=case_id,
        seq=seq,
        at=at,
        actor=actor,
        action=action,  # type: ignore[arg-type]  # every Action that a row names is one of AnyAction
        stage_from=stage,
        stage_to=cursor.state,
        owner=owner,
        opened=opened,
        settled=settled,
        workflow=workflow.name,
        key=key,
    )


@dataclass(frozen=True, slots=True)
class Option:
    """One action of the stage: may this actor do it now, if not why, and the JSON schema of what it needs."""

    action: str
    label: Label
    refusals: tuple[Refusal, ...]
    schema: dict[str, Any]

    @property
    def allowed(self) -> bool:
        return not self.refusals


def options(workflow: Workflow, complaint: Complaint | None, actor: Actor, at: datetime) -> tuple[Option, ...]:
    """Every action that the stage knows, judged by the same rows as ``decide``, before any payload.

    An allowed action may still be refused for what its payload says.
    """
    stage = complaint.stage if complaint is not None else UNRECORDED
    situation = Situation(workflow.policy, complaint, None, actor, at)
    found = []
    for name in workflow.by_stage[stage]:
        early = _out_of_place(workflow, complaint, name, stage, at)
        refusals = (early,) if early else workflow.rulebook.step(name, stage, situation).refusals
        found.append(Option(name, ACTIONS[name].label, refusals, schema_of(name)))
    return tuple(found)


@cache
def schema_of(action: str) -> dict[str, Any]:
    """The JSON schema of an action's payload."""
    return ACTIONS[action].model_json_schema()


def _out_of_place(
    workflow: Workflow, complaint: Complaint | None, action: str, stage: str, at: datetime
) -> Refusal | None:
    possible = workflow.by_stage.get(stage)
    if possible is None:
        return Refusal(
            code="unknown_stage",
            message=f"Workflow {workflow.name} has no stage {stage!r}.",
            remedy=f"Handle the case with the workflow it was recorded under ({complaint and complaint.workflow}).",
        )
    if action not in possible:
        return Refusal(
            code="not_possible_now",
            message=f"{action} is not possible while the case is {stage}.",
            remedy=f"Possible: {', '.join(sorted(possible)) or 'nothing, the case has ended for good'}.",
        )
    if complaint is not None and at < complaint.updated_at:
        return Refusal(
            code="out_of_order",
            field="at",
            message=f"The file already reaches to {complaint.updated_at:%Y-%m-%d %H:%M:%S} UTC.",
            remedy="Entries are added in the order of time; give a time not before that.",
        )
    return None


def _no_row(action: str, stage: str) -> Refusal:
    return Refusal(code="not_possible_now", message=f"No row of {action} applies in {stage} as the case stands.")
