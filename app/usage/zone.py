"""The museum's clock (`PINAKES_TIMEZONE`): moments are kept in UTC, days and hours of the day are counted and shown by it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app

from app.catalogue.models import now
from app.settings import Settings


def name() -> str:
    """`Europe/Rome`, or `UTC`."""
    settings: Settings = current_app.extensions["pinakes.settings"]
    return settings.timezone


def local(at: datetime, zone: str = "") -> datetime:
    """What the museum's clock says at a moment of UTC; both without a zone."""
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone or name())).replace(tzinfo=None)


def hour_from(at: datetime) -> datetime:
    """The first whole hour of UTC that begins at a moment of the museum's clock or after it."""
    found = at.replace(tzinfo=ZoneInfo(name())).astimezone(UTC).replace(tzinfo=None)
    whole = found.replace(minute=0, second=0, microsecond=0)
    return whole if whole == found else whole + timedelta(hours=1)


def stamped(at: datetime) -> str:
    """An hour of the museum's clock by ISO 8601: `2026-11-21T14:00+01:00`, or `…T13:00Z`."""
    text = at.replace(tzinfo=ZoneInfo(name())).isoformat(timespec="minutes")
    return f"{text[:-6]}Z" if name() == "UTC" else text


def today() -> date:
    """The day by the museum's clock."""
    return local(now()).date()
