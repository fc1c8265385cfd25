"""Write the generated pages of the reference: ``make docs``, or ``python docs/generate.py``."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from complaintflow import ComplaintDesk, standard_workflow
from complaintflow.model import base, judgement
from complaintflow.model.actions import ACTIONS, handling
from complaintflow.model.base import Frozen
from complaintflow.storage import codec
from complaintflow.storage.port import Page, Query, Store, SupportsBatch, SupportsErasure
from complaintflow.storage.sqlalchemy import SQLAlchemyStore, Tables
from complaintflow.storage.sqlalchemy.outbox import Outbox
from complaintflow.storage.sqlalchemy.relay import OutboxRelay
from complaintflow.workflow.diagram import reference

DOCS = Path(__file__).parent
MARKS = "\nMarks such as (P07) name a [requirement](../coverage.md), (law 6) one of the [laws](laws.md).\n"
TYPES = {"Text": base, "Words": base, "Code": base, "Ref": base, "PersonRef": base, "UtcDatetime": base, "Moment": base}
TYPES |= {"LineId": handling, "Stars": judgement}
CODES = {
    "Record": ("categories and sub-types", "categories-and-sub-types"),
    "Reclassify": ("categories and sub-types", "categories-and-sub-types"),
    "SettleOnTheSpot": ("remedies", "remedies"),
    "Assign": ("departments", "departments"),
    "EstablishCause": ("causes and departments", "causes"),
    "ProposePlan": ("remedies", "remedies"),
}
"""Actions whose codes stand in the catalogue: in which part of it."""
CALLED = (
    ComplaintDesk,
    Query,
    Page,
    SQLAlchemyStore,
    Tables,
    Outbox,
    OutboxRelay,
    Store,
    SupportsErasure,
    SupportsBatch,
)
"""What the page of desks and stores describes, in this order."""
DECISIONS = "Decisions, each on its own short page:\n"


def pages() -> dict[Path, str]:
    """Every generated page by its file."""
    return {
        DOCS / "reference" / "workflow.md": reference(standard_workflow()) + MARKS,
        DOCS / "reference" / "actions.md": "\n".join(actions()),
        DOCS / "reference" / "desk.md": "\n".join(desk()),
        DOCS / "reference" / "catalogue.md": runpy.run_path(str(DOCS / "catalogue.py"))["catalogue"](),
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
        "[the workflow](workflow.md), the codes of the standard policy in [the catalogue](catalogue.md). This page is",
        "generated from the classes.",
        "",
        "Marks in brackets say why a thing is there: (P07), (M15) name a [requirement](../coverage.md) of the domain",
        "by its id, (law 6) one of [the laws](laws.md).",
        "",
        "```python",
        "from complaintflow import actions, read_action",
        "from complaintflow.model import Evidence, Remedy, Shipment  # and every other noun",
        "",
        'note = actions.AddNote(text="Ada called.")',
        'same = read_action("add_note", {"text": "Ada called."})  # from a form or a request',
        "assert note == same",
        "```",
        "",
        "A wrong field is a `pydantic.ValidationError` from the class; `read_action` makes a `Refused` of it, with",
        "[a refusal](catalogue.md#refusals) for each field.",
        "",
        "| type | what it takes |",
        "| --- | --- |",
        *(f"| `{name}` | {plain(notes(module)[name])} |" for name, module in TYPES.items()),
        "",
    )
    nouns: dict[str, type[BaseModel]] = {}
    for name, cls in ACTIONS.items():
        yield from (f"## `{cls.__name__}`", "", f"`{name}` · {cls.label.en} · {cls.label.zh}", "")
        yield from described(cls, nouns)
        if (codes := CODES.get(cls.__name__)) is not None:
            yield from (f"Codes: [{codes[0]}](catalogue.md#{codes[1]}).", "")
    yield from ("# Nouns", "", "What the fields above are made of, all from `complaintflow.model`.", "")
    for noun in sorted(nouns):
        yield from (f"## `{noun}`", "")
        yield from described(nouns[noun], {})


def desk() -> Iterator[str]:
    """The page of what a host calls, and of what a store must do."""
    yield from (
        "# Desks, stores, relays",
        "",
        "What a host calls, and what a store of your own must do. `AsyncComplaintDesk`, `AsyncSQLAlchemyStore`,",
        "`AsyncStore` and `AsyncOutboxRelay` have the same methods, to be awaited. This page is generated from the",
        "classes.",
        "",
    )
    cls: Any
    for cls in CALLED:
        yield from (f"## `{cls.__name__}`", "", f"From `{cls.__module__}`.", "", *paragraphs(cls.__doc__))
        if issubclass(cls, BaseModel):
            yield from islice(described(cls, {}), 2, None)
        elif not getattr(cls, "_is_protocol", False):
            yield from (f"`{signature(cls.__name__, cls).removesuffix(' -> None')}`", "")
        for name in [name for part in reversed(cls.__mro__) for name in vars(part) if not name.startswith("_")]:
            method = getattr(cls, name)
            function = getattr(method, "__func__", method)
            if inspect.isfunction(function) and function.__doc__ and function.__module__.startswith("complaintflow"):
                yield from (f"### `{name}`", "", f"`{signature(name, method)}`", "", *paragraphs(method.__doc__))
    yield from ("## `complaintflow.storage.codec`", "")
    for name, function in vars(codec).items():
        if getattr(function, "__module__", "") == codec.__name__ and not name.startswith("_"):
            yield f"- `{signature(name, function)}`: {plain(inspect.cleandoc(function.__doc__ or ''))}"
    yield ""


def paragraphs(text: str | None) -> Iterator[str]:
    """A docstring in paragraphs."""
    for paragraph in inspect.cleandoc(text or "").split("\n\n"):
        yield from (plain(paragraph), "")


def signature(name: str, function: Callable[..., object]) -> str:
    """How it is called; a function that is a default by its name."""
    said = re.sub(r"<function [\w.<>]*?(\w+)>? at 0x\w+>", r"\1", str(inspect.signature(function)))
    said = re.sub(r"(: |-> )(?:ForwardRef\()?'([^']*)'\)?", r"\1\2", said)
    return f"{name}{said}".replace("(self, ", "(").replace("(self)", "()")


def described(cls: type[BaseModel], nouns: dict[str, type[BaseModel]]) -> Iterator[str]:
    """The sentence of a class and the table of its fields; the nouns in it are added to ``nouns``."""
    summary = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
    yield from (plain(summary), "")
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


def plain(sentence: str) -> str:
    """A docstring as one line of Markdown."""
    return " ".join(sentence.replace("``", "`").split())


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
    return below(body.body if isinstance(body, ast.ClassDef) else [])


def notes(module: ModuleType) -> dict[str, str]:
    """The sentences that stand below the names of a module."""
    return below(ast.parse(inspect.getsource(module)).body)


def below(lines: Iterable[ast.stmt]) -> dict[str, str]:
    """Each name that something is written below, with what is written there."""
    found = {}
    for named, note in pairwise(lines):
        if isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant):
            match named:
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                    found[name] = str(note.value.value)
    return found


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page.relative_to(DOCS.parent)}")
