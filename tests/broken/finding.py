"""Mistakes in finding: pages, filters, due times."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

from broken.whole import Whole
from complaintflow import Complaint, Query
from complaintflow.storage import codec
from complaintflow.storage.port import Page


class Finding(Whole):
    """A ``find`` with one part of it changed."""

    def find(self, tenant: str, query: Query) -> Page:
        place = urlsafe_b64decode(query.after).decode() if query.after else None
        if query.after:
            codec.read_cursor(query.after)
        unpaged = query.model_copy(update={"after": None, "limit": 1000})
        cases = sorted(super().find(tenant, unpaged).complaints, key=self.order)
        rest = [c for c in cases if place is None or self.place(c) > place]
        page = tuple(rest[: query.limit])
        more = len(rest) > query.limit
        return Page(complaints=page, next=urlsafe_b64encode(self.place(page[-1]).encode()).decode() if more else None)

    def order(self, c: Complaint) -> Any:
        return c.recorded_at, c.id

    def place(self, c: Complaint) -> str:
        return f"{c.recorded_at.isoformat()} {c.id}"


class FindIgnoresIds(Finding):
    """A cursor holds the time only: cases of the same moment are left out."""

    def place(self, c: Complaint) -> str:
        return f"{c.recorded_at.isoformat()} "


class FindByLastChange(Finding):
    """Pages are ordered by the last change, so that cases move while one reads."""

    def order(self, c: Complaint) -> Any:
        return c.updated_at, c.id

    def place(self, c: Complaint) -> str:
        return f"{c.updated_at.isoformat()} {c.id}"


class FindFoldsOrder(Finding):
    """Ids are ordered by a collation, not by code points."""

    def order(self, c: Complaint) -> Any:
        return c.recorded_at, c.id.lower()


class FindByOffset(Whole):
    """The cursor is how many cases have been shown."""

    def find(self, tenant: str, query: Query) -> Page:
        offset = int(query.after[3:]) if query.after else 0
        every = super().find(tenant, query.model_copy(update={"after": None, "limit": 1000})).complaints
        end = offset + query.limit
        return Page(complaints=every[offset:end], next=f"at-{end}" if len(every) > end else None)


class FalseCursorTaken(Whole):
    """A cursor that cannot be read begins at the beginning."""

    def find(self, tenant: str, query: Query) -> Page:
        try:
            return super().find(tenant, query)
        except ValueError:
            return super().find(tenant, query.model_copy(update={"after": None}))


class PageTooLong(Whole):
    """A page has one case more than it was asked for."""

    def find(self, tenant: str, query: Query) -> Page:
        return super().find(tenant, query.model_copy(update={"limit": query.limit + 1}))


class OneMorePage(Whole):
    """A last page that is full has a ``next``."""

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        full = page.next is None and len(page.complaints) == query.limit
        return Page(complaints=page.complaints, next=codec.cursor_after(page.complaints[-1])) if full else page


class FilterForgotten(Whole):
    """``find`` does not know the filter on the cause."""

    def find(self, tenant: str, query: Query) -> Page:
        return super().find(tenant, query.model_copy(update={"cause": None}))


class RepresentativeForgotten(Whole):
    """``complainant`` does not look at representatives."""

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        kept = tuple(c for c in page.complaints if query.complainant in (None, c.complainant.id))
        return Page(complaints=kept, next=page.next)


class RecordedBeforeIncluded(Whole):
    """``recorded_before`` includes its moment."""

    def find(self, tenant: str, query: Query) -> Page:
        until = query.recorded_before and query.recorded_before + timedelta(microseconds=1)
        return super().find(tenant, query.model_copy(update={"recorded_before": until}))


class FindShowsTheFirst(Whole):
    """Pages show complaints as they were recorded."""

    def find(self, tenant: str, query: Query) -> Page:
        page = super().find(tenant, query)
        old = tuple(c.model_copy(update={"version": 1}) for c in page.complaints)
        return Page(complaints=old, next=page.next)


class SearchInsideWords(Whole):
    """``text`` is looked for anywhere, in the middle of words too."""

    def find(self, tenant: str, query: Query) -> Page:
        if query.text is None:
            return super().find(tenant, query)
        page = super().find(tenant, query.model_copy(update={"text": None}))
        return Page(complaints=tuple(c for c in page.complaints if query.text in c.narrative))


class DueIncluded(Whole):
    """``due`` includes what is due at the very moment."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        return super().due(tenant, before + timedelta(microseconds=1), limit)


class DueById(Whole):
    """What is due comes in the order of ids."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        return tuple(sorted(super().due(tenant, before, 1000))[:limit])


class DueWithoutLimit(Whole):
    """``due`` gives everything."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:  # noqa: ARG002 - forgotten
        return super().due(tenant, before, 1_000_000)


class DueFromTheRecord(Whole):
    """The due time is indexed at the record and never again."""

    def due(self, tenant: str, before: datetime, limit: int) -> tuple[str, ...]:
        cases = (c for c in self.all_of(tenant) if c.recorded_at + timedelta(days=2) < before)
        return tuple(c.id for c in sorted(cases, key=lambda c: (c.recorded_at, c.id)))[:limit]
