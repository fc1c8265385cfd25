"""Mistakes in writing and reading many cases at once."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime

from broken.whole import Whole, _copies
from complaintflow import Complaint, ConcurrencyConflict, MemoryStore, Query
from complaintflow.storage.evidence import Sealed
from complaintflow.storage.port import Page

Steps = Sequence[tuple[Complaint, Sealed]]


class BatchInPieces(Whole):
    """Each step is a transaction of its own: what stands before the one that does not fit is kept."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        for step in steps:
            super().append_many(tenant, [step])
            time.sleep(0.002)


class BatchByCase(Whole):
    """Each case is a transaction of its own."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        for case in dict.fromkeys(complaint.id for complaint, _ in steps):
            super().append_many(tenant, [step for step in steps if step[0].id == case])
            time.sleep(0.002)


class BatchWithoutTheUnfit(Whole):
    """What does not fit is left out, the rest is written, and nobody is told."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        for step in steps:
            with suppress(ConcurrencyConflict):
                super().append_many(tenant, [step])


class BatchConflictSwallowed(Whole):
    """Nothing is written, and nobody is told."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        with suppress(ConcurrencyConflict):
            super().append_many(tenant, steps)


class BatchConflictSaysNothing(Whole):
    """The conflict does not say which case it was, nor which version was expected."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        try:
            super().append_many(tenant, steps)
        except ConcurrencyConflict as conflict:
            raise ConcurrencyConflict("", 0, conflict.actual) from conflict


class BatchVersionNotChecked(Whole):
    """A batch overwrites what others wrote meanwhile."""

    def _check(self, tenant: str, steps: Steps) -> None:
        if len(steps) == 1:
            super()._check(tenant, steps)


class BatchChecksTheFirstStep(Whole):
    """Of each case only the first step is compared with the stored version: the next may leave numbers out."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        firsts = {record.complaint_id: (complaint, record) for complaint, record in reversed(steps)}
        with self._lock:
            self._check(tenant, [step for step in steps if step in firsts.values()])
            for step in steps:
                self._put(tenant, *step)

    def _put(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        case = (tenant, complaint.id)
        if record.key is not None:
            self._keys[tenant, record.key] = record
        self._numbers.add((tenant, complaint.number))
        self._entries[case] = (*self._entries.get(case, ()), record)
        self._complaints[case] = complaint


class BatchChecksTooEarly(BatchChecksTheFirstStep):
    """A batch is checked before the lock is taken, so that two may pass the check."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        self._check(tenant, steps)
        time.sleep(0.002)
        with self._lock:
            for step in steps:
                self._put(tenant, *step)


class BatchChecksAllAgainstTheStore(Whole):
    """Each step is compared with what is stored, as if those before it had not been: a case may go one step only."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        for step in steps:
            self._check(tenant, [step])
        super().append_many(tenant, steps)


class BatchKeepsTheFirstSnapshot(Whole):
    """Of several steps of a case, the complaint after the first is kept."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        for complaint, record in reversed(steps):
            self._complaints[tenant, record.complaint_id] = complaint


class BatchReversesTheFile(Whole):
    """Of several steps of a case, the entries are written from the last to the first."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        for case in {(tenant, record.complaint_id) for _, record in steps}:
            new = [record for _, record in steps if record.complaint_id == case[1]]
            self._entries[case] = (*self._entries[case][: -len(new)], *reversed(new))


class BatchForgetsKeys(Whole):
    """The keys of a batch are not remembered."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        for _, record in steps:
            self._keys.pop((tenant, record.key or ""), None)


class BatchForgetsNumbers(Whole):
    """The numbers of a batch are not kept from being given again."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        self._numbers -= {(tenant, complaint.number) for complaint, _ in steps}


class BatchKeysNotChecked(Whole):
    """A batch takes keys that are taken."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        kept, self._keys = self._keys, {}
        try:
            super().append_many(tenant, steps)
        finally:
            kept.update(self._keys)
            self._keys = kept


class BatchKeysNotComparedInside(Whole):
    """Keys are compared with those on file, not with one another."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        again = [n for n, (_, r) in enumerate(steps) if r.key in {s[1].key for s in steps[:n]} and r.key is not None]
        super().append_many(tenant, [(c, r._replace(key=None) if n in again else r) for n, (c, r) in enumerate(steps)])


class BatchNumbersNotComparedInside(Whole):
    """Numbers are compared with those on file, not with one another."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        owners: dict[str, str] = {}
        apart = []
        for complaint, record in steps:
            again = owners.setdefault(complaint.number, complaint.id) != complaint.id
            number = f"{complaint.number} {complaint.id}" if again else complaint.number
            apart.append((complaint.model_copy(update={"number": number}), record))
        super().append_many(tenant, apart)
        self._complaints.update({(tenant, complaint.id): complaint for complaint, _ in steps})


class GlobalKeysInBatch(Whole):
    """For a batch, keys are not scoped to the tenant."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        for complaint, record in steps:
            if any(key == record.key and t != tenant for t, key in self._keys):
                raise ConcurrencyConflict(complaint.id, record.seq - 1, None)
        super().append_many(tenant, steps)


class EmptyBatchFails(Whole):
    """A batch has a first step, surely."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        steps[0]
        super().append_many(tenant, steps)


