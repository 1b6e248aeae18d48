"""What the network sees in a photo: a heat map, and words of the catalogue where a domain head is there. Beside `services`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from app import services
from app.engine.errors import EngineError
from app.engine.presets import SearchPreset, search_preset
from app.engine.types import Floats, Image

if TYPE_CHECKING:
    from app.engine.encoders import Encoder
    from app.engine.encoders.class_head import ClassView
    from app.engine.encoders.domain_head import DomainHead, DomainView

Said = dict[str, list[tuple[str, float]]]  # field → its words with their probabilities, the best first


def head() -> DomainHead | None:
    """The head that this instance was given (`flask train domain-head --from-catalogue`), else the one that ships; None without."""
    return _fitting(_encoder())


def likely(fields: Collection[str]) -> bool:
    """Whether there will be words of one of the fields for a photo: a link to them is worth showing.

    No network is loaded or waited for: a process that has searched nothing yet goes by the files of the heads.
    """
    held = services._held()
    encoder = held.encoders.get(SearchPreset.encoder)
    if held.searcher is not None and held.searcher.encoder.has_last:
        encoder = held.searcher.encoder
    known = _usable(encoder) if encoder else _by_files()
    return known is not None and not set(fields).isdisjoint(known.trusted)


def _by_files() -> DomainHead | None:
    """A head for the weights of the published build's encoder, or of the default one, by their names alone."""
    from app.engine.encoders import encoder_preset

    try:
        shelf = services.builds()
        names = (search_preset(shelf.manifest(shelf.current())["preset"]).encoder, SearchPreset.encoder)
        return next((_read(path) for name in names for path in _files(encoder_preset(name).weights)), None)
    except EngineError:
        return None


def _fitting(encoder: Encoder) -> DomainHead | None:
    """The first of the heads that was trained on this encoder's very weights."""
    heads = (_read(path) for path in _files(encoder.weights))
    return next((head for head in heads if head is not None and head.trunk == encoder.trunk), None)


def _read(path: Path) -> DomainHead | None:
    """The head of that file, read once."""
    from app.engine.encoders.domain_head import read_domain_head

    held: dict[tuple[Path, int], DomainHead | None] = current_app.extensions.setdefault("pinakes.domain_heads", {})
    key = (path, path.stat().st_mtime_ns)
    if key not in held:
        held[key] = read_domain_head(path)
    return held[key]


def _files(weights: str) -> list[Path]:
    """The heads for these weights that are there, this instance's own first."""
    from app.engine.encoders.domain_head import PREFIX
    from app.engine.weights import WeightStore

    folders = (services.settings().instance / "heads", WeightStore().heads)
    return [path for folder in folders if (path := folder / f"{PREFIX}{weights}.npz").exists()]


def pictures_in(photo: Image) -> list[Floats]:
    """The pictures in a photo as a search of it will find them, each (4, 2) corners in its pixels. Raises NoIndexError."""
    from app.engine import looking

    shelf = services.builds()
    preset = search_preset(shelf.manifest(shelf.current())["preset"])
    return [quads[-1] for quads in looking.finder(preset)(looking.cleaned(photo))]


def heat_map(photo: Image, regions: Sequence[Floats] = (), reference: Image | None = None) -> Image:
    """A heat map of what the network sees in the photo, see `engine.heat.drawn`. Reckoned anew each time, kept nowhere.

    Raises Busy, NoIndexError, and PresetError where the class head is missing.
    """
    from app.engine import heat

    with services.turn():
        return heat.drawn(_class_view, photo, regions, reference)


def _class_view(image: Image) -> ClassView:
    """By the encoder that searches; by the default one where that knows no classes."""
    view = services.searcher().encoder.class_view(image) or services.encoder(SearchPreset.encoder).class_view(image)
    assert view is not None  # the default encoder leads to the class head
    return view


def said(picture: Image, region: Floats | None = None) -> Said:
    """What a head says of the picture, or of its part at a region, in the fields that it can be trusted in; else nothing.

    Raises Busy, NoIndexError.
    """
    from app.engine import heat

    with services.turn():
        known = _usable(_encoder())
        if known is None:
            return {}
        found = _view(known, picture if region is None else heat.upright(picture, region)).said()
        return {field: words for field, words in found.items() if field in known.trusted}


def word_map(
    field: str, word: str, photo: Image, regions: Sequence[Floats] = (), reference: Image | None = None
) -> Image | None:
    """`heat_map` for one word; None where no head knows it. Raises Busy, NoIndexError."""
    from app.engine import heat

    with services.turn():
        known = _usable(_encoder())
        number = known.number(field, word) if known else None
        if known is None or number is None:
            return None
        return heat.drawn(lambda image: _view(known, image), photo, regions, reference, number)


def _usable(encoder: Encoder) -> DomainHead | None:
    """The head, or None where it is damaged: a page does without it."""
    try:
        return _fitting(encoder)
    except EngineError as error:
        current_app.logger.warning("no words for pictures: %s", error)
        return None


def _encoder() -> Encoder:
    """The encoder that searches where it leads to the last maps, else the default one."""
    found = services.searcher().encoder
    return found if found.has_last else services.encoder(SearchPreset.encoder)


def _view(known: DomainHead, image: Image) -> DomainView:
    return known.seen(_encoder().last_maps(image, known.long_side_px))
