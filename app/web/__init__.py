"""Blueprints: thin views over `services` and the named queries. One file per room of the site."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

BLUEPRINTS = (
    "search", "seeing", "feedback", "privacy", "artworks", "accounts", "languages", "installing", "admin", "statistics",
    "metrics", "media", "iiif", "api",
)  # fmt: skip


def register(app: Flask) -> None:
    """Register the blueprint `bp` of every room, then what templates share."""
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"app.web.{name}").bp)
    from app.web import context, mailing

    context.register(app)
    mailing.register(app)
