"""Finding by words: how a narrative is cut into words, and what it means that words are in it. The same for all stores.

Chinese, Japanese and Korean write without spaces, and every database cuts other languages in its own way. So we cut:
a word is a run of letters and digits, without regard to case or width; in East Asian scripts it is every pair of
neighbouring characters (and the last one alone, so that each character begins a word). A word is written as ``x`` and
the hexadecimal digits of its UTF-8: any index takes that for one plain word of three letters or more, none takes it
for a stop word, an operator or the stem of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unicodedata import normalize

_EAST_ASIAN = (
    r"\u2e80-\u2fdf\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf"
    r"\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Han, kana, bopomofo and hangul."""
_RUN = re.compile(rf"(?P<pairs>[{_EAST_ASIAN}]+)|[^\W_{_EAST_ASIAN}]+")
_LONGEST = 40
"""Bytes of a word that count: an index of InnoDB takes no word above 84 characters."""


class Term(NamedTuple):
    """One thing that is looked for: a single word begins a word of the text, several stand there side by side."""

    words: tuple[str, ...]


def document(text: str) -> tuple[str, ...]:
    """All words of a text, in its order, as they are given to an index."""
    return tuple(word for run, pairs in _runs(text) for word in (_pairs(run, alone=True) if pairs else (_code(run),)))


def terms(text: str) -> tuple[Term, ...]:
    """What a text asks for; all of it must be there. Empty if it has no letter and no digit: then nothing is found."""
    return tuple(Term(_pairs(run, alone=len(run) == 1) if pairs else (_code(run),)) for run, pairs in _runs(text))


def matches(wanted: Sequence[Term], words: Sequence[str]) -> bool:
    """Does a document hold every term? The reference for what an index finds."""
    return bool(wanted) and all(_holds(words, term.words) for term in wanted)


def _holds(words: Sequence[str], term: tuple[str, ...]) -> bool:
    if len(term) == 1:
        return any(word.startswith(term[0]) for word in words)
    return any(tuple(words[i : i + len(term)]) == term for i in range(len(words)))


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    for found in _RUN.finditer(normalize("NFKC", text).casefold()):
        yield found[0], found["pairs"] is not None


def _pairs(run: str, *, alone: bool) -> tuple[str, ...]:
    """The pairs of neighbours; ``alone`` adds the last character by itself."""
    return tuple(_code(run[i : i + 2]) for i in range(len(run) if alone else len(run) - 1))


def _code(word: str) -> str:
    return "x" + word.encode()[:_LONGEST].hex()
