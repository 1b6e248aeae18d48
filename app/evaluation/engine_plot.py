"""Engines as a picture that stands alone: recall@10 to the right, time of a query upwards, memory as the size of the dot."""

from __future__ import annotations

import math
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 560
LEFT, RIGHT, TOP, BOTTOM = 80, 230, 56, 60
INK, GREY, LINE, ALONE, FULL = "#1c1a18", "#6b655e", "#ddd8d1", "#1c1a18", "#b3311c"


def plot(result: dict[str, Any]) -> str:
    """SVG of what `engines.compare` gave; engines without figures are left out."""
    rows = [row for row in result["engines"] if "recall_at" in row]
    title = f"Search engines on {result['vectors']:,} vectors of {result['dim']} numbers, {result['queries']} queries"
    low, high = _decades([row["p50_ms"] for row in rows])
    parts = [_head(title, rows), *_axes(low, high)]
    spots = [(_x(_recall(row)), _y(row["p50_ms"], low, high), row) for row in rows]
    for (x, y, row), (x2, y2, other) in zip(spots, spots[1:], strict=False):
        if other["engine"] == row["engine"]:
            parts.append(f'<path d="M{x:.1f} {y:.1f}L{x2:.1f} {y2:.1f}" stroke="{GREY}" stroke-dasharray="3 3"/>')
    parts += [_dot(x, y, row) for x, y, row in spots]
    parts += _labels(spots)
    return "\n".join([*parts, "</svg>", ""])


def _recall(row: dict[str, Any]) -> float:
    found = row["recall_at"]
    return float((found.get("10") or found["1"])["value"])


def _head(title: str, rows: list[dict[str, Any]]) -> str:
    told = "; ".join(f"{_name(row)}: recall {_recall(row):.3f}, {row['p50_ms']:.2f} ms, {row['memory_mb']:.1f} MB" for row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d" '
        f'font-family="sans-serif" font-size="14" fill="{INK}">\n'
        f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(told)}</desc>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n<text x="{LEFT}" y="26" font-size="17">{escape(title)}</text>\n'
        f'<text x="{LEFT}" y="46" fill="{GREY}">Time of a query (p50, one core) against recall@10; larger dots take more memory. '
        f'<tspan fill="{FULL}">Red: with a second pass.</tspan></text>'
    )


def _axes(low: int, high: int) -> list[str]:
    parts = []
    for step in range(0, 11, 2):
        x = _x(step / 10)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{LINE}"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle" fill="{GREY}">{step / 10:g}</text>')
    for power in range(low, high + 1):
        y = _y(10.0**power, low, high)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{LINE}"/>')
        parts.append(f'<text x="{LEFT - 10}" y="{y + 5:.1f}" text-anchor="end" fill="{GREY}">{10.0**power:g} ms</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">recall@10 against exact search</text>')
    return parts


def _dot(x: float, y: float, row: dict[str, Any]) -> str:
    radius = 4 + 1.3 * math.sqrt(max(row["memory_mb"], 0) ** 0.8)
    figure = row["recall_at"].get("10") or row["recall_at"]["1"]
    colour = FULL if row["second_pass"] else ALONE
    low, high = _x(figure["low"]), _x(figure["high"])
    spread = f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="{colour}" stroke-width="2"/>'
    look = f'fill="{colour}" fill-opacity=".55" stroke="{colour}"'
    return f'{spread}<circle cx="{x:.1f}" cy="{y:.1f}" r="{min(radius, 26):.1f}" {look}/>'


def _labels(spots: list[tuple[float, float, dict[str, Any]]]) -> list[str]:
    """Names to the right of the plot's dots, pushed down where they would lie on each other."""
    parts: list[str] = []
    last = float(TOP)
    at = WIDTH - RIGHT + 24
    for x, y, row in sorted(spots, key=lambda spot: spot[1]):
        last = max(y, last + 17)
        colour = FULL if row["second_pass"] else ALONE
        parts.append(f'<path d="M{x:.1f} {y:.1f}L{at - 4} {last:.1f}" stroke="{colour}" stroke-opacity=".3"/>')
        parts.append(f'<text x="{at}" y="{last + 5:.1f}" font-size="13" fill="{colour}">{escape(_name(row))}</text>')
    return parts


def _name(row: dict[str, Any]) -> str:
    return f"{row['engine']} + full" if row["second_pass"] else str(row["engine"])


def _decades(values: list[float]) -> tuple[int, int]:
    low = math.floor(math.log10(max(min(values, default=0.1), 1e-3)))
    return low, max(low + 1, math.ceil(math.log10(max(max(values, default=1.0), 1e-3))))


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * share


def _y(milliseconds: float, low: int, high: int) -> float:
    place = (math.log10(max(milliseconds, 1e-3)) - low) / (high - low)
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * place
