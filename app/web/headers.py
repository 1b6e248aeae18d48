"""Security headers, in one place."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",  # blob: the visitor's own photo before it is uploaded
        "media-src 'self' blob:",
        "style-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # the address of a result is the right to see it
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

YEAR_S = 365 * 24 * 3600
MONTH_S = 30 * 24 * 3600


def register(app: Flask) -> None:
    """Set the headers on every answer."""
    app.after_request(add)


def add(response: Response) -> Response:
    """Headers on one answer; a page is never kept by caches between, since it may be someone's own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.extensions["pinakes.settings"].https:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}")
    if response.mimetype == "text/html" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-cache, private"
    if request.endpoint == "static":
        keep_static(response)
    return response


def keep_static(response: Response) -> None:
    """Files asked for by their digest never change; fonts seldom do, and are asked for by their bare name."""
    if request.args.get("v"):
        immutable(response)
    elif request.path.endswith(".woff2"):
        response.headers["Cache-Control"] = f"public, max-age={MONTH_S}"


def immutable(response: Response) -> Response:
    """Let browsers keep an answer whose address changes with its content."""
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    return response
