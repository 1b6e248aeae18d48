"""Figures for Prometheus: histograms of what a search takes, counted as searches end, and gauges that are asked for at each scrape.

One registry per application, in the memory of the one web process (gunicorn runs one worker with threads, whose counters are
behind a lock). More web machines are more targets of Prometheus, each with its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from flask import Flask, current_app
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.models import Artwork, now
from app.extensions import db
from app.operations import beats, health
from app.operations.backup import taking
from app.operations.desk import Desk
from app.settings import Settings
from app.usage.failures import KINDS, Failure
from app.usage.models import IndexBuild

STAGES = ("decode", "detect", "encode", "search", "verify", "total")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)  # seconds
HOUR = timedelta(hours=1)
NAME = "pinakes.figures"


class Figures:
    """What one application counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.stages = Histogram(
            "pinakes_search_stage_seconds", "Time of a search by stage; total is all of them.", ["stage"],
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.verdicts = Counter("pinakes_searches", "Searches answered, by verdict.", ["verdict"], registry=self.registry)
        for verdict in ("identified", "uncertain", "not_in_catalogue"):
            self.verdicts.labels(verdict)
        for stage in STAGES:
            self.stages.labels(stage)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(AtScrape())

    def searched(self, verdict: str, timings_ms: Mapping[str, float]) -> None:
        """Count one answer."""
        self.verdicts.labels(verdict).inc()
        for stage in STAGES:
            if stage in timings_ms:
                self.stages.labels(stage).observe(timings_ms[stage] / 1000)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


def searched(verdict: str, timings_ms: Mapping[str, float]) -> None:
    """Count an answer of this application, if it keeps figures."""
    figures = current_app.extensions.get(NAME)
    if isinstance(figures, Figures):
        figures.searched(verdict, timings_ms)


def register(app: Flask) -> None:
    """Keep figures where the setting says so."""
    settings: Settings = app.extensions["pinakes.settings"]
    if settings.metrics:
        app.extensions[NAME] = Figures()


class AtScrape(Collector):
    """What is looked up when it is asked for. A part that is down is left out, and `pinakes_up` of it says so."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("pinakes_up", "Whether a part of the site could be asked.", labels=["part"])
        parts: dict[str, Callable[[], list[Metric]]] = {
            "searches": desk_figures, "index": index_figures, "database": database_figures, "broker": broker_figures,
            "processes": process_figures, "disk": disk_figures,
        }  # fmt: skip
        for name, ask in parts.items():
            try:
                found = ask()
            except SQLAlchemyError:
                db.session.rollback()
                found = []
            except (OSError, ValueError, KeyError):
                found = []
            up.add_metric([name], float(bool(found)))
            yield from found
        yield up

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask the parts."""
        return []


def gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"pinakes_{name}", words, value=value)


def labelled(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"pinakes_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def desk_figures() -> list[Metric]:
    from app import services

    desk: Desk = services.desk()
    refused = Metric("pinakes_searches_refused", "Searches answered 503 since this process began.", "counter")
    refused.add_sample("pinakes_searches_refused_total", {}, float(desk.refused))
    return [
        gauge("searches_waiting", "Searches that wait for their turn.", desk.waiting),
        gauge("searches_running", "Searches under way.", desk.running),
        gauge("searches_queue_size", "Searches that may wait and run before others are refused.", desk.places),
        refused,
    ]


def index_figures() -> list[Metric]:
    from app import services
    from app.engine.errors import EngineError

    shelf = services.builds()
    try:
        build_id = shelf.current()
        manifest = shelf.manifest(build_id)
    except EngineError:
        return []
    published = (shelf.folder / "CURRENT").stat().st_mtime
    made = db.session.scalar(select(IndexBuild.finished_at).where(IndexBuild.build_id == build_id))
    age = (now() - made).total_seconds() if made else time.time() - published
    return [
        gauge("build_age_seconds", "Since the published build was made.", age),
        gauge("build_recall_at_10", "Of the published build against exact search.", float(manifest["recall_at_10"])),
        gauge("build_works", "Works of the published build, without what was added or removed since.", float(manifest["works"])),
        gauge("build_vectors", "Vectors of the published build.", float(manifest["vectors"])),
    ]


def database_figures() -> list[Metric]:
    works = db.session.scalar(select(func.count()).select_from(Artwork)) or 0
    since = select(Failure.kind, func.count()).where(Failure.at > now() - HOUR).group_by(Failure.kind)
    failed = dict(db.session.execute(since).all())
    jobs = {state: float(count) for state, count in health.job_states().items()}
    return [
        gauge("works", "Works of the catalogue.", works),
        labelled("jobs", "Jobs by state.", "state", jobs),
        labelled("failures_last_hour", "Failures noted in the last hour.", "kind", {kind: failed.get(kind, 0) for kind in KINDS}),
    ]


def broker_figures() -> list[Metric]:
    queue = health.queue()
    if queue.messages is None:
        return []
    return [
        gauge("queue_messages", "Messages that no worker has taken.", queue.messages),
        gauge("queue_oldest_seconds", "Since the job that has waited longest was asked for.", health.waited(queue)),
    ]


def process_figures() -> list[Metric]:
    found = beats.read(_settings().instance)
    alive = {kind: float(sum(beat.kind == kind and not beat.silent for beat in found)) for kind in beats.SILENT_SECONDS}
    silent = {kind: float(sum(beat.kind == kind and beat.silent for beat in found)) for kind in beats.SILENT_SECONDS}
    held = {beat.name: float(beat.facts.get("memory", 0)) for beat in found if not beat.silent and not beat.here}
    held["web"] = float(health.memory().web)
    return [
        labelled("processes", "Workers and schedulers that were heard of lately.", "kind", alive),
        labelled("processes_silent", "Workers and schedulers that fell silent.", "kind", silent),
        labelled("process_memory_bytes", "Memory of a process and its children.", "process", held),
    ]


def disk_figures() -> list[Metric]:
    disk, backup = health.disk(), taking.last(_settings())
    aged = [gauge("backup_age_seconds", "Since the last backup was taken.", time.time() - backup["at"])] if backup else []
    return [
        *aged,
        gauge("disk_free_bytes", "Free where the instance lies.", disk.free),
        gauge("disk_total_bytes", "Of the file system of the instance.", disk.total),
        labelled("disk_used_bytes", "Of the instance's parts, counted every five minutes.", "part", disk.parts),
    ]


def _settings() -> Settings:
    found: Settings = current_app.extensions["pinakes.settings"]
    return found
