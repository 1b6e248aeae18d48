"""Plots of the index study as SVG, in the manner of `plots`: a histogram, and the way of a query through the cells."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from app.language import decimal, ngettext
from app.language import gettext as _
from app.studying import Step
from app.web.plots import BOTTOM, HEIGHT, LEFT, PLOT_HEIGHT, PLOT_WIDTH, RIGHT, TOP, WIDTH, number, ticks

MOST_BINS = 24
MOST_STEPS = 100  # cells of a way that are drawn
LABELS = 6


def binned(values: Sequence[int]) -> list[tuple[int, int, int]]:
    """(first, last, how many) of at most MOST_BINS equally wide bins from the smallest to the largest value; none of no values."""
    if not len(values):
        return []
    low, high = min(values), max(values)
    width = -(-(high - low + 1) // MOST_BINS)
    counts = [0] * ((high - low) // width + 1)
    for value in values:
        counts[(value - low) // width] += 1
    return [(low + place * width, low + (place + 1) * width - 1, count) for place, count in enumerate(counts)]


def histogram(title: str, bins: Sequence[tuple[int, int, int]], words: str) -> Markup:
    """Bars over bins; `words` is what stands at a bar: a sentence with %(range)s and %(count)s."""
    scale = ticks(max(4, *(count for _first, _last, count in bins)) if bins else 4)  # counts are whole
    parts, width = [_grid(scale)], PLOT_WIDTH / max(1, len(bins))
    for place, (first, last, count) in enumerate(bins):
        told = words % {"range": str(first) if first == last else f"{first}–{last}", "count": number(count)}
        parts.append(_bar(place, width, count / scale[-1], "s0", told))
    for place in _spread(len(bins)):
        parts.append(_below(place, width, number(bins[place][0])))
    return _svg(title, parts)


def way(title: str, steps: Sequence[Step]) -> Markup:
    """A bar for each cell, nearest first, as high as its centre is near; those looked into stand out, dots hold answers."""
    shown = steps[:MOST_STEPS]
    scale = ticks(max((step.cosine for step in shown), default=1.0))
    parts, width = [_grid(scale)], PLOT_WIDTH / max(1, len(shown))
    for place, step in enumerate(shown):
        told = _("Cell %(cell)s: cosine %(cosine)s", cell=step.cell, cosine=decimal(step.cosine, 3))
        if step.answers:
            found = ngettext("%(num)s of the ten nearest pictures", "%(num)s of the ten nearest pictures", step.answers)
            told = f"{told}; {found}"
        high = max(step.cosine, 0.0) / scale[-1]
        parts.append(_bar(place, width, high, "s1" if step.probed else "s2", told))
        if step.answers:
            x, y = LEFT + (place + 0.5) * width, max(TOP + 4, _y(high) - 6)
            parts.append(f'<circle class="s0" cx="{x:.2f}" cy="{y:.2f}" r="3"/>')
    for place in _spread(len(shown)):
        parts.append(_below(place, width, number(place + 1)))
    return _svg(title, parts)


def _spread(count: int) -> list[int]:
    return sorted({place * (count - 1) // max(1, min(LABELS, count) - 1) for place in range(min(LABELS, count))})


def _y(share: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - share)


def _bar(place: int, width: float, share: float, kind: str, words: str) -> str:
    x, w = LEFT + place * width + width * 0.1, width * 0.8
    box = f'x="{x:.2f}" y="{_y(share):.2f}" width="{w:.2f}" height="{PLOT_HEIGHT * share:.2f}"'
    return f'<rect class="{kind}" {box}><title>{escape(words)}</title></rect>'


def _below(place: int, width: float, words: str) -> str:
    x = min(max(LEFT + (place + 0.5) * width, LEFT + 4), WIDTH - RIGHT - 8)
    return f'<text x="{x:.2f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(words)}</text>'


def _grid(scale: Sequence[float]) -> str:
    lines = []
    for value in scale:
        y = _y(value / scale[-1])
        lines.append(f'<path class="grid" d="M{LEFT} {y:.2f}H{WIDTH - RIGHT}"/>')
        lines.append(f'<text x="{LEFT - 5}" y="{y + 4:.2f}" text-anchor="end">{number(value)}</text>')
    return "".join(lines)


def _svg(title: str, parts: Sequence[str]) -> Markup:
    head = f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    return Markup(head + "".join(parts) + "</svg>")  # every text in it was escaped where it was put in
