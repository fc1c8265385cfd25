"""Every error of the library, split by who must act.

    ComplaintFlowError
    ├── DefinitionError(ValueError)     the developer: a workflow or policy that cannot work
    ├── Refused                         the user: the action is not possible now; ``.refusals`` says why
    ├── ComplaintNotFound(LookupError)  the caller: no such complaint for this tenant
    ├── KeyReused(ValueError)           the caller: an idempotency key given to two different actions
    ├── ConcurrencyConflict             try again: somebody else was faster; nothing was written
    └── StorageError                    the operator: the store cannot be read or written
        └── Damaged(ValueError)         the operator: what is stored is not what was written; ``verify`` says where

Each error keeps its evidence as attributes; the sentence is built from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from complaintflow.model.refusal import Refusal

_NUMBER = re.compile(r"C\d{4}-\w{5}-\w{5}")


class ComplaintFlowError(Exception):
    """The base of all errors raised by this library. They go to other processes whole (``pickle``)."""

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[ComplaintFlowError], said: tuple[object, ...], evidence: dict[str, object]) -> ComplaintFlowError:
    error = kind.__new__(kind, *said)
    error.__dict__.update(evidence)
    return error


class DefinitionError(ComplaintFlowError, ValueError):
    """A workflow or policy is wrong. ``problems`` lists every fault found, not the first."""

    def __init__(self, name: str, problems: Iterable[str]) -> None:
        self.name = name
        self.problems = tuple(problems)
        super().__init__(f"{name} cannot be used: " + "; ".join(self.problems))


class Refused(ComplaintFlowError):
    """An action was refused and nothing was written. ``refusals`` holds every unmet condition."""

    def __init__(self, action: str, refusals: Iterable[Refusal]) -> None:
        self.action = action
        self.refusals = tuple(refusals)
        super().__init__(f"{action} refused: " + " ".join(str(r) for r in self.refusals))


class ComplaintNotFound(ComplaintFlowError, LookupError):
    """There is no complaint with this id or number for this tenant."""

    def __init__(self, complaint_id: str) -> None:
        self.complaint_id = complaint_id
        hint = ": that is a case number, find it with Query(number=...)" if _NUMBER.fullmatch(complaint_id) else ""
        super().__init__(f"no complaint {complaint_id!r}{hint}")


class KeyReused(ComplaintFlowError, ValueError):
    """The idempotency key already stands for another action: ``seq`` of ``complaint_id``."""

    def __init__(self, key: str, complaint_id: str, seq: int) -> None:
        self.key = key
        self.complaint_id = complaint_id
        self.seq = seq
        super().__init__(f"key {key!r} was used for entry {seq} of complaint {complaint_id!r}, a different action")


class ConcurrencyConflict(ComplaintFlowError):
    """The complaint is not at the expected version. Nothing was written; load it again and decide anew.

    ``final``: that cannot help in this transaction of the host's; roll it back and begin another one. A transaction may
    hear of it while it reads: then nothing was ``expected``, and ``complaint_id`` may be empty.
    """

    final = False

    def __init__(self, complaint_id: str, expected: int | None, actual: int | None) -> None:
        self.complaint_id = complaint_id
        self.expected = expected
        self.actual = actual
        where = f"complaint {complaint_id!r}" if complaint_id else "the transaction"
        found = "another one" if actual is None else f"version {actual}"
        what = "somebody was faster" if expected is None else f"expected version {expected}, found {found}"
        super().__init__(f"{where}: {what}")


class StorageError(ComplaintFlowError):
    """The store failed; the driver's own error is the cause (``__cause__``)."""


class Damaged(StorageError, ValueError):
    """Something stored cannot be read back: it was altered behind the library's back. ``what`` says what it was."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what} is damaged and cannot be read; `verify` says where")
