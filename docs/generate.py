"""Write the generated pages of the reference: ``make docs``, or ``python docs/generate.py``."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

from pydantic import BaseModel

from complaintflow import standard_workflow
from complaintflow.model.actions import ACTIONS
from complaintflow.model.base import Frozen
from complaintflow.workflow.diagram import reference

DOCS = Path(__file__).parent
MARKS = "\nMarks such as (P07) name a [requirement](../coverage.md), (law 6) one of the [laws](laws.md).\n"
DECISIONS = "Decisions, each on its own short page:\n"


def pages() -> dict[Path, str]:
    """Every generated page by its file."""
    return {
        DOCS / "reference" / "workflow.md": reference(standard_workflow()) + MARKS,
        DOCS / "reference" / "actions.md": "\n".join(actions()),
        DOCS / "README.md": index(),
    }


def index() -> str:
    """The index as it is, with the list of decisions made anew."""
    written, _, _ = (DOCS / "README.md").read_text(encoding="utf-8").partition(DECISIONS)
    return f"{written}{DECISIONS}\n" + "".join(decisions())


def decisions() -> Iterator[str]:
    """A line for each decision record, from its first heading."""
    for page in sorted((DOCS / "adr").glob("[0-9]*.md")):
        title = page.read_text(encoding="utf-8").partition("\n")[0]
        yield f"{int(page.name[:4])}. [{re.sub(r'^# *[0-9]*[.:]? *', '', title)}](adr/{page.name})\n"


def actions() -> Iterator[str]:
    """The page of the actions: each with its fields, then the nouns that the fields are made of."""
    yield from (
        "# The actions",
        "",
        "An action is what somebody does to a case: a typed, frozen payload. Who may do it where stands in",
        "[the workflow](workflow.md). This page is generated from the classes of `complaintflow.actions`.",
        "",
        "`Text` is 1 to 20,000 characters, trimmed. `Code` is a name in lower snake case. `Ref` is an identifier of",
        "the host's, without white space. `UtcDatetime` takes any aware time and keeps it in UTC.",
        "",
    )
    nouns: dict[str, type[BaseModel]] = {}
    for name, cls in ACTIONS.items():
        yield from (f"## `{cls.__name__}`", "", f"`{name}` · {cls.label.en} · {cls.label.zh}", "")
        yield from described(cls, nouns)
    yield from ("# Nouns", "", "What the fields above are made of.", "")
    for noun in sorted(nouns):
        yield from (f"## `{noun}`", "")
        yield from described(nouns[noun], {})


def described(cls: type[BaseModel], nouns: dict[str, type[BaseModel]]) -> Iterator[str]:
    """The sentence of a class and the table of its fields; the nouns in it are added to ``nouns``."""
    summary = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
    yield from (" ".join(summary.replace("``", "`").split()), "")
    fields = {name: info for name, info in cls.model_fields.items() if name != "type"}
    if not fields:
        return
    notes = field_notes(cls)
    yield from ("| field | type | if left out | |", "| --- | --- | --- | --- |")
    for name, info in fields.items():
        kind = annotation(cls, name)
        collect(kind, nouns)
        default = "(needed)" if info.is_required() else f"`{short(info.default)}`"
        yield f"| `{name}` | `{kind.replace('|', chr(92) + '|')}` | {default} | {notes.get(name, '')} |"
    yield ""


def short(default: object) -> str:
    """A default as one would write it."""
    return f"{type(default).__name__}()" if isinstance(default, BaseModel) else repr(default)


def annotation(cls: type[BaseModel], name: str) -> str:
    """The type of a field as its class writes it, without its constraints."""
    written = next(said[name] for c in cls.__mro__ if name in (said := inspect.get_annotations(c)))
    return re.sub(r"Annotated\[(.+), \w+\(.*\)\]", r"\1", str(written))


def collect(kind: str, nouns: dict[str, type[BaseModel]]) -> None:
    """Add the nouns that a type names, and theirs."""
    known = {cls.__name__: cls for cls in Frozen.__subclasses__()}
    for word in re.findall(r"\w+", kind):
        if word in known and word not in nouns:
            nouns[word] = known[word]
            for name in known[word].model_fields:
                collect(annotation(known[word], name), nouns)


def field_notes(cls: type[BaseModel]) -> dict[str, str]:
    """The sentences that stand below the fields in the source."""
    body = ast.parse(dedent(inspect.getsource(cls))).body[0]
    lines = body.body if isinstance(body, ast.ClassDef) else []
    return {
        field.target.id: str(note.value.value)
        for field, note in pairwise(lines)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
    }


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page.relative_to(DOCS.parent)}")
