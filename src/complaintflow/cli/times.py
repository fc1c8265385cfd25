"""Times as a person writes them: ISO 8601, with a zone or without; without one they are UTC (law 14)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import typer
from pydantic_core import ErrorDetails

EXAMPLES = "2026-12-01, 2026-12-01T10:00:00Z or 2026-12-01T10:00:00+08:00"


def read_time(text: str) -> datetime:
    """The moment that is written, UTC if no zone is given. Raises ``typer.BadParameter``."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write {EXAMPLES}") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def zones_given(payload: Any, errors: Iterable[ErrorDetails]) -> bool:
    """Were there times in the payload that lacked nothing but a zone? They are UTC now."""
    given = False
    for error in errors:
        if error["type"] == "timezone_aware" and isinstance(error["input"], str):
            *way, last = error["loc"]
            inside = payload
            for step in way:
                inside = inside[step]
            inside[last] = read_time(error["input"])
            given = True
    return given
