"""An action from the command line: JSON, single fields, or both."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from complaintflow.cli.errors import CannotRun
from complaintflow.cli.times import zones_given
from complaintflow.model.actions import ACTIONS, Action


def build(name: str, data: str | None, fields: Iterable[str]) -> Action:
    """The action ``name`` with what ``data`` says, changed by each ``field=value``; a time without a zone is UTC.

    Raises ``CannotRun`` for an unknown action, bad JSON or a bad field; ``pydantic.ValidationError`` for wrong values.
    """
    cls = _named(name)
    payload = _read(data) if data is not None else {}
    for field in fields:
        path, equals, value = field.partition("=")
        if not (path and equals):
            raise CannotRun(f"--set {field!r} is not of the form field=value")
        _put(payload, path.split("."), _value(value), path)
    try:
        return cls.model_validate(payload)
    except ValidationError as error:
        if not zones_given(payload, error.errors(include_url=False, include_context=False)):
            raise
        return cls.model_validate(payload)


def _named(name: str) -> type[Action]:
    code = name.replace("-", "_")
    if code in ACTIONS:
        return ACTIONS[code]
    near = " or ".join(get_close_matches(code, ACTIONS))
    raise CannotRun(
        f"there is no action {name!r}; " + (f"did you mean {near}?" if near else "`complaintflow options` lists them")
    )


def _read(data: str) -> dict[str, Any]:
    payload = _json(_text(data), "--data")
    if not isinstance(payload, dict):
        raise CannotRun('--data must be a JSON object, such as {"reason": "..."}')
    return payload


def _text(data: str) -> str:
    if data == "-":
        return sys.stdin.read()
    if not data.startswith("@"):
        return data
    try:
        return Path(data[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"cannot read {data[1:]}: {error}") from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)  # a float cannot hold money
    except json.JSONDecodeError as error:
        raise CannotRun(f"{where} is not JSON: {error}") from error


def _value(text: str) -> Any:
    """Lists and objects are JSON; all else is text that the field itself reads."""
    return _json(text, "the value of --set") if text[:1] in ("{", "[") else text


def _put(inside: Any, path: list[str], value: Any, whole: str) -> None:
    """Set ``a.b.0.c``: names go into objects, numbers into lists, which may grow by one."""
    step, rest = path[0], path[1:]
    if isinstance(inside, list):
        if not (step.isdecimal() and int(step) <= len(inside)):
            raise CannotRun(f"--set {whole}: {step!r} is no place in a list of {len(inside)}")
        key: Any = int(step)
        if key == len(inside):
            inside.append(None)
    elif isinstance(inside, dict):
        key = step
        inside.setdefault(key, None)
    else:
        raise CannotRun(f"--set {whole}: there is no field {step!r} inside a plain value")
    if not rest:
        inside[key] = value
        return
    if inside[key] is None:
        inside[key] = [] if rest[0].isdecimal() else {}
    _put(inside[key], rest, value, whole)
