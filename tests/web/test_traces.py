"""Traces: a real collector (OTLP over HTTP) gets the spans of a search and of a job."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.operations import traces
from app.settings import Settings
from app.supervisor.broker import EmbeddedBroker
from app.usage import jobs
from tasks.dispatch import post
from tests.accounts.cast import logged_in
from tests.tasks.conftest import Worker, wait_for
from tests.web import gallery


@dataclass
class Collector:
    """What a collector was sent, by the name of the span."""

    url: str = ""
    spans: list[Any] = field(default_factory=list)

    def named(self, name: str) -> Any:
        return next((span for span in self.spans if span.name == name), None)


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802  http.server's name
            assert self.path == "/v1/traces"
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                import gzip

                data = gzip.decompress(data)
            sent = ExportTraceServiceRequest.FromString(data)
            found.spans += [span for resource in sent.resource_spans for scope in resource.scope_spans for span in scope.spans]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def traced(
    tmp_path: Path, gallery_instance: Path, narrow_encoder: Vgg16Encoder, collector: Collector
) -> Iterator[Flask]:
    instance = gallery.copied(gallery_instance, tmp_path / "site")
    app = gallery.open_site(Settings(instance=instance, testing=True, otlp_url=collector.url), narrow_encoder)
    yield app
    with app.app_context():
        app.extensions[traces.NAME]["provider"].shutdown()
        db.engine.dispose()


def facts(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_a_search_is_traced_from_upload_to_answer(traced: Flask, collector: Collector) -> None:
    photo = {"photo": (io.BytesIO(gallery.jpeg(gallery.on_wall([gallery.painting(0)]))), "photo.jpg")}
    answer = traced.test_client().post("/search", data=photo)
    with traced.app_context():
        traces.flush()
    whole, search = collector.named("POST /search"), collector.named("search a photo")
    assert facts(whole) == {"http.request.method": "POST", "http.route": "/search", "http.response.status_code": 303}
    assert search.parent_span_id == whole.span_id
    assert facts(search)["pinakes.verdict"] == "identified"
    stages = [collector.named(name) for name in ("decode", "wait", "detect", "encode", "verify")]
    assert all(stage.parent_span_id == search.span_id and stage.trace_id == whole.trace_id for stage in stages)
    begins = [stage.start_time_unix_nano for stage in stages]
    assert begins == sorted(begins) and begins[0] >= whole.start_time_unix_nano
    assert all(stage.end_time_unix_nano <= whole.end_time_unix_nano + 5_000_000 for stage in stages)
    assert collector.named("encode").end_time_unix_nano > collector.named("encode").start_time_unix_nano
    assert collector.named("record").parent_span_id == whole.span_id
    private = answer.headers["Location"].rpartition("/")[2]
    assert not any(private in str(span) for span in collector.spans), "the address of an answer is the right to see it"


def test_a_job_is_traced_from_the_request_that_asked_for_it(traced: Flask, collector: Collector, tmp_path: Path) -> None:
    file = tmp_path / "museum.csv"
    file.write_text("id,title\nA1,The Ferry\n")
    ada = logged_in(traced, "ada", "admin")
    with traced.app_context():
        first = jobs.create("import", {"file": str(file), "name": "museum.csv"})
        jobs.fail(first, "The disk is full.")
        job_id = first.id
    ada.post(f"/admin/jobs/{job_id}/retry")
    with traced.app_context():
        traces.flush()
    asked, job, queued = (collector.named(name) for name in ("POST /admin/jobs/<job_id>/retry", "job import", "queued"))
    assert job.parent_span_id == queued.parent_span_id == asked.span_id
    assert job.trace_id == asked.trace_id
    assert facts(job)["pinakes.kind"] == "import"


def test_the_worker_takes_the_trace_up(
    tmp_path: Path, collector: Collector, start_traced: Callable[[], Worker], traced_web: Flask
) -> None:
    with traced_web.app_context():
        with traces.span("asked here") as trace:
            assert trace.span is not None
            job = jobs.create("slow", {"file": str(tmp_path / "began")})
        (tmp_path / "began").with_suffix(".go").touch()
        start_traced()
        post("tests.slow", [job.id])
        wait_for(lambda: job.state == "done", "the end")
        traces.flush()
        wait_for(lambda: collector.named("job slow") is not None, "the span of the worker")
    asked, done = collector.named("asked here"), collector.named("job slow")
    assert (done.parent_span_id, done.trace_id) == (asked.span_id, asked.trace_id)


@pytest.fixture
def traced_web(tmp_path: Path, collector: Collector) -> Iterator[Flask]:
    broker = EmbeddedBroker(tmp_path / "instance" / "broker")
    broker.start()
    app = gallery.open_site(Settings(instance=tmp_path / "instance", broker_url=broker.url, otlp_url=collector.url))
    yield app
    with app.app_context():
        app.extensions[traces.NAME]["provider"].shutdown()
        db.engine.dispose()
    broker.stop()


@pytest.fixture
def start_traced(traced_web: Flask, collector: Collector, tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    workers: list[Worker] = []
    settings = traced_web.extensions["pinakes.settings"]

    def start() -> Worker:
        log = tmp_path / "worker.log"
        workers.append(Worker(settings.instance, settings.broker_url, log, PINAKES_OTLP_URL=collector.url))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def test_a_missing_package_is_a_sentence_and_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with caplog.at_level(logging.WARNING):
        app = gallery.open_site(Settings(instance=tmp_path / "instance", testing=True, otlp_url="http://127.0.0.1:4318"))
    assert "requirements-traces.txt` installs it" in caplog.text
    assert app.test_client().get("/login").status_code == 200
    with app.app_context():
        assert traces.here() == ""
        db.engine.dispose()


def test_a_collector_that_is_down_costs_no_visitor_anything(tmp_path: Path) -> None:
    app = gallery.open_site(Settings(instance=tmp_path / "instance", testing=True, otlp_url="http://127.0.0.1:9"))
    assert app.test_client().get("/login").status_code == 200
    with app.app_context():
        db.engine.dispose()
