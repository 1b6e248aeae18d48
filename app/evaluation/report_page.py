"""What report pages share: one folder that is opened without a server, light and dark, with thumbnails beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from app.engine.images import resize, save_jpeg
from app.engine.types import Image

SIDE = 160  # pixels of a thumbnail
STYLE = """
:root { color-scheme: light dark; --right: #0a6b3b; --wrong: #a3262a; --junk: #6b6b6b; }
@media (prefers-color-scheme: dark) { :root { --right: #5fd39a; --wrong: #ff8f8a; --junk: #aaa; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem; }
ol { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; padding: 0; margin: 0 0 2rem; }
figure { margin: 0; width: 10rem; font-size: .8rem; overflow-wrap: anywhere; }
img { max-width: 100%; border: 3px solid currentColor; box-sizing: border-box; }
.right { color: var(--right); } .wrong { color: var(--wrong); } .junk { color: var(--junk); }
a { color: inherit; } ol a { text-decoration: none; } ol a:hover figcaption { text-decoration: underline; }
h2:target { border-left: 4px solid; padding-left: .5rem; } .up { font-size: 1rem; font-weight: normal; }
.queries { columns: 16rem auto; list-style: none; padding: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } caption { text-align: left; font-style: italic; } table { border-collapse: collapse; margin: 0 0 2rem; }
td, th { padding: .15rem .75rem .15rem 0; text-align: left; vertical-align: top; } td { font-variant-numeric: tabular-nums; }
"""


def page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already; the first of a row is its heading."""
    first = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows)
    return f'<div class="wide"><table><caption>{escape(caption)}</caption><tr>{first}</tr>{body}</table></div>'


def figures(values: Mapping[str, Any]) -> str:
    """Figures with their intervals."""
    rows = [
        (escape(name), number(one["value"]), f"{number(one['low'])} … {number(one['high'])}", str(one["n"]))
        for name, one in values.items()
    ]
    return table("Figures", ("figure", "value", "95 % interval", "of"), rows)


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def thumbnail(folder: Path, name: str, image: Image) -> str:
    """Write `pictures/<name>.jpg`; returns its address from the page."""
    path = folder / "pictures" / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_jpeg(resize(image, SIDE), path, 80)
    return f"pictures/{name}.jpg"


def figure(address: str, alt: str, kind: str, *lines: str) -> str:
    """A picture with lines of text below; kind: right, wrong, junk or empty."""
    caption = "<br>".join(escape(line) for line in lines if line)
    shown = f'<img src="{escape(address)}" alt="{escape(alt)}" loading="lazy">' if address else "cannot be read"
    return f'<figure class="{kind}">{shown}<figcaption>{caption}</figcaption></figure>'
