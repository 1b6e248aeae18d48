"""A work as a IIIF Presentation 3.0 manifest: its label, its record, one canvas per picture."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.catalogue.models import Artwork, Picture
from app.language import language
from app.web import labels

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
PREVIEW = 400  # pixels of the long side


def manifest(artwork: Artwork) -> dict[str, Any]:
    """Titles and names are as the catalogue has them, in no stated language; the names of fields are in that of the request."""
    here = url_for("iiif.manifest", artwork_id=artwork.id, _external=True)
    page = url_for("artworks.work", artwork_id=artwork.id, _external=True)
    found = {
        "@context": CONTEXT,
        "id": here,
        "type": "Manifest",
        "label": _plain(labels.title(artwork)),
        "summary": _plain(artwork.description) if artwork.description else None,
        "metadata": [{"label": _said(name), "value": _plain(value)} for name, value in _record(artwork)],
        "homepage": [{"id": page, "type": "Text", "label": _plain(labels.title(artwork)), "format": "text/html"}],
        "thumbnail": [_image(artwork.pictures[0], PREVIEW)] if artwork.pictures else None,
        "items": [_canvas(here, artwork, picture, number) for number, picture in enumerate(artwork.pictures)],
    }
    return {name: value for name, value in found.items() if value is not None}


def _record(artwork: Artwork) -> list[tuple[str, str]]:
    from app.language import gettext as _

    return [(_("Artist"), labels.maker(artwork)), *labels.record(artwork)]


def _canvas(here: str, artwork: Artwork, picture: Picture, number: int) -> dict[str, Any]:
    canvas = f"{here}/canvas/{picture.id}"
    painted = {
        "id": f"{canvas}/painting",
        "type": "Annotation",
        "motivation": "painting",
        "target": canvas,
        "body": _image(picture),
    }
    return {
        "id": canvas,
        "type": "Canvas",
        "label": _plain(labels.alternative(artwork, number)),
        "width": picture.width,
        "height": picture.height,
        "items": [{"id": f"{canvas}/page", "type": "AnnotationPage", "items": [painted]}],
    }


def _image(picture: Picture, side: int | None = None) -> dict[str, Any]:
    """The picture as an image resource, at most `side` pixels, with the service that gives every other size."""
    service = url_for("iiif.base", identifier=picture.id, _external=True)
    scale = min(1.0, side / max(picture.width, picture.height)) if side else 1.0
    width, height = (max(1, round(length * scale)) for length in (picture.width, picture.height))
    return {
        "id": f"{service}/full/{f'{width},{height}' if scale < 1 else 'max'}/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": width,
        "height": height,
        "service": [{"id": service, "type": "ImageService3", "profile": "level2"}],
    }


def _plain(text: str) -> dict[str, list[str]]:
    return {"none": [text]}


def _said(text: str) -> dict[str, list[str]]:
    return {language(): [text]}
