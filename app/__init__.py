"""Pinakes. Only the factory lives here; nothing is imported at module level, so that `app.engine` stays free of Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application; settings come from the environment unless given."""
    from app.factory import build

    return build(settings)
