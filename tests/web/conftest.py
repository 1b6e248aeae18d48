"""Fixtures of the visitor's pages: an empty site, and one with a small gallery and a real index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.settings import Settings
from tests.web import browser, every_page, gallery


@pytest.fixture(scope="session")
def narrow_encoder(tmp_path_factory: pytest.TempPathFactory) -> Vgg16Encoder:
    return gallery.encoder(tmp_path_factory.mktemp("narrow"))


@pytest.fixture(scope="session")
def gallery_instance(tmp_path_factory: pytest.TempPathFactory, narrow_encoder: Vgg16Encoder) -> Path:
    instance = tmp_path_factory.mktemp("gallery") / "instance"
    gallery.make(instance, narrow_encoder)
    return instance


@pytest.fixture
def site(tmp_path: Path, gallery_instance: Path, narrow_encoder: Vgg16Encoder) -> Iterator[Flask]:
    """The application on a copy of the gallery. No context is pushed: each request has its own, as it is served."""
    instance = gallery.copied(gallery_instance, tmp_path / "site")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def bare_site(tmp_path: Path) -> Iterator[Flask]:
    """The application on an instance in which nothing is yet."""
    app = gallery.open_site(Settings(instance=tmp_path / "bare", testing=True))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    with browser.chromium() as found:
        yield found


@pytest.fixture(scope="session")
def address(
    tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder
) -> Iterator[str]:
    """A running site as visitors have it (CSRF on), shared by the browser tests."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("served") / "instance")
    app = gallery.open_site(Settings(instance=instance), narrow_encoder)
    with browser.served(app) as found:
        yield found
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def furnished(
    tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder
) -> tuple[Path, dict[str, str]]:
    """An instance in which every page of the application has something to show, and the names of their addresses."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("furnished") / "instance")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)
    names = every_page.furnish(app)
    with app.app_context():
        db.engine.dispose()
    return instance, names
