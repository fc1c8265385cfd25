"""A refusal is data: what was refused, why, which field, and what would make it possible."""

from __future__ import annotations

from complaintflow.model.base import Frozen


class Refusal(Frozen):
    """One unmet condition. ``code`` is stable for programs; ``message`` and ``remedy`` are sentences for people."""

    code: str
    message: str
    field: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        where = f" [{self.field}]" if self.field else ""
        return f"{self.message}{where}" + (f" {self.remedy}" if self.remedy else "")
