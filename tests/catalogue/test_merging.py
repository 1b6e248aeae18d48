"""Two records of one work made one: what visitors keep and said goes to the one that is left, and comes back after an undo."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import collections, favourites
from app.accounts.models import User
from app.catalogue import merging
from app.catalogue.errors import CatalogueError
from app.catalogue.models import Artwork, Picture, now
from app.extensions import db
from app.usage import feedback, searches
from tests.usage.builders import make_artwork, make_search


def owner(name: str) -> int:
    user = User(email=f"{name}@example.org", password="x", fs_uniquifier=name)
    db.session.add(user)
    db.session.commit()
    return int(user.id)


def pictured(title: str, *hashes: str) -> Artwork:
    work = make_artwork(title)
    for place, sha in enumerate(hashes):
        work.pictures.append(Picture(position=place, sha256=sha, path=f"{sha}.jpg", width=9, height=9))
    db.session.commit()
    return work


def likes(user: int) -> list[int]:
    return list(db.session.scalars(favourites.works_of(user)))


def test_what_visitors_keep_goes_along_and_comes_back(both: Flask) -> None:
    kept, double = pictured("Mill", "a"), pictured("Windmill", "a", "b")
    double.location = "Amsterdam"
    only_double, both_of_them = owner("only"), owner("both")
    for user, works in ((only_double, [double]), (both_of_them, [kept, double])):
        mine = collections.create(user, "Mine")
        for work in works:
            favourites.put(user, work.id)
            collections.add_work(mine, work.id)
    search = make_search(now(), artwork_id=double.id)
    searches.judge(search, "wrong", artwork_id=double.id)
    feedback.settle(search, "work", [double])
    assert merging.merge(kept, double) == 1
    db.session.commit()
    assert double.hidden and kept.location == "Amsterdam" and [one.sha256 for one in kept.pictures] == ["a", "b"]
    for user in (only_double, both_of_them):
        (mine,) = collections.listing(user)
        assert likes(user) == [kept.id] and list(db.session.scalars(collections.works_of(mine.collection))) == [kept.id]
    assert [work.id for work in search.ruling.works] == [kept.id]
    assert [said.artwork_id for said in search.feedback] == [kept.id]
    assert [one.id for one in merging.merged_into(kept)] == [double.id]
    assert merging.unmerge(double) == kept.id
    db.session.commit()
    assert (likes(only_double), sorted(likes(both_of_them))) == ([double.id], [kept.id, double.id])
    db.session.refresh(search.ruling)
    assert [work.id for work in search.ruling.works] == [double.id] and kept.location == ""
    assert not double.hidden and [one.sha256 for one in kept.pictures] == ["a"] and merging.merged_into(kept) == []


def test_an_undo_leaves_what_was_changed_since(both: Flask) -> None:
    kept, double = pictured("Mill"), pictured("Windmill", "b")
    double.location, user = "Amsterdam", owner("vera")
    merging.merge(kept, double)
    kept.location = "Haarlem"
    favourites.put(user, kept.id)
    merging.unmerge(double)
    assert (kept.location, likes(user)) == ("Haarlem", [kept.id])


def test_addresses_lead_to_the_record_that_is_left(both: Flask) -> None:
    first, second, third = (make_artwork(title) for title in ("one", "two", "three"))
    merging.merge(second, first)
    with pytest.raises(CatalogueError, match="was merged already"):
        merging.merge(third, first)
    with pytest.raises(CatalogueError, match="was merged already"):
        merging.merge(first, third)
    merging.merge(third, second)
    assert merging.survivors([first.id, second.id, third.id, 999]) == {first.id: third.id, second.id: third.id}
    with pytest.raises(CatalogueError, match="not merged"):
        merging.unmerge(third)


def test_a_record_that_was_hidden_before_is_hidden_again(both: Flask) -> None:
    kept, double = make_artwork("one"), make_artwork("two")
    double.hidden = True
    merging.merge(kept, double)
    merging.unmerge(double)
    assert double.hidden and double.hidden_by is None
    assert db.session.scalars(select(Artwork).where(Artwork.hidden)).all() == [double]
