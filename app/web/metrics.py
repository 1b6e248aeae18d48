"""`/metrics` for Prometheus: off unless the setting says so, and then for this machine or for who has the token."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Blueprint, Response, abort, current_app, request

from app.operations.figures import NAME, Figures
from app.web.context import settings

bp = Blueprint("metrics", __name__)

TEXT = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


@bp.get("/metrics")
def metrics() -> Response:
    """All figures as text. 404 while they are off, 401 without the token, 403 from elsewhere."""
    figures = current_app.extensions.get(NAME)
    if not isinstance(figures, Figures):
        abort(404)
    token = settings().metrics_token
    if token and not hmac.compare_digest(given(), token.encode()):
        said = Response("Ask with the header `Authorization: Bearer …` and the value of PINAKES_METRICS_TOKEN.\n", 401)
        said.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        said.mimetype = "text/plain"
        return said
    if not token and not from_here():
        return Response("Figures are for this machine alone, unless PINAKES_METRICS_TOKEN is set.\n", 403, mimetype="text/plain")
    return Response(figures.text(), content_type=TEXT, headers={"Cache-Control": "no-store"})


def given() -> bytes:
    """The bearer token of the request."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip().encode() if scheme.lower() == "bearer" else b""


def from_here() -> bool:
    """Whether the request comes from this machine and through no proxy, behind which anybody may stand."""
    try:
        here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        here = False
    return here and not any(name in request.headers for name in FORWARDED)
