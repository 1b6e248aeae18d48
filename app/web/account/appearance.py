"""The choice of light or dark."""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from app.web.account import bp, local
from app.web.context import THEMES, settings

THEME_COOKIE_S = 365 * 24 * 3600


@bp.post("/theme")
def theme() -> Any:
    """Keep the choice of light or dark in a cookie, and go back."""
    response = redirect(local(request.form.get("next", "")), 303)
    chosen = request.form.get("theme", "auto")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=THEME_COOKIE_S, httponly=True, samesite="Lax", secure=settings().https)
    return response
