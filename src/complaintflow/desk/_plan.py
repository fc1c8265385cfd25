"""The thinking that both desks share: pure steps between the store's calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import NamedTuple

from complaintflow.desk.outcome import Outcome, Plan
from complaintflow.errors import ConcurrencyConflict, KeyReused, Refused
from complaintflow.model.actions import Action, RecordErasure, RecordMissed
from complaintflow.model.complaint import Complaint
from complaintflow.model.entry import Entry
from complaintflow.model.parties import Actor, Role
from complaintflow.model.refusal import Refusal
from complaintflow.storage.codec import UNSTORABLE
from complaintflow.storage.evidence import Sealed, seal, unseal
from complaintflow.workflow.decide import decide
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.evolve import evolve, fold

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far apart the clocks of a host's machines may be."""

SWEEPER = Actor.model_construct(id="sweep", roles=frozenset({Role.SYSTEM.value}))  # without a schema: see Subject


class Attempt(NamedTuple):
    """One try at writing: a lost race inside is forgiven, unless it was the last one or trying again cannot help."""

    is_last: bool

    def __enter__(self) -> None:
        """What is written in the block, is written."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        return isinstance(error, ConcurrencyConflict) and not (error.final or self.is_last)


ATTEMPTS = (*[Attempt(is_last=False)] * 7, Attempt(is_last=True))
"""As often an action without ``expected_version`` is decided, when somebody else was faster each time."""


@contextmanager
def somebody_was_faster() -> Iterator[None]:
    """Of work that is looked for: what is refused or lost by now needs nobody any more.

    A conflict that is final ends it all: the host's transaction is over.
    """
    try:
        yield
    except Refused:
        return
    except ConcurrencyConflict as conflict:
        if conflict.final:
            raise


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


def new_uuid7() -> str:
    """The default maker of ids: a UUIDv7, so that new cases sort behind old ones (RFC 9562)."""
    try:
        from uuid import uuid7  # type: ignore[attr-defined,unused-ignore]  # Python 3.14
    except ImportError:
        from uuid_utils.compat import uuid7
    return str(uuid7())


def new_salt() -> str:
    """Thirty-two hexadecimal digits that nobody can guess: whoever guesses a salt can guess the word under it."""
    return token_hex(16)


def plan(
    workflow: Workflow,
    tenant: str,
    complaint: Complaint | None,
    action: Action,
    actor: Actor,
    at: datetime,
    *,
    complaint_id: str,
    key: str | None,
    salt: Callable[[], str],
) -> Plan:
    """What is to be written. Raises ``Refused``; ``ValueError`` for a key that no database could hold."""
    check_key(key)
    decided = decide(workflow, complaint, action, actor, at, complaint_id=complaint_id, key=key)
    if not isinstance(decided, Entry):
        raise Refused(action.type, decided)
    entry, record = seal(tenant, complaint, decided, salt)
    return Plan(evolve(complaint, entry), entry, record)


def check_key(key: str | None) -> None:
    """Raise ``ValueError`` for an idempotency key that no database could hold."""
    if key is not None and not 0 < len(key) <= 255:
        raise ValueError(f"an idempotency key has 1 to 255 characters, not {len(key)}")
    if key is not None and UNSTORABLE.search(key):
        raise ValueError(f"an idempotency key has neither NUL nor half a character: {key!r}")


def when(at: datetime | None, clock: Callable[[], datetime], complaint: Complaint | None = None) -> datetime:
    """The time that the caller gives, or else the clock's; in UTC. Raises ``ValueError`` for a naive one (law 14).

    If another machine's clock was a little ahead of ours, the time of the last entry; a file that reaches further
    ahead than clocks differ is left for ``decide`` to refuse.
    """
    now = at if at is not None else clock()
    if now.tzinfo is None:
        raise ValueError(f"a time must be timezone-aware, in UTC: {'at' if at else 'the clock'} gave {now}")
    if at is None and complaint is not None and now < complaint.updated_at <= now + CLOCKS_DIFFER:
        return complaint.updated_at
    return now.astimezone(UTC)


def is_more_than_an_entry(action: Action) -> None:
    """Raise ``Refused`` for an erasure on its own: the entry would say that words are gone which are still there."""
    if isinstance(action, RecordErasure):
        remedy = "Use erase(person, ...) or purge() of the desk: they remove the words as well."
        raise Refused(action.type, [Refusal(code="only_by_erasing", message="This is only the record.", remedy=remedy)])


def expect(complaint: Complaint, version: int | None) -> None:
    """Raise ``ConcurrencyConflict`` unless the complaint is at the version that the caller has seen."""
    if version is not None and complaint.version != version:
        raise ConcurrencyConflict(complaint.id, version, complaint.version)


def is_same(first: Entry, complaint_id: str | None, action: Action, actor: Actor) -> bool:
    """Is this the action that the entry records, repeated by the same actor on the same case?"""
    same_case = complaint_id in (None, first.complaint_id)
    return same_case and first.action == action and first.actor.id == actor.id


def repeat(found: Sealed, file: Sequence[Sealed], complaint_id: str | None, action: Action, actor: Actor) -> Outcome:
    """The first outcome of a key, as it was then. Raises ``KeyReused`` if the key stands for something else."""
    first = unseal(found)
    if not is_same(first, complaint_id, action, actor):
        raise KeyReused(first.key or "", first.complaint_id, first.seq)
    return Outcome(fold(unseal(r) for r in file[: first.seq]), first, repeated=True)


def missed(complaint: Complaint, at: datetime) -> Iterator[RecordMissed]:
    """One action for each obligation whose time is over."""
    for o in complaint.open_obligations:
        if o.due_at < at:
            yield RecordMissed(obligation=o.id)
