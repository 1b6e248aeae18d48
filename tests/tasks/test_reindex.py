"""A real re-index in a real worker: it publishes, it is cancelled, and it is killed while the old index goes on serving."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import services
from app.catalogue.importers import run_import
from app.engine.types import BuildReport
from app.engine.weights import WeightStore
from app.extensions import db
from app.usage import jobs
from app.usage.models import IndexBuild, Job
from tasks.dispatch import send
from tests.tasks.conftest import Worker, wait_for
from tests.tiny import WORKS, give_encoders

Start = Callable[..., Worker]


@pytest.fixture
def museum(served: Flask, tiny_files: Path, tiny_encoders: dict[str, Any], tiny_descriptors: Path) -> BuildReport:
    """The tiny museum with a published index; its descriptors are then forgotten, so that a re-index has work to do."""
    give_encoders(served, tiny_encoders)
    run_import(tiny_files / "catalogue.csv", pictures_dir=Path(served.instance_path) / "pictures", collection="Tiny museum")
    shutil.copy(tiny_descriptors, services.settings().descriptors_path)
    report = services.build_index()
    for path in Path(served.instance_path).glob("descriptors.sqlite*"):
        path.unlink()
    return report


@pytest.fixture
def start(start_worker: Start, tiny_weights: WeightStore) -> Callable[[float], Worker]:
    return lambda seconds: start_worker("museum", TINY_WEIGHTS=str(tiny_weights.folder), SLOW_SECONDS=str(seconds))


def reindex() -> Job:
    job = jobs.create("index_build", {"preset": "default"})
    send(job)
    return job


def half_done(job: Job) -> bool:
    return job.state == "running" and job.stage == "describe" and job.done > 0  # of 13 pictures, in windows of 4


def test_a_reindex_publishes_and_tells_what_came_of_it(museum: BuildReport, start: Callable[[float], Worker]) -> None:
    start(0.0)
    job = reindex()
    wait_for(lambda: job.state == "done", "the end")
    assert services.builds().current() == job.result["build_id"] != museum.build_id
    assert job.result["works"] == len(WORKS)
    row = db.session.get(IndexBuild, job.result["build_id"])
    assert row is not None
    assert (row.state, row.job_id) == ("done", job.id)


def test_a_cancelled_reindex_leaves_the_old_index(museum: BuildReport, start: Callable[[float], Worker]) -> None:
    start(0.3)
    job = reindex()
    wait_for(lambda: half_done(job), "half of it")
    jobs.request_cancel(job)
    wait_for(lambda: job.state == "cancelled", "the stop")
    assert services.builds().names() == [museum.build_id]
    assert services.builds().current() == museum.build_id


def test_a_killed_reindex_leaves_the_old_index_serving_and_runs_again(
    museum: BuildReport, start: Callable[[float], Worker]
) -> None:
    worker = start(0.3)
    job = reindex()
    wait_for(lambda: half_done(job), "half of it")
    for pid in worker.children():
        os.kill(pid, signal.SIGKILL)
    assert services.builds().current() == museum.build_id
    assert services.index_status()["works"] == len(WORKS)
    services.builds().check(museum.build_id)
    wait_for(lambda: job.state == "done", "the end of the second try", seconds=90)
    assert jobs.attempts(job) == 2
    assert services.builds().current() == job.result["build_id"]
    states = db.session.scalars(db.select(IndexBuild.state).order_by(IndexBuild.created_at)).all()
    assert states == ["done", "failed", "done"]


def test_without_a_broker_the_job_fails_with_a_sentence(museum: BuildReport, served: Flask, tmp_path: Path) -> None:
    settings = served.extensions["pinakes.settings"]
    gone = settings.model_copy(update={"broker_url": f"redis+socket://{tmp_path}/gone.sock"})
    served.extensions["pinakes.settings"] = gone
    job = reindex()
    assert job.state == "failed"
    assert job.message.startswith("The broker does not answer")
    assert services.builds().current() == museum.build_id
