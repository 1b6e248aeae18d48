"""The first answers of each query as a page with thumbnails: right, wrong, not counted; any query is found by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from app.engine.errors import ImageError
from app.engine.images import read_image
from app.evaluation import report_page
from app.evaluation.protocols.run import Ranked, cut
from app.evaluation.protocols.task import Item, Task

WORDS = {"right": "✓ right", "wrong": "✗ wrong", "junk": "– not counted"}
QUERIES, ANSWERS = 50, 10
A_FILE = 100  # queries; of more, a browser is long in laying out one file


@dataclass(frozen=True)
class Answer:
    """One picture of a ranking: its place from 1, its position in the database, its cosine, how it is judged."""

    place: int
    position: int
    score: float
    kind: str


def write(
    folder: Path, task: Task, ranked: Ranked, result: Mapping[str, Any], *, queries: int = QUERIES, answers: int = ANSWERS
) -> Path:
    """`folder/index.html` with figures and every query of the first `queries`, their answers in it or, of more than
    A_FILE, in files beside it; thumbnails beside those. Returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = range(min(queries, len(task.queries)))
    lists = [answered(task, ranked, number, answers) for number in shown]
    files = [shown[start : start + A_FILE] for start in range(0, len(shown), A_FILE)]
    home = {number: "" if len(files) < 2 else _name(file) for file, numbers in enumerate(files) for number in numbers}
    asks = {_key(task.queries[number]): number for number in shown}  # database pictures that are queries as well
    pictures = _Thumbnails(folder)
    sections = [_section(pictures, task, number, lists[number], asks, home) for number in shown]
    head = report_page.figures(result["figures"]) + _told(len(task.queries), len(shown)) + _index(task, lists, home)
    if len(files) < 2:
        return _file(folder / "index.html", task, head + "".join(sections))
    for file, numbers in enumerate(files):
        body = '<p><a href="index.html">All queries</a></p>' + "".join(sections[number] for number in numbers)
        _file(folder / _name(file), task, body)
    return _file(folder / "index.html", task, head)


def answered(task: Task, ranked: Ranked, number: int, answers: int) -> list[Answer]:
    """The first answers of a query, as they are judged."""
    right, junk = task.marks(number)
    positions, scores = ranked.rankings[number][:answers].tolist(), ranked.scores[number].tolist()
    return [
        Answer(place, position, scores[place - 1], "right" if position in right else "junk" if position in junk else "wrong")
        for place, position in enumerate(positions, 1) if position >= 0
    ]  # fmt: skip


def precision(answers: Sequence[Answer]) -> str:
    """`3 of 9`: right ones among those that count."""
    return f"{sum(one.kind == 'right' for one in answers)} of {sum(one.kind != 'junk' for one in answers)}"


def _index(task: Task, lists: Sequence[Sequence[Answer]], home: Mapping[int, str]) -> str:
    """Every query that is shown, with how many of its first answers are right: looked up here, or by the browser's own search."""
    rows = [
        f'<li><a href="{home[number]}#q{number}">{escape(task.queries[number].name)}</a> {precision(answers)} right</li>'
        for number, answers in enumerate(lists)
    ]
    return f'<h2 id="queries">Queries</h2><ul class="queries">{"".join(rows)}</ul>'


def _told(there: int, shown: int) -> str:
    more = "" if shown == there else f" of {there}; --page-queries shows more"
    return f"<p>{shown} queries{more}. A picture that is itself a query leads to its own answers.</p>"


def _section(
    pictures: _Thumbnails, task: Task, number: int, answers: Sequence[Answer], asks: Mapping[tuple[Any, ...], int],
    home: Mapping[int, str],
) -> str:
    item = task.queries[number]
    figures = [pictures.figure(item, f"q{number}", "", "query")]
    for one in answers:
        shown = task.database[one.position]
        figure = pictures.figure(shown, f"d{one.position}", one.kind, f"{one.place}. {WORDS[one.kind]}, {one.score:.3f}")
        itself = asks.get(_key(shown), number)
        figures.append(figure if itself == number else f'<a href="{home[itself]}#q{itself}">{figure}</a>')
    listed = "".join(f"<li>{figure}</li>" for figure in figures)
    back = "" if home[number] else ' <a class="up" href="#queries">all queries</a>'
    return f'<h2 id="q{number}">{escape(item.name)}: {precision(answers)} right{back}</h2><ol>{listed}</ol>'


def _key(item: Item) -> tuple[Any, ...]:
    """What makes two items one picture: a part of it, or it changed, is another."""
    return item.path, item.box, item.change


def _name(file: int) -> str:
    return f"queries-{file + 1:03}.html"


def _file(path: Path, task: Task, body: str) -> Path:
    path.write_text(report_page.page(f"{task.name}: ranked pictures", body), "utf-8")
    return path


@dataclass
class _Thumbnails:
    """Each picture is drawn once, however many queries it answers."""

    folder: Path
    drawn: dict[str, str] = field(default_factory=dict)

    def figure(self, item: Item, name: str, kind: str, caption: str) -> str:
        if name not in self.drawn:
            self.drawn[name] = self._address(item, name)
        return report_page.figure(self.drawn[name], item.name, kind, caption, item.name)

    def _address(self, item: Item, name: str) -> str:
        try:
            image = read_image(item.path, max_side=None if item.box else 4 * report_page.SIDE, min_side=1)
        except ImageError:
            return ""
        image = cut(image, item.box) if item.box else image
        return report_page.thumbnail(self.folder, name, item.change(image) if item.change else image)
