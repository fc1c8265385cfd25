"""The one place where a driver's error becomes one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from complaintflow.errors import ConcurrencyConflict, Damaged, StorageError

_LOST: frozenset[Any] = frozenset({
    "23505",  # PostgreSQL: a unique key is taken
    "40001",  # serialization failure
    "40P01",  # deadlock
    1020,  # MariaDB: the row has changed since it was read
    1062,  # MySQL, MariaDB: a unique key is taken
    1205,  # waited too long for a lock
    1213,  # deadlock
    517,  # SQLite: somebody wrote after this transaction had read
    1555,  # a primary key is taken
    2067,  # a unique key is taken
})  # fmt: skip
"""What the drivers say when somebody else was faster."""


@contextmanager
def translated(complaint_id: str | None = None, expected: int | None = None) -> Iterator[None]:
    """``ConcurrencyConflict`` for a lost race for this complaint, else ``StorageError`` with the driver's as cause.

    An ``expected`` version says that it is written. A ``complaint_id`` may be empty: a race for many, or for any.
    """
    try:
        yield
    except DBAPIError as error:
        if complaint_id is not None and _codes(error.orig) & _LOST:
            raise ConcurrencyConflict(complaint_id, expected, None) from error
        if expected is None and _cannot_be_read(error.orig):
            raise Damaged("a value in the database") from error
        raise StorageError(f"the database refused: {error.orig}") from error
    except OverflowError as error:  # asyncpg: a time before the year 1
        raise Damaged("a time in the database") from error
    except (PoolTimeout, OSError) as error:
        raise StorageError(f"the database cannot be reached: {error}") from error


def _cannot_be_read(error: Any) -> bool:
    """Is it the driver that cannot make sense of a value? sqlite3 and psycopg have no error of their own for it."""
    from_no_server = getattr(error, "sqlstate", "-") is None
    return "decode to UTF-8" in str(error) or (type(error).__name__ == "DataError" and from_no_server)


def _codes(error: Any) -> set[Any]:
    """What the driver calls it: each has its own place for that."""
    return {getattr(error, "sqlstate", None), getattr(error, "sqlite_errorcode", None), *error.args[:1]}
