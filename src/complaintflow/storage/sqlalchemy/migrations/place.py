"""Where the tables are, and the steps that revisions are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op
from alembic.operations.ops import CreateIndexOp, CreateTableOp


class Place(NamedTuple):
    """The prefix of all names, the schema, and the connection; ``None`` if SQL is only written out, for ``dialect``.

    MySQL and MariaDB commit at every DDL statement. So a step does only what is not there yet, and a migration that
    was interrupted is run again.
    """

    prefix: str
    schema: str | None
    dialect: str
    connection: sa.Connection | None = None

    @classmethod
    def here(cls) -> Place:
        """The place at which the running revision works."""
        config = op.get_context().config
        if config is None:
            raise TypeError("a revision of complaintflow runs by `migrations.upgrade` only")
        place: Place = config.attributes["place"]
        return place

    def name(self, of: str) -> str:
        """The full name of a table, index or key."""
        return f"{self.prefix}{of}"

    @property
    def version_table(self) -> str:
        """Beside the host's own ``alembic_version``, never the same."""
        return self.name("alembic_version")

    @property
    def is_mysql(self) -> bool:
        return self.dialect in ("mysql", "mariadb")

    def columns(self, table: str) -> set[str]:
        """The columns that this table has; none if there is no table, or no connection to look with."""
        inspector = self._inspector(self.name(table))
        found = inspector.get_columns(self.name(table), schema=self.schema) if inspector else []
        return {column["name"] for column in found}

    def create(self, table: sa.Table) -> bool:
        """Create a table with its indexes; was it not there?"""
        is_new = self._inspector(table.name) is None
        if is_new:
            op.invoke(CreateTableOp.from_table(table))
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            self.create_index(index)
        return is_new

    def create_index(self, index: sa.Index) -> None:
        """Create an index on the table of its columns."""
        name = index.columns[0].table.name
        inspector = self._inspector(name)
        found = inspector.get_indexes(name, schema=self.schema) if inspector else []
        if index.name not in {i["name"] for i in found}:
            op.invoke(CreateIndexOp.from_index(index))

    def add_column(self, table: sa.Table, column: sa.Column[Any]) -> None:
        """Add a column to the table, and to what ``table`` says of it."""
        is_new = column.name not in self.columns(table.name.removeprefix(self.prefix))
        table.append_column(column)
        if is_new:
            op.add_column(table.name, column, schema=self.schema)

    def _inspector(self, name: str) -> sa.Inspector | None:
        if self.connection is None:
            return None
        inspector = sa.inspect(self.connection)  # a new one each time: it remembers what it saw
        return inspector if inspector.has_table(name, schema=self.schema) else None
