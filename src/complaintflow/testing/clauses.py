"""How a clause is written: a numbered function of a bench, its sentence the docstring. And what clauses look with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from complaintflow.errors import ConcurrencyConflict
from complaintflow.model.complaint import Complaint
from complaintflow.storage.memory import MemoryStore
from complaintflow.storage.port import Query, Store
from complaintflow.testing.bench import Ability, Bench
from complaintflow.testing.drafts import START, Filing

LATER = START + timedelta(days=400)
"""When everything open is overdue."""


class Clause(NamedTuple):
    """One promise of the port: ``check`` raises if the store of the bench breaks it."""

    id: str
    name: str
    says: str
    needs: tuple[Ability, ...]
    check: Callable[[Bench], None]


class Chapter:
    """Clauses that belong together, in the order of their numbers: ``S2`` has ``S201``, ``S202``, ..."""

    def __init__(self, number: int, title: str) -> None:
        self.number, self.title = number, title
        self.clauses: list[Clause] = []

    def clause(self, *needs: Ability) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
        """Add the function below as the next clause."""

        def add(check: Callable[[Bench], None]) -> Callable[[Bench], None]:
            number = f"S{self.number}{len(self.clauses) + 1:02}"
            says = " ".join((check.__doc__ or "").split())
            self.clauses.append(Clause(number, check.__name__, says, needs, check))
            return check

        return add


def write(store: Store, *filings: Filing) -> None:
    """Append them in order."""
    for filing in filings:
        store.append(*filing)


def reference(*filings: Filing) -> MemoryStore:
    """The reference store with the same in it."""
    store = MemoryStore()
    write(store, *filings)
    return store


def trace(store: Store, *filings: Filing) -> dict[str, Any]:
    """Everything that can be seen of these filings and of their tenants."""
    cases = sorted({(f.tenant, f.record.complaint_id) for f in filings})
    keys = sorted({(f.tenant, f.record.key) for f in filings if f.record.key is not None})
    tenants = sorted({f.tenant for f in filings})
    return {
        "load": [store.load(*case) for case in cases],
        "history": [tuple(store.history(*case)) for case in cases],
        "recall": [store.recall(*key) for key in keys],
        "find": [found(store, tenant) for tenant in tenants],
        "due": [overdue(store, tenant, LATER) for tenant in tenants],
    }


def many(store: Any, *filings: Filing) -> dict[str, Any]:
    """What a store with ``SupportsBatch`` says when it is asked for all of these filings at once, tenant by tenant."""
    seen: dict[str, Any] = {}
    for tenant in sorted({f.tenant for f in filings}):
        cases = {f.record.complaint_id for f in filings if f.tenant == tenant}
        keys = {f.record.key for f in filings if f.tenant == tenant and f.record.key is not None}
        seen[f"load_many of {tenant}"] = dict(store.load_many(tenant, cases))
        seen[f"recall_many of {tenant}"] = dict(store.recall_many(tenant, keys))
    return seen


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Fail with the names of what differs."""
    differ = {name: (one[name], other[name]) for name in one if one[name] != other[name]}
    assert not differ, differ


def conflicts(store: Store, filing: Filing, *others: Filing) -> None:
    """The filing must be refused with a conflict that says what was expected, and leave no trace."""
    before = trace(store, filing, *others)
    conflict = conflict_of(lambda: store.append(*filing))
    assert conflict is not None, f"entry {filing.record.seq} of {filing.record.complaint_id} was taken"
    said = (conflict.complaint_id, conflict.expected)
    assert said == (filing.record.complaint_id, filing.record.seq - 1), f"the conflict says {said}"
    same(before, trace(store, filing, *others))


def numbered(filing: Filing, number: str) -> Filing:
    """The same under another case number."""
    return filing._replace(complaint=filing.complaint.model_copy(update={"number": number}))


def write_many(store: Any, *filings: Filing) -> None:
    """Append them in one batch; all are of one tenant."""
    store.append_many(filings[0].tenant, [(f.complaint, f.record) for f in filings])


def conflict_of(do: Callable[[], object]) -> ConcurrencyConflict | None:
    """The conflict that it met, or ``None`` if it was done."""
    try:
        do()
    except ConcurrencyConflict as conflict:
        return conflict
    return None


def found(store: Store, tenant: str, **wanted: Any) -> list[Complaint]:
    """All pages of a query, one after the other."""
    return [c for page in pages(store, tenant, Query(**wanted)) for c in page]


def pages(store: Store, tenant: str, query: Query) -> Iterable[tuple[Complaint, ...]]:
    """Page by page; fails if they do not end."""
    for _ in range(1000):
        page = store.find(tenant, query)
        yield page.complaints
        if page.next is None:
            return
        query = query.model_copy(update={"after": page.next})
    raise AssertionError("the pages do not end")


def overdue(store: Store, tenant: str, before: datetime, limit: int = 1000) -> list[tuple[datetime | None, str]]:
    """What is due, as the store gives it, with when."""
    cases = [(store.load(tenant, case), case) for case in store.due(tenant, before, limit)]
    moments = [(c.next_due_at if c else None, case) for c, case in cases]
    assert len({case for _, case in moments}) == len(moments), f"a case is due twice: {moments}"
    open_since = [at for at, _ in moments if at is not None]
    assert len(open_since) == len(moments), f"nothing of it is open: {moments}"
    assert open_since == sorted(open_since), f"the most overdue is not first: {moments}"
    return moments
