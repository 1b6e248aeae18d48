"""What the pages say where there is nothing yet: no catalogue, no index, no search, no job."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalogue.models import now
from tests.usage.builders import make_artwork, make_search
from tests.web.staff_cast import log_in

SAID = [
    ("/", "The catalogue is being prepared."),
    ("/works", "The catalogue is empty so far."),
    ("/me/searches", "Nothing yet."),
    ("/admin/", "The catalogue is empty:"),
    ("/admin/index", "There is no picture to index yet:"),
    ("/admin/imports", "Nothing yet."),
    ("/admin/jobs", "No job yet."),
    ("/statistics/", "Nobody has searched in these days."),
]


@pytest.fixture
def ada(app: Flask) -> FlaskClient:
    return log_in(app, "ada", "admin")


@pytest.mark.parametrize(("path", "sentence"), SAID)
def test_an_empty_instance_says_so(ada: FlaskClient, path: str, sentence: str) -> None:
    answer = ada.get(path)
    assert answer.status_code == 200 and sentence in answer.text


def test_an_index_of_nothing_is_not_offered(ada: FlaskClient) -> None:
    page = ada.get("/admin/index").text
    assert 'action="/admin/index/build"' not in page and 'href="/admin/imports"' in page


def test_statistics_of_silence_have_questions_and_no_plots(ada: FlaskClient) -> None:
    silent = ada.get("/statistics/").text
    assert "How often do we recognise the work?" in silent and "<svg" not in silent and "<table" not in silent
    make_search(now())
    spoken = ada.get("/statistics/").text
    assert "Nobody has searched" not in spoken and "<svg" in spoken


def test_a_filter_that_leaves_nothing_says_another_thing(ada: FlaskClient) -> None:
    assert "No such job." in ada.get("/admin/jobs?state=failed").text
    make_artwork()
    page = ada.get("/works?q=nowhere").text
    assert "Nothing has all of that." in page and "empty so far" not in page
