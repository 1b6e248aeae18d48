"""What the result page draws, worked out by hand."""

from __future__ import annotations

from app.catalogue.models import Artist, Artwork, Credit
from app.web.answers import Shown, by_maker, in_reading_order
from app.web.drawing import draw, polygon, spot, spread
from app.web.progress import KEEP_MAX, KEEP_S, Board


def test_points_are_joined_side_by_side() -> None:
    drawing = draw(((400, 200), (100, 100)), ([[0.0, 0.0], [400.0, 200.0]], [[0.0, 0.0], [100.0, 100.0]]), None, across=True)
    assert drawing.photo == (0.0, 0.0, 2000.0, 1000.0)  # both at one height of 1000
    assert drawing.reference == (2040.0, 0.0, 1000.0, 1000.0)
    assert (drawing.width, drawing.height) == (3040.0, 1000)
    assert drawing.lines == [(0.0, 0.0, 2040.0, 0.0), (2000.0, 1000.0, 3040.0, 1000.0)]


def test_points_are_joined_one_above_the_other() -> None:
    region = [[0.0, 0.0], [400.0, 0.0], [400.0, 200.0], [0.0, 200.0]]
    drawing = draw(((400, 200), (100, 100)), ([[400.0, 200.0]], [[100.0, 0.0]]), region, across=False)
    assert drawing.photo == (0.0, 0.0, 1000.0, 500.0)
    assert drawing.reference == (0.0, 540.0, 1000.0, 1000.0)
    assert drawing.lines == [(1000.0, 500.0, 1000.0, 540.0)]
    assert drawing.outline == "0.0,0.0 1000.0,0.0 1000.0,500.0 0.0,500.0"


def test_few_points_are_all_drawn_and_many_are_thinned_evenly() -> None:
    assert spread(3, 60) == [0, 1, 2]
    assert spread(0, 60) == []
    assert spread(120, 60) == list(range(0, 120, 2))


def test_a_polygon_as_svg_writes_it() -> None:
    assert polygon([[1, 2], [3.25, 4.0]]) == "1.0,2.0 3.2,4.0"


def outlined(number: int, left: float, top: float) -> Shown:
    return Shown(number, "", "", 1.0, 1, True, "", middle=(left + 50, top + 50), top=top)


def test_outlines_are_read_row_by_row() -> None:
    found = in_reading_order([outlined(0, 300, 210), outlined(1, 300, 20), outlined(2, 0, 200), outlined(3, 0, 0)])
    assert [match.number for match in found] == [3, 1, 2, 0]


def test_a_number_is_written_where_it_can_be_read() -> None:
    assert spot([400.0, 300.0], (800, 600)) == (50.0, 50.0)
    assert spot([-50.0, 700.0], (800, 600)) == (3.0, 96.0)  # 24 pixels, 4 % of the short side, from the edges


def test_works_that_came_close_stand_by_their_makers() -> None:
    def by(number: int, artist_id: int | None) -> Shown:
        credits = [Credit(artist_id=artist_id, artist=Artist(name=f"Artist {artist_id}"))] if artist_id else []
        return Shown(number, "", "Maker unknown", 0.1, 0, False, "", artwork=Artwork(credits=credits))

    groups = by_maker([by(0, 7), by(1, None), by(2, 5), by(3, 7), by(4, None)])
    assert [(kin.artist_id, [work.number for work in kin.works]) for kin in groups] == [(7, [0, 3]), (None, [1, 4]), (5, [2])]


def test_steps_never_go_back_and_are_forgotten() -> None:
    now = [0.0]
    board = Board(clock=lambda: now[0])
    report = board.reporter("a" * 32)
    assert report is not None
    for stage, step in (("decode", 0), ("verify", 2), ("detect", 2), ("something new", 2)):
        report(stage, 0, 1)
        assert board.step("a" * 32) == step
    now[0] = KEEP_S + 1
    board.reporter("b" * 32)
    assert board.step("a" * 32) is None and board.step("b" * 32) == 0


def test_the_board_is_bounded() -> None:
    board = Board()
    for number in range(KEEP_MAX + 5):
        board.reporter(f"{number:032x}")
    assert board.step(f"{4:032x}") is None and board.step(f"{5:032x}") == 0
