"""Complaint handling as a library: the rule book from record to review, inside the host's own process."""

from complaintflow.desk.aio import AsyncComplaintDesk
from complaintflow.desk.outcome import Outcome
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.errors import (
    ComplaintFlowError,
    ComplaintNotFound,
    ConcurrencyConflict,
    DefinitionError,
    KeyReused,
    Refused,
    StorageError,
)
from complaintflow.model import actions
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.money import Money
from complaintflow.model.obligation import Obligation
from complaintflow.model.parties import Actor, Complainant, Role
from complaintflow.model.refusal import Refusal
from complaintflow.model.remedy import Remedy
from complaintflow.model.subject import Subject
from complaintflow.model.taxonomy import Category
from complaintflow.rules.payload import read_action
from complaintflow.rules.policy import Policy
from complaintflow.storage.memory import AsyncMemoryStore, MemoryStore
from complaintflow.storage.port import Query
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.standard import standard_workflow
from complaintflow.workflow.standard_policy import standard_policy

__version__ = "0.1.0"

__all__ = [
    "Actor",
    "AsyncComplaintDesk",
    "AsyncMemoryStore",
    "Category",
    "Complainant",
    "Complaint",
    "ComplaintDesk",
    "ComplaintFlowError",
    "ComplaintNotFound",
    "ConcurrencyConflict",
    "DefinitionError",
    "Entry",
    "KeyReused",
    "MemoryStore",
    "Money",
    "Obligation",
    "Outcome",
    "Policy",
    "Query",
    "Refusal",
    "Refused",
    "Remedy",
    "Role",
    "StorageError",
    "Subject",
    "Workflow",
    "actions",
    "read_action",
    "standard_policy",
    "standard_workflow",
]
