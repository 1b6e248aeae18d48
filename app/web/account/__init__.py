"""What belongs to a visitor; one file per page. Everything but the shared links is for the account alone."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, url_for

bp = Blueprint("accounts", __name__)

PER_PAGE = 24


def local(address: str) -> str:
    """The address if it lies on this site, else the home page: no form may send a visitor elsewhere."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\")):
        return url_for("search.home")
    return address.rstrip("?")
