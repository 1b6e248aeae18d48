"""The nearest pictures of a picture: against cosines reckoned one by one, right and wrong by the record, empty states."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from flask import Flask

from app import neighbours, published, services
from app.catalogue.models import Artwork, Picture
from app.extensions import db
from tests.web.gallery import jpeg, painting
from tests.web.staff_cast import log_in
from tests.web.test_index_study import plain

ADDRESS = "/admin/index/neighbours"


def work(number: str) -> Artwork:
    return db.session.scalars(db.select(Artwork).where(Artwork.source_id == number)).one()


def places(page: str) -> list[str]:
    """The marks of the answers, in their order."""
    return re.findall(r'<li class="is-(\w+)">', page)


def test_the_nearest_are_those_of_all_cosines(site: Flask) -> None:
    with site.app_context():
        build = published.opened()
        vectors = {int(build.pictures["picture_id"][at]): build.vectors[row] for row, at in enumerate(build.owners)}
        for picture, own in vectors.items():
            position = build.position(picture)
            assert position is not None
            slow = sorted((p for p in vectors if p != picture), key=lambda p: -float(vectors[p] @ own))
            found = neighbours.nearest(build, position, 5, own_work=True)
            assert [one.picture_id for one in found] == slow[:5]
            assert found[0].cosine == pytest.approx(float(vectors[slow[0]] @ own), abs=1e-5)
        assert len(neighbours.nearest(build, 0, 50, own_work=True)) == 7


def test_what_was_taken_out_or_added_since_the_build_is_known(site: Flask) -> None:
    with site.app_context():
        before = published.opened()
        gone, picture = work("a2"), work("a1").pictures[0].id
        services.remove_works([gone.id])
        build = published.opened()
        position = build.position(picture)
        assert position is not None and build.position(gone.pictures[0].id) is None
        near = neighbours.nearest(build, position, 50, own_work=True)
        assert len(near) == 6 and gone.id not in {one.work_id for one in near}
        services.add_works([gone.id])
        assert published.opened().position(gone.pictures[0].id) == before.position(gone.pictures[0].id)


def test_pictures_of_one_work_are_right_or_left_out(site: Flask) -> None:
    with site.app_context():
        one, same = work("a1"), work("d1").pictures[0]
        size = {"width": same.width, "height": same.height}
        second = Picture(artwork_id=one.id, position=1, sha256=same.sha256, path=same.path, **size)
        db.session.add(second)
        db.session.commit()
        services.add_works([one.id])
        build = published.opened()
        position = build.position(second.id)
        assert position == 8  # in a segment of its own
        near = neighbours.nearest(build, position, 9, own_work=True)
        assert near[0].picture_id == same.id and near[0].cosine == pytest.approx(1, abs=1e-3)  # the same file
        assert one.id in {n.work_id for n in near} and neighbours.rights(build, position, one, "work") == 1
        assert one.id not in {n.work_id for n in neighbours.nearest(build, position, 9, own_work=False)}
        page = log_in(site, "ada", "admin").get(f"{ADDRESS}?picture={second.id}&right=work").text
        assert places(page).count("right") == 1 and f"picture={one.pictures[0].id}&amp;right=work" in page


def test_right_and_wrong_follow_the_record(site: Flask) -> None:
    with site.app_context():
        a1, a2, b1, c1 = (work(number) for number in ("a1", "a2", "b1", "c1"))
        assert [neighbours.mark(a1, other, "artist") for other in (a2, b1, c1)] == ["right", "wrong", "unknown"]
        assert neighbours.mark(c1, a1, "artist") == "unknown" and neighbours.mark(a1, a1, "work") == "right"
        assert neighbours.precision(["right", "wrong", "unknown", "right"]) == (2, 3)
        build = published.opened()
        position = build.position(work("d2").pictures[0].id)
        assert position is not None
        assert neighbours.rights(build, position, work("d2"), "type") == 2  # the other still lifes
        assert neighbours.rights(build, position, work("d2"), "artist") == 1


def test_the_page_marks_and_counts(site: Flask) -> None:
    with site.app_context():
        ada = log_in(site, "ada", "admin")
        asking = work("d2")
        page = ada.get(f"{ADDRESS}?picture={asking.pictures[0].id}&right=type&k=5").text
        told, build = plain(page), published.opened()
        position = build.position(asking.pictures[0].id)
        assert position is not None
        near = neighbours.nearest(build, position, 5, own_work=False)
        marks = [neighbours.mark(asking, db.session.get_one(Artwork, one.work_id), "type") for one in near]
        assert places(page) == marks and page.count("✓") == marks.count("right") and page.count("✗") == marks.count("wrong")
        assert f"precision@5: {marks.count('right')} of the 5 nearest" in told
        assert "Right is the same type: still-life. 2 other pictures in the index would be right." in told
        assert all(f"picture={one.picture_id}&amp;right=type&amp;k=5" in page for one in near)  # each the next query
        assert [f"{np.round(one.cosine, 3):.3f}" in told for one in near] == [True] * 5
        unknown = plain(ada.get(f"{ADDRESS}?picture={work('c1').pictures[0].id}&right=artist&k=50").text)
        assert "does not tell it, so nothing can be right or wrong" in unknown and "precision@" not in unknown
        alone_page = ada.get(f"{ADDRESS}?picture={asking.pictures[0].id}&right=work&k=999").text
        alone = plain(alone_page)
        assert len(places(alone_page)) == 7 and "precision@" not in alone  # nothing can be found: no figure
        assert "No other picture in the index would be right" in alone


def test_a_work_is_found_by_number_by_words_or_by_lot(site: Flask) -> None:
    with site.app_context():
        ada = log_in(site, "ada", "admin")
        picture = work("b1").pictures[0].id
        for words in ("b1", "self-portrait"):
            assert ada.get(f"{ADDRESS}?q={words}&right=school&k=20").location.endswith(f"?picture={picture}&right=school&k=20")
        several = ada.get(f"{ADDRESS}?q=aachen").text
        assert "Which of these?" in several and several.count('class="picture"') == 2
        assert "No work has the number or the words “zz&lt;”" in ada.get(f"{ADDRESS}?q=zz<").text
        drawn = ada.get(f"{ADDRESS}?random=1&right=form&k=5").location
        number = int(re.search(r"picture=(\d+)&right=form&k=5$", drawn)[1])  # type: ignore[index]
        assert db.session.get(Picture, number) is not None
        assert "not in the index that is searched now" in ada.get(f"{ADDRESS}?picture=999999").text
        assert not places(ada.get(ADDRESS).text)


def test_without_an_index_there_is_a_way_to_one(bare_site: Flask) -> None:
    with bare_site.app_context():
        page = log_in(bare_site, "ada", "admin").get(f"{ADDRESS}?q=venus").text
        assert "Nothing has been indexed yet" in page and 'href="/admin/index"' in page


def test_the_command_asks_any_engine_that_was_built(site: Flask, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg(painting(0)))
    with site.app_context():
        built = services.build_index(engine="HNSW8", publish=False).build_id
        published = services.builds().current()
        near = neighbours.of_photos([photo], 3)[0]
    runner = site.test_cli_runner()
    asked = [runner.invoke(args=["search", str(photo), "--k", "3", "--json", *more]) for more in ([], ["--engine", "HNSW8"])]
    flat, graph = (json.loads(one.stdout) for one in asked)
    assert (flat["build"], graph["build"], graph["engine"]) == (published, built, "HNSW8")
    assert [one["artwork_id"] for one in flat["neighbours"]][0] == "a1" and len(flat["neighbours"]) == 3
    assert flat["neighbours"] == graph["neighbours"]  # eight works: the graph misses none
    assert [one["global_score"] for one in flat["neighbours"]] == [pytest.approx(cosine, abs=1e-4) for _pk, cosine in near.works]
    told = runner.invoke(args=["search", str(photo), "--k", "2"]).output
    assert "1  " in told and "Venus and Adonis — Hans von Aachen" in told
    none = runner.invoke(args=["search", str(photo), "--k", "2", "--engine", "Forest9"])
    assert none.exit_code == 1 and "flask index build --engine Forest9 --no-publish" in none.output
    assert "--engine goes with --k" in runner.invoke(args=["search", str(photo), "--engine", "HNSW8"]).output
