"""From untyped data, as a form or a request sends it, to an action - or to refusals that name each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from complaintflow.errors import Refused
from complaintflow.model.actions import ACTIONS, Action
from complaintflow.model.actions.handling import LINE
from complaintflow.model.actions.intake import LANGUAGE
from complaintflow.model.base import CODE, NO_NUL, REF
from complaintflow.model.refusal import Refusal

_WANTED = {
    "timezone_aware": "A time with its zone is wanted, such as 2026-12-01T10:00:00Z.",
    CODE: "A code in lower snake case is wanted, such as out_of_tolerance.",
    LANGUAGE: "The tag of a language is wanted, such as en or zh-CN.",
    LINE: "The id of a line is wanted: number of the plan, dot, position in it, such as 1.1.",
    NO_NUL: "Text without NUL characters is wanted.",
    REF: "An id without spaces is wanted, such as order-1042.",
}


def read_action(name: str, payload: Mapping[str, Any]) -> Action:
    """The action ``name`` with this payload (JSON values will do).

    Raises ``Refused``, never pydantic's own error: one refusal for each wrong field, or one for an unknown action.
    """
    cls = ACTIONS.get(name)
    if cls is None:
        near = get_close_matches(name, ACTIONS, n=3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(ACTIONS))}."
        raise Refused(name, [Refusal(code="unknown_action", message=f"There is no action {name!r}.", remedy=remedy)])
    try:
        return cls.model_validate(dict(payload))
    except ValidationError as error:
        raise Refused(name, wrong_fields(error)) from error


def wrong_fields(error: ValidationError) -> Iterator[Refusal]:
    """One refusal for each wrong field. That a list came out too short because its items are wrong is not said."""
    found = [(".".join(map(str, e["loc"])), e) for e in error.errors(include_url=False)]
    for field, e in found:
        if e["type"] == "too_short" and any(other.startswith(f"{field}.") for other, _ in found):
            continue
        code = "missing_field" if e["type"] == "missing" else "invalid_field"
        yield Refusal(code=code, field=field or None, message=_sentence(e))


def _sentence(error: ErrorDetails) -> str:
    """What is wrong; instead of a regular expression, what is wanted."""
    wanted = _WANTED.get(error.get("ctx", {}).get("pattern", error["type"]))
    return wanted or f"{error['msg'].removeprefix('Value error, ').rstrip('.')}."
