"""Named queries, on a small catalogue that every one of them can tell apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from app.catalogue import queries
from app.catalogue.models import Artwork, Picture
from app.catalogue.queries import Filters
from app.extensions import db
from tests.catalogue.conftest import Import
from tests.catalogue.files import delimited, picture, write

HEADER = ["id", "file", "title", "artist", "date", "school", "type", "form", "timeframe"]
ROWS = [
    ["kiss", "1.jpg", "the Kiss", "MUNCH, Edvard", "1897", "Norwegian", "genre", "painting", "1851-1900"],
    ["scream", "2.jpg", "The Scream", "MUNCH, Edvard", "1893", "Norwegian", "genre", "painting", "1851-1900"],
    ["bathers", "3.jpg", "Les Baigneuses", "CÉZANNE, Paul", "1898-1905", "French", "nude", "painting", "1851-1900"],
    ["apples", "", "Äpfel", "CÉZANNE, Paul", "before 1880", "French", "still-life", "drawing", "1851-1900"],
    ["both", "4.jpg|5.jpg", "Zwei", "MUNCH, Edvard; CÉZANNE, Paul", "", "", "100% genre", "painting", ""],
    ["nameless", "", "", "", "", "", "", "", ""],
]


@pytest.fixture
def catalogue(both: Flask, tmp_path: Path, load: Import) -> Flask:
    for number, colour in enumerate(["red", "green", "blue", "white", "black"], start=1):
        picture(tmp_path / "museum" / f"{number}.jpg", colour=colour)
    load(write(tmp_path / "museum" / "catalogue.csv", delimited([HEADER, *ROWS])))
    load(write(tmp_path / "more" / "other.csv", delimited([["id", "title", "artist"], ["kiss", "Der Kuss", "KLIMT, Gustav"]])))
    return both


def ids(works: list[Artwork]) -> list[str]:
    return [work.source_id for work in works]


def found(filters: Filters | None = None, text: str = "", sort: str = "title") -> list[str]:
    return ids(queries.browse(filters, text, sort).works)


def pk(source_id: str) -> int:
    return queries.pks_by_source_id([source_id], "museum")[source_id][0]


def hide(source_id: str) -> None:
    db.session.execute(update(Artwork).where(Artwork.source_id == source_id).values(hidden=True))
    db.session.commit()


def test_titles_sort_without_regard_to_case_and_accents_and_the_untitled_last(catalogue: Flask) -> None:
    assert found() == ["apples", "kiss", "bathers", "kiss", "scream", "both", "nameless"]
    assert [work.title for work in queries.browse().works][:4] == ["Äpfel", "Der Kuss", "Les Baigneuses", "the Kiss"]
    assert found(sort="nonsense") == found()


def test_sorts(catalogue: Flask) -> None:
    assert found(sort="artist") == ["apples", "bathers", "kiss", "kiss", "scream", "both", "nameless"]
    assert found(sort="date")[:4] == ["apples", "scream", "kiss", "bathers"]
    assert found(sort="newest")[0] == "kiss" and queries.browse(sort="newest").works[0].title == "Der Kuss"


def test_pages(catalogue: Flask) -> None:
    page = queries.browse(page=2, per_page=3)
    assert (ids(page.works), page.total, page.pages, page.has_previous, page.has_next) == (
        ["kiss", "scream", "both"],
        7,
        3,
        True,
        True,
    )
    assert queries.browse(page=9, per_page=3).works == []
    assert queries.browse(page=-1, per_page=3).page == 1
    assert queries.browse(Filters(artist="Nobody")).pages == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(artist="Edvard Munch"), {"kiss", "scream", "both"}),
        (Filters(artist="Paul Cézanne", form="painting"), {"bathers", "both"}),
        (Filters(school="French", type="nude"), {"bathers"}),
        (Filters(timeframe="1851-1900", school="Norwegian"), {"kiss", "scream"}),
        (Filters(collection="other"), {"kiss"}),
        (Filters(collection="none"), set()),
    ],
)
def test_filters(catalogue: Flask, filters: Filters, expected: set[str]) -> None:
    assert set(found(filters)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cezanne", {"bathers", "apples", "both"}),
        ("CÉZANNE baign", {"bathers"}),
        ("kiss munch", {"kiss"}),
        ("apfel", {"apples"}),
        ("100%", {"both"}),
        ("%", {"apples", "kiss", "bathers", "scream", "both", "nameless"}),  # no word at all: everything
        ("scr_am", set()),
        ("'; DROP TABLE artworks; --", set()),
    ],
)
def test_text_search_by_words_without_accents(catalogue: Flask, text: str, expected: set[str]) -> None:
    assert set(found(text=text)) == expected


def test_facets_count_what_the_other_filters_leave(catalogue: Flask) -> None:
    facets = queries.facets(Filters(artist="Paul Cézanne"))
    assert [(one.value, one.count) for one in facets["artist"]] == [("Edvard Munch", 3), ("Paul Cézanne", 3), ("Gustav Klimt", 1)]
    assert [(one.value, one.count) for one in facets["school"]] == [("French", 2)]
    assert [(one.value, one.count) for one in facets["form"]] == [("painting", 2), ("drawing", 1)]
    assert [(one.value, one.count) for one in queries.facets(text="munch")["collection"]] == [("museum", 3)]


def test_hidden_works_are_shown_only_by_their_own_page(catalogue: Flask) -> None:
    hide("scream")
    assert "scream" not in found() and "scream" in found(Filters(include_hidden=True))
    assert (queries.facets()["school"][1].value, queries.facets()["school"][1].count) == ("Norwegian", 1)
    assert pk("scream") not in {row.artwork_pk for row in queries.pictures_for_index()}
    work = queries.artwork(pk("scream"))
    assert work is not None and work.hidden
    assert "scream" not in ids(queries.random_works(9, 1))
    assert queries.counts() == {"works": 6, "artists": 3, "pictures": 4, "collections": 2}


def test_works_by_key_come_with_artists_and_pictures_in_one_select(catalogue: Flask) -> None:
    keys = [pk("both"), pk("kiss"), 10_000]
    db.session.expunge_all()
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    works = queries.artworks_by_pk(keys)
    assert set(works) == set(keys[:2])
    both = works[keys[0]]
    assert (both.artist_text, len(both.pictures), both.collection.name) == ("Edvard Munch, Paul Cézanne", 2, "museum")
    assert len(statements) == 1
    assert queries.artworks_by_pk([]) == {} and queries.artwork(10_000) is None


def test_more_by_the_artist_with_pictures_first(catalogue: Flask) -> None:
    work = queries.artwork(pk("bathers"))
    assert work is not None
    assert ids(queries.more_by_artist(work)) == ["both", "apples"]
    assert ids(queries.more_by_artist(work, limit=1)) == ["both"]
    nameless = queries.artwork(pk("nameless"))
    assert nameless is not None and queries.more_by_artist(nameless) == []


def test_pictures_for_the_index(catalogue: Flask) -> None:
    rows = queries.pictures_for_index()
    assert [row.artwork_pk for row in rows] == [pk(name) for name in ("kiss", "scream", "bathers", "both", "both")]
    assert all(row.path == f"{row.sha256[:2]}/{row.sha256}.jpg" for row in rows)


def test_the_revision_changes_with_every_change(catalogue: Flask) -> None:
    seen = [queries.catalogue_revision(), queries.catalogue_revision()]
    assert seen[0] == seen[1]
    work = queries.artwork(pk("kiss"))
    assert work is not None
    work.hidden = True
    db.session.commit()
    seen.append(queries.catalogue_revision())
    db.session.delete(db.session.scalars(select(Picture)).first())
    db.session.commit()
    seen.append(queries.catalogue_revision())
    db.session.delete(work)
    db.session.commit()
    seen.append(queries.catalogue_revision())
    assert len(set(seen)) == 4


def test_random_works_have_pictures_and_follow_the_seed(catalogue: Flask) -> None:
    assert sorted(ids(queries.random_works(9, 1))) == ["bathers", "both", "kiss", "scream"]
    assert ids(queries.random_works(2, 7)) == ids(queries.random_works(2, 7))
    assert len({tuple(ids(queries.random_works(4, seed))) for seed in range(20)}) > 3


def test_ids_of_the_imported_file(catalogue: Flask) -> None:
    assert {name: len(pks) for name, pks in queries.pks_by_source_id(["kiss", "apples", "none"]).items()} == {
        "kiss": 2,
        "apples": 1,
    }


def test_collections_and_runs(catalogue: Flask) -> None:
    numbers = [(one["name"], one["works"], one["hidden"], one["pictures"]) for one in queries.collections()]
    assert numbers == [("museum", 6, 0, 5), ("other", 1, 0, 0)]
    assert [run.file_name for run in queries.import_runs()] == ["other.csv", "catalogue.csv"]
