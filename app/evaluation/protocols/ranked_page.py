"""The first answers of each query as a page with thumbnails: right, wrong, not counted. One folder, opened without a server."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from app.engine.errors import ImageError
from app.engine.images import read_image, resize, save_jpeg
from app.evaluation.protocols.run import Ranked, cut
from app.evaluation.protocols.task import Item, Task

SIDE = 160  # pixels of a thumbnail
WORDS = {"right": "right", "wrong": "wrong", "junk": "not counted"}
STYLE = """
:root { color-scheme: light dark; --right: #0a6b3b; --wrong: #a3262a; --junk: #6b6b6b; }
@media (prefers-color-scheme: dark) { :root { --right: #5fd39a; --wrong: #ff8f8a; --junk: #aaa; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem; }
ol { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; padding: 0; margin: 0 0 2rem; }
figure { margin: 0; width: 10rem; font-size: .8rem; overflow-wrap: anywhere; }
img { max-width: 100%; border: 3px solid currentColor; box-sizing: border-box; }
.right { color: var(--right); } .wrong { color: var(--wrong); } .junk { color: var(--junk); }
td, th { padding: .1rem .75rem .1rem 0; text-align: left; } td { font-variant-numeric: tabular-nums; }
"""


def write(folder: Path, task: Task, ranked: Ranked, result: Mapping[str, Any], *, queries: int = 50, answers: int = 10) -> Path:
    """`folder/index.html` and thumbnails beside it, of the first `queries` queries. Returns the page."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    rows = "".join(_query(folder, task, ranked, number, answers) for number in range(min(queries, len(task.queries))))
    page = folder / "index.html"
    page.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(task.name)}: ranked pictures</title><style>{STYLE}</style>"
        f"<h1>{escape(task.name)}</h1>{_figures(result)}{rows}</html>\n",
        "utf-8",
    )
    return page


def _figures(result: Mapping[str, Any]) -> str:
    cells = "".join(
        f"<tr><th scope=row>{escape(name)}<td>{_number(one['value'])}"
        f"<td>{_number(one['low'])} … {_number(one['high'])}<td>{one['n']}"
        for name, one in result["figures"].items()
    )
    return f"<table><tr><th>figure<th>value<th>95 % interval<th>of{cells}</table>"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _query(folder: Path, task: Task, ranked: Ranked, number: int, answers: int) -> str:
    right, junk = task.marks(number)
    item = task.queries[number]
    shown = [position for position in ranked.rankings[number][:answers].tolist() if position >= 0]
    figures = [_figure(folder, item, f"q{number}", "", "query")]
    for place, position in enumerate(shown, 1):
        kind = "right" if position in right else "junk" if position in junk else "wrong"
        caption = f"{place}. {WORDS[kind]}, {ranked.scores[number][place - 1]:.3f}"
        figures.append(_figure(folder, task.database[position], f"d{position}", kind, caption))
    return f"<h2>{escape(item.name)}</h2><ol>{''.join(f'<li>{figure}' for figure in figures)}</ol>"


def _figure(folder: Path, item: Item, name: str, kind: str, caption: str) -> str:
    path = folder / "pictures" / f"{name}.jpg"
    if not path.exists():
        try:
            image = read_image(item.path, max_side=None if item.box else 4 * SIDE, min_side=1)
        except ImageError:
            return f'<figure class="{kind}">cannot be read<figcaption>{escape(caption)}</figcaption></figure>'
        image = cut(image, item.box) if item.box else image
        save_jpeg(resize(item.change(image) if item.change else image, SIDE), path, 80)
    return (
        f'<figure class="{kind}"><img src="pictures/{name}.jpg" alt="{escape(item.name)}" loading="lazy">'
        f"<figcaption>{escape(caption)}<br>{escape(item.name)}</figcaption></figure>"
    )
