"""What the design promises about the code as a whole: import direction, a light start, documented commands and settings."""

from __future__ import annotations

import ast
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.settings import ROOT, Settings
from docs import generate

ROOMS = {"accounts", "catalogue", "cli", "demo", "engine", "evaluation", "services", "tasks", "training", "usage", "web"}
# engine ← evaluation, training ← services ← web, tasks, cli; the demo is drawn with the engine and the simulation
MAY_IMPORT = {
    "engine": set[str](),
    "evaluation": {"engine"},
    "training": {"engine", "evaluation"},
    "demo": {"engine", "training"},
    "catalogue": {"accounts", "usage"},
    "accounts": {"catalogue", "usage"},
    "usage": {"accounts", "catalogue"},
    "services": {"accounts", "catalogue", "engine", "evaluation", "training", "usage"},
    "web": ROOMS - {"cli"},
    "tasks": ROOMS - {"web", "cli"},
    "cli": ROOMS - {"web"},
}
FRAMEWORKS = {"flask", "sqlalchemy", "celery", "alembic", "click"}
FRAMEWORK_FREE = ("engine", "evaluation", "training", "demo")
HEAVY = ("tensorflow", "keras", "openvino", "faiss", "opentelemetry")
CEILING, MEDIAN_FILE = 400, 120  # lines


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts)


def room_of(module: str) -> str | None:
    """The room that a module is in: `app.engine.images` → engine, `tasks.indexing` → tasks, None outside the rooms."""
    parts = module.split(".")
    name = parts[1] if parts[0] == "app" and len(parts) > 1 else parts[0] if parts[0] == "tasks" else ""
    name = "services" if name in ("results", "reindexing", "reloading") else name
    return name if name in ROOMS else None


def imports(source: str, module: str) -> Iterator[str]:
    """Full names of all that the source imports, at any depth; `from a import b` gives a and a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(module.split(".")[: -node.level]) if node.level else ""
            name = ".".join(part for part in (base, node.module) if part)
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def wrong_imports(source: str, module: str) -> set[str]:
    """Imports of `source` against the direction, or of a framework where there is to be none."""
    room = room_of(module)
    if room is None:
        return set()
    allowed = MAY_IMPORT[room] | {room, None}
    wrong = {name for name in imports(source, module) if room_of(name) not in allowed}
    if room in FRAMEWORK_FREE:
        wrong |= {name for name in imports(source, module) if name.split(".")[0].removesuffix("_sqlalchemy") in FRAMEWORKS}
    return wrong


@pytest.mark.parametrize("path", python_files("app", "tasks"), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_direction(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    assert not wrong_imports(path.read_text(encoding="utf-8"), module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("app.engine.images", "from app.services import searcher"),
        ("app.engine.images", "import flask"),
        ("app.engine.index.faiss", "from sqlalchemy import select"),
        ("app.evaluation.photos", "from app import services"),
        ("app.training.loop", "def f():\n    from app.catalogue.models import Artwork"),
        ("app.catalogue.queries", "from app.engine import images"),
        ("app.usage.searches", "import app.web.search"),
        ("app.accounts.models", "from ..engine.types import Image"),
        ("app.services", "from app.web import answers"),
        ("tasks.indexing", "from app.cli.output import print_json"),
    ],
)
def test_an_import_against_the_direction_is_seen(module: str, line: str) -> None:
    assert wrong_imports(line, module)


def run_python(code: str, folder: Path) -> str:
    environment = {**os.environ, "PINAKES_INSTANCE": str(folder), "FLASK_APP": "wsgi.py"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_flask_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
import sys
from flask.cli import main
sys.argv = ["flask", "--help"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print("LOADED", sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    lines = run_python(code, tmp_path).splitlines()
    assert any("evaluate" in line for line in lines), "the application's own commands are not in the help"
    assert lines[-1] == "LOADED []"


def test_the_engine_runs_without_a_framework(tmp_path: Path) -> None:
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in python_files("app/engine")]
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name.removesuffix(".__init__"))
print("LOADED", sorted({{"flask", "sqlalchemy", "celery", "tensorflow"}} & set(sys.modules)))
"""
    assert run_python(code, tmp_path).splitlines()[-1] == "LOADED []"


@pytest.mark.parametrize(("path", "command"), generate.commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_help_with_an_example(path: str, command: click.Command) -> None:
    assert command.help, f"`{path}` has no help"
    if not isinstance(command, click.Group):
        example = re.compile(rf"Example:[\s\x08]+(\w+=\S+ )*{path}\b")
        text = f"{command.help}\n{command.epilog or ''}"
        assert example.search(text), f"the help of `{path}` has no line `Example: {path} …`"


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_generated_pages_are_fresh(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == generate.PAGES[name](), f"docs/{name} is stale; run .venv/bin/python -m docs.generate"


def test_every_command_and_setting_is_on_its_page() -> None:
    pages = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in generate.PAGES}
    for path, _ in generate.commands():
        assert f"`{path}`" in pages["commands.md"]
    for name in Settings.model_fields:
        assert f"`PINAKES_{name.upper()}`" in pages["settings.md"]


def lengths(*folders: str) -> dict[str, int]:
    files = python_files(*folders)
    return {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}


def test_files_are_short() -> None:
    every = lengths("app", "tasks", "tests", "docs", "benchmarks")
    assert not {name: length for name, length in every.items() if length > CEILING}
    assert statistics.median(length for length in lengths("app", "tasks").values() if length > 3) <= MEDIAN_FILE
