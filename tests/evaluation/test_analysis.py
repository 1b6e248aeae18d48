"""What a set of pictures is like: each measure on pictures made for it, pairs against the slow way, the page and the command."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask
from PIL import Image as Pil

from app.evaluation import analysis, analysis_page
from app.evaluation.analysis import Source
from tests.tiny import jpeg, paint


def grey(seed: int = 1) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(cv2.cvtColor(paint(seed, 300, 400), cv2.COLOR_RGB2GRAY), np.uint8)


def test_grey_pictures_and_toned_ones() -> None:
    one = np.repeat(grey()[..., None], 3, axis=2)
    assert analysis.is_grey(one)
    assert not analysis.is_grey((one * np.array([1.0, 0.9, 0.75])).astype(np.uint8))  # a sepia print
    assert not analysis.is_grey(paint(1, 300, 400))


@pytest.mark.parametrize("sigma", [4.0, 10.0, 20.0])
def test_noise_is_measured_on_paintings(sigma: float) -> None:
    noisy = np.clip(grey() * 0.5 + 60 + np.random.default_rng(1).normal(0, sigma, (300, 400)), 0, 255).astype(np.uint8)
    assert analysis.noise(noisy) == pytest.approx(sigma, rel=0.15)


def test_blur_takes_sharpness() -> None:
    assert analysis.sharpness(grey()) > 5 * analysis.sharpness(np.asarray(cv2.GaussianBlur(grey(), (0, 0), 4), np.uint8))
    assert analysis.sharpness(np.asarray(cv2.GaussianBlur(grey(), (0, 0), 6), np.uint8)) < analysis.BLURRED


def test_a_copy_has_nearly_the_same_code_and_another_work_has_not() -> None:
    small = cv2.resize(grey(), (150, 100), interpolation=cv2.INTER_AREA)
    brighter = np.clip(grey() * 0.8 + 40, 0, 255).astype(np.uint8)
    codes = [analysis.code(one) for one in (grey(), np.asarray(small, np.uint8), brighter, grey(2), grey(3))]
    near = {(i, j) for i, j, _ in analysis.hashes_near(codes)}
    assert near == {(0, 1), (0, 2), (1, 2)}


def test_pairs_are_those_of_the_slow_way() -> None:
    rng = np.random.default_rng(5)
    codes = [int(code) for code in rng.integers(0, 2**63, 300, np.uint64)]
    codes += [code ^ (1 << int(rng.integers(64))) ^ (1 << int(rng.integers(64))) for code in codes[:20]]
    slow = [(i, j, (a ^ b).bit_count()) for i, a in enumerate(codes) for j, b in enumerate(codes[i + 1 :], i + 1)]
    assert analysis.hashes_near(codes, 6, block=37) == [pair for pair in slow if pair[2] <= 6]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes: a painting and its copy, a grey one, one with a time, and one that is no picture."""
    folder = tmp_path / "pictures"
    for name in ("oil", "print"):
        (folder / name).mkdir(parents=True)
    (folder / "oil" / "a.jpg").write_bytes(jpeg(paint(1, 300, 400)))
    (folder / "oil" / "a-small.jpg").write_bytes(jpeg(cv2.resize(paint(1, 300, 400), (200, 150), interpolation=cv2.INTER_AREA)))
    (folder / "print" / "grey.jpg").write_bytes(jpeg(np.repeat(grey(4)[..., None], 3, axis=2)))
    exif = Pil.Exif()
    exif.get_ifd(analysis.EXIF)[analysis.TAKEN] = "2019:05:04 12:30:00"
    out = io.BytesIO()
    Pil.fromarray(paint(6, 500, 300)).save(out, "JPEG", exif=exif)
    (folder / "print" / "tall.jpg").write_bytes(out.getvalue())
    (folder / "print" / "broken.jpg").write_bytes(b"nothing")
    return folder


def sources(folder: Path) -> list[Source]:
    return [Source(path.name, path, path.parent.name, 1900) for path in sorted(folder.rglob("*.jpg"))]


def test_the_summary_counts_and_names(pictures: Path, tmp_path: Path) -> None:
    found = analysis.analyse(sources(pictures))
    result = analysis.summary(found)
    assert result["pictures"] == 5 and [row["picture"] for row in result["unreadable"]] == ["broken.jpg"]
    assert result["greyscale"] == {"count": 1, "share": 0.25, "pictures": ["grey.jpg"]}
    assert result["shapes"] == {"landscape": 3, "portrait": 1}
    assert [(pair["a"], pair["b"]) for pair in result["near_duplicates"]] == [("a-small.jpg", "a.jpg")]
    assert result["groups"]["count"] == 2 and dict(result["groups"]["largest"]) == {"oil": 2, "print": 2}
    assert result["taken"]["with_time"] == 1 and result["taken"]["hours"][12] == 1
    html = analysis_page.write(tmp_path / "page", "Pictures", found, result).read_text("utf-8")
    assert html.count("<svg") == 5 and "a-small.jpg" in html and "broken.jpg" in html


def test_no_picture_at_all_is_no_error() -> None:
    result = analysis.summary([])
    assert result["pictures"] == 0 and result["megapixels"] is None and result["greyscale"]["share"] is None


def test_the_command_takes_a_folder_or_the_catalogue(tiny_app: Flask, pictures: Path) -> None:
    runner = tiny_app.test_cli_runner()
    done = runner.invoke(args=["catalogue", "analyse", str(pictures), "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["greyscale"]["count"] == 1
    whole = runner.invoke(args=["catalogue", "analyse", "--collection", "Tiny museum", "--json"])
    assert whole.exit_code == 0 and json.loads(whole.stdout)["pictures"] == 13
    assert json.loads(whole.stdout)["groups"]["count"] == 3 and json.loads(whole.stdout)["years"]["min"] == 1900
    missing = runner.invoke(args=["catalogue", "analyse", "--collection", "No such"])
    assert missing.exit_code == 1 and "has no pictures" in missing.output
