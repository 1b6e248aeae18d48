"""The words of an image address."""

from __future__ import annotations

import pytest

from app.web.iiif import parsing
from app.web.iiif.errors import IiifError
from app.web.iiif.parsing import Region, Size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("full", Region("full")),
        ("square", Region("square")),
        ("0,10,200,3", Region("pixels", (0, 10, 200, 3))),
        ("pct:1.5,0,50,99.25", Region("percent", (1.5, 0, 50, 99.25))),
    ],
)
def test_regions(text: str, expected: Region) -> None:
    assert parsing.parse_region(text) == expected


@pytest.mark.parametrize("text", ["", "Full", "1,2,3", "1,2,3,4,5", "-1,0,5,5", "1.5,0,5,5", "pct:1,2,3", "pct:a,0,5,5", "1,2,3,٣"])
def test_what_is_no_region(text: str) -> None:
    with pytest.raises(IiifError, match="region") as raised:
        parsing.parse_region(text)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max", Size("max")),
        ("^max", Size("max", True)),
        ("200,", Size("pixels", width=200)),
        ("^,30", Size("pixels", True, height=30)),
        ("20,30", Size("pixels", width=20, height=30)),
        ("pct:33.3", Size("percent", percent=33.3)),
        ("^pct:250", Size("percent", True, percent=250)),
        ("!20,30", Size("within", width=20, height=30)),
        ("^!20,30", Size("within", True, 20, 30)),
    ],
)
def test_sizes(text: str, expected: Size) -> None:
    assert parsing.parse_size(text) == expected


@pytest.mark.parametrize(
    "text", ["", ",", "full", "!", "!,", "!20,", "!,30", "!max", "^^max", "20", "20,30,", "pct:", "pct:-3", "2e3,", "9999999999,"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(IiifError, match="size") as raised:
        parsing.parse_size(text)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", (False, 0)),
        ("90", (False, 90)),
        ("!0", (True, 0)),
        ("!22.5", (True, 22.5)),
        ("360", (False, 0)),
        ("359.9", (False, 359.9)),
    ],
)
def test_rotations(text: str, expected: tuple[bool, float]) -> None:
    assert parsing.parse_rotation(text) == expected


@pytest.mark.parametrize("text", ["", "-90", "361", "90!", "!!90", "ninety", "1e2", "nan", ".5"])
def test_what_is_no_rotation(text: str) -> None:
    with pytest.raises(IiifError, match="rotation"):
        parsing.parse_rotation(text)


@pytest.mark.parametrize(
    ("quality", "format", "status"), [("native", "jpg", 400), ("default", "exe", 400), ("default", "tif", 501)]
)
def test_what_is_not_served_says_whether_it_could_be(quality: str, format: str, status: int) -> None:
    with pytest.raises(IiifError) as raised:
        parsing.parse("full", "max", "0", quality, format)
    assert raised.value.status == status
