"""Stores that are broken on purpose, one mistake each: the conformance suite must find every one of them.

Most are made of ``Whole``: the memory store, with sessions that share its dictionaries and transactions that copy them,
so that every ability is there to be broken; those whose mistakes are made in SQL of ``SQLWhole``, the shipped store on
SQLite. Both must pass themselves.
"""

from __future__ import annotations

from typing import Any

from broken import batches, damage, finding, forgetting, keeping, tenants, writing
from broken.sql import BrokenSQLLaws, SQLWhole
from broken.whole import BrokenLaws, Whole

Store = type[Whole] | type[SQLWhole]


def laws_of(store: Store) -> BrokenLaws | BrokenSQLLaws:
    """The suite, to be run on this store."""
    return BrokenSQLLaws(store) if issubclass(store, SQLWhole) else BrokenLaws(store)


def _below(store: Any) -> list[Any]:
    return [c for child in store.__subclasses__() for c in (child, *_below(child))]


_KINDS = (keeping.Altering, finding.Finding)
BROKEN: tuple[Store, ...] = tuple(c for whole in (Whole, SQLWhole) for c in _below(whole) if c not in _KINDS)

__all__ = ["BROKEN", "SQLWhole", "Whole", "batches", "damage", "forgetting", "laws_of", "tenants", "writing"]
