"""The tiny museum is what the other tests take it for."""

from __future__ import annotations

from flask import Flask

from app.catalogue import queries
from app.engine.types import BuildReport
from tests.tiny import WORKS, painting, visitor_photo


def test_the_museum_is_whole(tiny_app: Flask, tiny_index: BuildReport) -> None:
    pictures = sum(map(len, WORKS.values()))
    assert (tiny_index.works, tiny_index.pictures, tiny_index.rejects) == (len(WORKS), pictures, [])
    assert queries.counts() == {"works": len(WORKS), "artists": 3, "pictures": pictures, "collections": 1}
    assert [work.source_id for work in queries.browse(text="study holt", sort="date").works] == ["t01", "t04", "t07", "t10"]


def test_a_photo_is_the_same_every_time() -> None:
    one, other = (visitor_photo(painting("t01"), painting("t05")) for _ in range(2))
    assert (one.image == other.image).all() and one.image.shape == (600, 800, 3)
    assert one.regions[0][:, 0].max() < one.regions[1][:, 0].min()
