"""Reading single parts of IIIF documents: words in several languages, metadata, canvases, the picture of a canvas. Pure."""

from __future__ import annotations

import html
import re
from typing import Any

LANGUAGES = ("en", "none", "@none", "und")  # preferred in this order; else the first that is there
SIDE = "!1600,1600"  # of a picture at the Image API: at most so many pixels wide and high
_SAYS_ITS_KIND = ("type", "@type", "@context", "profile")
_SERVICE = re.compile(r"image/[123]|ImageService", re.IGNORECASE)


def text_of(value: Any) -> str:
    """A label or value in words: a language map (3), `@value` with `@language` (2), a list of these, or plain text."""
    if isinstance(value, dict) and "@value" in value:
        return str(value["@value"]).strip()
    if isinstance(value, dict):
        chosen: Any = next((value[language] for language in LANGUAGES if value.get(language)), next(iter(value.values()), []))
        return "; ".join(str(one).strip() for one in (chosen if isinstance(chosen, list) else [chosen]))
    if isinstance(value, list):
        tagged = [one for one in value if isinstance(one, dict)]
        english = [one for one in tagged if str(one.get("@language", "")).startswith("en")]
        return "; ".join(text_of(one) for one in ((english or tagged[:1]) if tagged else value))
    return "" if value is None else str(value).strip()


def plain(text: str) -> str:
    """Without the markup that IIIF allows in values."""
    if "<" not in text and "&" not in text:
        return text
    return " ".join(html.unescape(re.sub(r"<[^<>]{0,500}>", " ", text)).split())


def pairs(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """`metadata` as (label, value), with the statement of rights behind it."""
    listed = [one for one in manifest.get("metadata") or [] if isinstance(one, dict)]
    found = [(plain(text_of(one.get("label"))), plain(text_of(one.get("value")))) for one in listed]
    required = manifest.get("requiredStatement")
    if isinstance(required, dict):
        found.append((plain(text_of(required.get("label"))), plain(text_of(required.get("value")))))
    found.append(("Attribution", plain(text_of(manifest.get("attribution")))))
    found.append(("Rights", text_of(manifest.get("rights") or manifest.get("license"))))
    return [(label, value) for label, value in found if value]


def canvases(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The canvases in order: `items` in 3, those of the first sequence in 2."""
    if manifest.get("items"):
        found = manifest["items"]
    else:
        sequences = _dicts(manifest.get("sequences"))
        found = sequences[0].get("canvases") if sequences else []
    return _dicts(found)


def picture_of(canvas: dict[str, Any]) -> str:
    """The address of the canvas's picture, at the Image API where it has one; empty where nothing is painted on it."""
    for body in _bodies(canvas):
        for service in _services(body):
            address = str(service.get("id") or service.get("@id") or "").rstrip("/")
            if address:
                return f"{address}/full/{SIDE}/0/default.jpg"
        address = str(body.get("id") or body.get("@id") or "")
        if address:
            return address
    return ""


def _bodies(canvas: dict[str, Any]) -> list[dict[str, Any]]:
    """What is painted on the canvas; of a choice the first, or `default`."""
    annotations = [one for page in _dicts(canvas.get("items")) for one in _dicts(page.get("items"))]
    found = [one.get("body") for one in annotations] or [one.get("resource") for one in _dicts(canvas.get("images"))]
    bodies = [body for one in found for body in (one if isinstance(one, list) else [one]) if isinstance(body, dict)]
    return [_chosen(body) for body in bodies]


def _chosen(body: dict[str, Any]) -> dict[str, Any]:
    if str(body.get("type") or body.get("@type") or "").endswith("Choice"):
        inner = body.get("default") or next(iter(_dicts(body.get("items"))), {})
        return inner if isinstance(inner, dict) else {}
    source = body.get("source") or body.get("full")  # a part of a picture: the whole is taken
    return source if isinstance(source, dict) else body


def _services(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = body.get("service") or []
    listed = _dicts(found if isinstance(found, list) else [found])
    return [one for one in listed if _SERVICE.search(" ".join(str(one.get(name)) for name in _SAYS_ITS_KIND))]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
