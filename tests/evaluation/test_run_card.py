"""Run cards name the code, the machine and the libraries."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy
import pytest

from app.evaluation.run_card import revision, run_card, write_json


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    return subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True).stdout


def test_revision_is_of_the_repository_and_says_when_it_is_changed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "One")
    clean = revision(tmp_path, "0.1")
    assert git(tmp_path, "rev-parse", "HEAD").startswith(clean)
    (tmp_path / "a").write_text("2")
    assert revision(tmp_path, "0.1") == f"{clean}-dirty"


def test_revision_is_the_version_where_there_is_no_repository(tmp_path: Path) -> None:
    assert revision(tmp_path, "0.1") == "0.1"


def test_a_card_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "cards" / "one.json"
    write_json(path, run_card({"top1": {"value": 1.0}}, "flask evaluate photos p.csv"))
    card = json.loads(path.read_text())
    assert card["result"] == {"top1": {"value": 1.0}}
    assert card["command"] == "flask evaluate photos p.csv"
    assert card["libraries"]["numpy"] == numpy.__version__
    assert card["machine"]["cores"] >= 1
    with pytest.raises(TypeError):
        write_json(path, {"x": object()})
    assert json.loads(path.read_text()) == card
    assert [p.name for p in path.parent.iterdir()] == ["one.json"]
