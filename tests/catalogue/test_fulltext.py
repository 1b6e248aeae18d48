"""Full-text search on SQLite and on PostgreSQL: the same words find the same works, in the same order of weight."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from app.catalogue import fulltext, queries
from app.catalogue.models import Artist, Artwork, Collection, Credit
from app.extensions import db
from tests.catalogue.conftest import Import
from tests.catalogue.files import delimited, write

HEADER = ["id", "title", "artist", "school", "description"]
ROWS = [
    ["rest", "A Field", "MILLET, Jean", "Ruth", ""],
    ["artist", "Harvest", "RUTH, Anna", "", ""],
    ["title", "Boaz and Ruth", "MILLET, Jean", "", ""],
    ["begins", "Ruthless Summer Light", "MILLET, Jean", "", ""],
    ["whole", "Ruth", "MILLET, Jean", "", ""],
    ["story", "Untold", "MILLET, Jean", "", "A gleaner's tale, told at Bethlehem"],
    ["scroll", "清明上河圖", "張擇端", "", "北宋"],
    ["turned", "河上清明", "", "", ""],
    ["nothing", "", "", "", ""],
]


@pytest.fixture
def catalogue(both: Flask, tmp_path: Path, load: Import) -> Flask:
    load(write(tmp_path / "words" / "catalogue.csv", delimited([HEADER, *ROWS])))
    return both


def found(question: str, sort: str = "") -> list[str]:
    return [work.source_id for work in queries.browse(text=question, sort=sort).works]


def work(source_id: str) -> Artwork:
    return db.session.scalars(select(Artwork).where(Artwork.source_id == source_id)).one()


def test_the_title_itself_then_a_word_in_a_title_then_the_artist_then_the_rest(catalogue: Flask) -> None:
    order = found("ruth")
    assert order[0] == "whole" and set(order[1:3]) == {"title", "begins"} and order[3:] == ["artist", "rest"]
    assert order.index("title") < order.index("begins")  # a whole word before the beginning of one
    assert found("ruth", "title") == ["rest", "title", "artist", "whole", "begins"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ru", {"rest", "artist", "title", "begins", "whole"}),
        ("RÜTH boa", {"title"}),
        ("bethlehem glean", {"story"}),
        ("ield", set()),  # words are found from their beginning
        ("清明", {"scroll", "turned"}),
        ("明上河", {"scroll"}),  # in a row, as they are written
        ("宋 張", {"scroll"}),
        ("ruth ruth ruth", {"rest", "artist", "title", "begins", "whole"}),
    ],
)
def test_words_from_their_beginning_in_any_order(catalogue: Flask, question: str, expected: set[str]) -> None:
    assert set(found(question)) == expected


@pytest.mark.parametrize(
    "question",
    [
        '"', "'", '"ruth', "ruth*", "*", "(", "ruth)", "ruth AND", "NOT", "OR OR", "NEAR(", "ruth & !", "a:*", "title:ruth",
        "^ruth", "{ruth}", "-ruth", "ruth;--", "\\", "<->", "%", "_", "ruth\0", "\U0010ffff", "’", "🎨", "ruth " * 100, "r" * 5000,
    ],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_error(catalogue: Flask, question: str) -> None:
    page = queries.browse(text=question)
    facets = queries.facets(text=question)
    assert page.total == len(page.works) <= len(ROWS)
    assert sum(one.count for one in facets["collection"]) == page.total


def test_quotes_and_signs_are_passed_over(catalogue: Flask) -> None:
    assert found('"ruth"') == found("ruth!") == found("^ruth*") == found("ruth")
    assert len(found("🎨")) == len(ROWS)  # no word at all


def test_the_index_follows_every_way_of_writing(catalogue: Flask, tmp_path: Path, load: Import) -> None:
    changed = [["whole", "Naomi", "MILLET, Jean", "", ""], ["artist", "Harvest", "MILLET, Jean", "", ""]]
    load(write(tmp_path / "words" / "catalogue.csv", delimited([HEADER, *changed])))
    assert found("naomi") == ["whole"] and set(found("ruth")) == {"rest", "title", "begins"}
    by_orm = work("rest")
    by_orm.school, by_orm.title = "", "Ährenfeld"
    db.session.commit()
    assert found("ahren") == ["rest"] and set(found("ruth")) == {"title", "begins"}
    collection = db.session.scalars(select(Collection)).one()
    new = Artwork(collection=collection, source_id="new", title="Ruth again", year_to=1700)
    new.credits = [Credit(artist=Artist(name="Anna Ruth", sort_name="RUTH, Anna"))]
    db.session.add(new)
    db.session.commit()
    assert set(found("ruth anna")) == {"new"} and (new.sort_artist, new.sort_year) == ("ruth anna", 1700)
    new.credits = []
    db.session.commit()
    assert found("anna") == []
    db.session.execute(update(Artwork).where(Artwork.source_id == "begins").values(hidden=True))
    assert set(found("ruth")) == {"title", "new"}
    db.session.execute(delete(Artwork).where(Artwork.source_id == "title"))
    assert found("ruth") == ["new"]
    db.session.execute(delete(Collection))  # works go with it
    assert found("") == [] and found("ruth") == []


def test_the_index_can_be_taken_away_and_made_anew(catalogue: Flask) -> None:
    before = found("ruth")
    connection = db.session.connection()
    fulltext.drop(connection)
    fulltext.create(connection)
    assert found("ruth") == before
    if connection.dialect.name == "sqlite":  # its own check of what it holds against the works' table
        db.session.execute(text(f"INSERT INTO {fulltext.NAME} ({fulltext.NAME}, rank) VALUES ('integrity-check', 1)"))


def test_of_several_values_of_one_facet_one_is_enough(catalogue: Flask) -> None:
    asked = queries.Filters(artist=("Anna Ruth", "張擇端"), school=("", "Ruth"))
    assert queries.browse(asked).total == 0
    assert {one.source_id for one in queries.browse(asked.without("school")).works} == {"artist", "scroll"}
    assert {one.value: one.count for one in queries.facets(asked.without("school"))["artist"]} == {
        "Jean Millet": 5, "Anna Ruth": 1, "張擇端": 1,
    }  # fmt: skip
