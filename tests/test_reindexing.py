"""Looking after the index: costs, health, comparisons, the plan; over the tiny museum's real index."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app import services
from app.accounts.models import AuditEvent
from app.catalogue import queries
from app.catalogue.models import Artwork, Picture, now
from app.engine.errors import BuildError, CancelledError
from app.engine.types import BuildReport, Reject
from app.extensions import db
from app.reindexing import comparing, estimate, health, photo_sets, planning
from app.usage import jobs, timings
from app.usage.failures import Failure
from app.usage.index_models import BuildComparison, PhotoSet
from app.usage.models import Job, Ruling, Search
from tasks import indexing
from tests.tiny import WORKS, change_manifest, jpeg, paint, painting, twin, visitor_photo


def pk(source_id: str) -> int:
    return queries.pks_by_source_id([source_id])[source_id][0]


def truth(folder: Path, *source_ids: str) -> Path:
    """A ground truth of one photo a work; `stranger` is of no work."""
    lines = ["photo,artwork_ids,kind"]
    for source_id in source_ids:
        shown = paint(4711, 400, 500) if source_id == "stranger" else painting(source_id)
        (folder / f"{source_id}.jpg").write_bytes(visitor_photo(shown).jpeg())
        lines.append(f"{source_id}.jpg,{'' if source_id == 'stranger' else source_id},wall")
    (folder / "photos.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "photos.csv"


# What a build costs


def test_the_cost_is_unknown_until_something_was_measured(tiny_app: Flask, runner: FlaskCliRunner) -> None:
    first = estimate.estimate()
    assert (first.pictures, first.stored, first.to_describe, first.seconds, first.disk_bytes) == (13, 0, 13, None, None)
    told = json.loads(runner.invoke(args=["index", "estimate", "--measure", "--json"]).stdout)
    assert (told["stored"], told["to_describe"]) == (13, 0)  # what was measured is kept; all 13 are fewer than a trial
    assert estimate.stage_rate("describe", "default") == estimate.stage_rate("describe", "contours")  # described alike
    assert estimate.stage_rate("describe", "cam") is None
    with pytest.raises(BuildError, match="nothing to measure"):
        estimate.measure("default")


def test_the_cost_is_reckoned_by_this_machines_own_builds(tiny_app: Flask, tiny_index: BuildReport, tmp_path: Path) -> None:
    clock = timings.Clock(now=iter((0.0, 2.0, 5.0)).__next__)  # as a build of 26 pictures would have told it
    for stage in ("write", "train"):
        clock(stage, 0, 26)
    timings.keep(clock, "cam", 26)
    again = estimate.estimate()
    assert (again.to_describe, again.describe_seconds, again.other_seconds, again.seconds) == (0, 0.0, 2.5, 2.5)
    assert again.disk_bytes is not None and again.fits
    work = db.session.get_one(Artwork, pk("t01"))
    (services.settings().pictures_dir / "new.jpg").write_bytes(jpeg(paint(5, 300, 300)))
    work.pictures.append(Picture(sha256="0" * 64, path="new.jpg", width=300, height=300, position=1))
    db.session.commit()
    more = estimate.estimate()
    assert (more.to_describe, more.describe_seconds, more.seconds) == (1, None, None)  # it was described elsewhere
    assert more.disk_bytes is not None and more.disk_bytes > again.disk_bytes


# Health


def test_a_fresh_build_is_well(tiny_index: BuildReport, runner: FlaskCliRunner) -> None:
    found = health.health()
    assert found.well and (found.drift, found.trouble, found.moved.works) == ([], "", 0)
    assert json.loads(runner.invoke(args=["index", "health", "--json"]).stdout)["well"] is True


def test_what_is_wrong_with_a_build_is_told(tiny_index: BuildReport) -> None:
    first, second = services.gallery_pictures()[:2]
    first.path.unlink()
    hidden = db.session.get_one(Artwork, second.work_id)
    hidden.hidden = True
    late = db.session.get_one(Artwork, pk("t05"))
    bare = Artwork(collection_id=hidden.collection_id, source_id="bare", title="Without a picture")
    late.pictures.append(Picture(sha256="1" * 64, path="late.jpg", source_name="late.jpg", width=9, height=9, position=1))
    db.session.add(bare)
    db.session.commit()
    change_manifest(tiny_index.build_id, recall_at_10=0.5, encoder_fingerprint="other", calibration="older")
    found = health.health()
    assert not found.well
    assert (found.recall, found.missing, found.without_pictures) == (0.5, 2, 1)
    assert found.missing_names == ["t01-0.jpg", "late.jpg"]
    assert found.drift == ["encoder_fingerprint", "calibration"]
    assert found.moved.unknown == {late.id} and found.moved.gone == {hidden.id} and found.moved.since == {late.id, hidden.id}


def test_what_was_taken_up_without_a_rebuild_counts_as_moved_and_not_as_missing(tiny_index: BuildReport) -> None:
    services.remove_works([pk("t03")])
    db.session.delete(db.session.get_one(Artwork, pk("t03")))
    db.session.commit()
    found = health.health()
    assert found.well and found.moved.works == 1


def test_a_preset_that_is_gone_is_drift(tiny_index: BuildReport) -> None:
    change_manifest(tiny_index.build_id, preset="of-an-older-version")
    assert health.health().drift == ["preset"]


# Two builds on the same photos


@pytest.fixture
def smaller(tiny_index: BuildReport) -> str:
    """A second build, kept aside, that lacks a work."""
    return twin(picture.id for picture in db.session.get_one(Artwork, pk("t02")).pictures)


def test_builds_are_compared_on_photos(
    tiny_index: BuildReport, smaller: str, tmp_path: Path, runner: FlaskCliRunner
) -> None:
    file = truth(tmp_path, "t01", "t02", "t11", "stranger")
    done = runner.invoke(
        args=["index", "compare-builds", tiny_index.build_id, smaller, "--photos", str(file), "--limit-unknown", "1", "--json"]
    )
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert (result["n_photos"], result["n_unknown"], result["n_made_unknown"]) == (4, 1, 1)
    assert (result["before"]["build"], result["after"]["build"]) == (tiny_index.build_id, smaller)
    top1 = result["figures"]["top1"]
    assert (top1["before"]["value"], top1["after"]["value"]) == (1.0, pytest.approx(2 / 3, abs=1e-6))
    assert top1["difference"]["value"] == pytest.approx(-1 / 3, abs=1e-6) and top1["before"]["n"] == 3
    assert result["figures"]["latency_ms"]["before"]["value"] > 0
    worse = result["changed"][0]
    assert (worse["photo"], worse["artwork_ids"], worse["better"]) == ("t02.jpg", ["t02"], -1)
    assert worse["before"]["best"] == "t02" and worse["after"]["verdict"] != "identified"
    asked = [one["photo"] for one in result["changed"] if one["artwork_ids"] and not one["made_unknown"]]
    assert asked == ["t02.jpg"]  # a stranger's verdict may hang on whom the votes are shared with
    assert result["n_worse"] >= 1 and services.builds().current() == tiny_index.build_id
    for words, told in (((smaller, smaller), "not compared with itself"), ((smaller, "none"), "There is no build")):
        failed = runner.invoke(args=["index", "compare-builds", *words, "--photos", str(file)])
        assert failed.exit_code == 1 and told in failed.stderr


def test_a_comparison_is_a_job_and_is_kept(tiny_index: BuildReport, smaller: str, tmp_path: Path) -> None:
    saved = photo_sets.save_on_server("Two photos", truth(tmp_path, "t01", "t02"))
    row = BuildComparison(before=tiny_index.build_id, after=smaller, photo_set_id=saved.id, photos_name=saved.name)
    db.session.add(row)
    db.session.commit()
    job = jobs.create("index_compare", {"comparison_id": row.id})
    indexing.compare.apply([job.id])
    db.session.refresh(job)
    assert job.state == "done" and job.message.startswith("2 photos: 0 answered better, "), job.message
    db.session.refresh(row)
    assert row.result["n_worse"] >= 1 and row.finished_at is not None and row.job_id == job.id
    assert comparing.works_shown(row.result)["t02"].title == "Study 2"
    with pytest.raises(CancelledError):
        comparing.run(row, photo_sets.truth_of(saved), lambda *told: None, lambda: True)
    (tmp_path / "t01.jpg").unlink()
    second = jobs.create("index_compare", {"comparison_id": row.id})
    indexing.compare.apply([second.id])
    db.session.refresh(second)
    assert second.state == "failed" and "there is no photo t01.jpg" in second.message
    assert str(tmp_path) not in second.message


# Sets of photos


def settled(source_id: str, outcome: str = "work") -> Search:
    uploads = services.settings().uploads_dir
    uploads.mkdir(exist_ok=True)
    (uploads / f"{source_id}.jpg").write_bytes(visitor_photo(painting(source_id)).jpeg())
    search = Search(verdict="uncertain", photo_width=800, photo_height=600, photo_path=f"{source_id}.jpg")
    search.ruling = Ruling(outcome=outcome, works=[db.session.get_one(Artwork, pk(source_id))] if outcome == "work" else [])
    db.session.add(search)
    db.session.commit()
    return search


def test_settled_photos_are_those_that_are_kept(tiny_app: Flask) -> None:
    with pytest.raises(photo_sets.PhotoSetError, match="settle some under Feedback"):
        photo_sets.save_settled("Settled")
    first = settled("t01")
    settled("t02", "not_ours")
    settled("t03", "bad_photo")  # nothing can be told by it
    saved = photo_sets.save_settled("Settled")
    assert saved.photos == 2
    found = {photo.path.name: photo.artwork_ids for photo in photo_sets.truth_of(saved).photos}
    assert found == {"t01.jpg": {"t01"}, "t02.jpg": frozenset()}
    before = photo_sets.truth_of(saved).data_hash
    first.photo_path = None  # its time has come
    db.session.commit()
    assert len(photo_sets.truth_of(saved).photos) == 1 and photo_sets.truth_of(saved).data_hash != before
    with pytest.raises(photo_sets.PhotoSetError, match="already"):
        photo_sets.save_settled(" Settled ")
    photo_sets.delete(saved)
    assert photo_sets.all_sets() == [] and (services.settings().uploads_dir / "t02.jpg").is_file()


def test_an_uploaded_set_is_kept_whole_or_not_at_all(tiny_app: Flask) -> None:
    saved = photo_sets.save_uploaded("Room 3", lambda home: truth(home, "t01") and None)
    home = photo_sets.folder() / saved.path
    assert [photo.name for photo in photo_sets.truth_of(saved).photos] == ["t01.jpg"]

    def outside(folder: Path) -> None:
        (folder / "photos.csv").write_text(f"photo,artwork_ids\n../{home.name}/t01.jpg,t01\n", encoding="utf-8")

    with pytest.raises(photo_sets.PhotoSetError, match="outside"):
        photo_sets.save_uploaded("Stray", outside)
    with pytest.raises(photo_sets.PhotoSetError, match="there is no photo a.jpg"):
        photo_sets.save_uploaded("None", lambda folder: (folder / "photos.csv").write_text("photo,artwork_ids\na.jpg,\n") and None)
    assert [path.name for path in photo_sets.folder().iterdir()] == [home.name]
    photo_sets.delete(db.session.get_one(PhotoSet, saved.id))
    assert not home.exists()


# The plan


@pytest.mark.parametrize(
    ("mode", "weekday", "hour", "present", "last"),
    [
        ("daily", 0, 3, datetime(2026, 3, 14, 3), datetime(2026, 3, 14, 3)),
        ("daily", 0, 3, datetime(2026, 3, 14, 2, 59), datetime(2026, 3, 13, 3)),
        ("weekly", 0, 3, datetime(2026, 3, 14, 12), datetime(2026, 3, 9, 3)),  # the 14th is a Saturday
        ("weekly", 5, 13, datetime(2026, 3, 14, 12), datetime(2026, 3, 7, 13)),
        ("weekly", 5, 12, datetime(2026, 3, 14, 12), datetime(2026, 3, 14, 12)),
    ],
)  # fmt: skip
def test_when_a_plan_last_came(mode: str, weekday: int, hour: int, present: datetime, last: datetime) -> None:
    assert planning.last_time(mode, weekday, hour, present) == last
    coming = planning.next_time(mode, weekday, hour, present)
    assert coming is not None and coming > present and planning.last_time(mode, weekday, hour, coming) == coming


def tomorrow(hour: int = 3) -> datetime:
    return (now() + timedelta(days=1)).replace(hour=hour, minute=1)


def daily(margin: float = 0.01) -> None:
    planning.save(mode="daily", weekday=0, hour=3, changes=100, margin=margin)


def hide(source_id: str) -> None:
    db.session.get_one(Artwork, pk(source_id)).hidden = True
    db.session.commit()


def test_a_plan_builds_when_its_time_has_come_and_something_has_changed(tiny_index: BuildReport) -> None:
    assert planning.look() is None
    daily()
    assert planning.look() is None  # today's time is past, or to come
    assert planning.look(tomorrow()) is None
    assert planning.plan().note == f"Left out: nothing has changed since {tiny_index.build_id} was built."
    hide("t12")
    assert planning.look(tomorrow(4)) is None  # tomorrow's time was seen to
    job = planning.look(tomorrow() + timedelta(days=1))
    assert job is not None and job.user_id is None
    assert planning.look(tomorrow() + timedelta(days=2)) is None  # one is waiting
    indexing.reindex.apply([job.id])
    db.session.refresh(job)
    assert job.result["published"] and services.builds().current() == job.result["build_id"] != tiny_index.build_id
    assert planning.plan().note == job.message
    deeds = list(db.session.scalars(db.select(AuditEvent.action).order_by(AuditEvent.id)))
    assert deeds == ["index.schedule", "index.build", "index.publish"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"recall_at_10": 0.98}, "Not published: its recall is 0.9800, that of the published build 1.0000, and 0.01 less is"),
        ({"recall_at_10": 0.995}, ""),
        ({"rejects": [Reject(number, "gone") for number in range(4)]}, "Not published: 4 pictures cannot be read, 4 more than"),
        ({"rejects": [Reject(1, "gone")]}, ""),
    ],
)
def test_what_speaks_against_publishing(tiny_index: BuildReport, values: dict[str, Any], told: str) -> None:
    found = planning.objection(replace(tiny_index, **values), 0.01)
    assert found.startswith(told) and bool(found) is bool(told)


def test_a_plan_by_changes_waits_for_enough_of_them_and_not_for_ever(tiny_index: BuildReport) -> None:
    planning.save(mode="changes", weekday=0, hour=3, changes=2, margin=0.0)
    hide("t12")
    assert planning.look() is None
    hide("t11")
    change_manifest(tiny_index.build_id, recall_at_10=1.5)
    job = planning.look()
    assert job is not None
    indexing.reindex.apply([job.id])
    db.session.refresh(job)
    assert not job.result["published"] and "Not published: its recall is 1.0000" in job.message
    assert planning.plan().note == job.message
    assert services.builds().current() == tiny_index.build_id and job.result["build_id"] in services.builds().names()
    refused = db.session.scalar(db.select(AuditEvent.subject).where(AuditEvent.action == "index.refuse"))
    assert refused == job.result["build_id"]
    told = db.session.scalars(db.select(Failure)).one()
    assert told.kind == "build" and told.why.startswith("Not published: its recall") and told.told_at is not None
    assert planning.look() is None  # what came of it is to be looked at first
    assert planning.look(now() + timedelta(days=1, minutes=1)) is not None


def test_a_planned_build_that_fails_leaves_a_note(tiny_index: BuildReport) -> None:
    job = jobs.create("index_build", {"preset": "default", "margin": 0.01, "planned": True})
    with services.build_lock():
        indexing.reindex.apply([job.id])
    db.session.refresh(job)
    assert job.state == "failed" and planning.plan().note.startswith("It failed: The index is being built")


@pytest.mark.parametrize("wrong", [{"mode": "yearly"}, {"hour": 24}, {"weekday": 7}, {"changes": 0}, {"margin": 2.0}])
def test_a_plan_that_makes_no_sense_is_refused(app: Flask, wrong: dict[str, object]) -> None:
    given: dict[str, object] = {"mode": "daily", "weekday": 0, "hour": 3, "changes": 1, "margin": 0.0, **wrong}
    with pytest.raises(planning.PlanError):
        planning.save(**given)  # type: ignore[arg-type]
    assert planning.plan().mode == "off" and db.session.query(AuditEvent).count() == 0


def test_a_build_that_is_searched_is_not_deleted(tiny_index: BuildReport, smaller: str) -> None:
    with pytest.raises(BuildError, match="is searched now"):
        services.builds().delete(tiny_index.build_id)
    services.builds().delete(smaller)
    assert services.builds().names() == [tiny_index.build_id]
    assert db.session.query(Job).count() == 0 and len(WORKS) == services.index_status()["works"]
