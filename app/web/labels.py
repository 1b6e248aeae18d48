"""The words of a wall label: pure functions of the catalogue's rows. Nothing is invented; unknown stays out."""

from __future__ import annotations

import re

from app.catalogue.models import Artist, Artwork

UNTITLED = "Untitled in the catalogue"
NO_MAKER = "Maker unknown"
VAGUE = re.compile(r"\b(c|ca|circa|active|before|after|about|fl)\b|\?", re.IGNORECASE)


def title(artwork: Artwork) -> str:
    """The title as the catalogue has it."""
    return artwork.title or UNTITLED


def maker(artwork: Artwork) -> str:
    """Names of the makers, with their part in the work before the name where the catalogue tells one."""
    names = [f"{credit.role} {credit.artist.name}".strip() for credit in artwork.credits]
    return ", ".join(names) or NO_MAKER


def life(artist: Artist) -> str:
    """`Köln 1552 – Praha 1615`; the catalogue's own text where it is not that plain; empty where nothing is known."""
    text = artist.born_died.strip().removeprefix("(").removesuffix(")")
    if VAGUE.search(text) or not (artist.born_year or artist.died_year):
        return text
    born = " ".join(str(part) for part in (artist.born_place, artist.born_year) if part)
    died = " ".join(str(part) for part in (artist.died_place, artist.died_year) if part)
    if born and died:
        return f"{born} – {died}"
    return f"born {born}" if born else f"died {died}"


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
        ("Date", dated(artwork.date_text)),
        ("Technique", artwork.technique),
        ("Dimensions", size(artwork.dimensions)),
        ("Place", artwork.location),
        ("School", artwork.school),
        ("Form", artwork.form),
        ("Type", artwork.type),
        ("Period", dated(artwork.timeframe)),
        ("Collection", artwork.collection.name),
        ("Catalogue number", artwork.source_id),
    ]
    fields += [(name.replace("_", " ").capitalize(), str(value)) for name, value in artwork.extra.items()]
    return [(name, value) for name, value in fields if value.strip()]


def cite(artwork: Artwork, address: str) -> str:
    """One line that names the work and where it was found."""
    parts = [maker(artwork), title(artwork), dated(artwork.date_text), artwork.location, artwork.collection.name, address]
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip()) + "."


def certainty(inliers: int, verdict: str) -> str:
    """The sentence under a label: how sure, and why."""
    if verdict == "identified":
        return f"We are sure: {details(inliers)} of your photo fit this work."
    if inliers:
        return f"{details(inliers).capitalize()} of your photo fit this work, too few to be sure."
    return "It looks alike as a whole; no single details fit."


def details(count: int) -> str:
    """`1 detail`, `214 details`."""
    return "1 detail" if count == 1 else f"{count:,} details"
