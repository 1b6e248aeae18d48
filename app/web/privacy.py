"""What is kept of a visit, and for how long: the page that says it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from app.web.context import settings

bp = Blueprint("privacy", __name__)


@bp.get("/privacy")
def home() -> Any:
    """As the settings have it."""
    found = settings()
    return render_template("search/privacy.html", days=found.uploads_keep_days, guests_days=found.guests_keep_days)
