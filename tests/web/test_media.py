"""Pictures: fixed sizes, kept thumbnails, the overlay in the photo's frame."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from PIL import Image as Pil
from sqlalchemy import select

from app import services
from app.catalogue.models import Artwork, Picture
from app.extensions import db
from app.usage.models import Search
from app.web import imaging
from tests.web.gallery import give_head, jpeg, on_wall, painting


def picture_of(site: Flask, source_id: str) -> Picture:
    with site.app_context():
        return db.session.scalars(select(Picture).join(Artwork).where(Artwork.source_id == source_id)).one()


def pixels(data: bytes) -> np.ndarray:
    with Pil.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        return np.asarray(image.convert("RGB"), np.float32)


def thumbnails(site: Flask) -> list[Path]:
    return sorted(site.extensions["pinakes.settings"].thumbnails_dir.rglob("*.jpg"))


def test_a_thumbnail_is_made_once_and_kept_for_ever_by_browsers(site: Flask) -> None:
    picture = picture_of(site, "a1")
    address = f"/pictures/{picture.id}/200.jpg?v={picture.sha256[:10]}"
    answer = site.test_client().get(address)
    assert pixels(answer.data).shape == (150, 200, 3)
    assert "immutable" in answer.headers["Cache-Control"]
    (kept,) = thumbnails(site)
    before = kept.stat().st_mtime_ns
    assert site.test_client().get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert [path.stat().st_mtime_ns for path in thumbnails(site)] == [before]
    assert "immutable" not in site.test_client().get(address.split("?")[0]).headers["Cache-Control"]


def test_only_the_fixed_sizes_are_made(site: Flask) -> None:
    picture = picture_of(site, "a1")
    for size in (1, 201, 5000, 100000):
        assert site.test_client().get(f"/pictures/{picture.id}/{size}.jpg").status_code == 404
    assert site.test_client().get("/pictures/9999/200.jpg").status_code == 404
    assert thumbnails(site) == []


def test_a_small_picture_is_not_enlarged(site: Flask) -> None:
    answer = site.test_client().get(f"/pictures/{picture_of(site, 'a1').id}/1600.jpg")
    assert pixels(answer.data).shape == (360, 480, 3)


def test_the_full_picture_is_the_file_as_it_was_loaded(site: Flask) -> None:
    picture = picture_of(site, "a1")
    answer = site.test_client().get(f"/pictures/{picture.id}/full")
    stored = site.extensions["pinakes.settings"].pictures_dir / picture.path
    assert answer.data == stored.read_bytes() and answer.mimetype == "image/png"


def test_a_kind_that_browsers_do_not_show_is_turned(site: Flask) -> None:
    picture = picture_of(site, "a1")
    root = site.extensions["pinakes.settings"].pictures_dir
    tiff = (root / picture.path).with_suffix(".tif")
    Pil.fromarray(painting(0)).save(tiff)
    with site.app_context():
        db.session.query(Picture).filter_by(id=picture.id).update({"path": str(tiff.relative_to(root))})
        db.session.commit()
    assert pixels(site.test_client().get(f"/pictures/{picture.id}/full").data).shape == (360, 480, 3)


def test_a_picture_whose_file_has_gone_is_not_found(site: Flask) -> None:
    picture = picture_of(site, "a1")
    (site.extensions["pinakes.settings"].pictures_dir / picture.path).unlink()
    assert site.test_client().get(f"/pictures/{picture.id}/200.jpg").status_code == 404
    assert site.test_client().get(f"/pictures/{picture.id}/full").status_code == 404


def test_examples_by_number(site: Flask) -> None:
    assert pixels(site.test_client().get("/examples/0/400.jpg").data).shape == (267, 400, 3)
    assert site.test_client().get("/examples/9/400.jpg").status_code == 404


def test_the_photo_and_the_overlay_have_one_frame(site: Flask) -> None:
    photo = {"photo": (io.BytesIO(jpeg(on_wall([painting(0)]))), "photo.jpg")}
    search = site.test_client().post("/search", data=photo, headers={"Accept": "application/json"}).json["id"]
    shown = site.test_client().get(f"/uploads/{search}/1600.jpg")
    over = site.test_client().get(f"/searches/{search}/overlay/0.jpg")
    assert shown.headers["Cache-Control"].startswith("private")
    difference = np.abs(pixels(shown.data) - pixels(over.data)).mean(axis=2)
    assert difference.shape == (800, 1200)
    assert difference.mean() < 4  # the same work lies on itself; a shift by some pixels would show everywhere
    assert difference[:80].max() < 40  # the wall above is the photo's own
    for wrong in (f"/searches/{search}/overlay/99.jpg", "/uploads/none/400.jpg", f"/uploads/{search}/401.jpg"):
        assert site.test_client().get(wrong).status_code == 404


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_the_overlay_follows_the_homography_at_any_reduction(factor: float) -> None:
    photo = np.zeros((int(200 * factor), int(300 * factor), 3), np.uint8)
    reference = np.full((50, 100, 3), 255, np.uint8)  # half of its full size
    moved = [[0.5, 0.0, 120.0], [0.0, 0.5, 60.0], [0.0, 0.0, 1.0]]  # 200 × 100 pixels onto 100 × 50 at (120, 60)
    laid = imaging.overlay(photo, (300, 200), reference, (200, 100), moved)
    bright = np.argwhere(laid[..., 0] > 127) / factor
    assert np.abs(bright.min(axis=0) - (60, 120)).max() <= 2
    assert np.abs(bright.max(axis=0) - (110, 220)).max() <= 3


def test_a_heat_map_of_the_photo_and_of_the_reference(site: Flask) -> None:
    search_id = asked(site)
    for name, shape in (("heat.jpg", (533, 800, 3)), ("heat/0.jpg", (360, 480, 3))):
        answer = site.test_client().get(f"/searches/{search_id}/{name}")
        assert answer.headers["Cache-Control"] == "private, no-store"  # it is kept nowhere
        shown = pixels(answer.data)
        assert shown.shape == shape
        assert np.ptp(shown, axis=2).max() > 60  # colours on grey
    wall = pixels(site.test_client().get(f"/searches/{search_id}/heat.jpg").data)[:40]
    assert np.ptp(wall, axis=2).max() < 30  # none beside the work
    assert site.test_client().get(f"/searches/{search_id}/heat/99.jpg").status_code == 404
    assert site.test_client().get("/searches/nothing/heat.jpg").status_code == 404


def test_no_heat_map_outlives_the_photo(site: Flask) -> None:
    search_id = asked(site)
    with site.app_context():
        db.session.get_one(Search, search_id).photo_path = None
        db.session.commit()
    assert site.test_client().get(f"/searches/{search_id}/heat.jpg").status_code == 404


def test_a_heat_map_waits_its_turn(site: Flask) -> None:
    search_id = asked(site)
    with site.app_context():
        desk = services.desk()
    desk.asking = desk.places
    try:
        answer = site.test_client().get(f"/searches/{search_id}/heat.jpg")
        assert answer.status_code == 503 and answer.headers["Retry-After"]
    finally:
        desk.asking = 0


def asked(site: Flask) -> str:
    photo = {"photo": (io.BytesIO(jpeg(on_wall([painting(0)]))), "photo.jpg")}
    return str(site.test_client().post("/search", data=photo, headers={"Accept": "application/json"}).get_json()["id"])


def test_what_is_seen_is_said_in_words_where_a_head_is(site: Flask) -> None:
    search_id = asked(site)
    page, answer = f"/searches/{search_id}/seen/0", f"/searches/{search_id}"
    assert site.test_client().get(page).status_code == 404  # none was trained on these weights
    assert page not in site.test_client().get(answer).text  # though one lies there for others of their name
    with site.app_context():
        give_head()
    assert page in site.test_client().get(answer).text
    said = site.test_client().get(page).get_data(as_text=True)
    assert "portrait" in said and "1601–1650" not in said and "of 100" in said  # a period cannot be trusted
    assert "word=portrait" in said
    chosen = site.test_client().get(f"{page}?field=type&word=portrait").get_data(as_text=True)
    assert "speaks for “portrait”" in chosen
    plain, worded = (
        pixels(site.test_client().get(f"/searches/{search_id}/heat.jpg{query}").data) for query in ("", "?field=type&word=portrait")
    )
    assert plain.shape == worded.shape and not np.array_equal(plain, worded)
    assert site.test_client().get(f"/searches/{search_id}/heat.jpg?field=type&word=icon").status_code == 404
    assert site.test_client().get(f"/searches/{search_id}/seen/99").status_code == 404
