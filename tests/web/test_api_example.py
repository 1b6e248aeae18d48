"""The example of docs/api.md, run as it stands there against a running site."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from flask import Flask

from app.settings import ROOT
from tests.web.browser import served
from tests.web.gallery import jpeg, on_wall, painting, stranger

LINES_MAX = 12


def example() -> str:
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found and found[1].count("\n") <= LINES_MAX
    return found[1]


def output(site: Flask, folder: Path, photo: bytes) -> str:
    """What the example prints, asked in a folder with this `photo.jpg`."""
    (folder / "photo.jpg").write_bytes(photo)
    with served(site) as address:
        code = example().replace("http://127.0.0.1:8000", address)
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_names_the_work(site: Flask, tmp_path: Path) -> None:
    assert output(site, tmp_path, jpeg(on_wall([painting(0)]))) == "Venus and Adonis by Hans von Aachen 1574-88\n"


def test_the_example_says_nothing_of_a_stranger(site: Flask, tmp_path: Path) -> None:
    assert output(site, tmp_path, jpeg(stranger())) == ""
