"""Fixtures of the catalogue: one application on SQLite, and the same on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.catalogue.importers import ImportReport, run_import
from app.extensions import db
from app.settings import Settings
from tests.postgres import postgres_server, postgres_url  # noqa: F401  fixtures

Import = Callable[..., ImportReport]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on each database, with empty tables."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    app = create_app(Settings(instance=tmp_path / "instance", database_url=url, testing=True))
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def load(tmp_path: Path) -> Import:
    """`run_import` into the instance's pictures."""

    def load(file: Path, **options: Any) -> ImportReport:
        return run_import(file, pictures_dir=tmp_path / "instance" / "pictures", **options)

    return load
