"""Answers of the API."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request


def as_json(value: Any, age_s: int | None = None, status: int = 200) -> Response:
    """JSON that caches may keep for `age_s` seconds and then ask about by its ETag; None: that nobody keeps."""
    response = Response(json.dumps(value, ensure_ascii=False), status, mimetype="application/json")
    if age_s is None:
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers["Cache-Control"] = f"public, max-age={age_s}"
    response.add_etag()
    response.make_conditional(request)
    return response


def done() -> Response:
    """204: it is so now, and there is nothing to say."""
    return Response(status=204, headers={"Cache-Control": "no-store"})
