"""Keeping the file: legal hold, and the erasure of personal words."""

from __future__ import annotations

from typing import ClassVar, Literal

from complaintflow.model.actions.base import Action
from complaintflow.model.base import Label, Text


class PlaceHold(Action):
    """Keep everything as it is while a legal matter is open: nothing is erased (Q14, Q20)."""

    type: Literal["place_hold"] = "place_hold"
    label: ClassVar = Label("Place a legal hold", "法律保全")

    matter: Text


class LiftHold(Action):
    """The legal matter is over."""

    type: Literal["lift_hold"] = "lift_hold"
    label: ClassVar = Label("Lift the legal hold", "解除保全")

    reason: Text


class RecordErasure(Action):
    """The tombstone of an erasure: why all personal words up to here are gone. Done by ``desk.erase`` (law 11)."""

    type: Literal["record_erasure"] = "record_erasure"
    label: ClassVar = Label("Erase personal data", "删除个人数据")

    reason: Text
