"""The JSON API, version 1: `docs/api.md` shows it, `api_document` describes it; one file per group of calls."""

from __future__ import annotations

from importlib import import_module

from flask import Response

from app.web import api_document, api_parameters
from app.web.api_answers import as_json
from app.web.api_base import bp

DOCUMENT_AGE_S = 3600

for group in ("api_searches", "api_catalogue", "api_me"):
    import_module(f"app.web.{group}")


@bp.get("/openapi.json")
def openapi() -> Response:
    """The description of these calls, OpenAPI 3.1."""
    api_parameters.only()
    return as_json(api_document.DOCUMENT, DOCUMENT_AGE_S)


__all__ = ["bp"]
