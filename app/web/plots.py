"""Plots as SVG, drawn on the server: functions of numbers, written as the page's language writes them.

Colours are classes that `staff.css` knows. A plot is 400 units wide, so that its text can be read on a phone; series
are told apart by their order (`s0`, `s1`, `s2`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup, escape

from app.language import day as written_day
from app.language import decimal, percent

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 6, 8, 22
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
ROW = 24  # height of one horizontal bar with its label
Values = Sequence[float | None]
Series = Sequence[tuple[str, Values]]


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


def day_labels(days: Sequence[date], most: int = 5) -> list[tuple[int, str]]:
    """(position, `3 Mar`) of at most `most` days, evenly spread, the last among them."""
    step = max(1, math.ceil(len(days) / most))
    return [(place, written_day(days[place], "d MMM")) for place in reversed(range(len(days) - 1, -1, -step))]


def bars(title: str, days: Sequence[date], series: Series, unit: str = "") -> Markup:
    """Stacked bars, one per day."""
    sums = [sum(values[place] or 0 for _name, values in series) for place in range(len(days))]
    scale = ticks(max(sums, default=0))
    width = PLOT_WIDTH / max(1, len(days))
    parts = [_axes(scale, days, unit, width)]
    for place, day in enumerate(days):
        base = 0.0
        for order, (name, values) in enumerate(series):
            value = values[place] or 0
            if value:
                parts.append(_bar(place, width, base, value, scale[-1], order, f"{written_day(day)}: {number(value, unit)} {name}"))
            base += value
    return _svg(title, HEIGHT, parts)


def _bar(place: int, width: float, base: float, value: float, top: float, order: int, words: str) -> str:
    x, w = LEFT + place * width + width * 0.12, width * 0.76
    y, h = _y(base + value, top), PLOT_HEIGHT * value / top
    return f'<rect class="s{order}" x="{x:.2f}" y="{y:.2f}" width="{w:.2f}" height="{h:.2f}">{_words(words)}</rect>'


def lines(title: str, days: Sequence[date], series: Series, unit: str = "", top: float | None = None) -> Markup:
    """One line per series; a day without a value is a gap."""
    known = [value for _name, values in series for value in values if value is not None]
    scale = ticks(top or max(known, default=0))
    width = PLOT_WIDTH / max(1, len(days))
    parts = [_axes(scale, days, unit, width)]
    for order, (name, values) in enumerate(series):
        points = [
            None if value is None else (LEFT + (place + 0.5) * width, _y(value, scale[-1]))
            for place, value in enumerate(values)
        ]
        parts.append(_path(points, order))
        for place, point in enumerate(points):
            if point is not None:
                words = f"{written_day(days[place])}: {number(values[place] or 0, unit)} {name}"
                parts.append(f'<circle class="s{order}" cx="{point[0]:.2f}" cy="{point[1]:.2f}" r="2.5">{_words(words)}</circle>')
    return _svg(title, HEIGHT, parts)


def _path(points: Sequence[tuple[float, float] | None], order: int) -> str:
    moves, pen_down = [], False
    for point in points:
        if point is not None:
            moves.append(f"{'L' if pen_down else 'M'}{point[0]:.2f} {point[1]:.2f}")
        pen_down = point is not None
    return f'<path class="line s{order}" d="{" ".join(moves)}"/>' if moves else ""


def ranges(title: str, rows: Sequence[tuple[str, float, float]], unit: str = "") -> Markup:
    """Horizontal bars of two values each (p50 solid, p95 behind it), one row per label."""
    top = ticks(max((high for _label, _low, high in rows), default=0))[-1]
    room = WIDTH - 70 - 64
    parts = []
    for place, (label, low, high) in enumerate(rows):
        y = place * ROW + 5
        words = f"{label}: p50 {number(low, unit)}, p95 {number(high, unit)}"
        parts.append(
            f'<g>{_words(words)}<text x="64" y="{y + 11}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="behind" x="70" y="{y}" width="{room * high / top:.2f}" height="14"/>'
            f'<rect class="s0" x="70" y="{y + 3}" width="{room * low / top:.2f}" height="8"/>'
            f'<text class="value" x="{70 + room * high / top + 5:.2f}" y="{y + 11}">{number(high, unit)}</text></g>'
        )
    return _svg(title, len(rows) * ROW + 4, parts)


def _axes(scale: Sequence[float], days: Sequence[date], unit: str, width: float) -> str:
    parts = []
    for value in scale:
        y = _y(value, scale[-1])
        parts.append(f'<path class="grid" d="M{LEFT} {y:.2f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y + 4:.2f}" text-anchor="end">{number(value, unit if unit == "%" else "")}</text>')
    for place, words in day_labels(days):
        x = min(max(LEFT + (place + 0.5) * width, LEFT + 14), WIDTH - RIGHT - 16)
        parts.append(f'<text x="{x:.2f}" y="{HEIGHT - 6}" text-anchor="middle">{words}</text>')
    return "".join(parts)


def _y(value: float, top: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - value / top)


def _words(text: str) -> str:
    return f"<title>{escape(text)}</title>"


def _svg(title: str, height: float, parts: Sequence[str]) -> Markup:
    head = f'<svg class="plot" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
    return Markup(head + "".join(parts) + "</svg>")  # every text in it was escaped where it was put in
