"""Kill a process at every step of a write, open the store again, and look: all of it is there, or nothing.

A step is a call from Python into compiled code other than the built-in types - a driver, a file, a socket, a lock - and
the return from it, in whichever thread: whatever an adapter does to the outside happens between two of them. The
process that dies is a fork (POSIX) that opens the store anew; it dies by ``os._exit``, without unwinding, flushing or
closing anything. For a store that is awaited, ``open_store`` gives it behind blocking methods (``testing.awaited``).
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from types import FrameType
from typing import Any

from complaintflow.storage.port import Store
from complaintflow.testing.clauses import reference, same, trace, write, write_many
from complaintflow.testing.drafts import Draft, Filing

_DIED, _DONE, _FAILED = 86, 0, 1
_MOST = 10_000


def kill_at_every_step(
    open_store: Callable[[], AbstractContextManager[Store]], *, every: int = 1, batch: bool = False
) -> Counter[str]:
    """How many processes died with ``nothing`` and with ``everything`` written.

    What is written is a second entry of a case, by ``append``; as a ``batch`` (``SupportsBatch``), two more entries of
    that case and a new one. ``open_store`` opens the same durable data each time, in this process and in those that
    die. ``every`` takes each so-many-th step only. Raises ``AssertionError`` if anything else is found, if the cases
    do not take the entries afterwards, or if the steps did not reach from before the write to after it.
    """
    outcomes: Counter[str] = Counter()
    for step in count(1, every):
        draft = Draft("case-1", f"step-{step}")
        first, rest = draft.record(key="key-1"), [draft.note(key="key-2")]
        if batch:
            rest += [Draft("case-2", draft.tenant).record(key="key-3"), draft.note()]
        with open_store() as store:
            write(store, first)
        died = _dies(open_store, rest, step)
        with open_store() as store:
            outcomes[_found(store, first, rest)] += died
        if not died:
            break
        assert step < _MOST, f"a write of more than {_MOST} steps: take fewer with `every`"
    assert outcomes["nothing"], "no process died before the write"
    assert outcomes["everything"], "no process died after the write"
    return outcomes


def _found(store: Store, first: Filing, rest: Sequence[Filing]) -> str:
    """What is there; if it is nothing, the rest is written, and must fit."""
    everything, nothing = (trace(reference(*there), first, *rest) for there in ([first, *rest], [first]))
    there = trace(store, first, *rest)
    if there == everything:
        return "everything"
    differ = {name: there[name] for name in there if there[name] != nothing[name]}
    assert not differ, f"neither all nor nothing is written: {differ}"
    _write(store, rest)
    same(everything, trace(store, first, *rest))
    return "nothing"


def _write(store: Store, filings: Sequence[Filing]) -> None:
    (write if len(filings) == 1 else write_many)(store, *filings)


def _dies(open_store: Callable[[], AbstractContextManager[Store]], filings: Sequence[Filing], step: int) -> bool:
    """Write in a process that dies at this step; ``False`` if it was done before it came so far."""
    child = os.fork()
    if child == 0:
        try:
            death = _Death(step)
            threading.setprofile(death)  # in threads that the store begins: drivers that are awaited may work in one
            with open_store() as store:
                store.load(filings[0].tenant, filings[0].complaint.id)  # connected, as a process that has been working
                sys.setprofile(death)
                death.is_near = True
                _write(store, filings)
                death.is_near = False
                os._exit(_DONE)
        finally:
            os._exit(_FAILED)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (_DIED, _DONE), f"the process ended with {code} at step {step}"
    return code == _DIED


class _Death:
    """A profile function that ends the process at the so-many-th step since it ``is_near``."""

    def __init__(self, step: int) -> None:
        self._left = step
        self.is_near = False

    def __call__(self, _frame: FrameType, event: str, called: Any) -> None:
        if self.is_near and event in ("c_call", "c_return") and _reaches_outside(called):
            self._left -= 1
            if self._left == 0:
                os._exit(_DIED)


def _reaches_outside(called: Any) -> bool:
    """Is it neither a built-in function nor a method of a built-in type?"""
    owner = getattr(called, "__self__", None)
    home = owner.__name__ if isinstance(owner, type(sys)) else type(owner).__module__
    return home not in ("builtins", "_contextvars", "_collections", "collections", "weakref")
