"""Cells: where personal words are kept apart, so that they can be erased and the file still proves itself.

A sealed entry holds, in place of each personal word, the hash of that word and a random salt. Word and salt lie in a
cell beside it. Whoever has the cell can check it; once the cell is gone the hash tells nothing about the word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from hashlib import sha256

ERASED = "[erased]"
"""What is read where a cell has been erased."""

SEALED = "sealed"


def commitment(salt: str, word: str) -> str:
    """The hash that stands for a word; ``salt`` is 32 hexadecimal digits."""
    return sha256(f"{salt}:{word}".encode()).hexdigest()


class Cells:
    """The cells of one entry, by their commitments; the context in which an entry is written and read.

    ``people`` are ids that are personal in this case: the complainant's and the representative's.
    """

    __slots__ = ("_salt", "kept", "people")

    def __init__(
        self,
        kept: Mapping[str, tuple[str, str]] | None = None,
        *,
        people: Collection[str] = (),
        salt: Callable[[], str] | None = None,
    ) -> None:
        self.kept = dict(kept or {})
        self.people = people
        self._salt = salt

    def shut(self, word: str) -> dict[str, str]:
        """Put the word into a cell; what stands for it."""
        if self._salt is None:
            raise ValueError("these cells are for reading")
        salt = self._salt()
        mark = commitment(salt, word)
        self.kept[mark] = (salt, word)
        return {SEALED: mark}

    def open(self, mark: str) -> str:
        """The word that the commitment stands for, or ``ERASED``."""
        cell = self.kept.get(mark)
        return cell[1] if cell is not None else ERASED
