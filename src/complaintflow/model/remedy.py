"""Remedies: what the house offers, line by line, and how far each line has come (P14)."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from complaintflow.model.base import Code, Frozen, Label, Ref, Words
from complaintflow.model.money import Money
from complaintflow.model.subject import Shipment


class RemedyKind(Frozen):
    """An entry of the catalogue of remedies: whether it pays money, and its names."""

    code: Code
    label: Label
    money: Literal["required", "optional", "none"] = "none"


class Remedy(Frozen):
    """One line as it is proposed: the kind, what it is in words, the amount and who bears the cost."""

    kind: Code
    description: Words
    amount: Money | None = None
    cost_bearer: Code = "shop"


class LineStatus(StrEnum):
    """How far a line has come; ``done`` and ``dropped`` are for good."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"
    """Its plan was returned for revision or replaced: it is never carried out."""


class RemedyLine(Remedy):
    """A line of a plan. ``id`` is plan number and position (``"1.2"``); ``paid`` is the amount carried out."""

    id: str
    status: LineStatus = LineStatus.PROPOSED
    paid: Money | None = None
    reference: Ref | None = None
    shipment: Shipment | None = None


def standard_remedies() -> tuple[RemedyKind, ...]:
    """Return, exchange, repair, discount, compensation (P14), and apology, explanation, resend, goodwill (M04)."""
    return (
        RemedyKind(code="return", label=Label("Return against refund", "退货"), money="required"),
        RemedyKind(code="exchange", label=Label("Exchange", "换货"), money="optional"),
        RemedyKind(code="repair", label=Label("Repair", "维修"), money="optional"),
        RemedyKind(code="discount", label=Label("Discount", "折价"), money="required"),
        RemedyKind(code="compensation", label=Label("Compensation", "赔偿"), money="required"),
        RemedyKind(code="resend", label=Label("Send again", "补发"), money="optional"),
        RemedyKind(code="goodwill", label=Label("Goodwill gesture", "善意补偿"), money="optional"),
        RemedyKind(code="apology", label=Label("Apology", "道歉")),
        RemedyKind(code="explanation", label=Label("Explanation", "说明")),
    )
