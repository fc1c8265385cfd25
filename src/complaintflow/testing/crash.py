"""Kill a process at every step of an append, open the store again, and look: both entry and complaint, or neither.

A step is a call from Python into compiled code other than the built-in types - a driver, a file, a socket, a lock - and
the return from it: whatever an adapter does to the outside happens between two of them. The process that dies is a fork
(POSIX) that opens the store anew; it dies by ``os._exit``, without unwinding, flushing or closing anything.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from types import FrameType
from typing import Any

from complaintflow.storage.port import Store
from complaintflow.testing.clauses import same, trace, write
from complaintflow.testing.drafts import Draft, Filing

_DIED, _DONE, _FAILED = 86, 0, 1
_MOST = 10_000


def kill_at_every_step(open_store: Callable[[], AbstractContextManager[Store]], *, every: int = 1) -> Counter[str]:
    """How many processes died with ``neither`` and with ``both`` written; each case has one entry before that.

    ``open_store`` opens the same durable data each time, in this process and in those that die. ``every`` takes each
    so-many-th step only. Raises ``AssertionError`` if anything else is found, if the case does not take the entry
    afterwards, or if the steps did not reach from before the write to after it.
    """
    outcomes: Counter[str] = Counter()
    for step in count(1, every):
        draft = Draft(f"case-{step}")
        first, second = draft.record(key=f"{step}-1"), draft.note(key=f"{step}-2")
        with open_store() as store:
            write(store, first)
        died = _dies(open_store, second, step)
        with open_store() as store:
            outcomes[_found(store, first, second)] += died
        if not died:
            break
        assert step < _MOST, f"an append of more than {_MOST} steps: take fewer with `every`"
    assert outcomes["neither"], "no process died before the write"
    assert outcomes["both"], "no process died after the write"
    return outcomes


def _found(store: Store, first: Filing, second: Filing) -> str:
    """What is there; the rest is written, and must fit."""
    written = len(store.history(first.tenant, first.complaint.id)) == second.record.seq
    there = trace(store, first, second)
    stored = second if written else first
    assert there["load"] == [stored.complaint], f"the file has {stored.record.seq} entries, the complaint is another"
    assert there["history"] == [(first.record, second.record)[: stored.record.seq]], "the file is another"
    assert there["recall"] == [first.record, second.record if written else None], "the keys are others"
    if not written:
        write(store, second)
        same({"load": [second.complaint]}, {"load": [store.load(second.tenant, second.complaint.id)]})
    return "both" if written else "neither"


def _dies(open_store: Callable[[], AbstractContextManager[Store]], filing: Filing, step: int) -> bool:
    """Append in a process that dies at this step; ``False`` if it was done before it came so far."""
    child = os.fork()
    if child == 0:
        try:
            with open_store() as store:
                store.load(filing.tenant, filing.complaint.id)  # connected, as a process that has been working
                sys.setprofile(_Death(step))
                store.append(*filing)
                sys.setprofile(None)
            os._exit(_DONE)
        finally:
            os._exit(_FAILED)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (_DIED, _DONE), f"the process ended with {code} at step {step}"
    return code == _DIED


class _Death:
    """A profile function that ends the process at the so-many-th step."""

    def __init__(self, step: int) -> None:
        self._left = step

    def __call__(self, _frame: FrameType, event: str, called: Any) -> None:
        if event in ("c_call", "c_return") and _reaches_outside(called):
            self._left -= 1
            if self._left == 0:
                os._exit(_DIED)


def _reaches_outside(called: Any) -> bool:
    """Is it neither a built-in function nor a method of a built-in type?"""
    owner = getattr(called, "__self__", None)
    home = owner.__name__ if isinstance(owner, type(sys)) else type(owner).__module__
    return home not in ("builtins", "_contextvars", "_collections", "collections", "weakref")
