"""Undoing imports: the catalogue is again what it was, but for what somebody has edited since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import importing
from app.accounts.models import Favourite, User
from app.catalogue.browsing import browse
from app.catalogue.errors import CatalogueError
from app.catalogue.import_models import ImportChange
from app.catalogue.importers import undoing
from app.catalogue.models import Artist, Artwork, Collection, Credit, ImportRun, Picture
from app.extensions import db
from tests.catalogue.conftest import Import
from tests.catalogue.files import delimited, picture, write

HEADER = ["id", "file", "title", "artist", "date", "place", "Shelf"]
FIRST = [
    ["1", "a.jpg", "The Mill", "Ruisdael, Jacob van|Cuyp, Aelbert", "1670", "Amsterdam", "A"],
    ["2", "b.jpg", "The Ferry", "Ruysdael, Salomon van", "c. 1649", "", ""],
    ["3", "", "Still", "", "", "", ""],
]
SECOND = [
    ["1", "a.jpg", "The Windmill", "Hobbema, Meindert", "1671", "Amsterdam", "B"],
    ["2", "b.jpg|c.jpg", "The Ferry", "Ruysdael, Salomon van", "c. 1649", "", ""],
    ["3", "", "Still", "", "", "", ""],
    ["4", "d.jpg", "New", "Nobody, N.", "1700", "", ""],
]


def file(folder: Path, rows: list[list[str]]) -> Path:
    return write(folder / "works.csv", delimited([HEADER, *rows]))


def first_import(folder: Path, load: Import) -> Path:
    for name, colour in (("a", "red"), ("b", "blue")):
        picture(folder / f"{name}.jpg", colour=colour)
    path = file(folder, FIRST)
    load(path)
    return path


def second_import(folder: Path, load: Import) -> int:
    for name, colour in (("a", "orange"), ("c", "green"), ("d", "pink")):  # a.jpg has become another picture
        picture(folder / f"{name}.jpg", colour=colour)
    report = load(file(folder, SECOND))
    assert (report.counts["added"], report.counts["updated"], report.counts["unchanged"]) == (1, 2, 1)
    assert report.run_id is not None
    return report.run_id


def snapshot() -> dict[str, Any]:
    """All that the catalogue holds, keys of artists told by name."""
    db.session.expire_all()
    names = {artist.id: (artist.sort_name, artist.born_died, artist.born_year) for artist in db.session.scalars(select(Artist))}
    works = [{name: value for name, value in vars(work).items() if name[0] != "_"} for work in _all(Artwork)]
    credits = [(one.artwork_id, names[one.artist_id], one.position, one.role) for one in _all(Credit)]
    pictures = [(one.id, one.artwork_id, one.position, one.sha256, one.source_name, one.created_at) for one in _all(Picture)]
    return {"works": works, "credits": sorted(credits), "pictures": pictures, "artists": sorted(names.values(), key=str)}


def _all(model: Any) -> list[Any]:
    keys = model.__table__.primary_key.columns
    found = list(db.session.scalars(select(model).order_by(*keys)))
    for one in found:
        db.session.refresh(one)
    return found


def work(source_id: str) -> Artwork:
    return db.session.scalars(select(Artwork).where(Artwork.source_id == source_id)).one()


def test_after_an_undo_the_catalogue_is_as_it_was(both: Flask, tmp_path: Path, load: Import) -> None:
    first_import(tmp_path / "museum", load)
    before = snapshot()
    run = second_import(tmp_path / "museum", load)
    assert snapshot() != before and browse(text="windmill").total == 1
    done = undoing.undo_import(run)
    assert snapshot() == before
    assert browse(text="windmill").total == 0 and browse(text="mill").total == 1
    assert {name: count for name, count in done.counts.items() if count} == {"gone": 1, "restored": 2, "artists": 2}
    assert undoing.undo_import(run).touched == [], "once is enough"


def test_what_was_edited_since_stays_and_is_named(both: Flask, tmp_path: Path, load: Import) -> None:
    first_import(tmp_path / "museum", load)
    run = second_import(tmp_path / "museum", load)
    work("1").title, work("4").title = "The Windmill at Wijk", "Newer"
    db.session.commit()
    done = undoing.undo_import(run)
    assert (done.counts["partly"], done.counts["kept"], done.counts["restored"]) == (1, 1, 1)
    one = work("1")
    assert (one.title, one.date_text, [artist.name for artist in one.artists]) == (
        "The Windmill at Wijk", "1670", ["Jacob van Ruisdael", "Aelbert Cuyp"],
    )  # fmt: skip
    assert work("4").title == "Newer"
    told = {change.source_id: change.kept_because for change in db.session.scalars(select(ImportChange)) if change.kept_because}
    assert told == {"1": "was edited after the import: title", "4": "was edited after the import"}


def test_a_work_that_visitors_keep_is_hidden_not_deleted(both: Flask, tmp_path: Path, load: Import) -> None:
    report = load(file(tmp_path / "museum", FIRST))
    user = User(email="vera@example.org", password="x", fs_uniquifier="u")
    db.session.add(user)
    db.session.flush()
    db.session.add(Favourite(user_id=user.id, artwork_id=work("2").id))
    db.session.commit()
    done = undoing.undo_import(report.run_id or 0)
    assert (done.counts["gone"], done.counts["hidden"]) == (2, 1)
    assert work("2").hidden and browse().total == 0
    assert db.session.scalar(select(Favourite.artwork_id)) == work("2").id


def test_a_hidden_work_comes_back_with_the_next_import_and_goes_with_its_undo(both: Flask, tmp_path: Path, load: Import) -> None:
    path = file(tmp_path / "museum", FIRST)
    first = load(path).run_id or 0
    user = User(email="vera@example.org", password="x", fs_uniquifier="u")
    db.session.add(user)
    db.session.flush()
    db.session.add_all([Favourite(user_id=user.id, artwork_id=work(number).id) for number in ("2", "3")])
    db.session.commit()
    undoing.undo_import(first)
    work("3").hidden_by = None  # by a curator's own hand since: this one stays hidden
    db.session.commit()
    before = snapshot()
    second = load(path)
    assert (second.counts["added"], second.counts["updated"]) == (1, 1)
    assert [(one.source_id, one.before["hidden"], one.after["hidden"]) for one in second.changes if one.kind == "changed"] == [
        ("2", True, False)
    ]
    assert not work("2").hidden and work("3").hidden
    assert importing.works_of(second.run_id or 0) == [work("1").id, work("2").id]  # the index follows
    undoing.undo_import(second.run_id or 0)
    assert snapshot() == before and work("2").hidden
    load(path)
    assert not work("2").hidden, "as often as one likes"


def test_a_collection_that_an_import_made_goes_with_it(both: Flask, tmp_path: Path, load: Import) -> None:
    path = first_import(tmp_path / "museum", load)
    only = db.session.scalars(select(ImportRun)).one()
    load(path, collection="other")
    undoing.undo_import(only.id)
    assert list(db.session.scalars(select(Collection.name))) == ["other"]
    assert load(path).counts["added"] == 3, "an import that was undone can be had back"


def test_imports_are_undone_in_turn(both: Flask, tmp_path: Path, load: Import) -> None:
    first_import(tmp_path / "museum", load)
    first = db.session.scalars(select(ImportRun)).one().id
    second = second_import(tmp_path / "museum", load)
    undoing.undo_import(second)
    undoing.undo_import(first)
    assert [len(_all(model)) for model in (Artwork, Artist, Credit, Picture, Collection)] == [0] * 5


def test_artists_alone_go_again_but_for_those_that_works_name(both: Flask, tmp_path: Path, load: Import) -> None:
    from tests.catalogue import museum_tables

    works = museum_tables.tate(tmp_path / "tate")
    run = load(tmp_path / "tate" / "artist_data.csv").run_id
    load(works)
    undoing.undo_import(run or 0)
    assert list(db.session.scalars(select(Artist.sort_name))) == ["Blake, Robert"]


def test_a_stop_or_a_crash_undoes_nothing(both: Flask, tmp_path: Path, load: Import) -> None:
    first_import(tmp_path / "museum", load)
    run = second_import(tmp_path / "museum", load)
    before = snapshot()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undoing.undo_import(run, crash)
    assert snapshot() == before
    assert db.session.get(ImportRun, run).undone_at is None  # type: ignore[union-attr]


def test_what_cannot_be_undone_says_why(app: Flask) -> None:
    old = ImportRun(file_name="old.csv")
    db.session.add(old)
    db.session.commit()
    with pytest.raises(CatalogueError, match="older version"):
        undoing.undo_import(old.id)
    with pytest.raises(CatalogueError, match="no import 99"):
        undoing.undo_import(99)
