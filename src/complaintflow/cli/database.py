"""Opening the database file that a command works on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from complaintflow.cli.errors import CannotRun
from complaintflow.desk.sync import ComplaintDesk

if TYPE_CHECKING:
    from complaintflow.storage.sqlalchemy import SQLAlchemyStore

Database = Annotated[
    Path, typer.Option("--db", metavar="FILE", help="The SQLite file of the cases; or set COMPLAINTFLOW_DB.")
]
NewDatabase = Annotated[
    Path | None,
    typer.Option(
        "--db", metavar="FILE", help="The SQLite file, or COMPLAINTFLOW_DB; a fresh temporary one if left out."
    ),
]


@contextmanager
def opened(path: Path, *, create: bool = False) -> Iterator[SQLAlchemyStore]:
    """A store on the file. Raises ``CannotRun`` if it is not there and is not to be created."""
    from sqlalchemy import URL

    from complaintflow.storage.sqlalchemy import SQLAlchemyStore

    if not create and not path.is_file():
        raise CannotRun(f"there is no database {path}")
    url = URL.create("sqlite", database=str(path)).render_as_string()
    with SQLAlchemyStore.from_url(url, create_tables=create) as store:
        yield store


@contextmanager
def desk_on(path: Path, *, create: bool = False) -> Iterator[ComplaintDesk]:
    """A desk with the standard workflow on the file."""
    with opened(path, create=create) as store:
        yield ComplaintDesk(store)


def fresh_file(name: str) -> Path:
    """A file that is not there yet, in a temporary folder of its own."""
    return Path(tempfile.mkdtemp(prefix="complaintflow-")) / name
