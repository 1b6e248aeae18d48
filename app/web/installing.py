"""What a phone is told when the site is put on its home screen, in the language of the page that it was put there from."""

from __future__ import annotations

import json

from flask import Blueprint, Response, abort, url_for
from flask_babel import force_locale

from app.language import LANGUAGES, LOCALES, gettext
from app.web.context import asset

bp = Blueprint("installing", __name__)

HOUR_S = 3600
GROUND = "#fdfcfa"  # the wall, as static/css/pinakes.css has it in the light
PNG = "image/png"


@bp.get("/manifest/<code>.webmanifest")
def manifest(code: str) -> Response:
    """The web app manifest. Its address names the language: browsers ask for it without the cookie that keeps the choice."""
    if code not in LANGUAGES:
        abort(404)
    with force_locale(LOCALES[code]):
        description = gettext("Photograph a painting and learn which work it is.")
    home = url_for("search.home")
    said = {
        "id": home, "name": "Pinakes", "short_name": "Pinakes", "description": description, "lang": code,
        "start_url": home, "scope": home, "display": "standalone", "background_color": GROUND, "theme_color": GROUND,
        "categories": ["education", "travel", "utilities"], "icons": icons(),
    }  # fmt: skip
    response = Response(json.dumps(said, ensure_ascii=False), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = f"public, max-age={HOUR_S}"
    return response


def icons() -> list[dict[str, str]]:
    """The icons, as `scripts/icons.py` draws them."""
    return [
        {"src": asset("icons/icon-192.png"), "sizes": "192x192", "type": PNG},
        {"src": asset("icons/icon-512.png"), "sizes": "512x512", "type": PNG},
        {"src": asset("icons/maskable-512.png"), "sizes": "512x512", "type": PNG, "purpose": "maskable"},
        {"src": asset("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
    ]
