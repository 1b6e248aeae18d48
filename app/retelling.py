"""Sentences that were stored in English, by a job or an import, said in the language of the page.

The worker that wrote them has no visitor, and a curator may read them in another language tomorrow: so the sentence is
recognised by its form, its figures are taken out, and the form is translated. What no form fits stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from app.language import gettext, thousands
from app.sentences import N_

FORMS = (
    # how a job ended
    N_("%(works)s works in %(seconds)s s; the new index serves."),
    N_("%(works)s works in %(seconds)s s; it waits to be compared and published."),
    N_(
        "%(works)s works in %(seconds)s s. Not published: its recall is %(found)s, that of the published build %(wanted)s, "
        "and %(margin)s less is allowed. Look at it, and publish it by hand or delete it."
    ),
    N_(
        "%(works)s works in %(seconds)s s. Not published: %(bad)s pictures cannot be read, %(more)s more than in the published "
        "build. See which, and whether the pictures' folder is whole."
    ),
    N_("Left out: nothing has changed since %(build)s was built."),
    N_("Left out: there is no picture to index."),
    N_("It failed: %(reason)s"),
    N_("There is nothing to measure: every picture is described already."),
    N_("%(pictures)s pictures in %(seconds)s s: %(rate)s a second. They are kept."),
    N_("%(photos)s photos: %(better)s answered better, %(worse)s worse."),
    N_("The comparison, or its set of photos, has been deleted meanwhile."),
    N_("No photo that a curator has settled is kept; settle some under Feedback, or give photos of your own."),
    N_("The photo %(name)s lies outside the set; name photos as they lie in the ZIP."),
    N_("Give the set a name."),
    N_("There is a set called %(name)s already; choose another name."),
    N_("%(name)s has no photos; each line after the header names one."),
    N_("%(name)s has no column %(columns)s; its first line must read photo,artwork_ids,kind."),
    N_("%(name)s, line %(line)s: the photo %(photo)s was named before; name each photo once."),
    N_("%(name)s, line %(line)s: the photo's name is empty; name each photo once."),
    N_("%(name)s, line %(line)s: there is no photo %(photo)s; paths are relative to the file."),
    N_("%(name)s cannot be read as UTF-8 text (%(reason)s); save it as a UTF-8 CSV file."),
    N_("A weekday is 0 to 6, an hour 0 to 23, works 1 or more, and the margin of the recall 0 to 1."),
    N_("Build %(build)s is searched now, so it is not deleted; publish another first."),
    N_("Dry run: %(added)s added, %(updated)s updated, %(unchanged)s unchanged, %(rejected)s rejected."),
    N_("%(added)s added, %(updated)s updated, %(unchanged)s unchanged, %(rejected)s rejected."),
    N_("Undone: %(gone)s works taken out, %(back)s as before, %(kept)s kept in part or whole."),
    N_("There is no import %(number)s that could be undone."),
    N_("Import %(number)s was made by an older version, which did not keep what it changed."),
    N_("was edited after the import"),
    N_("was edited after the import: %(fields)s"),
    N_("visitors keep it, or a curator has settled a photo of it; it is hidden instead of deleted"),
    N_("%(name)s was not found beside the file: what it holds is left out."),
    N_("Nothing is indexed yet, so no work was compared with the collection by its picture."),
    N_("Of %(all)s new works with pictures the first %(few)s were compared with the collection."),
    N_("The picture of %(id)s could not be compared: %(reason)s"),
    N_("Two columns are mapped to %(field)s; choose one of them, and keep the other beside the record."),
    N_("No column is mapped to the id (source_id), and none to the file of the picture that could stand in for it."),
    N_("Stopped as asked; nothing was changed."),
    N_("Stopped as asked; the map that was there is there still."),
    N_("%(pictures)s pictures are on the map."),
    N_("Cancelled before it began."),
    N_("It was under way when the backup was taken; start it again."),
    N_("Its worker died %(count)s times; the worker's log says more. Nothing was published."),
    N_("It stopped on an unexpected %(kind)s (%(reason)s); see the worker's log."),
    N_("The broker does not answer (%(reason)s); start it, then start this again."),
    N_("The database refused the import (%(reason)s), so nothing was written; a new database needs `flask db upgrade` first."),
    # failures, as `app.usage.failures` keeps them
    N_("It stopped on an unexpected %(kind)s (%(reason)s)."),
    N_("The server answered 500."),
    N_("%(name)s pressed the button; nothing has failed."),
    N_("Re-index of %(name)s"),
    N_("Import of %(file)s"),
    N_("Undo of the import of %(file)s"),
    N_("%(name)s has not been heard of for %(minutes)s min, and did not say that it ends."),
    N_("%(free)s MB are free where the instance lies; below %(least)s MB it is told."),
    # builds of the index
    N_("Build %(build)s is damaged: %(name)s is missing or changed; build again, or roll back."),
    N_("Build %(build)s is damaged: manifest.json cannot be read; build again, or roll back."),
    N_("Build %(build)s has format %(format)s, this version reads %(known)s; build again."),
    N_("Build %(build)s was made with another encoder or other weights; run `flask index build`."),
    N_("Build %(build)s was made with other weights than %(encoder)s has now; run `flask index build`."),
    N_("The published build %(build)s is missing from %(folder)s; roll back or build again."),
    N_("There is no build '%(build)s'; known: %(known)s."),
    N_("There is no readable picture to index; import works with pictures first."),
    N_(
        "The search engine %(name)s needs %(least)s vectors to be trained, and there are %(found)s; use Flat, which suits so few, "
        "or IVF,Flat."
    ),
    N_("The search engine %(name)s keeps %(bytes)s bytes of a vector, which has %(dim)s numbers here; write %(most)s or fewer."),
    N_("There is no search preset '%(name)s'; known: %(known)s, or encoder:NAME."),
    N_("The index is being built or changed by another process; wait for it, or cancel it."),
    # catalogue files and their rows
    N_("%(path)s: there is no such file; give the path of a catalogue file."),
    N_("%(name)s: this is no text file; save the catalogue as CSV in UTF-8."),
    N_("%(name)s: the file is empty; a catalogue starts with a line of column names."),
    N_("%(name)s: the header is %(header)s; expected is %(expected)s."),
    N_("is empty"),
    N_("has no id (column %(column)s is empty)"),
    N_("has no id: the URL %(url)s is no page of the form …/html/a/aachen/adonis.html"),
    N_("has %(found)s fields, the header %(wanted)s"),
    N_("a quotation mark is opened and never closed"),
    N_("holds the byte %(byte)s, which is no letter in the file's encoding"),
    N_("has %(found)s characters in the artist, at most %(most)s are kept"),
    N_("has %(found)s characters in %(column)s, at most %(most)s are kept"),
    N_("has no name"),
    N_("A work needs a number of at most 200 characters."),
    N_("A work belongs to a collection; name one."),
    N_("A work cannot be merged with itself; give the number of the other one."),
    N_("The record %(number)s was merged already; undo that first."),
    N_("The record %(number)s was not merged with another one."),
    N_("The collection has a work with the number %(number)s already."),
    N_("The work has the picture %(name)s already."),
    N_("Choose a picture, then add it."),
    N_("There is no other work with the number %(number)s."),
    N_("Several works have the number %(number)s; hide one of them by hand."),
    N_("The work has %(found)s characters in %(column)s, at most %(most)s are kept."),
    N_("the manifest has no id"),
    N_("the picture %(name)s cannot be fetched: %(reason)s"),
    N_("%(address)s cannot be fetched: %(reason)s"),
    N_("the manifest %(address)s does not lie beside the file; let the import fetch, or give its address"),
    N_("repeats the artist %(name)s of line %(line)s, with the same life"),
    N_("repeats the id %(id)s of line %(line)s with another title"),
    N_("repeats the id %(id)s of line %(line)s"),
    N_("the picture %(name)s is an absolute path; name it relative to the images folder"),
    N_("the picture %(name)s lies outside the images folder"),
    N_("the picture %(name)s is larger than %(most)s MB; give a smaller copy"),
    N_("the picture %(name)s cannot be read as a picture"),
    N_("the picture %(name)s has too many pixels"),
    N_("the picture %(name)s cannot be read (%(reason)s)"),
    # a ZIP of pictures
    N_("The ZIP of pictures cannot be read (%(reason)s); pack it again, without a password."),
    N_("The ZIP holds no pictures (JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF or BMP files)."),
    N_("The ZIP holds %(found)s files; at most %(most)s are taken at once."),
    N_("The ZIP unpacks to %(found)s GB; at most %(most)s GB are taken at once."),
    N_("The ZIP's entry %(name)s is a link; pack the pictures themselves."),
    N_("The ZIP holds %(name)s twice; pack it again."),
    N_("The ZIP's entry %(name)s unpacks to far more than a picture could."),
    N_("The ZIP's entry %(name)s leads outside the folder; pack the pictures with plain paths."),
    N_("The ZIP's entry %(name)s is larger than it says."),
    # accounts
    N_("'%(email)s' is not an e-mail address"),
    N_("There is an account for %(email)s already"),
    N_("%(email)s is the last admin; make another one first."),
    # pictures that an index build left out; the engine's own sentences
    N_("The file is empty (0 bytes); please choose the photo again."),
    N_(
        "The picture is damaged or incomplete and could not be read to its end; "
        "please send it again, or save it anew as JPEG or PNG."
    ),
    N_("The file is no picture of a kind that can be read; please send one of these kinds: %(accepted)s."),
    N_("There is no file %(path)s; check the path."),
    N_("The file %(path)s cannot be read (%(reason)s); check its permissions."),
    N_(
        "The picture has %(width)s × %(height)s pixels (%(megapixels)s megapixels) and at most %(most)s megapixels are read; "
        "please send a smaller version."
    ),
    N_(
        "The picture has only %(width)s × %(height)s pixels and each side needs at least %(least)s; "
        "please send the original photo."
    ),
    N_(
        "The picture is a strip of %(width)s × %(height)s pixels, more than %(most)s times as long as wide; "
        "please send a part of it."
    ),
)
GROUPED = re.compile(r"\d{1,3}(,\d{3})+")


def retold(text: str) -> str:
    """The stored sentence in the language of this page."""
    for form, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return gettext(form, **{name: _figure(value) for name, value in found.groupdict().items()})
    return text


def _figure(text: str) -> str:
    return thousands(int(text.replace(",", ""))) if GROUPED.fullmatch(text) else text


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((form, re.compile(_pattern(form), re.DOTALL)) for form in FORMS)


def _pattern(form: str) -> str:
    """A form as a regular expression: every `%(name)s` is a group of that name."""
    parts = re.split(r"%\((\w+)\)s", form)
    return "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
