"""Finding by words through the database's own index: FTS5, tsvector with GIN, FULLTEXT.

The words of every narrative, cut by ``storage.words``, stand in a table of their own, written once when the case is
recorded. InnoDB shows a new row to a search only after the commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    event,
    false,
    insert,
    select,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from complaintflow.model.complaint import Complaint
from complaintflow.storage.sqlalchemy.columns import MYSQL, Name
from complaintflow.storage.words import Term, document, terms


class Document(TypeDecorator[Sequence[str]]):
    """Words in their order, as the database's index takes them."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in MYSQL:
            return mysql.MEDIUMTEXT(charset="ascii", collation="ascii_bin")
        return postgresql.TSVECTOR() if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return None if value is None else " ".join(value)
        places: dict[str, list[str]] = defaultdict(list)
        for place, word in enumerate(value, 1):
            places[word].append(str(place))
        return " ".join(f"{word}:{','.join(at)}" for word, at in places.items())


class Wanted(TypeDecorator[Sequence[Term]]):
    """What is looked for, in the language of the database's index. Words are ``x`` and digits: nothing needs quotes."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return postgresql.TSQUERY() if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Sequence[Term] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return " & ".join(f"({' <-> '.join(t.words)})" if len(t.words) > 1 else f"{t.words[0]}:*" for t in value)
        phrases = [f'"{" ".join(t.words)}"' if len(t.words) > 1 else f"{t.words[0]}*" for t in value]
        return " AND ".join(phrases) if dialect.name == "sqlite" else " ".join(f"+{p}" for p in phrases)


class matching(FunctionElement[Any]):  # noqa: N801 - an SQL function
    """Does the document hold what is wanted? The one place where the databases speak differently."""

    type: TypeEngine[Any] = NullType()  # as a Boolean it would be written `MATCH ... = 1`, which no index answers
    inherit_cache = True


@compiles(matching, "postgresql")
def _tsvector(element: matching, compiler: SQLCompiler, **how: Any) -> str:
    column, wanted = (compiler.process(c, **how) for c in element.clauses)
    return f"{column} @@ {wanted}"


@compiles(matching, "mysql")
@compiles(matching, "mariadb")
def _fulltext(element: matching, compiler: SQLCompiler, **how: Any) -> str:
    column, wanted = (compiler.process(c, **how) for c in element.clauses)
    return f"MATCH({column}) AGAINST ({wanted} IN BOOLEAN MODE)"


@compiles(matching, "sqlite")
def _fts5(element: matching, compiler: SQLCompiler, **how: Any) -> str:
    column, wanted = element.clauses
    table, index = column.table, f"{column.table.name}_fts"
    row, asked = compiler.process(table.c.place, **how), compiler.process(wanted, **how)
    return f"{row} IN (SELECT rowid FROM {_in(table.schema)}{index} WHERE {index} MATCH {asked})"  # noqa: S608 - names


def words_table(metadata: MetaData, prefix: str, schema: str | None = None) -> Table:
    """The words of every narrative. ``place`` is a hash of tenant and id: the row that FTS5 points to may not move."""
    name = f"{prefix}words"
    table = Table(
        name,
        metadata,
        Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        Column("tenant", Name(64), nullable=False),
        Column("id", Name(128), nullable=False),
        Column("document", Document, nullable=False),
        Index(
            f"{prefix}by_words", "document", postgresql_using="gin", mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT"
        ).ddl_if(callable_=_has_word_index),
        schema=schema,
    )
    for statement in fts5(name, schema):
        event.listen(table, "after_create", _on_sqlite(statement))
    event.listen(table, "before_drop", _on_sqlite(f"DROP TABLE IF EXISTS {_in(schema)}{name}_fts"))
    return table


def _has_word_index(*_: object, dialect: Dialect, **__: object) -> bool:
    """SQLite has a table instead of an index."""
    return dialect.name != "sqlite"


def _on_sqlite(statement: str) -> Any:
    return DDL(statement).execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]


def _in(schema: str | None) -> str:
    return f"{schema}." if schema else ""


def fts5(name: str, schema: str | None = None) -> tuple[str, ...]:
    """What makes the index of SQLite over the table ``name``, and keeps it."""
    index = f"{name}_fts"
    add = f"INSERT INTO {index} (rowid, document) VALUES (new.place, new.document)"  # noqa: S608 - names of ours
    drop = f"INSERT INTO {index} ({index}, rowid, document) VALUES ('delete', old.place, old.document)"  # noqa: S608
    columns = f"document, content={name}, content_rowid=place, tokenize=ascii"
    return (
        f"CREATE VIRTUAL TABLE {_in(schema)}{index} USING fts5 ({columns})",
        f"CREATE TRIGGER {_in(schema)}{name}_in AFTER INSERT ON {name} BEGIN {add}; END",
        f"CREATE TRIGGER {_in(schema)}{name}_out AFTER DELETE ON {name} BEGIN {drop}; END",
    )


class Search:
    """The statements of the words table."""

    def __init__(self, table: Table) -> None:
        self._words = table.c
        self.insert = insert(table)
        self.forget = delete(table).where(table.c.place == bindparam("b_place"))
        self.scrub = f"INSERT INTO {_in(table.schema)}{table.name}_fts ({table.name}_fts) VALUES ('optimize')"  # noqa: S608
        """SQLite, after ``forget``: FTS5 marks words as gone, and drops them only when it merges its segments."""

    def having(self, tenant: str, complaint_id: ColumnElement[str], text: str) -> ColumnElement[bool]:
        """The condition that a case's narrative holds the words of ``text``."""
        wanted = terms(text)
        if not wanted:
            return false()
        w = self._words
        holds = matching(w.document, bindparam(None, wanted, type_=Wanted))
        return complaint_id.in_(select(w.id).where(and_(w.tenant == tenant, holds)))


def place(tenant: str, complaint_id: str) -> int:
    """Where a case stands in the words table: 63 bits of a hash."""
    return int.from_bytes(blake2b(f"{tenant}\0{complaint_id}".encode(), digest_size=8).digest()) >> 1


def words_values(tenant: str, complaint: Complaint) -> dict[str, Any]:
    """A row of the words table."""
    return {
        "place": place(tenant, complaint.id),
        "tenant": tenant,
        "id": complaint.id,
        "document": document(complaint.narrative),
    }
