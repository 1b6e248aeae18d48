"""The seam: the JSON contract, the queue, the lock, and an index that changes under a loaded searcher."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask

from app import services
from app.catalogue import queries
from app.catalogue.importers import run_import
from app.catalogue.models import Artwork
from app.engine.errors import BuildError, CancelledError, ImageError, NoIndexError, PresetError
from app.engine.types import BuildReport
from app.extensions import db
from app.settings import ROOT, Settings
from app.usage.models import IndexBuild
from tests.tiny import COLUMNS, WORKS, jpeg, paint, painting, visitor_photo


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path / "instance", testing=True, search_queue=2, builds_keep=2)


def pk(source_id: str) -> int:
    return queries.pks_by_source_id([source_id])[source_id][0]


def ask(source_id: str) -> services.Answer:
    return services.search_photo(visitor_photo(painting(source_id)).jpeg(), name=f"{source_id}.jpg")


def import_work(folder: Path, source_id: str, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{source_id}.jpg").write_bytes(content)
    with (folder / "more.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, (source_id, "A late arrival", "Dora Lind", "1999", "", f"{source_id}.jpg")])
    report = run_import(folder / "more.csv", pictures_dir=services.settings().pictures_dir, collection="Tiny museum")
    assert report.counts["added"] == report.counts["pictures_added"] == 1


# A search


def test_the_answer_is_the_contract(tiny_index: BuildReport) -> None:
    photo = visitor_photo(painting("t06"))
    answer = services.search_photo(photo.jpeg(), name="room 3.jpg")
    document = json.loads(json.dumps(answer.json))
    assert list(document) == ["photo", "verdict", "build", "preset", "matches", "timings_ms"]
    assert {name: document[name] for name in ("photo", "verdict", "build", "preset")} == {
        "photo": "room 3.jpg", "verdict": "identified", "build": tiny_index.build_id, "preset": "default",
    }  # fmt: skip
    assert list(document["timings_ms"]) == ["decode", "detect", "encode", "search", "verify", "total"]
    parts = [document["timings_ms"][name] for name in list(document["timings_ms"])[:-1]]
    assert min(parts) >= 0 and document["timings_ms"]["total"] == pytest.approx(sum(parts), abs=0.5)
    for match in document["matches"]:
        assert list(match) == ["artwork_id", "title", "artist", "probability", "global_score", "inliers", "verified", "region"]
        assert 0 <= match["probability"] <= 1 and isinstance(match["verified"], bool) and isinstance(match["inliers"], int)
        assert match["region"] is None or np.shape(match["region"]) == (4, 2)
    best = document["matches"][0]
    assert (best["artwork_id"], best["title"], best["artist"], best["verified"]) == ("t06", "Study 6", "Clara Weiss", True)
    assert np.abs(np.array(best["region"]) - photo.regions[0]).max() < 3
    assert all(len(str(value)) <= 7 for corner in best["region"] for value in corner)  # tenths, not 0.10000000149
    assert answer.best_artwork_pk == pk("t06")


def test_the_proof_is_in_the_order_of_the_matches(tiny_index: BuildReport) -> None:
    answer = ask("t08")
    assert [one["artwork_id"] for one in answer.proof] == [one["artwork_id"] for one in answer.json["matches"]]
    best = answer.proof[0]
    assert len(best["photo_points"]) == len(best["reference_points"]) == answer.json["matches"][0]["inliers"]
    assert np.shape(best["homography"]) == (3, 3) and best["region"] == answer.json["matches"][0]["region"]
    assert json.loads(json.dumps(answer.proof)) == answer.proof


def test_a_file_is_searched_like_its_bytes(tiny_index: BuildReport, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(visitor_photo(painting("t05")).jpeg())
    answer = services.search_photo(tmp_path / "photo.jpg")
    assert answer.json["photo"] == "photo.jpg" and answer.json["matches"][0]["artwork_id"] == "t05"


def test_large_photos_are_answered_in_their_own_pixels(tiny_index: BuildReport) -> None:
    photo = visitor_photo(painting("t10"), size=(2400, 1800))
    answer = services.search_photo(photo.jpeg())
    assert answer.result.photo_size == (2400, 1800)
    assert np.abs(np.array(answer.json["matches"][0]["region"]) - photo.regions[0]).max() < 6


def test_nothing_can_be_searched_before_a_build(tiny_app: Flask) -> None:
    with pytest.raises(NoIndexError, match="flask index build"):
        ask("t01")
    with pytest.raises(ImageError):
        services.search_photo(b"no picture")
    assert services.list_builds() == []


def test_what_is_no_photo_gets_a_sentence(tiny_index: BuildReport) -> None:
    with pytest.raises(ImageError, match="PDF"):
        services.search_photo(b"%PDF-1.7 something")
    assert ask("t01").json["verdict"] == "identified"  # the place in the queue was given back


def test_a_full_queue_says_busy(tiny_app: Flask, tiny_index: BuildReport) -> None:
    photo = visitor_photo(painting("t02")).jpeg()
    held, answers = services._held(), []
    waiting = threading.Barrier(3)

    def visit() -> None:
        with tiny_app.app_context():
            waiting.wait()
            answers.append(services.search_photo(photo).json["verdict"])
            db.session.remove()

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    with held.lock:  # somebody's search is going on
        for visitor in visitors:
            visitor.start()
        waiting.wait()
        while held.desk.asking < held.desk.places:  # until both wait
            assert all(visitor.is_alive() for visitor in visitors)
        with pytest.raises(services.Busy) as busy:
            services.search_photo(photo)
    assert busy.value.retry_after_s > 0
    for visitor in visitors:
        visitor.join()
    assert answers == ["identified"] * 2
    assert services.search_photo(photo).json["verdict"] == "identified"


def test_works_that_were_hidden_or_deleted_are_not_shown(tiny_index: BuildReport) -> None:
    hidden = db.session.get(Artwork, pk("t03"))
    assert hidden is not None
    hidden.hidden = True
    db.session.delete(db.session.get(Artwork, pk("t04")))
    db.session.commit()
    for source_id in ("t03", "t04"):
        answer = ask(source_id)
        assert answer.json["verdict"] != "identified" and answer.best_artwork_pk is None
        assert source_id not in [match["artwork_id"] for match in answer.json["matches"]]


# Builds


def test_a_build_is_recorded(tiny_index: BuildReport) -> None:
    row = db.session.get(IndexBuild, tiny_index.build_id)
    assert row is not None and (row.state, row.works, row.vectors, row.rejects) == ("done", len(WORKS), tiny_index.vectors, [])
    assert row.recall_at_10 == tiny_index.recall_at_10 >= 0.99 and row.nprobe == tiny_index.nprobe and row.finished_at is not None
    status = services.index_status()
    facts = (row.build_id, "default", row.works, row.vectors)
    assert (status["build"], status["preset"], status["works"], status["vectors"]) == facts
    assert status["recall_at_10"] >= 0.99 and status["catalogue_changed"] is False


def test_the_second_build_describes_nothing_again(tiny_index: BuildReport) -> None:
    from tests.engine.small_builds import Remembered

    held = services._held()
    name, real = next((name, one) for name, one in held.encoders.items() if "-cam-" not in name)
    held.encoders[name] = Remembered(real.name, real.fingerprint, real.maps, real.channels)  # fails when asked to describe
    second = services.build_index()
    held.encoders[name] = real
    assert second.build_id != tiny_index.build_id and second.vectors == tiny_index.vectors
    assert ask("t09").json["build"] == second.build_id  # the loaded searcher went over to it
    assert [one["current"] for one in services.list_builds()] == [True, False]


def test_builds_are_rolled_back_and_pruned(tiny_index: BuildReport) -> None:
    second, third = services.build_index(), services.build_index(publish=False)
    assert services.index_status()["build"] == second.build_id
    assert services.rollback() == tiny_index.build_id and ask("t01").json["build"] == tiny_index.build_id
    with pytest.raises(BuildError, match="older"):
        services.rollback()
    services.publish_build(third.build_id)
    assert services.prune_builds() == [tiny_index.build_id]
    assert [one["build_id"] for one in services.list_builds()] == [third.build_id, second.build_id]
    assert ask("t01").json["build"] == third.build_id


def test_builds_that_nobody_published_are_listed(tiny_app: Flask) -> None:
    report = services.build_index(publish=False)
    assert [(one["build_id"], one["current"]) for one in services.list_builds()] == [(report.build_id, False)]
    with pytest.raises(NoIndexError):
        services.index_status()


def test_broken_pictures_are_rejected_and_the_rest_is_built(tiny_app: Flask, tmp_path: Path) -> None:
    import_work(tmp_path / "more", "t99", jpeg(paint(1, 200, 200))[:4000])  # its header is whole, so that the import took it
    report = services.build_index()
    assert report.works == len(WORKS) and len(report.rejects) == 1 and "damaged" in report.rejects[0].reason
    row = db.session.get(IndexBuild, report.build_id)
    assert row is not None
    assert [(one["source_name"], one["reason"]) for one in row.rejects] == [("t99.jpg", report.rejects[0].reason)]
    assert services.index_status()["rejects"] == 1


def test_a_second_build_is_refused(tiny_index: BuildReport) -> None:
    with services.build_lock():
        for change in (services.build_index, services.rollback, services.prune_builds, lambda: services.add_works([1])):
            with pytest.raises(BuildError, match="another process"):
                change()
    assert db.session.query(IndexBuild).count() == 1
    assert services.build_index().works == len(WORKS)  # the lock was given back


LOCKED = """
import sys, time
from pathlib import Path
from app import create_app, services
from app.settings import Settings
with create_app(Settings(instance=Path(sys.argv[1]))).app_context(), services.build_lock():
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_killed_builder_gives_the_lock_back_and_its_row_is_closed(tiny_app: Flask, tiny_descriptors: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", LOCKED, tiny_app.instance_path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "locked\n"
    db.session.add(IndexBuild(build_id="pending-x", preset="default"))  # as the process wrote it before it died
    db.session.commit()
    with pytest.raises(BuildError, match="another process"):
        services.build_index()
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    report = services.build_index()
    states = {row.build_id: row.state for row in db.session.query(IndexBuild)}
    assert states == {"pending-x": "failed", report.build_id: "done"}
    assert "ended before it was done" in db.session.get_one(IndexBuild, "pending-x").message


def test_builds_that_fail_or_are_cancelled_say_why(tiny_index: BuildReport) -> None:
    with pytest.raises(CancelledError):
        services.build_index(should_cancel=lambda: True)
    with pytest.raises(PresetError, match="no search preset 'x'"):
        services.build_index(preset="x")
    for work in db.session.query(Artwork):
        work.hidden = True
    db.session.commit()
    with pytest.raises(BuildError, match="no readable picture"):
        services.build_index()
    rows = db.session.query(IndexBuild).order_by(IndexBuild.created_at).all()
    assert [row.state for row in rows] == ["done", "cancelled", "failed"]
    assert "import works with pictures" in rows[2].message and all(row.finished_at for row in rows)
    assert services.index_status()["build"] == tiny_index.build_id  # the old index goes on serving


# Works that come and go


def test_works_are_removed_and_come_back_without_a_rebuild(tiny_index: BuildReport) -> None:
    assert ask("t11").json["verdict"] == "identified"  # the searcher is loaded
    assert services.remove_works([pk("t11"), 4711]) == {"removed": 2}
    assert ask("t11").json["verdict"] != "identified"
    status = services.index_status()
    assert (status["works"], status["pictures"], status["removed_pictures"]) == (len(WORKS) - 1, tiny_index.pictures - 2, 2)
    assert services.remove_works([pk("t11")]) == {"removed": 0}
    assert services.add_works([pk("t11")]) == {"added": 2, "rejects": []}
    assert ask("t11").json["matches"][0]["artwork_id"] == "t11" and ask("t11").json["build"] == tiny_index.build_id
    assert services.index_status()["works"] == len(WORKS)


def test_a_new_work_is_found_without_a_rebuild(tiny_index: BuildReport, tmp_path: Path) -> None:
    picture = paint(777, 420, 500)
    photo = visitor_photo(picture).jpeg()
    assert services.search_photo(photo).json["verdict"] != "identified"
    import_work(tmp_path / "more", "t77", jpeg(picture))
    assert services.index_status()["catalogue_changed"] is True
    assert services.add_works([pk("t77"), pk("t01")]) == {"added": 1, "rejects": []}  # t01 is in already
    answer = services.search_photo(photo)
    assert (answer.json["verdict"], answer.json["matches"][0]["artwork_id"]) == ("identified", "t77")
    assert answer.json["build"] == tiny_index.build_id and services.index_status()["works"] == len(WORKS) + 1
    assert services.add_works([pk("t77")]) == {"added": 0, "rejects": []}
    assert ask("t01").json["matches"][0]["artwork_id"] == "t01"


def test_a_broken_picture_is_not_added(tiny_index: BuildReport, tmp_path: Path) -> None:
    import_work(tmp_path / "more", "t98", jpeg(paint(2, 200, 200))[:4000])
    outcome: dict[str, Any] = services.add_works([pk("t98")])
    assert outcome["added"] == 0 and "damaged" in outcome["rejects"][0]["reason"]
    assert services.index_status()["additions"] == 0
