"""The words of a wall label: pure functions of the catalogue's rows. Nothing is invented; unknown stays out."""

from __future__ import annotations

import re

from app.catalogue.models import Artist, Artwork
from app.language import gettext, lazy_gettext, ngettext

UNTITLED = lazy_gettext("Untitled in the catalogue")
NO_MAKER = lazy_gettext("Maker unknown")
VAGUE = re.compile(r"\b(c|ca|circa|active|before|after|about|fl)\b|\?", re.IGNORECASE)


def title(artwork: Artwork) -> str:
    """The title as the catalogue has it."""
    return artwork.title or str(UNTITLED)


def maker(artwork: Artwork) -> str:
    """Names of the makers, with their part in the work before the name where the catalogue tells one."""
    names = [f"{credit.role} {credit.artist.name}".strip() for credit in artwork.credits]
    return ", ".join(names) or str(NO_MAKER)


def life(artist: Artist) -> str:
    """`Köln 1552 – Praha 1615`; the catalogue's own text where it is not that plain; empty where nothing is known."""
    text = artist.born_died.strip().removeprefix("(").removesuffix(")")
    if VAGUE.search(text) or not (artist.born_year or artist.died_year):
        return text
    born = " ".join(str(part) for part in (artist.born_place, artist.born_year) if part)
    died = " ".join(str(part) for part in (artist.died_place, artist.died_year) if part)
    if born and died:
        return f"{born} – {died}"
    return gettext("born %(when)s", when=born) if born else gettext("died %(when)s", when=died)


def dated(text: str) -> str:
    """A date for reading: a hyphen between years becomes a dash."""
    return re.sub(r"(?<=\d)\s*-\s*(?=\d)", "–", text.strip())


def size(text: str) -> str:
    """Dimensions for reading: `68 x 95 cm` → `68 × 95 cm`."""
    return re.sub(r"(?<=\d)\s*[xX]\s*(?=\d)", " × ", text.strip())


def material(artwork: Artwork) -> str:
    """`1574–88 · oil on canvas, 68 × 95 cm`: date, technique and dimensions, as far as they are known."""
    date = dated(artwork.date_text)
    technique = artwork.technique.strip()
    if date and technique[1:2].islower():
        technique = technique[0].lower() + technique[1:]
    made = ", ".join(part for part in (technique, size(artwork.dimensions)) if part)
    return " · ".join(part for part in (date, made) if part)


def record(artwork: Artwork) -> list[tuple[str, str]]:
    """The record as a definition list: what is known, in the order a label has; then the fields of the source."""
    fields = [
        (gettext("Date"), dated(artwork.date_text)),
        (gettext("Technique"), artwork.technique),
        (gettext("Dimensions"), size(artwork.dimensions)),
        (gettext("Place"), artwork.location),
        (gettext("School"), artwork.school),
        (gettext("Form"), artwork.form),
        (gettext("Type"), artwork.type),
        (gettext("Period"), dated(artwork.timeframe)),
        (gettext("Collection"), artwork.collection.name),
        (gettext("Catalogue number"), artwork.source_id),
    ]
    fields += [(name.replace("_", " ").capitalize(), str(value)) for name, value in artwork.extra.items()]
    return [(name, value) for name, value in fields if value.strip()]


def alternative(artwork: Artwork, number: int = 0) -> str:
    """What a picture of the work shows, for those who do not see it; `number` counts from 0 where a work has several."""
    parts = [title(artwork)]
    if artwork.credits:
        parts.append(gettext("by %(maker)s", maker=maker(artwork)))
    parts += [dated(artwork.date_text), artwork.technique.strip() or artwork.form.strip(), artwork.type.strip()]
    if len(artwork.pictures) > 1:
        parts.append(gettext("picture %(number)s of %(total)s", number=number + 1, total=len(artwork.pictures)))
    return ", ".join(part for part in parts if part)


def cite(artwork: Artwork, address: str) -> str:
    """One line that names the work and where it was found."""
    parts = [maker(artwork), title(artwork), dated(artwork.date_text), artwork.location, artwork.collection.name, address]
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip()) + "."


def certainty(inliers: int, verdict: str) -> str:
    """The sentence under a label: how sure, and why."""
    if verdict == "identified":
        return ngettext(
            "We are sure: %(num)s detail of your photo fits this work.",
            "We are sure: %(num)s details of your photo fit this work.",
            inliers,
        )
    if inliers:
        return ngettext(
            "%(num)s detail of your photo fits this work, too few to be sure.",
            "%(num)s details of your photo fit this work, too few to be sure.",
            inliers,
        )
    return gettext("It looks alike as a whole; no single details fit.")


def odds(probability: float, verdict: str) -> str:
    """What the probability of a match means, as a count that one can imagine."""
    right = in_hundred(probability)
    if verdict == "identified":
        return gettext("About %(right)s in 100 such answers are right.", right=right)
    if right:
        return gettext("About %(right)s in 100 such guesses are right.", right=right)
    return gettext("Fewer than 1 in 100 such guesses is right.")


def nearest(probability: float) -> str:
    """How likely the nearest work is the right one after all, where the answer names none."""
    right = in_hundred(probability)
    if right:
        return gettext("In about %(right)s of 100 such cases it is the first of these after all.", right=right)
    return gettext("In fewer than 1 of 100 such cases it is the first of these after all.")


def in_hundred(probability: float) -> int:
    """0…99. Never all of them: the calibration was measured on some hundred photos, too few to promise more."""
    return min(99, round(100 * probability))
