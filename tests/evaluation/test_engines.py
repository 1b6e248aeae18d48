"""Engines side by side: figures by hand, child processes, the command, its picture, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app import services
from app.engine.errors import PresetError
from app.evaluation import engine_plot, engines
from app.evaluation.engines import VectorsError
from tests.engine.small_builds import indexer, pictures
from tests.engine.test_vector_index import clustered

RESULT_KEYS = {"engine", "second_pass", "recall_at", "nearest_in_100", "p50_ms", "p95_ms", "cpu_ms", "memory_mb", "disk_mb"}


def test_recall_by_hand() -> None:
    truth = np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]])
    found = np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [12, 11, 13, 14, 15, -1, -1, -1, -1, -1]])
    told = engines.recalls(found, truth)
    assert told["recall_at"]["1"]["value"] == 0.5  # the second query's nearest came second
    assert told["recall_at"]["10"]["value"] == 0.75
    assert told["nearest_in_100"]["value"] == 1.0
    assert told["recall_at"]["10"]["low"] == 0.5 and told["recall_at"]["10"]["high"] == 1.0


def test_a_loss_is_warned_of_with_the_way_out() -> None:
    lost = {"value": 0.4, "low": 0.35, "high": 0.45, "n": 200}
    row = {"engine": "IVF100,PQ8", "second_pass": False, "recall_at": {"10": lost}, "effort": 6}
    assert engines.warning(row, "Its codes are short.") == "It loses 60 % of the exact ten nearest. Its codes are short."
    assert "IVF100,PQ8@12" in engines.warning({**row, "second_pass": True}, "")
    assert not engines.warning({**row, "recall_at": {"10": {**lost, "high": 0.995}}}, "Its codes are short.")


def test_the_command_compares_and_draws(app: Flask, runner: FlaskCliRunner, tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", 3 * clustered(400, 72))
    words = ["index", "compare", "--vectors", str(tmp_path / "vectors.npy"), "--queries", "40", "--json"]
    asked = [*words, "--engines", "IVF8,PQ2; IVF900,Flat", "--plot", str(tmp_path / "engines.svg")]
    done = runner.invoke(args=asked)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert (result["vectors"], result["dim"], result["queries"]) == (360, 72, 40)
    alone, full, refused = result["engines"]
    assert alone.keys() >= RESULT_KEYS and (alone["second_pass"], full["second_pass"]) == (False, True)
    assert alone["recall_at"]["10"]["value"] < 0.8 < full["recall_at"]["10"]["low"]
    assert "one byte for 36" in alone["warning"] and full["disk_mb"] > alone["disk_mb"] > 0
    assert 0 < full["p50_ms"] <= full["p95_ms"] and full["memory_mb"] > 0 and 1 <= full["effort"] <= full["lists"] == 8
    assert refused == {"engine": "IVF900,Flat", "error": refused["error"]} and "there are 360" in refused["error"]
    picture = ElementTree.parse(tmp_path / "engines.svg").getroot()
    drawn = "".join(picture.itertext())
    assert "IVF8,PQ2 + full" in drawn and "IVF900" not in drawn and "360 vectors of 72 numbers" in drawn
    assert engine_plot.plot({**result, "engines": []}).endswith("</svg>\n")


def test_the_published_build_is_the_default(app: Flask, runner: FlaskCliRunner) -> None:
    assert "flask index build" in runner.invoke(args=["index", "compare"]).stderr
    indexer(services.settings().instance, described=30).build(pictures(*range(1, 31)))
    done = runner.invoke(args=["index", "compare", "--engines", "Flat"])
    assert "24 vectors of" in done.stdout and "1.000 (1.000–1.000)" in done.stdout, done.output


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (np.zeros((30, 4), np.float32), "rows of zeros"),
        (np.full((30, 4), np.nan, np.float32), "rows of zeros or of what is no number"),
        (np.ones(30), "no table of numbers"),
        (np.array([["a", "b"]]), "no table of numbers"),
    ],
)
def test_vectors_that_are_none_get_a_sentence(value: np.ndarray, part: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", value)
    with pytest.raises(VectorsError, match=part):
        engines.read_vectors(tmp_path / "x.npy")


def test_files_that_are_none_get_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"no array")
    with pytest.raises(VectorsError, match="no array that NumPy can read"):
        engines.read_vectors(tmp_path / "x.npy")
    with pytest.raises(VectorsError, match="There is no file"):
        engines.read_vectors(tmp_path / "y.npy")


def test_a_wrong_name_is_told_first() -> None:
    with pytest.raises(PresetError, match="no search engine 'IVF100'"):
        engines.compare(clustered(100), ["Flat", "IVF100"])


def test_the_same_vectors_are_held_out_each_time() -> None:
    first, second = (engines.compare(clustered(60), ["IVF3,Flat"], queries=10)["engines"][0] for _ in range(2))
    assert first["recall_at"] == second["recall_at"] and first["effort"] == second["effort"]
