"""What every noun of the model is made of: frozen records, UTC times, checked text, bilingual labels."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FieldSerializationInfo,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
)

from complaintflow.model.cells import SEALED, Cells


class Frozen(BaseModel):
    """Base of every noun: frozen, closed to unknown fields, built on first use so that import is quick."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _to_utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


CODE, REF, NO_NUL = r"^[a-z][a-z0-9_]*$", r"^[^\s\x00]+$", r"^[^\x00]*$"
"""The patterns of the checked texts, by which an error says what is wanted."""

_text = StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000, pattern=NO_NUL)

UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment in UTC. A naive datetime is refused; any other zone is converted (law 14)."""

Moment = AwareDatetime
"""A moment that the library wrote itself, in UTC already: ``decide`` sees to it, law 14 is checked on every file."""

Text = Annotated[str, _text]
"""Words of a person: 1 to 20,000 characters, trimmed, without NUL (no SQL text column holds one)."""


def _shut(word: str, info: FieldSerializationInfo) -> object:
    return info.context.shut(word) if isinstance(info.context, Cells) else word


def _shut_if_personal(ref: str, info: FieldSerializationInfo) -> object:
    return info.context.shut(ref) if isinstance(info.context, Cells) and ref in info.context.people else ref


def _open(value: object, info: ValidationInfo) -> object:
    if type(value) is dict and isinstance(info.context, Cells):
        return info.context.open(value[SEALED])
    return value


Words = Annotated[Text, BeforeValidator(_open), PlainSerializer(_shut)]
"""Personal text: somebody's own words, or words about somebody. Kept in a cell, so that it can be erased."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE)]
"""A machine-readable name in lower snake case, such as ``out_of_tolerance``."""

Ref = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=REF)]
"""An identifier that the host owns (a user, an order, a file): case-sensitive, no white space."""
PersonRef = Annotated[Ref, BeforeValidator(_open), PlainSerializer(_shut_if_personal)]
"""The id of somebody who may be the complainant: then it is kept in a cell, too."""

Names = Annotated[AbstractSet[str], AfterValidator(frozenset), PlainSerializer(sorted)]
"""A set of words; written in order, so that the same set is always the same text."""


class Label(NamedTuple):
    """The name of a thing in English and Chinese."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The Chinese words for any ``zh`` tag (BCP 47), else the English ones."""
        return self.zh if language.lower().startswith("zh") else self.en
