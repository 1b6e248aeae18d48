"""Plots as SVG, drawn on the server: functions of numbers, written as the page's language writes them.

Colours are classes that `staff.css` knows. A plot is 400 units wide, so that its text can be read on a phone; series
are told apart by their order (`s0`, `s1`, `s2`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from app.language import decimal, percent

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 6, 8, 22
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
ROW = 24  # height of one horizontal bar with its label
NAMES, FIGURES = 104, 64  # room for words beside horizontal bars: before them, and after
CELL, DAYS_ROOM = 18, 30  # of the heat map: height of a row, room for the days' names
SHADES = 6
MANY = 40  # points from which on they are drawn smaller
Values = Sequence[float | None]
Series = Sequence[tuple[str, Values]]


class Label(NamedTuple):
    """What a place on the axis is called: there, and where it is told of."""

    short: str
    long: str


def ticks(top: float, most: int = 4) -> list[float]:
    """Round numbers from 0 to at least `top`, at most `most` steps: 1, 2, 2.5 or 5 times a power of ten apart.

    `top` ≤ 0 gives 0 and 1.
    """
    if top <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(top / most))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power * most >= top * (1 - 1e-9))
    return [n * step for n in range(math.ceil(top / step - 1e-9) + 1)]


def number(value: float, unit: str = "") -> str:
    """`1,200`, `0.5`, `85%`: as few digits as say it."""
    if unit == "%":
        return percent(value)
    digits = 0 if value >= 10 else next((digits for digits in (0, 1) if round(value, digits) == value), 2)
    text = decimal(value, digits)
    return f"{text} {unit}".strip()


def marked(labels: Sequence[Label], most: int = 5) -> list[int]:
    """Places of at most `most` labels that are written, evenly spread, the last among them."""
    step = max(1, math.ceil(len(labels) / most))
    return list(reversed(range(len(labels) - 1, -1, -step)))


def bars(title: str, labels: Sequence[Label], series: Series, unit: str = "") -> Markup:
    """Stacked bars, one per label."""
    sums = [sum(values[place] or 0 for _name, values in series) for place in range(len(labels))]
    scale = ticks(max(sums, default=0))
    width = PLOT_WIDTH / max(1, len(labels))
    parts = [_axes(scale, labels, unit, width)]
    for place, label in enumerate(labels):
        base = 0.0
        for order, (name, values) in enumerate(series):
            value = values[place] or 0
            if value:
                words = f"{label.long}: {number(value, unit)} {name}"
                parts.append(_bar(place, width, base, value, scale[-1], order, words))
            base += value
    return _svg(title, HEIGHT, parts)


def _bar(place: int, width: float, base: float, value: float, top: float, order: int, words: str) -> str:
    x, w = LEFT + place * width + width * 0.12, width * 0.76
    y, h = _y(base + value, top), PLOT_HEIGHT * value / top
    return f'<rect class="s{order}" x="{x:.2f}" y="{y:.2f}" width="{w:.2f}" height="{h:.2f}">{_words(words)}</rect>'


def lines(title: str, labels: Sequence[Label], series: Series, unit: str = "", top: float | None = None) -> Markup:
    """One line per series; a place without a value is a gap."""
    known = [value for _name, values in series for value in values if value is not None]
    scale = ticks(top or max(known, default=0))
    width = PLOT_WIDTH / max(1, len(labels))
    parts = [_axes(scale, labels, unit, width)]
    for order, (name, values) in enumerate(series):
        parts += _line(labels, name, values, scale[-1], unit, order)
    return _svg(title, HEIGHT, parts)


def band(
    title: str, labels: Sequence[Label], names: Sequence[str], low: Values, middle: Values, high: Values, unit: str = "%"
) -> Markup:
    """The middle as a line in a band from low to high; `names` are those of the line and of the band."""
    scale, width = ticks(1.0), PLOT_WIDTH / max(1, len(labels))
    parts = [_axes(scale, labels, unit, width)]
    for run in _runs(low):
        ends = [(low[place] or 0.0, high[place] or 0.0, LEFT + (place + 0.5) * width) for place in run]
        if len(run) == 1:  # a band needs two ends: the one point gets some width
            ends = [(ends[0][0], ends[0][1], ends[0][2] + side * min(width, 12) / 2) for side in (-1, 1)]
        edge = [f"{x:.2f} {_y(top, scale[-1]):.2f}" for _bottom, top, x in ends]
        edge += [f"{x:.2f} {_y(bottom, scale[-1]):.2f}" for bottom, _top, x in reversed(ends)]
        parts.append(f'<path class="band" d="M{"L".join(edge)}Z"/>')
    for place, label in enumerate(labels):
        if low[place] is not None:
            words = f"{label.long}: {names[1]} {number(low[place] or 0, unit)} – {number(high[place] or 0, unit)}"
            parts.append(_target(place, width, words))
    return _svg(title, HEIGHT, [*parts, *_line(labels, names[0], middle, scale[-1], unit, 0)])


def _target(place: int, width: float, words: str) -> str:
    """Nothing to see, but a place to point at."""
    place_and_size = f'x="{LEFT + place * width:.2f}" y="{TOP}" width="{width:.2f}" height="{PLOT_HEIGHT}"'
    return f'<rect class="none" {place_and_size}>{_words(words)}</rect>'


def _line(labels: Sequence[Label], name: str, values: Values, top: float, unit: str, order: int) -> list[str]:
    width = PLOT_WIDTH / max(1, len(labels))
    points = [
        None if value is None else (LEFT + (place + 0.5) * width, _y(value, top)) for place, value in enumerate(values)
    ]
    radius = 2.5 if len(labels) < MANY else 1.6
    dots = [
        f'<circle class="s{order}" cx="{point[0]:.2f}" cy="{point[1]:.2f}" r="{radius}">'
        f"{_words(f'{label.long}: {number(value or 0, unit)} {name}')}</circle>"
        for label, value, point in zip(labels, values, points, strict=True)
        if point is not None
    ]
    return [_path(points, order), *dots]


def _path(points: Sequence[tuple[float, float] | None], order: int) -> str:
    moves, pen_down = [], False
    for point in points:
        if point is not None:
            moves.append(f"{'L' if pen_down else 'M'}{point[0]:.2f} {point[1]:.2f}")
        pen_down = point is not None
    return f'<path class="line s{order}" d="{" ".join(moves)}"/>' if moves else ""


def _runs(values: Values) -> list[list[int]]:
    """Places that have a value, in runs without a gap."""
    runs: list[list[int]] = []
    for place, value in enumerate(values):
        if value is not None:
            if not (runs and runs[-1][-1] == place - 1):
                runs.append([])
            runs[-1].append(place)
    return runs


def ranges(title: str, rows: Sequence[tuple[str, float, float, float]], unit: str = "") -> Markup:
    """Horizontal bars of three values each (p50 solid, p95 behind it, p99 a stroke), one row per label."""
    top = ticks(max((high for _label, _low, _high, high in rows), default=0))[-1]
    room = WIDTH - NAMES - FIGURES
    parts = []
    for place, (label, p50, p95, p99) in enumerate(rows):
        y, end = place * ROW + 5, NAMES + room * p99 / top
        words = f"{label}: p50 {number(p50, unit)}, p95 {number(p95, unit)}, p99 {number(p99, unit)}"
        parts.append(
            f"<g>{_words(words)}{_name(label, y)}"
            f'<path class="reach" d="M{NAMES} {y + 7}H{end:.2f}M{end:.2f} {y + 1}v12"/>'
            f'<rect class="behind" x="{NAMES}" y="{y}" width="{room * p95 / top:.2f}" height="14"/>'
            f'<rect class="s0" x="{NAMES}" y="{y + 3}" width="{room * p50 / top:.2f}" height="8"/>'
            f'<text class="value" x="{end + 5:.2f}" y="{y + 11}">{number(p99, unit)}</text></g>'
        )
    return _svg(title, len(rows) * ROW + 4, parts)


def shares(title: str, rows: Sequence[tuple[str, int]]) -> Markup:
    """Horizontal bars, each with its share of the whole."""
    whole = sum(count for _label, count in rows) or 1
    top = max((count for _label, count in rows), default=1)
    parts = []
    for place, (label, count) in enumerate(rows):
        y, width = place * ROW + 5, (WIDTH - NAMES - FIGURES) * count / top
        parts.append(
            f"<g>{_words(f'{label}: {number(count)}')}{_name(label, y)}"
            f'<rect class="s0" x="{NAMES}" y="{y + 1}" width="{width:.2f}" height="12"/>'
            f'<text class="value" x="{NAMES + width + 5:.2f}" y="{y + 11}">{percent(count / whole, 1)}</text></g>'
        )
    return _svg(title, len(rows) * ROW + 4, parts)


def heat(title: str, rows: Sequence[Label], columns: Sequence[Label], values: Sequence[Sequence[float]]) -> Markup:
    """A field of squares, the darker the more; empty ones stay light."""
    top = max((value for row in values for value in row), default=0) or 1
    width = (WIDTH - DAYS_ROOM - RIGHT) / len(columns)
    parts = []
    for down, row in enumerate(rows):
        parts.append(f'<text x="{DAYS_ROOM - 5}" y="{down * CELL + 13}" text-anchor="end">{escape(row.short)}</text>')
        for across, column in enumerate(columns):
            value = values[down][across]
            shade = math.ceil(SHADES * value / top)
            words = f"{row.long}, {column.long}: {number(value)}"
            parts.append(
                f'<rect class="h{shade}" x="{DAYS_ROOM + across * width:.2f}" y="{down * CELL:.2f}" '
                f'width="{width - 1:.2f}" height="{CELL - 1}">{_words(words)}</rect>'
            )
    foot = len(rows) * CELL + 13
    for across in range(0, len(columns), 3):
        x = DAYS_ROOM + (across + 0.5) * width
        parts.append(f'<text x="{x:.2f}" y="{foot}" text-anchor="middle">{escape(columns[across].short)}</text>')
    return _svg(title, foot + 5, parts)


def _name(label: str, y: float) -> str:
    return f'<text x="{NAMES - 6}" y="{y + 11}" text-anchor="end">{escape(label)}</text>'


def _axes(scale: Sequence[float], labels: Sequence[Label], unit: str, width: float) -> str:
    parts = []
    for value in scale:
        y = _y(value, scale[-1])
        parts.append(f'<path class="grid" d="M{LEFT} {y:.2f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y + 4:.2f}" text-anchor="end">{number(value, unit if unit == "%" else "")}</text>')
    for place in marked(labels):
        x = min(max(LEFT + (place + 0.5) * width, LEFT + 14), WIDTH - RIGHT - 16)
        parts.append(f'<text x="{x:.2f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(labels[place].short)}</text>')
    return "".join(parts)


def _y(value: float, top: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - value / top)


def _words(text: str) -> str:
    return f"<title>{escape(text)}</title>"


def _svg(title: str, height: float, parts: Sequence[str]) -> Markup:
    head = f'<svg class="plot" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
    return Markup(head + "".join(parts) + "</svg>")  # every text in it was escaped where it was put in
