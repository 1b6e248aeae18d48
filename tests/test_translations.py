"""Every word of the pages is in every catalogue, translated, and compiled; no template and no script says one past them."""

from __future__ import annotations

import ast
import io
import re
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.catalog import Message
from jinja2 import Environment

from app import messages, retelling
from app.language import LANGUAGES, LOCALES
from app.settings import ROOT
from tests.web.bare_words import bare_words

CODES = messages.translated()
TEMPLATES = sorted(path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
VIEWS = sorted((ROOT / "app" / "web").rglob("*.py"))
JINJA = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])


@cache
def extracted() -> Catalog:
    return messages.extracted()


def forms(message: Message) -> list[tuple[str, str]]:
    """(source, translation) of a message, form by form."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return [(message.id[min(place, 1)], words) for place, words in enumerate(message.string)]


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[a-z]|%%|\{\w+\}|</?[a-z][^>]*>", text))


@pytest.mark.parametrize("code", CODES)
def test_every_message_is_translated(code: str) -> None:
    """`flask languages update` takes new messages in; then they need words."""
    merged = messages.merged(code, extracted())
    assert [message.id for message in messages.wordless(merged)] == []
    assert len(merged) == len(messages.read(code)), "the catalogue has messages that the code no longer says: update it"


@pytest.mark.parametrize("code", CODES)
def test_translations_keep_what_is_filled_in(code: str) -> None:
    for message in messages.read(code):
        for source, words in forms(message) if message.id else ():
            if len(message.id) == 2 and "%(num)s" not in words:
                words += " %(num)s" if "%(num)s" in source else ""  # a form for exactly one may leave the number out
            assert placeholders(words) == placeholders(source), (source, words)


@pytest.mark.parametrize("code", CODES)
def test_a_translation_begins_and_ends_like_its_source(code: str) -> None:
    """A full stop, a colon or a question mark that got lost; spaces at the ends, which would show as gaps."""
    for message in messages.read(code):
        for source, words in forms(message) if message.id else ():
            assert words == words.strip() or source != source.strip(), words
            ends = [text.rstrip("”’“»")[-1:] for text in (source, words)]
            assert ends[0] not in ".?:" or ends[0] == ends[1], (source, words)


@pytest.mark.parametrize("code", CODES)
def test_the_compiled_catalogue_is_that_of_the_edited_one(code: str) -> None:
    compiled = GNUTranslations(messages.po_path(code).with_suffix(".mo").open("rb"))
    fresh = GNUTranslations(io.BytesIO(messages.mo_bytes(messages.read(code))))
    assert compiled._catalog == fresh._catalog, "run `flask languages compile`"  # type: ignore[attr-defined]


def test_every_language_has_a_locale_and_a_folder() -> None:
    assert set(LOCALES) == set(LANGUAGES)
    assert {path.name for path in messages.FOLDER.iterdir() if path.is_dir()} == set(CODES)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_says_a_word_past_the_translators(path: Path) -> None:
    assert bare_words(path.read_text(encoding="utf-8"), JINJA, plain=path.suffix == ".txt") == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ _('Hello') }} · 3 × {{ n }} MB</p>", []),
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<img alt="A dog" class="big picture">', ["A dog"]),
        ("<p>{{ 'work' if n == 1 else 'works' }}</p>", ["work works"]),
        ("<p class=\"{{ 'closed' if n else 'open' }}\">{{ texts['key'] }}</p>", []),
        ("<button aria-label=\"{{ 'Close' ~ name }}\"></button>", ["Close"]),
        ("{% if a %}<b>{{ b }}</b>{% else %}None.{% endif %}", ["None."]),
        ("<script>const word = 1</script>", []),
    ],
)
def test_bare_words_are_found(source: str, found: list[str]) -> None:
    assert bare_words(source, JINJA) == found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_says_a_sentence(path: Path) -> None:
    """A script takes its words from the page."""
    code = re.sub(r"(?<!:)//.*", "", path.read_text(encoding="utf-8"))
    strings = [found[1] for found in re.findall(r"""(["'`])((?:(?!\1|\n).)*)\1""", code)]
    assert [text for text in strings if re.search(r"[A-Z][a-z]+ [a-z]+|[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)] == []


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_view_says_a_sentence_past_the_translators(path: Path) -> None:
    """What is flashed, or titles an error page, is not a plain string."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("flash", "Words") and node.args:
            plain = [argument for argument in node.args[: 1 if node.func.id == "flash" else 2] if is_plain(argument)]  # type: ignore[attr-defined]
            assert not plain, f"line {node.lineno}: {ast.unparse(plain[0])}"


def is_plain(node: ast.expr) -> bool:
    """A string, or one with values in it, that is not the argument of a translating function."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and re.search(r"[a-z]{2}", str(part.value)) for part in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_forms_of_stored_sentences_are_told_apart() -> None:
    """Each form is recognised as itself: none is swallowed by one that stands before it."""
    for form in retelling.FORMS:
        text = re.sub(r"%\((\w+)\)s", "x", form)
        first = next(known for known, pattern in retelling._patterns() if pattern.fullmatch(text))
        assert first == form
