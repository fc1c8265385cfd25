"""What a complaint is about, and the facts that some categories need."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from complaintflow.model.base import Frozen, Ref, Text, Words
from complaintflow.model.parties import StaffMember


class Shipment(Frozen):
    """Carrier, tracking number and expected days: what a customer must be told about goods on the way (T18)."""

    carrier: Text
    tracking: Ref
    expected_days: Annotated[int, Field(ge=0, le=365)] | None = None


class Subject(Frozen):
    """The object complained about (R03): any of an order, its line, a product, lot, shipment, contract term, person."""

    order: Ref | None = None
    order_line: Ref | None = None
    product: Ref | None = None
    lot: Ref | None = None
    shipment: Shipment | None = None
    contract_term: Text | None = None
    staff: StaffMember | None = None


class Discrepancy(Frozen):
    """What the contract promised and what was delivered (R12)."""

    promised: Text
    delivered: Text


class Measurement(Frozen):
    """A measured value against its limit, in one unit (R08)."""

    value: Decimal
    limit: Decimal
    unit: Annotated[str, Field(min_length=1, max_length=20)]


class Evidence(Frozen):
    """A reference to something the host keeps: a photo, a mail, a report. ``shown``: the customer sees it."""

    ref: Ref
    description: Words
    shown: bool = False
