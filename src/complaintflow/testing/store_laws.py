"""The conformance suite of the port: subclass ``StoreLaws`` or ``AsyncStoreLaws`` and give it a store; pytest runs it.

    class TestMyStore(StoreLaws):
        absent = {Ability.HOST_TRANSACTION: "the engine has no transactions that a host could share"}

        @contextmanager
        def make_store(self):
            with MyStore(somewhere_clean()) as store:
                yield store

Each clause is a test of its own on a clean store. A law is never overridden: a store may be without an *ability* if it
says why, and the report at the end says what was therefore not exercised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any, ClassVar

import pytest

from complaintflow.storage.port import AsyncStore, Store, SupportsBatch, SupportsErasure
from complaintflow.testing import ability_clauses, batch_clauses, damage_clauses, finding_clauses, store_clauses
from complaintflow.testing.awaited import entered
from complaintflow.testing.bench import Ability, AsyncBench, Bench, HostTransaction
from complaintflow.testing.clauses import Chapter, Clause
from complaintflow.testing.store_machine import compare_with_reference

RANDOM = Chapter(10, "Random histories")


@RANDOM.clause()
def any_history_agrees_with_the_reference(bench: Bench) -> None:
    """After any history - stale writes, reused keys and numbers, erasures, restarts - store and reference agree."""
    compare_with_reference(bench)


CHAPTERS = (
    *store_clauses.CHAPTERS,
    *finding_clauses.CHAPTERS,
    *ability_clauses.CHAPTERS,
    RANDOM,
    *batch_clauses.CHAPTERS,
    *damage_clauses.CHAPTERS,
)
CLAUSES: tuple[Clause, ...] = tuple(clause for chapter in CHAPTERS for clause in chapter.clauses)
"""Every clause, in the order of its number."""

LAWS = frozenset({"bench", "test_clause", "test_report"})
"""What no subclass overrides."""


class _Laws:
    absent: ClassVar[Mapping[Ability, str]] = {}
    """The abilities that the store is without, each with the reason."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        overridden = sorted(LAWS & vars(cls).keys()) if cls.__module__ != __name__ else []
        if overridden:
            raise TypeError(f"{cls.__name__} overrides {', '.join(overridden)}: declare an ability absent instead")
        if silent := sorted(str(ability) for ability, reason in cls.absent.items() if not reason.strip()):
            raise TypeError(f"{cls.__name__} does not say why it has no {', '.join(silent)}")

    def bench(self) -> AbstractContextManager[Bench]:
        raise NotImplementedError

    @pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: f"{clause.id}-{clause.name}")
    def test_clause(self, clause: Clause) -> None:
        """One promise of the port."""
        missing = [ability for ability in clause.needs if ability in self.absent]
        if missing:
            pytest.skip(f"no {missing[0]}: {self.absent[missing[0]]}")
        with self.bench() as bench:
            clause.check(bench)

    def test_report(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What was declared absent is absent, and is printed with the clauses that were therefore not exercised."""
        with self.bench() as bench:
            store = getattr(bench.store, "awaitable", bench.store)
        for ability, protocol in PROTOCOLS.items():
            able = isinstance(store, protocol)
            assert able == (ability not in self.absent), f"{ability}: declared otherwise than it is ({able})"
        for ability, hook in HOOKS.items():
            implemented = getattr(type(self), hook) is not getattr(_base(type(self)), hook)
            if ability in self.absent:
                assert not implemented, f"{hook} is there, and {ability} declared absent"
        with capsys.disabled():
            print(f"\n{report(type(self))}")  # noqa: T201 - this is the report


PROTOCOLS: dict[Ability, type[Any]] = {Ability.ERASURE: SupportsErasure, Ability.BATCH: SupportsBatch}
"""The methods that show an ability; those that are awaited have the same names."""

HOOKS = {
    Ability.DURABILITY: "reopen",
    Ability.SESSIONS: "second_session",
    Ability.HOST_TRANSACTION: "host_transaction",
    Ability.DAMAGE: "damage",
}
"""The hooks that show an ability."""


def report(laws: type[_Laws]) -> str:
    """How many clauses were exercised, and which were not, with the declared reasons."""
    idle = {a: [c.id for c in CLAUSES if a in c.needs] for a in laws.absent}
    exercised = sum(not any(a in laws.absent for a in c.needs) for c in CLAUSES)
    lines = [f"{laws.__name__}: {exercised} of {len(CLAUSES)} clauses exercised"]
    lines += [f"  not {', '.join(ids)}: no {a}: {laws.absent[a]}" for a, ids in idle.items()]
    return "\n".join(lines)


def _unknown(hook: str, ability: Ability) -> NotImplementedError:
    return NotImplementedError(f"implement `{hook}`, or declare Ability.{ability.name} absent and say why")


class StoreLaws(_Laws):
    """The laws for a ``Store``. A subclass gives ``make_store`` and the hooks of the abilities that it has."""

    def make_store(self) -> AbstractContextManager[Store]:
        """A store without any case, on data of its own; both are gone when the context is left."""
        raise NotImplementedError("give the laws a store: implement `make_store`")

    def second_session(self, store: Any) -> AbstractContextManager[Store]:  # noqa: ARG002 - a hook
        """``Ability.SESSIONS``: another store object on the data of ``store``, while that one stays in use."""
        raise _unknown("second_session", Ability.SESSIONS)

    def reopen(self, store: Any) -> AbstractContextManager[Store]:
        """``Ability.DURABILITY``: a store on the data of ``store``, as after a restart; a second session will do."""
        return self.second_session(store)

    def host_transaction(self, store: Any) -> AbstractContextManager[HostTransaction]:  # noqa: ARG002 - a hook
        """``Ability.HOST_TRANSACTION``: one on the data of ``store``, rolled back when left without a commit."""
        raise _unknown("host_transaction", Ability.HOST_TRANSACTION)

    def damage(self, store: Any, tenant: str, complaint_id: str, seq: int | None) -> None:  # noqa: ARG002 - a hook
        """``Ability.DAMAGE``: put nonsense in the place of this case's entry ``seq``, or of its snapshot (``None``)."""
        raise _unknown("damage", Ability.DAMAGE)

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        with self.make_store() as store:
            yield Bench(store, self, self.absent)


class AsyncStoreLaws(_Laws):
    """The same laws for an ``AsyncStore``; the hooks return asynchronous context managers."""

    def make_store(self) -> AbstractAsyncContextManager[AsyncStore]:
        """See ``StoreLaws.make_store``."""
        raise NotImplementedError("give the laws a store: implement `make_store`")

    def second_session(self, store: Any) -> AbstractAsyncContextManager[AsyncStore]:  # noqa: ARG002 - a hook
        """See ``StoreLaws.second_session``."""
        raise _unknown("second_session", Ability.SESSIONS)

    def reopen(self, store: Any) -> AbstractAsyncContextManager[AsyncStore]:
        """See ``StoreLaws.reopen``."""
        return self.second_session(store)

    def host_transaction(self, store: Any) -> AbstractAsyncContextManager[HostTransaction]:  # noqa: ARG002 - a hook
        """See ``StoreLaws.host_transaction``; its ``commit`` and the others are awaited, its store is awaitable."""
        raise _unknown("host_transaction", Ability.HOST_TRANSACTION)

    async def damage(self, store: Any, tenant: str, complaint_id: str, seq: int | None) -> None:  # noqa: ARG002 - a hook
        """See ``StoreLaws.damage``."""
        raise _unknown("damage", Ability.DAMAGE)

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        with asyncio.Runner() as runner, entered(self.make_store(), runner) as store:
            yield AsyncBench(store, self, self.absent, runner)


def _base(cls: type[Any]) -> type[Any]:
    return StoreLaws if issubclass(cls, StoreLaws) else AsyncStoreLaws
