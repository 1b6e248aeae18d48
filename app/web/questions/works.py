"""Which works are found most, and which never: for these, the whole list is a page of its own."""

from __future__ import annotations

from collections import Counter

from flask import url_for

from app.language import gettext as _
from app.language import ngettext, thousands
from app.usage import works_found
from app.usage.works_found import Listed
from app.web import labels as words
from app.web.questions.answer import Answer, Column

SHOWN = 15


def most_found(found: Counter[int], limit: int | None = SHOWN) -> Answer:
    """The works found most; without a limit all that were found."""
    question = _("Which works are found most?")
    works = works_found.listed([pk for pk, _count in found.most_common(limit)])
    rows = [(work.title or str(words.UNTITLED), found[work.pk], work.artist, work.collection) for work in works]
    caption = _("no work was found yet")
    if found:
        caption = ngettext("work was found", "different works were found", len(found))
    columns = (Column(_("work")), Column(_("times found"), "count"), Column(_("artist")), Column(_("collection")))
    return Answer("works", question, thousands(len(found)), caption, None, columns, rows, links=_links(works))


def never_found(found: Counter[int], collection: int, where: str, limit: int | None = 0) -> Answer:
    """How many works were never found, and `limit` of them; `where` is the page of all."""
    question = _("Which works are never found?")
    missing, findable = works_found.never(found, collection, sorted_by_title=limit != 0)
    works = works_found.listed(missing[:limit])
    caption = _("no work can be found yet")
    if findable:
        caption = ngettext("of %(num)s work that can be found", "of %(num)s works that can be found", findable)
    columns = (Column(_("work")), Column(_("artist")), Column(_("collection")), Column(_("number")))
    rows = [(work.title or str(words.UNTITLED), work.artist, work.collection, work.source_id) for work in works]
    more = (where, _("The whole list")) if missing else None
    return Answer("never", question, thousands(len(missing)), caption, None, columns, rows, links=_links(works), more=more)


def _links(works: list[Listed]) -> tuple[str, ...]:
    return tuple(url_for("artworks.work", artwork_id=work.pk) for work in works)
