"""The statistics page, the works never found and the report over real rows; the CSV tables; the plots."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from app.catalogue.models import Artwork, Picture, now
from app.extensions import db
from app.usage import rolling
from app.usage.statistics import Period
from app.web import plots, questions, reporting
from app.web.devices import device_of
from app.web.plots import Label
from app.web.questions.answering import wilson
from tests.usage.builders import make_artwork, make_search, say
from tests.web.staff_cast import log_in

LABELS = [Label(f"{n} Mar", f"{n} March 2026") for n in range(1, 11)]


@pytest.mark.parametrize(
    ("top", "expected"),
    [(0, [0, 1]), (1, [0, 0.25, 0.5, 0.75, 1]), (7, [0, 2, 4, 6, 8]), (28, [0, 10, 20, 30]), (100, [0, 25, 50, 75, 100])],
)
def test_ticks_are_round(top: float, expected: list[float]) -> None:
    assert plots.ticks(top) == pytest.approx(expected)


@pytest.mark.parametrize("top", [0.003, 0.7, 3, 11, 99, 101, 12345.6])
def test_ticks_reach_the_top_in_at_most_four_steps(top: float) -> None:
    scale = plots.ticks(top)
    assert scale[-1] >= top > scale[-2]
    assert len(scale) <= 5


def test_bars_are_stacked_to_scale() -> None:
    root = ET.fromstring(plots.bars("How many?", LABELS[:2], [("right", [3, 0]), ("wrong", [1, 2])]))
    assert root.get("aria-label") == "How many?"
    boxes = [(box.get("class"), float(box.get("y", 0)), float(box.get("height", 0))) for box in root.iter("rect")]
    assert [kind for kind, _y, _height in boxes] == ["s0", "s1", "s1"]  # nothing is drawn for 0
    (_, low_y, low), (_, high_y, high), (_, _, second) = boxes
    assert low == pytest.approx(3 * high, abs=0.05)
    assert high_y + high == pytest.approx(low_y, abs=0.02)
    assert second == pytest.approx(2 * high, abs=0.05)


def test_a_place_without_a_value_is_a_gap_in_the_line_and_the_band() -> None:
    root = ET.fromstring(plots.lines("Share?", LABELS[:4], [("x", [0.5, 0.6, None, 0.7])], unit="%", top=1.0))
    path = next(path for path in root.iter("path") if "line" in (path.get("class") or ""))
    assert (path.get("d") or "").count("M") == 2
    assert len(list(root.iter("circle"))) == 3
    low, high = [0.2, 0.3, None, 0.4], [0.8, 0.9, None, 1.0]
    root = ET.fromstring(plots.band("Sure?", LABELS[:4], ("median", "band"), low, [0.5, 0.6, None, 0.7], high))
    assert [path.get("class") for path in root.iter("path")].count("band") == 2


def test_the_field_of_hours_is_darkest_where_most_is() -> None:
    root = ET.fromstring(plots.heat("When?", LABELS[:2], LABELS[:3], [[0, 1, 2], [3, 4, 12]]))
    assert [box.get("class") for box in root.iter("rect")] == ["h0", "h1", "h1", "h2", "h2", "h6"]


def test_labels_are_escaped() -> None:
    bad = Label("<b>", "<i>")
    for drawn in (
        plots.ranges("q", [("<b>", 1.0, 2.0, 3.0)]), plots.bars("<script>", [bad], [("<u>", [1])]), plots.shares("q", [("<b>", 1)]),
        plots.heat("q", [bad], [bad], [[1]]), plots.lines("q", [bad], [("<u>", [1])]),
    ):  # fmt: skip
        assert not any(word in drawn for word in ("<b>", "<i>", "<u>", "<script>"))


@pytest.mark.parametrize("count", [1, 2, 7, 30, 365])
def test_written_labels_are_few_and_end_with_the_last(count: int) -> None:
    places = plots.marked([LABELS[0]] * count)
    assert 1 <= len(places) <= 5
    assert places[-1] == count - 1


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=2e-4)  # Newcombe 1998, table I's method 3
    assert wilson(5, 5)[1] == pytest.approx(1) and wilson(0, 5)[0] == 0


@pytest.mark.parametrize(
    ("words", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 Chrome/131.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1", "tablet"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "computer"),
        ("Mozilla/5.0 (compatible; Examplebot/2.1)", "program"),
        ("curl/8.11.0", "program"),
        ("", "program"),
    ],
)  # fmt: skip
def test_a_browser_becomes_one_of_four_classes(words: str, device: str) -> None:
    assert device_of(words) == device


def seed() -> Artwork:
    """Four searches of yesterday noon, one forty days ago; the ferry found, the mill never, the barn in another collection."""
    ferry, mill, barn = make_artwork("The Ferry"), make_artwork("The Mill"), make_artwork("The Barn", "Others")
    for work in (ferry, mill, barn):
        db.session.add(Picture(artwork_id=work.id, sha256=f"{work.id:064}", path="-", width=8, height=6))
    noon = datetime.combine(now().date() - timedelta(days=1), datetime.min.time()) + timedelta(hours=12)
    for minute in range(3):
        device = "phone" if minute else "tablet"
        search = make_search(noon + timedelta(minutes=minute), work=ferry, total=500 + 100 * minute, device=device, language="de")
    say(search, "right", search.created_at)
    make_search(noon, "not_in_catalogue", work=barn)
    make_search(noon - timedelta(days=40))
    rolling.roll_up()
    return ferry


def test_the_page_answers_every_question(app: Flask) -> None:
    seed()
    page = log_in(app, "carla", "curator").get("/statistics/?days=7").text
    for words in (
        "How often do we recognise the work?", "75%", "of 4 searches named one work", "The Ferry", "Deutsch", "tablet",
        "99 of 100 (p99)",
        "of 1 visitor who said so called the answer right (95 % interval: 21% to 100%)", "of 3 works that can be found",
    ):  # fmt: skip
        assert words in page, words
    assert page.count('<svg class="plot"') == 11


def test_the_page_of_one_collection(app: Flask) -> None:
    seed()
    carla = log_in(app, "carla", "curator")
    page = carla.get("/statistics/?days=7&collection=Others").text
    assert "of 1 search named one work" in page and "in the collection “Others”" in page
    assert "collection=Others" in page.split('href="/statistics/?days=365')[1].split('"')[0]
    assert "of 4 searches named one work" in carla.get("/statistics/?days=7&collection=Nowhere").text


def test_the_page_of_an_unused_instance_says_so(app: Flask) -> None:
    page = log_in(app, "carla", "curator").get("/statistics/").text
    assert "Nobody has searched in these days." in page and "no searches in this period" in page


def test_every_plot_is_given_as_csv(app: Flask) -> None:
    seed()
    carla = log_in(app, "carla", "curator")
    for name in questions.NAMES:
        rows = list(csv.reader(io.StringIO(carla.get(f"/statistics/{name}.csv?days=7").text)))
        assert len({len(row) for row in rows}) == 1, name
        assert len(rows) > 1, name
    verdicts = list(csv.DictReader(io.StringIO(carla.get("/statistics/verdicts.csv?days=3").text)))
    assert [(row["identified"], row["not in the catalogue"]) for row in verdicts] == [("0", "0"), ("3", "1"), ("0", "0")]
    assert verdicts[1]["day"] == (now().date() - timedelta(days=1)).isoformat()
    assert carla.get("/statistics/nothing.csv").status_code == 404


def test_a_title_that_is_a_formula_is_no_formula_in_the_csv(app: Flask) -> None:
    make_search(now(), work=make_artwork("=1+1"))
    assert "'=1+1" in log_in(app, "carla", "curator").get("/statistics/works.csv").text


def test_works_never_found_are_listed(app: Flask) -> None:
    seed()
    page = log_in(app, "carla", "curator").get("/statistics/never?days=7").text
    assert "The Mill" in page and "The Barn" in page and "The Ferry" not in page
    assert "2 of 3 works that can be found." in page
    only = log_in(app, "carla", "curator").get("/statistics/never?days=7&collection=Others&page=9").text
    assert "The Barn" in only and "The Mill" not in only


def test_the_report_tells_a_month_beside_the_one_before(app: Flask) -> None:
    ferry = make_artwork("The Ferry")
    for day in range(1, 7):
        make_search(datetime(2026, 3, day, 14, 30), "identified" if day > 3 else "uncertain", work=ferry)
    for day in range(1, 5):
        say(make_search(datetime(2026, 2, day, 9), work=ferry), "right", now())
    rolling.roll_up()
    carla = log_in(app, "carla", "curator")
    page = carla.get("/statistics/report/2026-03").text
    for words in (
        "Report: March 2026", "There were 6 searches, 50% more than in February 2026.",
        "We recognised the work in 50% of them; in February 2026 it was 100%.", "−50.0 points", "+50%",
        "most often “The Ferry” (3)", "/statistics/report/2026-04", "It was busiest on",
    ):  # fmt: skip
        assert words in page, words
    assert "Nobody searched in this month." in carla.get("/statistics/report/2025-03").text
    assert carla.get("/statistics/report").headers["Location"].startswith("/statistics/report/20")
    for nonsense in ("2026-13", "2026-3", "x", "2999-01", "2026-03-01"):
        assert carla.get(f"/statistics/report/{nonsense}").status_code == 404


@pytest.mark.parametrize(("value", "written"), [(0.5, "+50%"), (-0.031, "−3%"), (0.001, "±0%"), (0.0, "±0%")])
def test_changes_carry_their_sign(app: Flask, value: float, written: str) -> None:
    assert reporting.signed(value, lambda share: f"{share:.0%}") == written


@pytest.mark.parametrize("path", ["/statistics/", "/statistics/never", "/statistics/report/2026-03", "/statistics/works.csv"])
def test_statistics_are_for_curators(app: Flask, path: str) -> None:
    assert log_in(app, "vera", "visitor").get(path).status_code == 403


@pytest.mark.parametrize(
    ("query", "days"),
    [("", 30), ("?days=7", 7), ("?days=0", 1), ("?days=99999", 3660), ("?days=x", 30), ("?from=2026-99-01", 30)],
)
def test_the_period_of_the_address(app: Flask, query: str, days: int) -> None:
    from app.web.statistics import asked_period

    with app.test_request_context(f"/statistics/{query}"):
        assert asked_period().length == days


def test_a_period_may_be_named_by_its_days(app: Flask) -> None:
    from app.web.statistics import asked_period

    with app.test_request_context("/statistics/?from=2026-01-05&to=2026-01-02"):
        assert asked_period() == Period(date(2026, 1, 2), date(2026, 1, 2))
    with app.test_request_context("/statistics/?from=2026-01-02&to=2026-01-05"):
        assert asked_period() == Period(date(2026, 1, 2), date(2026, 1, 5))
