"""The types of our columns: the same meaning on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

MYSQL = ("mysql", "mariadb")
"""What SQLAlchemy calls the dialects of these two."""


class UtcTime(TypeDecorator[datetime]):
    """A UTC moment, exact to the microsecond: a type of the database that keeps it, else text that sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return String(27)
        if dialect.name in MYSQL:
            return mysql.DATETIME(fsp=6)
        return DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return moment.replace(tzinfo=None) if dialect.name in MYSQL else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        try:
            if dialect.name == "sqlite":
                return datetime.fromisoformat(value)
            stored: datetime = value
            return stored.replace(tzinfo=UTC) if dialect.name in MYSQL else stored.astimezone(UTC)
        except (AttributeError, OverflowError, TypeError, ValueError):
            return None  # no time any more: SQLite keeps anything, MariaDB zeros, and `verify` has to name the entry


class Name(TypeDecorator[str]):
    """A word of at most ``length`` characters: equal if every byte is (trailing spaces too), in the order of bytes."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        length = cast("String", self.impl_instance).length
        if dialect.name == "postgresql":
            return String(length, collation="C")
        if dialect.name in MYSQL:
            return mysql.VARCHAR(length, charset="utf8mb4", collation=_by_bytes(dialect))
        return String(length)


class Body(TypeDecorator[str]):
    """JSON text of any length: MySQL's own TEXT would end at 64 kilobytes."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in MYSQL:
            return mysql.MEDIUMTEXT(charset="utf8mb4", collation=_by_bytes(dialect))
        return Text()


def _by_bytes(dialect: Dialect) -> str:
    """``utf8mb4_bin`` would take ``'k'`` and ``'k '`` for the same key."""
    return "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
