"""A whole file into a store: every row driven, what could not be used told, and both counts taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from complaintflow.cli.cfpb.counts import Counts, counts_of_cases, counts_of_file
from complaintflow.cli.cfpb.drive import Driver, case_id
from complaintflow.cli.cfpb.file import Damaged, Row, records, rows
from complaintflow.cli.cfpb.policy import source_policy
from complaintflow.cli.errors import CannotRun, lines
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.errors import ConcurrencyConflict, KeyReused, Refused
from complaintflow.model.complaint import Complaint
from complaintflow.reports.pareto import Bar, pareto
from complaintflow.storage.port import Query, Store


@dataclass
class Result:
    """What a run did and found."""

    rows: int = 0
    repeated: int = 0
    sent_before_received: int = 0
    new_cases: int = 0
    new_entries: int = 0
    damaged: list[Damaged] = field(default_factory=list)
    of_file: Counts = field(default_factory=dict)
    of_cases: Counts = field(default_factory=dict)
    issues: tuple[Bar, ...] = ()

    @property
    def is_equal(self) -> bool:
        return self.of_file == self.of_cases


@dataclass(frozen=True)
class Survey:
    """A first look at the file: how many rows, and which products and issues the policy must know."""

    rows: int
    names: frozenset[tuple[str, str]]


def survey(path: Path) -> Survey:
    """Raises ``CannotRun`` if there is nothing in the file to replay."""
    count, names = 0, set()
    for found in records(path):
        count += 1
        if not isinstance(found, Damaged):
            record = found[1]
            names.add((record["product"], record["issue"]))
    if not count:
        raise CannotRun(f"{path} has a header and no rows")
    return Survey(count, frozenset(pair for pair in names if all(pair)))


class Replay:
    """One run over one file. Keeps the ids of its rows in memory, not the rows."""

    def __init__(self, store: Store, path: Path, seen: Survey) -> None:
        self._path = path
        self._policy = source_policy(seen.names)
        self._driver = Driver(store, self._policy)
        self._read: dict[str, int] = {}
        self._skipped: set[int] = set()
        self.result = Result()

    def run(self, on_row: Callable[[], None]) -> Result:
        """Drive every row, calling ``on_row`` after each, and take both counts."""
        for row in rows(self._path):
            self._take(row)
            on_row()
        result = self.result
        result.of_file = counts_of_file(self._path, self._skipped)
        result.of_cases = counts_of_cases(self._policy, self._cases())
        result.issues = pareto(self._cases(), by=lambda c: c.points[0] if c.points else None)
        return result

    def _take(self, row: Row | Damaged) -> None:
        result = self.result
        result.rows += 1
        try:
            if isinstance(row, Damaged):
                raise row
            if not self._is_repeated(row):
                self._drive(row)
                result.sent_before_received += row.sent < row.received
        except Damaged as damage:
            self._skipped.add(damage.line)
            result.damaged.append(damage)
        finally:
            result.new_cases, result.new_entries = self._driver.new_cases, self._driver.new_entries

    def _is_repeated(self, row: Row) -> bool:
        """The same complaint a second time in one file is counted once; a different one under its id is damage."""
        content = hash(replace(row, line=0))
        known = self._read.get(case_id(row.id))
        if known is None:
            self._read[case_id(row.id)] = content
            return False
        if known != content:
            raise Damaged(row.line, f"complaint {row.id} is in the file already, with different content")
        self._skipped.add(row.line)
        self.result.repeated += 1
        return True

    def _drive(self, row: Row) -> None:
        try:
            self._driver.drive(row)
        except KeyReused:
            reason = f"complaint {row.id} was replayed before with different content"
            raise self._forgotten(row, reason) from None
        except (Refused, ValidationError, ConcurrencyConflict) as error:
            raise self._forgotten(row, "; ".join(lines(error))) from error
        except Damaged as damage:
            raise self._forgotten(row, damage.reason) from None

    def _forgotten(self, row: Row, reason: str) -> Damaged:
        del self._read[case_id(row.id)]
        return Damaged(row.line, reason)

    def _cases(self) -> Iterator[Complaint]:
        """The stored cases of this file, page by page; the database may hold others."""
        return (c for c in all_cases(self._driver.desk) if c.id in self._read)


def all_cases(desk: ComplaintDesk) -> Iterator[Complaint]:
    """Every case of a desk, oldest first."""
    page = desk.find(Query(limit=1000))
    yield from page.complaints
    while page.next:
        page = desk.find(Query(limit=1000, after=page.next))
        yield from page.complaints
