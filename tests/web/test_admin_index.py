"""Re-index, builds, publishing and rolling back from the pages, over the tiny museum's real index."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import services
from app.accounts.models import AuditEvent
from app.catalogue.models import Artwork
from app.engine.types import BuildReport
from app.extensions import db
from app.usage import jobs
from app.usage.models import Job
from tests.tiny import WORKS
from tests.web.staff_cast import Person, log_in


@pytest.fixture
def described(tiny_app: Flask, tiny_descriptors: Path) -> Flask:
    """The tiny museum with its pictures described and nothing built."""
    shutil.copy(tiny_descriptors, services.settings().descriptors_path)
    return tiny_app


def reindex(client: Person, preset: str = "default") -> str:
    page: str = client.post("/admin/index/build", data={"preset": preset}, follow_redirects=True).text
    return page


def test_the_button_builds_and_publishes(described: Flask) -> None:
    carla = log_in(described, "carla", "curator")
    assert "Nothing yet: visitors are told" in carla.get("/admin/index").text
    assert f"{len(WORKS)} works in" in reindex(carla)
    page = carla.get("/admin/index").text
    assert "searched now" in page
    assert services.builds().current() in page
    job = db.session.scalar(select(Job))
    assert job is not None
    assert (job.state, job.user.email if job.user else "") == ("done", "carla@example.org")
    assert db.session.scalar(select(AuditEvent.subject).where(AuditEvent.action == "index.build")) == "default"


def test_an_older_build_is_published_again_after_being_told_what_that_means(described: Flask) -> None:
    carla = log_in(described, "carla", "curator")
    reindex(carla)
    first = services.builds().current()
    hidden = db.session.scalar(select(Artwork).where(Artwork.source_id == "t12"))
    assert hidden is not None
    hidden.hidden = True
    db.session.commit()
    assert "The catalogue has changed since the index was built" in carla.get("/admin/").text
    reindex(carla)
    second = services.builds().current()
    assert first != second
    assert f'/admin/builds/{first}#publish">Roll back …' in carla.get("/admin/index").text
    asked = carla.get(f"/admin/builds/{first}").text
    assert f"Visitors will search its {len(WORKS)} works instead of the {len(WORKS) - 1} of {second}." in asked
    done = carla.post(f"/admin/builds/{first}/publish", follow_redirects=True).text
    assert f"To undo, publish {second} again." in done
    assert services.builds().current() == first
    event = db.session.scalar(select(AuditEvent).where(AuditEvent.action == "index.publish"))
    assert event is not None
    assert (event.subject, event.details) == (first, {"before": second})


def test_a_picture_that_cannot_be_read_is_listed_with_its_build(described: Flask) -> None:
    picture = services.gallery_pictures()[0]
    picture.path.write_bytes(b"no picture any more")
    services.settings().descriptors_path.unlink()
    carla = log_in(described, "carla", "curator")
    reindex(carla)
    page = carla.get(f"/admin/builds/{services.builds().current()}").text
    assert "t01-0.jpg" in page
    assert "See the build and its 1 rejected picture" in carla.get(f"/admin/jobs/{jobs.recent()[0].id}").text


def test_a_damaged_build_is_not_published(described: Flask, tiny_index: BuildReport) -> None:
    carla = log_in(described, "carla", "curator")
    reindex(carla)
    current = services.builds().current()
    file = next(path for path in (services.builds().folder / tiny_index.build_id).rglob("*.npz"))
    file.write_bytes(file.read_bytes()[:-1])
    page = carla.post(f"/admin/builds/{tiny_index.build_id}/publish", follow_redirects=True).text
    assert "is damaged" in page
    assert services.builds().current() == current


def test_only_one_reindex_at_a_time(described: Flask) -> None:
    jobs.start(jobs.create("index_build", {"preset": "default"}))
    assert "A re-index is running already" in reindex(log_in(described, "carla", "curator"))
    assert db.session.query(Job).count() == 1


def test_an_unknown_preset_gets_a_sentence(described: Flask) -> None:
    assert "There is no search preset" in reindex(log_in(described, "carla", "curator"), preset="nonsense")
    assert db.session.query(Job).count() == 0


def test_an_unknown_build_is_not_found(described: Flask) -> None:
    carla = log_in(described, "carla", "curator")
    assert carla.get("/admin/builds/none").status_code == 404
    assert "There is no build" in carla.post("/admin/builds/none/publish", follow_redirects=True).text
