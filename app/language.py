"""The language of a page: which one it is, and words, dates and numbers in it.

English is the source. Outside a request (commands, tasks) everything is English.
In a template a literal % is written %% inside `_('…')`; in Python only where parameters are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import flask_babel
from babel import Locale, dates, numbers
from flask import Flask, g, has_app_context, has_request_context, request
from flask_babel.speaklater import LazyString
from jinja2 import pass_context
from jinja2.runtime import Context

from app.extensions import babel
from app.sentences import SentenceError

LANGUAGES = {  # as their speakers call them
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "es": "Español",
}
SOURCE = "en"
COOKIE = "language"
PROGRAMS = "/api/"  # what is there has one language: a program matches on the words, or hands them to its author
# With a country, since Flask-Security's own catalogues are named so, and for dates: 21 November 2026, not November 21.
LOCALES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "it": "it_IT", "nl": "nl_NL", "es": "es_ES"}


def bind(app: Flask) -> None:
    """Bind Flask-Babel to the application; templates get `_`, `gettext`, `ngettext` and the filters of this module."""
    babel.init_app(app, default_locale=LOCALES[SOURCE], locale_selector=lambda: LOCALES[choose()])
    app.jinja_env.globals["ngettext"] = _grouping(app.jinja_env.globals["ngettext"])
    for filter_ in (day, moment, thousands, decimal, percent):
        app.template_filter(filter_.__name__)(filter_)


def _grouping(plain: Any) -> Any:
    """The templates' ngettext, with `%(num)s` as this module's writes it."""

    @pass_context
    def grouped(context: Context, singular: str, plural: str, num: int, /, **parameters: object) -> Any:
        parameters.setdefault("num", thousands(num))
        return context.call(plain, singular, plural, num, **parameters)

    return grouped


def choose() -> str:
    """The visitor's choice from its cookie, else what the browser asks for, else English. Programs get English."""
    if not has_request_context() or request.path.startswith(PROGRAMS):
        return SOURCE
    g.language_was_chosen = True
    chosen = request.cookies.get(COOKIE, "")
    # Not `best_match`: it takes the French of `en-US, fr;q=0.9`, since "en-US" is no language of ours to the letter.
    wanted = (tag.lower().replace("_", "-").split("-")[0] for tag, quality in request.accept_languages if quality > 0)
    return next((code for code in (chosen, *wanted) if code in LANGUAGES), SOURCE)


def locale() -> Locale:
    """The locale of this answer; British English outside an application."""
    found = flask_babel.get_locale() if has_app_context() else None
    return found or Locale.parse(LOCALES[SOURCE])


def language() -> str:
    """The two letters of this answer's language, as `<html lang>` wants them."""
    return str(locale().language)


@contextmanager
def speaking(code: str | None) -> Iterator[None]:
    """What is said meanwhile is in this language, whoever asks: for a message to somebody. None: English."""
    with flask_babel.force_locale(LOCALES.get(code or SOURCE, LOCALES[SOURCE])):
        yield


def gettext(message: str, **parameters: object) -> str:
    """The message in the language of this answer, its `%(name)s` filled in; English outside an application."""
    if not has_app_context():
        return message % parameters if parameters else message
    return str(flask_babel.gettext(message, **parameters))


def ngettext(singular: str, plural: str, num: int, **parameters: object) -> str:
    """The form that the number asks for. `%(num)s` is the number as the language writes it: 1,003 or 1.003."""
    parameters.setdefault("num", thousands(num))
    if not has_app_context():
        return (singular if num == 1 else plural) % parameters
    return str(flask_babel.get_translations().ungettext(singular, plural, num)) % parameters


def lazy_gettext(message: str) -> str:
    """A constant of a module that becomes words when a page shows it. It acts as a str, except in JSON: use str() there."""
    lazy: str = LazyString(gettext, message)
    return lazy


def said(error: Exception) -> str:
    """The sentence of an error in the language of this answer, where it keeps sentence and parameters apart."""
    return gettext(error.sentence, **error.parameters) if isinstance(error, SentenceError) else str(error)


def day(at: date, length: str = "long") -> str:
    """`21 November 2026`; `medium` gives `21 Nov 2026`."""
    return dates.format_date(at, length, locale=locale())


def moment(at: datetime, length: str = "long") -> str:
    """`21 November 2026, 14:05`; `medium` gives `21 Nov 2026, 14:05`. In the zone that the time is in: UTC everywhere here."""
    return f"{day(at, length)}, {dates.format_time(at, 'short', tzinfo=at.tzinfo, locale=locale())}"


def thousands(number: int) -> str:
    """1003 → `1,003`, or `1.003` in German."""
    return numbers.format_decimal(number, locale=locale())


def decimal(number: float, digits: int = 1) -> str:
    """0.25 → `0.3`, or `0,3` in German; always as many digits as asked for."""
    return numbers.format_decimal(number, format="#,##0." + "0" * digits if digits else "#,##0", locale=locale())


def percent(share: float, digits: int = 0) -> str:
    """0.934 → `93%`, or `93 %` in German."""
    places = "." + "0" * digits if digits else ""
    sign = locale().percent_formats[None].pattern.removeprefix("#,##0")
    return numbers.format_percent(share, format=f"#,##0{places}{sign}", locale=locale())
