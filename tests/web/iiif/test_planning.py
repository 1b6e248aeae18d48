"""Requests laid onto a picture of 600 × 400 pixels, and onto one that is larger than an answer may be."""

from __future__ import annotations

import pytest

from app.web.iiif.errors import IiifError
from app.web.iiif.info import info, scale_factors, sizes
from app.web.iiif.parsing import parse
from app.web.iiif.planning import MAX_AREA, MAX_SIDE, Plan, plan

PICTURE = (600, 400)
SCAN = (12_000, 9_000)


def planned(region: str = "full", size: str = "max", rotation: str = "0", picture: tuple[int, int] = PICTURE) -> Plan:
    return plan(parse(region, size, rotation, "default", "jpg"), picture)


@pytest.mark.parametrize(
    ("region", "box"),
    [
        ("full", (0, 0, 600, 400)),
        ("square", (100, 0, 400, 400)),
        ("10,20,30,40", (10, 20, 30, 40)),
        ("590,390,100,100", (590, 390, 10, 10)),  # cut at the edges
        ("pct:10,10,50,50", (60, 40, 300, 200)),
        ("pct:0,0,200,200", (0, 0, 600, 400)),
    ],
)
def test_regions_in_pixels(region: str, box: tuple[int, ...]) -> None:
    assert planned(region).box == box


@pytest.mark.parametrize("region", ["600,0,10,10", "0,400,10,10", "0,0,0,10", "0,0,10,0", "pct:100,0,10,10", "pct:0,0,0,10"])
def test_a_region_with_nothing_in_it(region: str) -> None:
    with pytest.raises(IiifError, match="600 × 400") as raised:
        planned(region)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("region", "size", "expected"),
    [
        ("full", "max", (600, 400)),
        ("full", "300,", (300, 200)),
        ("full", ",100", (150, 100)),
        ("full", "pct:10", (60, 40)),
        ("full", "77,33", (77, 33)),
        ("full", "!300,300", (300, 200)),
        ("full", "!2000,3000", (600, 400)),  # as large as possible, but not larger than the region (section 4.2)
        ("full", "^!2000,3000", (2000, 1333)),
        ("full", "^1200,", (1200, 800)),
        ("full", "^pct:200", (1200, 800)),
        ("0,0,7,300", "pct:1", (1, 3)),  # no side falls to nothing
        ("10,10,100,50", "max", (100, 50)),
        ("full", "^max", (5017, 3344)),  # as large as the limits let it be
    ],
)
def test_sizes_in_pixels(region: str, size: str, expected: tuple[int, int]) -> None:
    found = planned(region, size).size
    assert found == expected and found[0] * found[1] <= MAX_AREA


@pytest.mark.parametrize("size", ["601,", ",401", "pct:100.5", "600,401", "0,", "0,10", "!0,10", "pct:0"])
def test_enlarging_needs_its_sign_and_nothing_is_no_size(size: str) -> None:
    with pytest.raises(IiifError) as raised:
        planned("full", size)
    assert raised.value.status == 400


@pytest.mark.parametrize("size", ["^9000,", "^6000,6000", "^pct:2000"])
def test_no_one_may_ask_for_gigapixels(size: str) -> None:
    with pytest.raises(IiifError, match=str(MAX_AREA)) as raised:
        planned("full", size)
    assert raised.value.status == 404


def test_max_of_a_large_scan_keeps_within_the_limits() -> None:
    width, height = planned(picture=SCAN).size
    assert max(width, height) <= MAX_SIDE and 0.99 * MAX_AREA < width * height <= MAX_AREA
    assert abs(width / height - 4 / 3) < 0.001
    with pytest.raises(IiifError):
        planned(size="12000,", picture=SCAN)


@pytest.mark.parametrize(
    ("region", "size", "rotation", "canonical"),
    [
        ("full", "max", "0", "full/max/0/default.jpg"),
        ("0,0,600,400", "600,", "0.0", "full/max/0/default.jpg"),
        ("pct:0,0,100,100", "pct:50", "!90.00", "full/300,200/!90/default.jpg"),
        ("square", "!100,100", "22.50", "100,0,400,400/100,100/22.5/default.jpg"),
        ("590,390,100,100", "^20,", "360", "590,390,10,10/^20,20/0/default.jpg"),
        ("full", "^300,", "0", "full/300,200/0/default.jpg"),
        ("full", "^max", "0", "full/^max/0/default.jpg"),
    ],
)
def test_equal_requests_have_one_canonical_address(region: str, size: str, rotation: str, canonical: str) -> None:
    found = planned(region, size, rotation)
    assert found.canonical == canonical
    assert plan(parse(*canonical.removesuffix("/default.jpg").split("/"), "default", "jpg"), PICTURE) == found


def test_sizes_and_tiles_that_are_offered_are_served() -> None:
    assert scale_factors(SCAN) == [1, 2, 4, 8, 16, 32] and scale_factors((512, 20)) == [1]
    assert sizes(PICTURE) == [(300, 200), (600, 400)]
    assert sizes(SCAN)[0] == (375, 282) and sizes(SCAN)[-1] == (3000, 2250)  # larger ones are above the limits
    said = info("http://example.org/iiif/3/7", SCAN, "http://example.org/m")
    for offered in said["sizes"]:
        wanted = f"{offered['width']},{offered['height']}"
        assert planned(size=wanted, picture=SCAN).size == (offered["width"], offered["height"])
    side = said["tiles"][0]["width"]
    for factor in said["tiles"][0]["scaleFactors"]:
        last = (SCAN[0] - 1) // (side * factor) * side * factor  # where the last tile of a row begins
        width = min(side, -(-(SCAN[0] - last) // factor))
        assert planned(f"{last},0,{side * factor},{side * factor}", f"{width},", picture=SCAN).size[0] == width
