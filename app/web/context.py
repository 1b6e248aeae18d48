"""What every template may use."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_login import current_user

from app import language
from app.accounts.access import has_role
from app.settings import Settings
from app.web import headers, labels

THEMES = ("auto", "light", "dark")


def register(app: Flask) -> None:
    """Shared variables, functions and filters; the security headers go with them."""
    app.context_processor(shared)
    app.template_global("asset")(asset)
    app.jinja_env.globals["labels"] = labels
    headers.register(app)


def shared() -> dict[str, Any]:
    """Variables of every page."""
    return {
        "theme": theme(),
        "staff_home": staff_home(),
        "current_user": current_user,
        "has_role": has_role,
        "language": language.language(),
        "languages": language.LANGUAGES,
    }


def theme() -> str:
    """`light`, `dark`, or `auto` (as the device says): the visitor's choice, from its cookie."""
    chosen = request.cookies.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def staff_home() -> str | None:
    """Where the staff pages begin, for those who may see them."""
    return url_for("admin.home") if has_role(current_user, "curator") else None


def settings() -> Settings:
    """The application's settings."""
    found: Settings = current_app.extensions["pinakes.settings"]
    return found


def asset(name: str) -> str:
    """Address of a static file that changes with its content, so that browsers may keep it for ever."""
    path = Path(current_app.static_folder or "") / name
    return url_for("static", filename=name, v=_digest(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=256)
def _digest(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
