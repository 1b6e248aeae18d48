"""The index study and the map: figures against the build's own arrays, empty states, the job, keyboard and hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app import published, services, studying
from app.accounts import users
from app.catalogue.models import Artwork
from app.engine.errors import CancelledError
from app.extensions import db
from app.usage import jobs
from app.web import recording, study_plots, uploads
from app.web.staff import index_map
from app.web.staff.index_map import Window
from tests.web.browser import DESK, flaws, page_of, served
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.staff_cast import PASSWORD, log_in
from tests.web.test_admin_browser import log_in as log_in_by_hand


def plain(text: str) -> str:
    """What a page says, without its marks and with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_without_an_index_there_is_a_way_to_one(bare_site: Flask) -> None:
    with bare_site.app_context():
        ada = log_in(bare_site, "ada", "admin")
        for path in ("/admin/index/study", "/admin/index/study?cell=1&work=x", "/admin/index/map"):
            page = ada.get(path).text
            assert "Nothing has been indexed yet" in page and 'href="/admin/index"' in page
        assert "No index has been built yet" in ada.post("/admin/index/map", follow_redirects=True).text
        assert log_in(bare_site, "vera", "visitor").get("/admin/index/study").status_code == 403


def test_the_study_tells_what_is_in_the_build(site: Flask) -> None:
    with site.app_context():
        ada = log_in(site, "ada", "admin")
        build = published.opened()
        assert build.cells is not None
        sizes = build.cells.sizes()
        assert sizes.sum() == len(build.owners) == 8
        page = ada.get(f"/admin/index/study?cell={sizes.argmax()}&work=a1").text
        told = plain(page)
        assert f"{len(sizes)} cells" in told and f"{sizes.max()} in the largest cell" in told and "0.0 % of the cells" in told
        assert f"{sizes.max()} vectors lie here" in told
        assert "8 of its 8 nearest pictures lie in the cells that are looked into" in told
        nearest = page[page.index("Its nearest pictures") :]
        assert plain(nearest).index("Venus and Adonis") < plain(nearest).index("Bacchus")  # itself first
        assert "Flowers &lt;b&gt;&amp; birds&lt;/b&gt;" in page and "Not counted yet" in told
        assert ada.get(f"/admin/index/study?cell={len(sizes)}").status_code == 404
        assert ada.get("/admin/index/study?cell=-1").status_code == 404
        assert "No work has the number zz" in ada.get("/admin/index/study?work=zz").text
        assert "no search of that number" in ada.get("/admin/index/study?search=zz").text


def test_a_visitors_photo_goes_through_the_cells(site: Flask) -> None:
    with site.app_context():
        ada = log_in(site, "ada", "admin")
        search = recording.recorded(uploads.Photo(jpeg(on_wall([painting(0)])), "venus.jpg", "upload"))
        page = plain(ada.get(f"/admin/index/study?search=http://localhost/searches/{search.id}").text)
        assert "venus.jpg" in page and "nearest pictures lie in the cells" in page
        (services.settings().uploads_dir / str(search.photo_path)).unlink()
        assert "no search of that number" in ada.get(f"/admin/index/study?search={search.id}").text


def test_the_map_is_drawn_by_a_job_and_shows_what_is_there(site: Flask) -> None:
    with site.app_context():
        ada = log_in(site, "ada", "admin")
        assert "There is no map of this build yet" in ada.get("/admin/index/map").text
        assert ada.post("/admin/index/map").location == "/admin/index/map"
        job = jobs.recent()[0]
        assert (job.kind, job.state, job.message) == ("index_map", "done", "8 pictures are on the map.")
        page = ada.get("/admin/index/map").text
        assert page.count("<image ") == 8 and "8 pictures in view" in page and 'aria-label="Map of 8 pictures"' in page
        assert "Linked over 8 vectors" in plain(ada.get("/admin/index/study").text)
        gone = db.session.query(Artwork).filter_by(source_id="a2").one()
        db.session.delete(gone)
        db.session.commit()
        assert ada.get("/admin/index/map").text.count("<image ") == 7
        near = plain(ada.get("/admin/index/map?x=nan&y=7&zoom=1e9").text)
        assert "8 pictures in view" in near  # what makes no sense is the whole map
        services.builds().check(services.builds().current())  # the build is as it was


def test_drawing_can_be_stopped(site: Flask) -> None:
    with site.app_context():
        with pytest.raises(CancelledError, match="Stopped as asked"):
            studying.draw_map(should_cancel=lambda: True)
        assert studying.kept_map() is None
        assert not [path for path in (services.builds().folder / services.builds().current()).iterdir() if path.name[0] == "."]


def test_one_picture_stands_for_its_neighbourhood() -> None:
    places = np.float32([[0.5, 0.5], [0.505, 0.5], [0.9, 0.1], [0.91, 0.11]])
    whole = index_map.seen(places, Window())
    assert [(left, top, others) for _row, left, top, others in whole] == [(800, 0, 1), (500, 400, 1)]
    assert len(index_map.seen(places, Window(0.905, 0.105, 32))) == 2  # come closer, and they part
    assert index_map.seen(places, Window(0.0, 1.0, 64)) == []


def test_windows_stay_on_the_map() -> None:
    assert index_map.kept(float("nan"), 0, 1) == Window()
    assert index_map.kept(-3, 9, 1000) == Window(0, 1, index_map.CLOSEST)
    assert Window(0.5, 0.5, 2).moved(1, 0).x > 0.5 and Window(0.5, 0.5, 2).moved(0, -1).y < 0.5
    assert Window().closer(0.5) == Window() and Window().closer(2).zoom == 2


def test_bins_hold_every_value_once() -> None:
    assert study_plots.binned([]) == [] and study_plots.binned([3, 3]) == [(3, 3, 2)]
    values = np.random.default_rng(0).integers(0, 400, 500).tolist()
    bins = study_plots.binned(values)
    assert len(bins) <= study_plots.MOST_BINS and sum(count for _f, _l, count in bins) == 500
    for first, last, count in bins:
        assert count == sum(first <= value <= last for value in values)


@pytest.mark.browser
def test_the_map_moves_by_keys_links_and_hand(site: Flask, chrome: Browser) -> None:
    with site.app_context():
        users.create("ada@example.org", "admin", PASSWORD)
        studying.draw_map()
    with served(site) as address, page_of(chrome, address, **DESK) as page:
        log_in_by_hand(page)
        page.goto("/admin/index/map")
        page.evaluate("window.same = true")
        drawing = page.locator("#map svg")
        page.get_by_role("link", name="Closer").press("Enter")
        expect(drawing).to_have_attribute("data-zoom", "2.0")
        expect(page.get_by_role("link", name="Closer")).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(drawing).to_have_attribute("data-x", re.compile(r"0\.[6-9]"))
        page.keyboard.press("-")
        expect(drawing).to_have_attribute("data-zoom", "1.0")
        page.get_by_role("link", name="The whole map").click()
        expect(drawing).to_have_attribute("data-x", "0.5")
        box = drawing.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 400, box["y"] + 300)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, box["y"] + 300, steps=3)
        page.mouse.up()
        expect(drawing).to_have_attribute("data-x", re.compile(r"0\.6"))
        assert page.evaluate("window.same") and "x=0.6" in page.url  # without loading the page, and its address is that of the part
        assert flaws(page) == []
