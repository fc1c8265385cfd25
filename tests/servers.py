"""The database servers that tests run against: each test gets an empty place of its own, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url

_SERVERS = {
    "postgresql": (
        "postgresql+psycopg://postgres@127.0.0.1:5432/test",
        "docker run --rm -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust -e POSTGRES_DB=test postgres:15",
    ),
    "mariadb": (
        "mysql+pymysql://root@127.0.0.1:3306/test",
        "docker run --rm -p 3306:3306 -e MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1 -e MARIADB_DATABASE=test mariadb:10.11",
    ),
    "redis": ("redis://127.0.0.1:6379/0", "docker run --rm -p 6379:6379 redis:7"),
}


def url(name: str) -> str:
    """Where the server is; skips the test if it does not answer, fails it under COMPLAINTFLOW_REQUIRE_SERVERS=1."""
    default, start = _SERVERS[name]
    found = os.environ.get(f"COMPLAINTFLOW_{name.upper()}_URL", default)
    address = make_url(found)
    try:
        socket.create_connection((address.host or "127.0.0.1", address.port or 0), timeout=2).close()
    except OSError as error:
        said = f"no {name} at {address.host}:{address.port} ({error}); start one: {start}"
        (pytest.fail if os.environ.get("COMPLAINTFLOW_REQUIRE_SERVERS") == "1" else pytest.skip)(said)
    return found


@contextmanager
def fresh_database(name: str) -> Iterator[str]:
    """The URL of a new, empty database on the server; it is dropped afterwards."""
    server, database = url(name), f"cf_test_{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    force = " WITH (FORCE)" if name == "postgresql" else ""  # a worker that was killed may still be connected
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {database}")
        yield make_url(server).set(database=database).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {database}{force}")
        engine.dispose()
