"""What is kept of a visit, and for how long: the page that says it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from app.web.context import settings

bp = Blueprint("privacy", __name__)


@bp.get("/privacy")
def home() -> Any:
    """As the settings have it."""
    return render_template("search/privacy.html", days=settings().uploads_keep_days)
