"""The catalogues of translations: what the code says, extracted and merged into one file per language, and compiled."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, mofile, pofile
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from app.language import LANGUAGES, LOCALES, SOURCE
from app.settings import ROOT

FOLDER = ROOT / "app" / "translations"
PLACES = (
    (ROOT / "app", [("**.py", "python")]),
    (ROOT / "templates", [("**.html", "jinja2"), ("**.txt", "jinja2")]),
)
# Beside gettext and its kin: `N_` marks a sentence that is translated later, errors of the engine carry theirs.
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "ImageError": None}
WIDTH = 120
SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # in every header: a catalogue changes only when its words do


class MessagesError(ValueError):
    """A catalogue cannot be made or read."""


def translated() -> list[str]:
    """The languages that have a catalogue: all but the source."""
    return [code for code in LANGUAGES if code != SOURCE]


def po_path(code: str) -> Path:
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


def extracted() -> Catalog:
    """Everything that the code and the templates say, without translations."""
    catalog = Catalog(charset="utf-8", creation_date=SINCE)
    for folder, methods in PLACES:
        found = extract_from_dir(folder, methods, keywords=KEYWORDS, comment_tags=("Translators:",))
        for name, _line, message, comments, context in found:
            place = (folder / name).relative_to(ROOT).as_posix()
            catalog.add(message, locations=[(place, None)], auto_comments=comments, context=context)  # type: ignore[list-item]
    return catalog


def read(code: str) -> Catalog:
    """The catalogue of a language; a new one where there is none. Raises MessagesError if the file is damaged."""
    path = po_path(code)
    if not path.exists():
        return Catalog(locale=LOCALES[code], creation_date=SINCE)
    try:
        with path.open("rb") as file:
            return pofile.read_po(file, locale=LOCALES[code], abort_invalid=True)
    except pofile.PoFileError as error:
        raise MessagesError(f"{path}: {error}") from error


def merged(code: str, template: Catalog) -> Catalog:
    """The catalogue of a language with what the code says now: new messages without words, old ones dropped."""
    catalog = read(code)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    catalog.creation_date = catalog.revision_date = SINCE
    catalog.project, catalog.version, catalog.copyright_holder = "Pinakes", "", ""
    catalog.header_comment = f"# Pinakes in {LANGUAGES[code]}."
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = ""
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    """The catalogue as people edit it: in the order of the files that say the messages, without line numbers."""
    out = io.BytesIO()
    pofile.write_po(out, catalog, width=WIDTH, include_lineno=False, sort_by_file=True)
    return out.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """The catalogue as the application reads it."""
    out = io.BytesIO()
    mofile.write_mo(out, catalog)
    return out.getvalue()


def update() -> dict[str, int]:
    """Merge the code's messages into every catalogue and compile it; returns how many lack words, per language."""
    template = extracted()
    missing = {}
    for code in translated():
        path = po_path(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(merged(code, template)))
        missing[code] = sum(1 for _ in wordless(read(code)))
    compile_all()
    return missing


def compile_all() -> None:
    """Write the `.mo` file beside every `.po` file."""
    for code in translated():
        po_path(code).with_suffix(".mo").write_bytes(mo_bytes(read(code)))


def wordless(catalog: Catalog) -> Iterator[Message]:
    """Messages that are not, or not wholly, translated."""
    for message in catalog:
        words = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (message.fuzzy or not all(words)):
            yield message
