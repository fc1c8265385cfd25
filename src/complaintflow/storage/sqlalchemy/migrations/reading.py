"""Reading every case, a page at a time, whatever the size of the database."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from complaintflow.model.complaint import Complaint
from complaintflow.storage.codec import load_complaint
from complaintflow.storage.sqlalchemy.migrations.place import Place

PAGE = 200


def cases(place: Place, connection: sa.Connection) -> Iterator[list[tuple[str, Complaint]]]:
    """Pages of (tenant, complaint), each complaint once."""
    names = ("tenant", "id", "body")
    c = sa.table(place.name("complaints"), *map(sa.column, names), schema=place.schema).c
    every = sa.select(*(c[name] for name in names)).order_by(c.tenant, c.id).limit(PAGE)
    page = connection.execute(every).all()
    while page:
        yield [(tenant, load_complaint(body)) for tenant, _, body in page]
        tenant, last, _ = page[-1]
        behind = sa.or_(c.tenant > tenant, sa.and_(c.tenant == tenant, c.id > last))
        page = connection.execute(every.where(behind)).all()
