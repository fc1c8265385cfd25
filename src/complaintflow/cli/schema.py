"""``complaintflow db``: the tables of a database and their migrations. Needs the extra ``migrations``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from complaintflow.cli.errors import CannotRun

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(help="Make the tables of a database, and bring them up to date.", no_args_is_help=True)

Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="The database, as SQLAlchemy writes it.")]
File = Annotated[
    Path | None,
    typer.Option("--db", metavar="FILE", help="Or the SQLite file of the cases; or set COMPLAINTFLOW_DB."),
]
Prefix = Annotated[str, typer.Option(help="How the names of the tables begin.")]
Schema = Annotated[str | None, typer.Option(help="The schema that they are in; the default one if left out.")]


@app.command()
def upgrade(url: Url = None, db: File = None, prefix: Prefix = "complaintflow_", schema: Schema = None) -> None:
    """Bring the tables, with all that is in them, to this version of the library; creates what is not there."""
    migrations = _migrations()
    with _engine(url, db) as engine:
        before = migrations.upgrade(engine, prefix=prefix, schema=schema)
    newest = migrations.newest()
    typer.echo(f"nothing to do: revision {newest}" if before == newest else f"{before or 'empty'} -> {newest}")


@app.command()
def current(url: Url = None, db: File = None, prefix: Prefix = "complaintflow_", schema: Schema = None) -> None:
    """Show the revision of the tables, and whether it is the newest. Exit code 1 if it is not."""
    migrations = _migrations()
    if url is None and db is not None and not db.is_file():
        raise CannotRun(f"there is no database {db}")
    with _engine(url, db) as engine:
        found = migrations.current(engine, prefix=prefix, schema=schema)
    newest = migrations.newest()
    typer.echo(f"{found or 'no tables'}{' (newest)' if found == newest else f'; the newest is {newest}'}")
    if found != newest:
        raise typer.Exit(1)


@app.command()
def sql(
    dialect: Annotated[str, typer.Argument(metavar="DIALECT", help="sqlite, postgresql, mariadb or mysql.")],
    start: Annotated[str, typer.Option("--from", metavar="REVISION", help="The revision that is there.")] = "base",
    prefix: Prefix = "complaintflow_",
    schema: Schema = None,
) -> None:
    """Print the upgrade as SQL, for whoever may change the database when the library may not."""
    try:
        typer.echo(_migrations().sql(dialect, start=start, prefix=prefix, schema=schema), nl=False)
    except ValueError as error:
        raise CannotRun(str(error)) from error


def _migrations() -> ModuleType:
    try:
        from complaintflow.storage.sqlalchemy import migrations
    except ModuleNotFoundError as error:
        if error.name != "alembic":
            raise
        raise CannotRun("migrations need their extra: pip install 'complaintflow[migrations]'") from None
    return migrations


@contextmanager
def _engine(url: str | None, db: Path | None) -> Iterator[Engine]:
    """An engine; what its driver or the database says against it becomes one line."""
    from sqlalchemy import URL, create_engine
    from sqlalchemy.exc import ArgumentError, DBAPIError

    if url is None and db is None:
        raise CannotRun("say which database: --url URL or --db FILE")
    try:
        engine = create_engine(url or URL.create("sqlite", database=str(db)))
    except ModuleNotFoundError as error:
        raise CannotRun(f"this database needs a driver that is not installed: {error.name}") from None
    except ArgumentError as error:
        raise CannotRun(f"this is no URL of a database: {error}") from None
    try:
        yield engine
    except DBAPIError as error:
        raise CannotRun(f"the database refused: {error.orig}") from error
    finally:
        engine.dispose()
