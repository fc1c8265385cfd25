"""A database of our own on the PostgreSQL server where COMPLAINTFLOW_POSTGRESQL_URL says."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

URL = os.environ.get("COMPLAINTFLOW_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


def is_there() -> bool:
    """Does a server answer?"""
    engine = create_engine(URL)
    try:
        engine.connect().close()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of a new database, dropped afterwards, also if the program is told to end."""
    name = f"cf_bench_{uuid4().hex[:8]}"
    server = create_engine(URL, isolation_level="AUTOCOMMIT")
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield make_url(URL).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()
        signal.signal(signal.SIGTERM, former)
