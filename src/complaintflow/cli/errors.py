"""What went wrong, in lines for a person: one for each reason, none of them a traceback."""

from __future__ import annotations

from pydantic import ValidationError

from complaintflow.errors import ComplaintFlowError, ConcurrencyConflict, Refused


class CannotRun(Exception):
    """The command cannot do what was asked; the message says why, in one line."""

    exit_code = 2


def lines(error: Exception) -> list[str]:
    """The error as lines to print."""
    match error:
        case Refused():
            return [f"{error.action} refused: {refusal}" for refusal in error.refusals]
        case ValidationError():
            return [_field(e["loc"], e["msg"]) for e in error.errors(include_url=False, include_context=False)]
        case ConcurrencyConflict():
            return [f"{error}; nothing was written: look at the case again and decide anew"]
        case ComplaintFlowError() | CannotRun():
            return [str(error)]
    raise error


def _field(loc: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in loc)
    said = message.removeprefix("Value error, ")
    return f"{name}: {said}" if name else said