class EmptyAsksForAll(Whole):
    """Without ids there is no condition on ids."""

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        return super().load_many(tenant, complaint_ids or [c.id for c in self.all_of(tenant)])


class BatchIsNotDue(Whole):
    """A batch writes no due times where ``sweep`` looks for them."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self.unseen: set[tuple[str, str]] = set()

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        self.unseen |= {(tenant, complaint.id) for complaint, _ in steps}

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        return tuple(i for i in super().due(tenant, before, limit) if (tenant, i) not in self.unseen)


class BatchNotIndexed(Whole):
    """A step that is not the first of its batch does not move its case to where ``find`` looks for its stage."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self.stages: dict[tuple[str, str], str] = {}

    def append(self, tenant: str, complaint: Complaint, record: Sealed) -> None:
        super().append(tenant, complaint, record)
        self.stages[tenant, complaint.id] = complaint.stage

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        for complaint, _ in reversed(steps):
            self.stages[tenant, complaint.id] = complaint.stage

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        kept = (c for c in page.complaints if query.stage in (None, self.stages.get((tenant, c.id), c.stage)))
        return Page(complaints=tuple(kept), next=page.next)


class UnknownIsNone(Whole):
    """``load_many`` and ``recall_many`` give ``None`` for what is not there."""

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        return {i: MemoryStore.load(self, tenant, i) for i in complaint_ids}  # type: ignore[misc]  # the mistake

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        return {k: MemoryStore.recall(self, tenant, k) for k in keys}  # type: ignore[misc]  # the mistake


class ManyFolded(Whole):
    """Many ids at once are compared without case."""

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        wanted = {i.lower() for i in complaint_ids}
        return {c.id: c for c in self.all_of(tenant) if c.id.lower() in wanted}


class ManyKeysTrimmed(Whole):
    """A space behind a key is lost when many are asked for."""

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        return super().recall_many(tenant, [k.rstrip() for k in keys])


class OnlyTheFirstHundred(Whole):
    """Of more than a hundred ids, the first hundred are looked up."""

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        return super().load_many(tenant, list(complaint_ids)[:100])


class OnlyTheFirstHundredKeys(Whole):
    """Of more than a hundred keys, the first hundred are looked up."""

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        return super().recall_many(tenant, list(keys)[:100])


class LoadManyFromACache(Whole):
    """What was loaded once among many is given again."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self._cache: dict[tuple[str, str], Complaint] = {}

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        for complaint_id, found in super().load_many(tenant, complaint_ids).items():
            self._cache.setdefault((tenant, complaint_id), found)
        return {i: self._cache[tenant, i] for i in complaint_ids if (tenant, i) in self._cache}


class RecallManyFromACache(Whole):
    """What was erased is still recalled among many."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self._cache: dict[tuple[str, str], Sealed] = {}

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        found = super().recall_many(tenant, keys)
        return {key: self._cache.setdefault((tenant, key), record) for key, record in found.items()}


class TenantForgottenInLoadMany(Whole):
    """``load_many`` looks by id only."""

    def load_many(self, tenant: str, complaint_ids: Collection[str]) -> dict[str, Complaint]:
        anybodys = {i: c for (_, i), c in self._complaints.items() if i in complaint_ids}
        return anybodys | super().load_many(tenant, complaint_ids)


class TenantForgottenInRecallMany(Whole):
    """``recall_many`` looks by key only."""

    def recall_many(self, tenant: str, keys: Collection[str]) -> dict[str, Sealed]:
        return {k: r for (_, k), r in self._keys.items() if k in keys} | super().recall_many(tenant, keys)


class BatchLostOnRestart(Whole):
    """What a batch writes is written out later."""

    def __init__(self, beside: Whole | None = None) -> None:
        super().__init__(beside)
        self.late: set[tuple[str, str]] = set()

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        self.late |= {(tenant, complaint.id) for complaint, _ in steps}

    @classmethod
    def reopened(cls, store: Whole) -> Whole:
        again = cls(store)
        again._complaints = {c: kept for c, kept in store._complaints.items() if c not in getattr(store, "late", ())}
        return again


class BatchCommitsForTheHost(Whole):
    """A batch commits the host's transaction."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        super().append_many(tenant, steps)
        if self.host is not None:
            self.host.commit()


class BatchWithoutASavepoint(BatchInPieces):
    """Inside the host's transaction, what was written before the step that does not fit stays there."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        if self.host is None:
            MemoryStore.append_many(self, tenant, steps)
        else:
            super().append_many(tenant, steps)


class BatchConflictRollsTheHostBack(Whole):
    """A conflict in a batch takes everything of the host's transaction with it."""

    def append_many(self, tenant: str, steps: Steps) -> None:
        try:
            super().append_many(tenant, steps)
        except ConcurrencyConflict:
            if self.host is not None:
                vars(self).update(_copies(self.host.outside))
            raise
