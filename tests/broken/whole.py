"""The store that all broken ones are made of: nothing is wrong with it, and every ability is there to be broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from complaintflow import Complaint, MemoryStore
from complaintflow.testing.store_laws import StoreLaws

_KEPT = ("_complaints", "_entries", "_keys", "_numbers")


def _copies(store: MemoryStore) -> dict[str, Any]:
    return {name: getattr(store, name).copy() for name in _KEPT}


class Whole(MemoryStore):
    """Nothing is broken."""

    def __init__(self, beside: MemoryStore | None = None) -> None:
        super().__init__()
        self.host: Host | None = None
        if beside is not None:
            self._lock = beside._lock
            vars(self).update({name: getattr(beside, name) for name in _KEPT})

    @classmethod
    def reopened(cls, store: Whole) -> Whole:
        return cls(store)

    def all_of(self, tenant: str) -> list[Complaint]:
        return [c for (t, _), c in self._complaints.items() if t == tenant]


class Host:
    """The host's transaction: a copy of everything, which takes the place of the original at the commit."""

    def __init__(self, outside: Whole) -> None:
        self.outside = outside
        self.store = type(outside)()
        self.store.host = self
        vars(self.store).update(_copies(outside))
        self._saved: dict[str, Any] = {}

    def commit(self) -> None:
        for name, kept in _copies(self.store).items():
            original = getattr(self.outside, name)
            original.clear()
            original.update(kept)

    def rollback(self) -> None:
        self.store = type(self.outside)()

    def savepoint(self) -> None:
        self._saved = _copies(self.store)

    def rollback_to_savepoint(self) -> None:
        vars(self.store).update(self._saved)


class BrokenLaws(StoreLaws):
    """The laws for one of these stores."""

    def __init__(self, store: type[Whole]) -> None:
        self.store = store

    @contextmanager
    def make_store(self) -> Iterator[Whole]:
        yield self.store()

    @contextmanager
    def second_session(self, store: Any) -> Iterator[Whole]:
        yield self.store(store)

    @contextmanager
    def reopen(self, store: Any) -> Iterator[Whole]:
        yield self.store.reopened(store)

    @contextmanager
    def host_transaction(self, store: Any) -> Iterator[Host]:
        yield Host(store)
