"""Reading the CFPB's CSV, one row at a time: it has millions of rows, two styles of headers, and damage."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from complaintflow.cli.errors import CannotRun

IN_PROGRESS = "In progress"

_NEEDED = (
    "date_received", "date_sent_to_company", "product", "issue", "company", "complaint_id", "timely_response",
)  # fmt: skip
_COLUMNS = (*_NEEDED, "company_response_to_consumer", "consumer_disputed")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")

Record = dict[str, str]
"""The fields of one row by the names of their columns, spelled in one way."""


class Damaged(Exception):
    """A row that cannot be used: ``line`` is where it begins in the file."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class Row:
    """What one complaint of the file says."""

    line: int
    id: str
    received: date
    sent: date
    product: str
    issue: str
    points: tuple[str, ...]
    narrative: str
    company: str
    channel: str
    tags: frozenset[str]
    response: str
    timely: bool
    disputed: bool


def records(path: Path) -> Iterator[tuple[int, Record] | Damaged]:
    """Every row with the line where it begins; a row that does not fit the header comes as ``Damaged``.

    Raises ``CannotRun`` if the file cannot be read or is none of this database.
    """
    try:
        # What is not UTF-8 is found in its row and told there, so that one bad byte does not end the reading.
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            yield from _rows(file, path)
    except OSError as error:
        raise CannotRun(f"cannot read {path}: {error.strerror}") from error


def _rows(file: TextIO, path: Path) -> Iterator[tuple[int, Record] | Damaged]:
    reader = csv.reader(file)
    header = _header(reader, path)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Damaged(line, f"cannot be read as CSV: {error}")
            continue
        if not fields:
            continue
        if len(fields) != len(header):
            yield Damaged(line, f"{len(fields)} columns, the header has {len(header)}")
        elif not _is_utf8(fields):
            yield Damaged(line, "holds bytes that are not UTF-8")
        else:
            yield line, {name: field.strip() for name, field in zip(header, fields, strict=True)}


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    try:
        names = [_name(column) for column in next(reader)]
    except StopIteration:
        raise CannotRun(f"{path} is empty") from None
    except csv.Error as error:
        raise CannotRun(f"{path} is not a CSV file: {error}") from error
    missing = [column for column in _COLUMNS if column not in names]
    if missing:
        raise CannotRun(f"{path} is not a file of the CFPB's complaints: it has no column {', '.join(missing)}")
    return names


def _name(column: str) -> str:
    """``Consumer disputed?`` and ``consumer_disputed?`` become ``consumer_disputed``."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")


def _is_utf8(fields: list[str]) -> bool:
    try:
        "".join(fields).encode()
    except UnicodeEncodeError:
        return False
    return True


def rows(path: Path) -> Iterator[Row | Damaged]:
    """Every row, understood or damaged, in the order of the file."""
    for found in records(path):
        if isinstance(found, Damaged):
            yield found
            continue
        try:
            yield understand(*found)
        except Damaged as damage:
            yield damage


def understand(line: int, record: Record) -> Row:
    """One row with its dates and answers read. Raises ``Damaged``."""
    for column in _NEEDED:
        if not record[column]:
            raise Damaged(line, f"{column} is empty")
    response = record["company_response_to_consumer"] or IN_PROGRESS
    points = (record["issue"], record.get("sub_product", ""), record.get("sub_issue", ""))
    said = tuple(p for p in points if p)
    return Row(
        line=line,
        id=record["complaint_id"],
        received=_date(line, record, "date_received"),
        sent=_date(line, record, "date_sent_to_company"),
        product=record["product"],
        issue=record["issue"],
        points=said,
        narrative=record.get("consumer_complaint_narrative") or "; ".join(said),
        company=record["company"],
        channel=record.get("submitted_via") or "unknown",
        tags=frozenset(t for t in (record.get("state", ""), *record.get("tags", "").split(", ")) if t),
        response=response,
        timely=_yes(line, record, "timely_response"),
        disputed=_yes(line, record, "consumer_disputed", "", "N/A"),
    )


def _date(line: int, record: Record, column: str) -> date:
    """A US date (8/30/2013, 08/30/2013) or an ISO date (2013-08-30, with a time or without)."""
    text = record[column]
    try:
        if us := _US_DATE.fullmatch(text):
            month, day, year = map(int, us.groups())
            return date(year, month, day)
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Damaged(line, f"{column}: {text!r} is not a date such as 8/30/2013 or 2013-08-30") from None


def _yes(line: int, record: Record, column: str, *also_no: str) -> bool:
    answer = record[column]
    if answer not in ("Yes", "No", *also_no):
        raise Damaged(line, f"{column}: {answer!r} is neither Yes nor No")
    return answer == "Yes"
