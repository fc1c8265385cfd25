"""The actions: one class each, the typed payload of what somebody does to a case."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from complaintflow.model.actions.anytime import (
    AddNote,
    AttachEvidence,
    Escalate,
    Extend,
    FulfilObligation,
    Promise,
    Reassign,
    RecordMissed,
    ReferOutside,
    Resume,
    UpdateCustomer,
    WaitForCustomer,
    WaitForThirdParty,
    WaiveObligation,
    Withdraw,
)
from complaintflow.model.actions.base import Action, ToCustomer
from complaintflow.model.actions.closing import (
    Appeal,
    Archive,
    Close,
    ConfirmSatisfaction,
    Dispute,
    FollowUp,
    LapseFeedback,
    Reopen,
)
from complaintflow.model.actions.handling import (
    Accept,
    Answer,
    Approve,
    Assign,
    CompleteRemedy,
    EstablishCause,
    FailRemedy,
    HandBack,
    ProposePlan,
    Replan,
    ReturnForRevision,
)
from complaintflow.model.actions.intake import (
    Acknowledge,
    Decline,
    Merge,
    Reclassify,
    Record,
    SettleOnTheSpot,
    Uphold,
)
from complaintflow.model.actions.keeping import LiftHold, PlaceHold, RecordErasure

_Any = (
    Record | Acknowledge | Reclassify | Uphold | Decline | SettleOnTheSpot | Merge
    | Assign | Accept | HandBack | EstablishCause | ProposePlan | Approve | ReturnForRevision
    | CompleteRemedy | FailRemedy | Replan | Answer
    | ConfirmSatisfaction | Dispute | Appeal | LapseFeedback | Close | Reopen | FollowUp | Archive
    | AddNote | AttachEvidence | Promise | FulfilObligation | WaiveObligation | UpdateCustomer
    | WaitForCustomer | WaitForThirdParty | Resume | Extend | Reassign | Escalate | ReferOutside
    | Withdraw | RecordMissed | PlaceHold | LiftHold | RecordErasure
)  # fmt: skip

AnyAction = Annotated[_Any, Field(discriminator="type")]
"""Any action, told apart by its ``type``."""

ACTIONS: dict[str, type[Action]] = {cls.model_fields["type"].default: cls for cls in get_args(_Any)}
"""Every action class by its name."""

__all__ = [
    "ACTIONS",
    "Accept",
    "Acknowledge",
    "Action",
    "AddNote",
    "Answer",
    "AnyAction",
    "Appeal",
    "Approve",
    "Archive",
    "Assign",
    "AttachEvidence",
    "Close",
    "CompleteRemedy",
    "ConfirmSatisfaction",
    "Decline",
    "Dispute",
    "Escalate",
    "EstablishCause",
    "Extend",
    "FailRemedy",
    "FollowUp",
    "FulfilObligation",
    "HandBack",
    "LapseFeedback",
    "LiftHold",
    "Merge",
    "PlaceHold",
    "Promise",
    "ProposePlan",
    "Reassign",
    "Reclassify",
    "Record",
    "RecordErasure",
    "RecordMissed",
    "ReferOutside",
    "Reopen",
    "Replan",
    "Resume",
    "ReturnForRevision",
    "SettleOnTheSpot",
    "ToCustomer",
    "UpdateCustomer",
    "Uphold",
    "WaitForCustomer",
    "WaitForThirdParty",
    "WaiveObligation",
    "Withdraw",
]
