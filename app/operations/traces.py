"""Traces for OpenTelemetry: one for each request, with the stages of its search; one for each job, from the request that asked
for it to its end in the worker. Without `PINAKES_OTLP_URL` nothing of it is loaded, and every function here does nothing.

Addresses of searches are the right to see them, so spans carry the route and never the path.
"""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, has_app_context, request

from app.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

log = logging.getLogger(__name__)

NAME = "pinakes.traces"
FLUSH_MS = 2000
EXPORT_DELAY_MS = 1000
UNTRACED = ("static", "security.static", "metrics.metrics")
MISSING = (
    "PINAKES_OTLP_URL is set, but OpenTelemetry is not installed, so no traces are sent: "
    "`.venv/bin/pip install --require-hashes -r requirements-traces.txt` installs it."
)
Told = Callable[[str, int, int], None]


def register(app: Flask) -> None:
    """Trace requests where the setting says so; a package that is missing is said, and the site starts without traces."""
    settings: Settings = app.extensions["pinakes.settings"]
    if not settings.otlp_url:
        return
    if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.exporter") is None:
        app.logger.warning(MISSING)
        return
    app.extensions[NAME] = {"url": settings.otlp_url}
    app.before_request(_request_began)
    app.after_request(_request_answered)
    app.teardown_request(_request_ended)


def provider() -> TracerProvider | None:
    """Where this process' spans go, made at the first one: after a fork, since it has a thread. None: traces are off."""
    held = current_app.extensions.get(NAME) if has_app_context() else None
    if held is None:
        return None
    if "provider" not in held:
        held["provider"] = _new_provider(held["url"])
    found: TracerProvider = held["provider"]
    return found


def _new_provider(url: str) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    made = TracerProvider(resource=Resource.create({"service.name": "pinakes"}), shutdown_on_exit=True)
    exporter = OTLPSpanExporter(endpoint=url.rstrip("/") + "/v1/traces", timeout=5)
    made.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EXPORT_DELAY_MS))
    return made


def flush() -> None:
    """Send what is finished now: a worker's process may be ended without a word."""
    held = current_app.extensions.get(NAME) or {}
    if "provider" in held:
        held["provider"].force_flush(FLUSH_MS)


# A search


class Trace:
    """The span of one search. `progress` learns when each stage begins, `stages` then knows how long each took."""

    def __init__(self, span: Span | None = None) -> None:
        self.span = span
        self._began: dict[str, int] = {}

    def progress(self, told: Told | None) -> Told | None:
        """The progress to hand to the engine; the given one where nothing is traced."""
        if self.span is None:
            return told

        def tell(stage: str, done: int, total: int) -> None:
            self._began.setdefault(stage, time.time_ns())
            if told is not None:
                told(stage, done, total)

        return tell

    def began(self, stage: str) -> None:
        """A stage that the engine does not tell of begins."""
        if self.span is not None:
            self._began[stage] = time.time_ns()

    def ended(self, stage: str) -> None:
        """It ends."""
        if self.span is not None and stage in self._began:
            _past_span(stage, self._began.pop(stage), time.time_ns())

    def stages(self, timings_ms: Mapping[str, float], **facts: str | int) -> None:
        """A span for every stage that ran, and what came of the search."""
        if self.span is None:
            return
        for stage, began in self._began.items():
            _past_span(stage, began, began + int(timings_ms.get(stage, 0.0) * 1e6))
        for name, value in facts.items():
            self.span.set_attribute(f"pinakes.{name}", value)


@contextmanager
def span(name: str, **facts: str | int) -> Iterator[Trace]:
    """A span of this process below the one that is open; nothing where traces are off."""
    found = provider()
    if found is None:
        yield Trace()
        return
    attributes = {f"pinakes.{key}": value for key, value in facts.items()}
    with found.get_tracer("pinakes").start_as_current_span(name, attributes=attributes) as opened:
        yield Trace(opened)


def _past_span(name: str, began_ns: int, ended_ns: int) -> None:
    found = provider()
    if found is not None:
        found.get_tracer("pinakes").start_span(name, start_time=began_ns).end(max(began_ns, ended_ns))


# A job


def here() -> str:
    """The open span as W3C traceparent, to be kept with a job; empty where there is none."""
    if provider() is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def job(kind: str, job_id: str, asked_in: str, asked_at: datetime, began_at: datetime | None) -> Iterator[Trace]:
    """The span of a job in the worker, below the request that asked for it, with the time that it waited."""
    found = provider()
    if found is None:
        yield Trace()
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract({"traceparent": asked_in} if asked_in else {})
    tracer = found.get_tracer("pinakes")
    asked_ns, began_ns = _ns(asked_at), _ns(began_at) if began_at else time.time_ns()
    tracer.start_span("queued", context=parent, start_time=asked_ns).end(max(asked_ns, began_ns))
    facts: dict[str, Any] = {"pinakes.job": job_id, "pinakes.kind": kind}
    with tracer.start_as_current_span(f"job {kind}", context=parent, attributes=facts) as opened:
        yield Trace(opened)
    flush()


def _ns(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp() * 1e9)


# A request


def _request_began() -> None:
    if request.endpoint in UNTRACED:
        return
    opened = span(f"{request.method} {request.url_rule.rule if request.url_rule else 'nowhere'}")
    g.trace = (opened, opened.__enter__())


def _request_answered(response: Response) -> Response:
    if "trace" in g and g.trace[1].span is not None:
        found = g.trace[1].span
        found.set_attribute("http.request.method", request.method)
        found.set_attribute("http.route", request.url_rule.rule if request.url_rule else "")
        found.set_attribute("http.response.status_code", response.status_code)
    return response


def _request_ended(error: BaseException | None) -> None:
    if "trace" in g:
        opened, _trace = g.pop("trace")
        opened.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
