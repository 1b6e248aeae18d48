"""The analysis of a set of pictures as a page: plots, lists, and the pairs that look alike beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.errors import ImageError
from app.engine.images import read_image
from app.evaluation import report_page
from app.evaluation.analysis import BLURRED, NEAR, NOISY, Facts

SHOWN = 24  # pictures or pairs of a list
BINS = 24
ABOUT = {"blurred": f"Sharpness below {BLURRED:.0f}.", "noisy": f"Noise from {NOISY:.0f} grey levels.", "greyscale": ""}
WIDE, HIGH, FOOT = 640, 160, 24  # pixels of a plot


def write(folder: Path, title: str, found: Sequence[Facts], result: Mapping[str, Any]) -> Path:
    """`folder/index.html` and thumbnails beside it. Returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    good = [one for one in found if not one.error]
    by_name = {one.source.name: one for one in good}
    body = _counts(result) + "".join(_plots(good)) + _groups(result) + _alike(folder, by_name, result)
    for name, words in ABOUT.items():
        body += _listed(folder, by_name, name, words, result[name]["pictures"])
    body += _unreadable(result["unreadable"])
    page = folder / "index.html"
    page.write_text(report_page.page(title, body), "utf-8")
    return page


def _counts(result: Mapping[str, Any]) -> str:
    rows = [("pictures", str(result["pictures"]), ""), ("cannot be read", str(len(result["unreadable"])), "")]
    rows += [(name, str(result[name]["count"]), _percent(result[name]["share"])) for name in ("greyscale", "blurred", "noisy")]
    rows += [(name, str(count), "") for name, count in sorted(result["shapes"].items())]
    rows += [("pairs that look alike", str(len(result["near_duplicates"])), "")]
    rows += [("with the time when it was taken", str(result["taken"]["with_time"]), "")]
    return report_page.table("Pictures", ("", "count", "share"), rows)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _plots(good: Sequence[Facts]) -> list[str]:
    size = [one.width * one.height / 1e6 for one in good]
    years = [float(one.source.year) for one in good if one.source.year is not None]
    return [
        histogram("Size in megapixels", size),
        histogram("Width over height", [one.width / one.height for one in good]),
        histogram("Decimal logarithm of the sharpness at 512 pixels", [float(np.log10(max(one.sharpness, 1e-3))) for one in good]),
        histogram("Noise in grey levels at 512 pixels", [one.noise for one in good]),
        histogram("Year of the work", years),
    ]


def histogram(title: str, values: Sequence[float]) -> str:
    """Bars of equal width from the smallest value to the largest, with a table for those who cannot see them."""
    if not values:
        return ""
    counts, edges = np.histogram(np.asarray(values, np.float64), bins=min(BINS, max(1, len(set(values)))))
    step = WIDE / len(counts)
    bars = "".join(
        f'<rect x="{number * step + 1:.1f}" y="{HIGH - HIGH * count / counts.max():.1f}" width="{max(1.0, step - 2):.1f}" '
        f'height="{HIGH * count / counts.max():.1f}"><title>{low:.4g} to {high:.4g}: {count}</title></rect>'
        for number, (count, low, high) in enumerate(zip(counts, edges[:-1], edges[1:], strict=True))
    )
    ends = (
        f'<text x="0" y="{HIGH + FOOT - 6}">{edges[0]:.4g}</text>'
        f'<text x="{WIDE}" y="{HIGH + FOOT - 6}" text-anchor="end">{edges[-1]:.4g}</text>'
        f'<text x="{WIDE / 2}" y="{HIGH + FOOT - 6}" text-anchor="middle">{(edges[0] + edges[-1]) / 2:.4g}</text>'
    )
    rows = [
        (f"{low:.4g} to {high:.4g}", str(count)) for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True) if count
    ]
    return (
        f'<h2>{escape(title)}</h2><svg viewBox="0 0 {WIDE} {HIGH + FOOT}" role="img" aria-label="{escape(title)}" '
        f'style="max-width:{WIDE}px;width:100%" fill="currentColor" font-size="14">{bars}{ends}</svg>'
        f"<details><summary>As a table</summary>{report_page.table(title, ('values', 'pictures'), rows)}</details>"
    )


def _groups(result: Mapping[str, Any]) -> str:
    largest = result["groups"]["largest"]
    if not largest:
        return ""
    return report_page.table(
        f"Pictures of an artist or class: the largest of {result['groups']['count']}", ("name", "pictures"),
        [(escape(name), str(count)) for name, count in largest],
    )


def _alike(folder: Path, by_name: Mapping[str, Facts], result: Mapping[str, Any]) -> str:
    pairs = result["near_duplicates"]
    rows = "".join(
        f"<ol><li>{_picture(folder, by_name[pair['a']])}</li><li>{_picture(folder, by_name[pair['b']])}</li></ol>"
        for pair in sorted(pairs, key=lambda pair: pair["bits"])[:SHOWN]
    )
    about = f"<p>{len(pairs)} pairs whose hashes of 64 bits differ in {NEAR} at most{_first(len(pairs))}.</p>"
    return f"<h2>Pairs that look alike</h2>{about}{rows}"


def _listed(folder: Path, by_name: Mapping[str, Facts], name: str, words: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    shown = "".join(f"<li>{_picture(folder, by_name[one])}</li>" for one in names[:SHOWN])
    return f"<h2>{name.capitalize()}</h2><p>{len(names)} pictures{_first(len(names))}. {words}</p><ol>{shown}</ol>"


def _first(count: int) -> str:
    return f"; the first {SHOWN} are shown" if count > SHOWN else ""


def _picture(folder: Path, one: Facts) -> str:
    try:
        image = read_image(one.source.path, max_side=4 * report_page.SIDE, min_side=1)
    except ImageError:
        return report_page.figure("", one.source.name, "", one.source.name)
    address = report_page.thumbnail(folder, f"{one.code:016x}", image)
    facts = f"{one.width} × {one.height}, sharpness {one.sharpness:.0f}, noise {one.noise:.1f}"
    return report_page.figure(address, one.source.name, "", one.source.name, facts)


def _unreadable(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return ""
    cells = [(escape(row["picture"]), escape(row["reason"])) for row in rows[:SHOWN]]
    return report_page.table("Cannot be read", ("picture", "why"), cells)
