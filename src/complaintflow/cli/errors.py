"""What went wrong, in lines for a person: one for each reason, none of them a traceback."""

from __future__ import annotations

from pydantic import ValidationError

from complaintflow.errors import ComplaintFlowError, ConcurrencyConflict, Refused
from complaintflow.rules.payload import wrong_fields


class CannotRun(Exception):
    """The command cannot do what was asked; the message says why, in one line."""

    exit_code = 2


def lines(error: Exception) -> list[str]:
    """The error as lines to print."""
    match error:
        case Refused():
            return [f"{error.action} refused: {refusal}" for refusal in error.refusals]
        case ValidationError():
            return [f"{r.field}: {r.message}" if r.field else r.message for r in wrong_fields(error)]
        case ConcurrencyConflict():
            return [f"{error}; nothing was written: look at the case again and decide anew"]
        case ComplaintFlowError() | CannotRun():
            return [str(error)]
    raise error
