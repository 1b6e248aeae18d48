"""Fixtures: a real application on a temporary instance with a real SQLite file, made by `create_all`."""

from __future__ import annotations

import sqlite3  # noqa: F401  before TensorFlow, whose own SQLite has no full text and would be taken for Python's
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app import create_app
from app.extensions import db
from app.settings import Settings
from tests.tiny import (  # noqa: F401  fixtures
    tiny_app,
    tiny_built,
    tiny_descriptors,
    tiny_encoders,
    tiny_files,
    tiny_index,
    tiny_weights,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path / "instance", testing=True)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()
