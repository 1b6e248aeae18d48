"""`/metrics`: off, for this machine, for who has the token; and that its figures are those of what was done."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app import services
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.settings import Settings
from app.usage import jobs
from tests.web import gallery

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def counted(gallery_instance: Path, narrow_encoder: Vgg16Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site that keeps figures."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("counted") / "site")
    app = gallery.open_site(Settings(instance=instance, testing=True, metrics=True, search_queue=1), narrow_encoder)
    yield app
    with app.app_context():
        db.engine.dispose()


def scraped(app: Flask) -> Samples:
    """Name and labels → value, as Prometheus' own parser reads them."""
    text = app.test_client().get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask(app: Flask) -> int:
    photo = {"photo": (io.BytesIO(gallery.jpeg(gallery.on_wall([gallery.painting(0)]))), "photo.jpg")}
    return app.test_client().post("/search", data=photo).status_code


def test_figures_are_those_of_what_was_done(counted: Flask) -> None:
    assert [ask(counted), ask(counted)] == [303, 303]
    with counted.app_context():
        jobs.fail(jobs.create("import", {}), "The disk is full.")
    found = scraped(counted)
    for stage in ("decode", "encode", "search", "verify", "total"):
        assert found[("pinakes_search_stage_seconds_count", (("stage", stage),))] == 2
    total, bound = found[("pinakes_search_stage_seconds_sum", (("stage", "total"),))], (("le", "30.0"), ("stage", "total"))
    assert total > found[("pinakes_search_stage_seconds_sum", (("stage", "encode"),))] > 0
    assert found[("pinakes_search_stage_seconds_bucket", bound)] == 2
    assert found[("pinakes_searches_total", (("verdict", "identified"),))] == 2
    assert found[("pinakes_works", ())] == found[("pinakes_build_works", ())] == len(gallery.WORKS)
    assert 0 <= found[("pinakes_build_recall_at_10", ())] <= 1
    assert 0 <= found[("pinakes_build_age_seconds", ())] < 3600
    assert found[("pinakes_jobs", (("state", "failed"),))] == found[("pinakes_failures_last_hour", (("kind", "job"),))] == 1
    assert found[("pinakes_disk_used_bytes", (("part", "pictures"),))] > 10_000
    assert found[("pinakes_process_memory_bytes", (("process", "web"),))] > 50 << 20
    parts = ("searches", "index", "database", "broker", "processes", "disk")
    up = {name: found[("pinakes_up", (("part", name),))] for name in parts}
    assert up == {"searches": 1, "index": 1, "database": 1, "broker": 0, "processes": 1, "disk": 1}


def test_who_waits_and_who_was_refused_is_told(counted: Flask) -> None:
    began, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with counted.app_context(), services.turn():
            began.set()
            let_go.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert began.wait(20)
    assert ask(counted) == 503
    found = scraped(counted)
    let_go.set()
    holder.join()
    assert (found[("pinakes_searches_running", ())], found[("pinakes_searches_waiting", ())]) == (1, 0)
    assert found[("pinakes_searches_refused_total", ())] == 1
    assert scraped(counted)[("pinakes_searches_running", ())] == 0


def test_figures_are_off_unless_they_are_wanted(bare_site: Flask) -> None:
    assert bare_site.test_client().get("/metrics").status_code == 404


@pytest.mark.parametrize(
    ("remote", "header", "status"),
    [
        ("127.0.0.1", {}, 200), ("::1", {}, 200), ("192.0.2.7", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403), ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ],
)  # fmt: skip
def test_without_a_token_only_this_machine_may_ask(counted: Flask, remote: str, header: dict[str, str], status: int) -> None:
    answer = counted.test_client().get("/metrics", headers=header, environ_base={"REMOTE_ADDR": remote})
    assert answer.status_code == status


def test_with_a_token_whoever_has_it_may_ask(counted: Flask) -> None:
    settings = counted.extensions["pinakes.settings"]
    counted.extensions["pinakes.settings"] = settings.model_copy(update={"metrics_token": "open sesame"})
    try:
        client = counted.test_client()
        given = [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer open sesame"}]
        answers = [client.get("/metrics", headers=header, environ_base={"REMOTE_ADDR": "192.0.2.7"}) for header in given]
    finally:
        counted.extensions["pinakes.settings"] = settings
    assert [answer.status_code for answer in answers] == [401, 401, 200]
    assert "Bearer" in answers[0].headers["WWW-Authenticate"]


def test_a_database_that_is_down_is_told_and_hides_nothing_else(counted: Flask) -> None:
    with counted.app_context():
        db.session.execute(db.text("ALTER TABLE failures RENAME TO gone"))
        db.session.commit()
        try:
            found = scraped(counted)
        finally:
            db.session.execute(db.text("ALTER TABLE gone RENAME TO failures"))
            db.session.commit()
    assert found[("pinakes_up", (("part", "database"),))] == 0
    assert found[("pinakes_up", (("part", "index"),))] == 1
