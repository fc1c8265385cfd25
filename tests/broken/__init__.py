"""Stores that are broken on purpose, one mistake each: the conformance suite must find every one of them.

All are made of ``Whole``: the memory store, with sessions that share its dictionaries and transactions that copy them,
so that every ability is there to be broken. ``Whole`` itself must pass.
"""

from broken import writing, tenants, keeping, finding, forgetting  # isort: skip
from broken.whole import BrokenLaws, Whole

_KINDS = (keeping.Altering, finding.Finding)
_MISTAKES = tuple(c for c in Whole.__subclasses__() if c not in _KINDS)
BROKEN = (*_MISTAKES, *(c for kind in _KINDS for c in kind.__subclasses__()))

__all__ = ["BROKEN", "BrokenLaws", "Whole", "forgetting", "tenants", "writing"]
