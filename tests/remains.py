"""What is left of a person in a database."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Engine, MetaData, Table, select

from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from story import PERSONAL

UNFINISHED = "words are here that were erased: the erasure was not finished, or an old copy was put back"
"""What verify says while a tombstone is on file, and cells are left."""


@cache
def everything(engine: Engine) -> list[Table]:
    """Every table of the database."""
    tables = MetaData()
    tables.reflect(engine)
    return tables.sorted_tables


def dump(store: SQLAlchemyStore) -> str:
    """Every value of every table of the database."""
    with store.engine.connect() as connection:
        return "\n".join(repr(row) for t in everything(store.engine) for row in connection.execute(select(t)))


def words_in(store: SQLAlchemyStore) -> list[str]:
    """The personal words that are in any byte of a SQLite file or the logs beside it; on a server, in any row."""
    at = store.engine.url
    if store.engine.dialect.name == "sqlite":
        file = Path(at.database or "")
        kept = b"".join(p.read_bytes() for p in file.parent.glob(f"{file.name}*"))
    else:
        kept = dump(store).encode()
    return [word for word in PERSONAL if word.encode() in kept]
