"""What a re-index costs, keeping it aside, comparing, publishing or deleting, taking up again, and the plan: from the pages."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import services
from app.accounts.models import AuditEvent
from app.catalogue import queries
from app.catalogue.models import Artwork
from app.engine.errors import CancelledError
from app.engine.types import BuildReport
from app.extensions import db
from app.reindexing import photo_sets, planning
from app.usage import jobs, timings
from app.usage.index_models import BuildComparison, PhotoSet
from app.web.staff.steps import seconds_left, steps
from tests.tiny import painting, visitor_photo
from tests.web.staff_cast import Person, log_in


@pytest.fixture
def described(tiny_app: Flask, tiny_descriptors: Path) -> Flask:
    """The tiny museum with its pictures described and nothing built."""
    shutil.copy(tiny_descriptors, services.settings().descriptors_path)
    return tiny_app


def photos_zip(*names: str) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(f"{name}.jpg", visitor_photo(painting(name)).jpeg())
    out.seek(0)
    return out


def save_set(client: Person, name: str, table: str, *photos: str) -> str:
    files = {"table": (io.BytesIO(table.encode()), "any.csv"), "photos": (photos_zip(*photos), "photos.zip")}
    form = {"kind": "upload", "name": name, **files}
    page: str = client.post("/admin/comparisons/sets", data=form, follow_redirects=True).text
    return page


def deeds() -> list[str]:
    told = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id))
    return [action for action in told if action.startswith(("index.", "photo_set."))]


def test_the_cost_stands_before_the_button(tiny_app: Flask) -> None:
    carla = log_in(tiny_app, "carla", "curator")
    page = carla.get("/admin/index").text
    assert "13 pictures" in page and "unknown: this machine has not described with this preset yet" in page
    assert "13 pictures in" not in page and page.index('id="cost"') < page.index(">Re-index</button>")
    done = carla.post("/admin/index/measure", data={"preset": "default"}, follow_redirects=True).text
    assert "12 pictures in" in done and "/admin/index?preset=default#build" in done
    page = carla.get("/admin/index?preset=contours").text  # described as the default does
    assert "nothing: all 13 pictures are described already" in page and "<option selected>contours" in page
    assert 'name="preset" value="contours"' in page
    assert "There is nothing to measure" in carla.post("/admin/index/measure", follow_redirects=True).text
    assert "There is no search preset" in carla.get("/admin/index?preset=nonsense").text
    assert deeds().count("index.measure") == 2


def test_a_build_is_kept_aside_compared_and_published(described: Flask, tiny_index: BuildReport) -> None:
    carla = log_in(described, "carla", "curator")
    first = tiny_index.build_id
    work = db.session.get_one(Artwork, queries.pks_by_source_id(["t02"])["t02"][0])
    work.hidden = True
    db.session.commit()
    page = carla.post("/admin/index/build", data={"preset": "default", "then": "compare"}, follow_redirects=True).text
    assert "it waits to be compared and published" in page
    work.hidden = False
    db.session.commit()
    second = next(name for name in services.builds().names() if name != first)
    assert services.builds().current() == first
    assert f"/admin/comparisons?before={first}&amp;after={second}" in carla.get(f"/admin/builds/{second}").text
    assert "First <a" in carla.get("/admin/comparisons").text
    table = "photo,artwork_ids,kind\nt01.jpg,t01,wall\nt02.jpg,t02,wall\n"
    assert "Two walls is saved." in save_set(carla, "Two walls", table, "t01", "t02")
    chosen = db.session.scalars(select(PhotoSet)).one()
    form = {"before": first, "after": second, "set": str(chosen.id)}
    page = carla.post("/admin/comparisons", data=form, follow_redirects=True).text
    row = db.session.scalars(select(BuildComparison)).one()
    assert "What is to become of" in page and ">worse</span>" in page and "Study 2" in page
    address = f"/admin/comparisons/{row.id}"
    assert carla.get(f"{address}/photos/1.jpg").mimetype == "image/jpeg"
    assert carla.get(f"{address}/photos/2.jpg").status_code == 404  # the set has two
    figures = carla.get(f"{address}.csv").text.splitlines()
    assert figures[0].startswith("figure,n,before,before_low") and figures[1].startswith("top1,2,1.0,")
    photos = carla.get(f"{address}.csv?photos=1").text.splitlines()
    assert [line.rpartition(",")[2] for line in photos if line.startswith("t02.jpg,wall,t02,0,identified,t02,")] == ["-1"]
    page = carla.post(f"/admin/builds/{first}/delete", follow_redirects=True).text
    assert "is searched now, so it is not deleted" in page
    carla.post(f"/admin/builds/{second}/publish")
    assert services.builds().current() == second
    assert "is deleted" in carla.post(f"/admin/builds/{first}/delete", follow_redirects=True).text
    assert "What is to become of" not in carla.get(address).text
    assert "keep their figures" in carla.post(f"/admin/comparisons/sets/{chosen.id}/delete", follow_redirects=True).text
    assert carla.get(f"{address}/photos/1.jpg").status_code == 404
    carla.post(f"{address}/delete")
    assert carla.get(address).status_code == 404
    assert deeds()[1:] == ["photo_set.save", "index.compare", "index.publish", "index.delete", "photo_set.delete",
                           "index.forget_comparison"]  # fmt: skip


def test_sets_and_comparisons_that_cannot_be_are_refused(described: Flask) -> None:
    carla, ada = log_in(described, "carla", "curator"), log_in(described, "ada", "admin")
    assert "there is no photo t09.jpg" in save_set(carla, "Gap", "photo,artwork_ids\nt09.jpg,t09\n", "t01")
    assert "no column artwork_ids" in save_set(carla, "Columns", "photo\nt01.jpg\n", "t01")
    assert "Give the set a name." in save_set(carla, " ", "photo,artwork_ids\nt01.jpg,t01\n", "t01")
    post = "/admin/comparisons/sets"
    assert "Choose the CSV" in carla.post(post, data={"name": "Nothing"}, follow_redirects=True).text
    assert "settle some under Feedback" in carla.post(post, data={"name": "S", "kind": "settled"}, follow_redirects=True).text
    given = {"name": "P", "kind": "server", "path": "/etc/passwd"}
    assert carla.post(post, data=given).status_code == 403
    assert "has no column" in ada.post(post, data=given, follow_redirects=True).text
    assert db.session.query(PhotoSet).count() == 0 and not list(photo_sets.folder().iterdir())
    form = {"before": "a", "after": "b", "set": "1"}
    assert "Choose two builds" in carla.post("/admin/comparisons", data=form, follow_redirects=True).text
    assert db.session.query(BuildComparison).count() == 0
    for address in ("/admin/comparisons/1", "/admin/comparisons/1.csv", "/admin/comparisons/1/photos/0.jpg"):
        assert carla.get(address).status_code == 404


def test_a_stopped_build_is_taken_up_again(described: Flask) -> None:
    carla = log_in(described, "carla", "curator")
    assert "Take it up again" not in carla.get("/admin/index").text
    with pytest.raises(CancelledError):
        services.build_index(should_cancel=lambda: True)
    page = carla.get("/admin/index").text
    assert "was stopped before its end" in page and "Described and kept: 13 of 13 pictures." in page
    assert "Take it up again" in page
    job = jobs.create("index_build", {"preset": "cam"})
    jobs.cancelled(job)
    assert "/admin/index?preset=cam#build" in carla.get(f"/admin/jobs/{job.id}").text


def test_the_health_of_what_is_searched_is_told_with_a_way_out(described: Flask, tiny_index: BuildReport) -> None:
    carla = log_in(described, "carla", "curator")
    assert "It is in good health" in carla.get("/admin/index").text
    services.gallery_pictures()[0].path.unlink()
    late = db.session.get_one(Artwork, queries.pks_by_source_id(["t05"])["t05"][0])
    db.session.add(Artwork(collection=late.collection, source_id="bare", title="Bare"))
    db.session.commit()
    page = carla.get("/admin/index").text
    assert "1 picture file is missing on the disk." in page and "t01-0.jpg" in page
    assert "1 work has no picture," in page and "/admin/works?pictures=none" in page
    listed = carla.get("/admin/works?pictures=none").text
    assert "Bare" in listed and "Study 5" not in listed


def test_the_plan_is_for_admins(described: Flask) -> None:
    carla, ada = log_in(described, "carla", "curator"), log_in(described, "ada", "admin")
    form = {"mode": "weekly", "weekday": "2", "hour": "4", "changes": "7", "margin": "0,02"}
    assert carla.post("/admin/index/schedule", data=form).status_code == 403
    assert "Change the plan" not in carla.get("/admin/index").text
    assert "The plan is kept." in ada.post("/admin/index/schedule", data=form, follow_redirects=True).text
    kept = planning.plan()
    assert (kept.mode, kept.weekday, kept.hour, kept.changes, kept.margin) == ("weekly", 2, 4, 7, 0.02)
    planning.note("Left out: there is no picture to index.")
    page = carla.get("/admin/index").text
    assert "It is rebuilt every week; next" in page and "there is no picture to index" in page
    for wrong, told in (({"hour": "x"}, "are numbers"), ({"hour": "25"}, "an hour 0 to 23")):
        assert told in ada.post("/admin/index/schedule", data={**form, **wrong}, follow_redirects=True).text
    assert planning.plan().hour == 4 and deeds() == ["index.schedule"]


def test_the_steps_of_a_running_build_tell_the_whole_time_left(described: Flask) -> None:
    clock = timings.Clock(now=iter((0.0, 3.0, 9.0)).__next__)
    for stage in ("write", "train"):
        clock(stage, 0, 13)
    timings.keep(clock, "default", 13)
    job = jobs.create("index_build", {"preset": "default", "publish": False})
    assert {one["state"] for one in steps(job)} == {"next"} and seconds_left(job, steps(job)) is None
    jobs.start(job)
    job.stage, job.done, job.total, job.result = "describe", 5, 13, {"per_second": 2.0, "seconds_left": 4.0}
    db.session.commit()
    found = steps(job)
    states = {one["stage"]: one["state"] for one in found}
    assert states == {"describe": "now", "write": "next", "train": "next", "check": "next"}
    assert seconds_left(job, found) == pytest.approx(4.0 + 3.0 + 6.0)
    carla = log_in(described, "carla", "curator")
    shown = carla.get(f"/admin/jobs/{job.id}.json").json
    assert shown is not None and shown["steps"][0]["word"] == "Describing pictures" and shown["in_all"].startswith("In all about")
    assert 'aria-current="step"' in carla.get(f"/admin/jobs/{job.id}").text
    job.stage, job.result = "train", {}
    db.session.commit()
    assert [one["state"] for one in steps(job)] == ["done", "done", "now", "next"]
