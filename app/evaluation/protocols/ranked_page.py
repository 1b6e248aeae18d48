"""The first answers of each query as a page with thumbnails: right, wrong, not counted."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from app.engine.errors import ImageError
from app.engine.images import read_image
from app.evaluation import report_page
from app.evaluation.protocols.run import Ranked, cut
from app.evaluation.protocols.task import Item, Task

WORDS = {"right": "right", "wrong": "wrong", "junk": "not counted"}


def write(folder: Path, task: Task, ranked: Ranked, result: Mapping[str, Any], *, queries: int = 50, answers: int = 10) -> Path:
    """`folder/index.html` and thumbnails beside it, of the first `queries` queries. Returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = [_query(folder, task, ranked, number, answers) for number in range(min(queries, len(task.queries)))]
    page = folder / "index.html"
    body = report_page.figures(result["figures"]) + "".join(shown)
    page.write_text(report_page.page(f"{task.name}: ranked pictures", body), "utf-8")
    return page


def _query(folder: Path, task: Task, ranked: Ranked, number: int, answers: int) -> str:
    right, junk = task.marks(number)
    item = task.queries[number]
    figures = [_figure(folder, item, f"q{number}", "", "query")]
    for place, position in enumerate(ranked.rankings[number][:answers].tolist(), 1):
        kind = "right" if position in right else "junk" if position in junk else "wrong"
        caption = f"{place}. {WORDS[kind]}, {ranked.scores[number][place - 1]:.3f}"
        figures.append(_figure(folder, task.database[position], f"d{position}", kind, caption))
    return f"<h2>{escape(item.name)}</h2><ol>{''.join(f'<li>{figure}</li>' for figure in figures)}</ol>"


def _figure(folder: Path, item: Item, name: str, kind: str, caption: str) -> str:
    try:
        image = read_image(item.path, max_side=None if item.box else 4 * report_page.SIDE, min_side=1)
    except ImageError:
        return report_page.figure("", item.name, kind, caption, item.name)
    image = cut(image, item.box) if item.box else image
    address = report_page.thumbnail(folder, name, item.change(image) if item.change else image)
    return report_page.figure(address, item.name, kind, caption, item.name)
