"""The words that our own class head was trained on, as visitors read them. A museum's own words are shown as they are."""

from __future__ import annotations

from app.language import lazy_gettext
from app.web import labels

KNOWN: dict[tuple[str, str], str] = {
    ("type", "portrait"): lazy_gettext("portrait"),
    ("type", "landscape"): lazy_gettext("landscape"),
    ("type", "still-life"): lazy_gettext("still life"),
    ("type", "religious"): lazy_gettext("religious scene"),
    ("type", "mythological"): lazy_gettext("scene from mythology"),
    ("type", "historical"): lazy_gettext("scene from history"),
    ("type", "genre"): lazy_gettext("scene of daily life"),
    ("type", "nude"): lazy_gettext("nude"),
    ("type", "cityscape"): lazy_gettext("view of a city"),
    ("type", "abstract"): lazy_gettext("abstract picture"),
    ("type", "study"): lazy_gettext("study"),
    ("type", "decorative"): lazy_gettext("ornament"),
    ("type", "chart"): lazy_gettext("map or plan"),
}


def word(field: str, found: str) -> str:
    """A word of a field for reading: ours translated, a period with a dash, another as the catalogue has it."""
    return str(KNOWN.get((field, found), labels.dated(found)))
