"""From untyped data, as a form or a request sends it, to an action - or to refusals that name each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from complaintflow.errors import Refused
from complaintflow.model.actions import ACTIONS, Action
from complaintflow.model.refusal import Refusal


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
    found = [(".".join(map(str, e["loc"])), e) for e in error.errors(include_url=False, include_context=False)]
    for field, e in found:
        if e["type"] == "too_short" and any(other.startswith(f"{field}.") for other, _ in found):
            continue
        code = "missing_field" if e["type"] == "missing" else "invalid_field"
        yield Refusal(code=code, field=field or None, message=f"{e['msg'].rstrip('.')}.")
