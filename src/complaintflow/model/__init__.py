"""The nouns."""

from complaintflow.model.base import Label
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.judgement import Measure, PenaltyProposal, Review
from complaintflow.model.money import Money
from complaintflow.model.obligation import Kind, Obligation, Status
from complaintflow.model.parties import Actor, Complainant, Representative, Role, StaffMember
from complaintflow.model.refusal import Refusal
from complaintflow.model.remedy import LineStatus, Remedy, RemedyKind, RemedyLine
from complaintflow.model.subject import Discrepancy, Evidence, Measurement, Shipment, Subject
from complaintflow.model.taxonomy import Category, Classification, SubType

__all__ = [
    "Actor",
    "Category",
    "Classification",
    "Complainant",
    "Complaint",
    "Discrepancy",
    "Entry",
    "Evidence",
    "Kind",
    "Label",
    "LineStatus",
    "Measure",
    "Measurement",
    "Money",
    "Obligation",
    "PenaltyProposal",
    "Refusal",
    "Remedy",
    "RemedyKind",
    "RemedyLine",
    "Representative",
    "Review",
    "Role",
    "Shipment",
    "StaffMember",
    "Status",
    "SubType",
    "Subject",
]
