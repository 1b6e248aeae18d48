"""The report of a folder of photos as a page: figures, times by stage, every photo beside the work that was answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from app.engine.errors import ImageError
from app.engine.images import read_image
from app.evaluation import report_page
from app.evaluation.folder import SHARES, Asked

WORDS = {
    "identified": "identified", "uncertain": "uncertain", "not_in_catalogue": "not in the catalogue",
    "unreadable": "cannot be read",
}
PictureOf = Callable[[str], Path | None]  # artwork id → its picture


def write(folder: Path, asked: Sequence[Asked], result: Mapping[str, Any], picture_of: PictureOf) -> Path:
    """`folder/index.html` and thumbnails beside it. Returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    verdicts = [(escape(WORDS[name]), str(count)) for name, count in sorted(result["verdicts"].items())]
    times = [
        (stage, *(f"{one[f'p{share}']:.0f}" for share in SHARES), f"{one['max']:.0f}")
        for stage, one in result["timings_ms"].items()
    ]
    body = (
        f"<p>{result['n_photos']} photos, {result['n_judged']} with the work in their name; build {escape(result['build'])}, "
        f"preset {escape(result['preset'])}.</p>"
        + report_page.figures(result["figures"])
        + report_page.table("Answers", ("verdict", "photos"), verdicts)
        + report_page.table("Times in milliseconds", ("stage", *(f"p{share}" for share in SHARES), "longest"), times)
        + "".join(_pair(folder, one, number, picture_of) for number, one in enumerate(asked))
    )
    page = folder / "index.html"
    page.write_text(report_page.page("Photos of a folder", body), "utf-8")
    return page


def _pair(folder: Path, one: Asked, number: int, picture_of: PictureOf) -> str:
    kind = "" if not one.wanted else "right" if one.right else "wrong"
    figures = [_figure(folder, one.path, f"photo{number}", one.name, "", one.error or WORDS[one.verdict])]
    if one.best:
        best = one.best
        path = picture_of(str(best["artwork_id"]))
        words = [f"{kind}: {best['artwork_id']}" if kind else str(best["artwork_id"]), str(best["title"]), str(best["artist"])]
        words.append(f"{best['probability']:.2f}, {best['inliers']} inliers")
        figures.append(_figure(folder, path, f"work{number}", str(best["title"]), kind, *words))
    return f"<h2>{escape(one.name)}</h2><ol>{''.join(f'<li>{figure}</li>' for figure in figures)}</ol>"


def _figure(folder: Path, path: Path | None, name: str, alt: str, kind: str, *lines: str) -> str:
    try:
        address = report_page.thumbnail(folder, name, read_image(path, max_side=4 * report_page.SIDE, min_side=1)) if path else ""
    except ImageError:
        address = ""
    return report_page.figure(address, alt, kind, *lines)
