"""`flask index compare` and `flask index map`: the engines that could serve, and the index as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError

COSTS = ("build", "p50", "p95", "of it CPU", "memory", "disk", "looks at")
TABLE_WIDTH = 160  # a narrower terminal breaks lines; figures that are cut short would be worse


@click.command("compare")
@click.option("--engines", "names", help='Factory strings, ";" between them; default: one of each kind.')
@click.option("--vectors", type=click.Path(path_type=Path), help="Rows of an .npy file; default: those of the published build.")
@click.option("--queries", default=500, show_default=True, type=click.IntRange(min=1), help="Vectors held out to ask for.")
@click.option("--plot", "plot_to", type=click.Path(path_type=Path, dir_okay=False), help="Write a picture (SVG).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError, OSError)
def compare(names: str | None, vectors: Path | None, queries: int, plot_to: Path | None, as_json: bool) -> None:
    """Search engines side by side: recall against exact search, build and query times, memory and disk.

    Engines that keep codes have a second row, with a second pass over full vectors. Nothing is published.

    Example: flask index compare --engines "Flat;IVF100,PQ8;HNSW32" --queries 200
    """
    from app.evaluation import engine_plot, engines

    rows = engines.read_vectors(vectors or _published())
    wanted = [name.strip() for name in names.split(";") if name.strip()] if names else engines.DEFAULT
    with progress_bar() as bar:
        task = bar.add_task("engines", total=None)
        result = engines.compare(
            rows, wanted or engines.DEFAULT, queries=queries,
            progress=lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total),
        )
    if plot_to is not None:
        plot_to.write_text(engine_plot.plot(result), encoding="utf-8")
    if as_json:
        print_json(result)
    else:
        _show(result)


def _published() -> Path:
    """The vectors of the published build as it was built."""
    from app import services

    shelf = services.builds()
    return shelf.folder / shelf.current() / "segments" / "base" / "vectors.npy"


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=max(Console().width, TABLE_WIDTH))
    console.print(f"{result['vectors']} vectors of {result['dim']} numbers, {result['queries']} queries, one core", highlight=False)
    figures = [row for row in result["engines"] if "error" not in row]
    table = Table("engine", *(f"recall@{k}" for k in ("1", "10", "100")), *COSTS)
    for row in figures:
        table.add_row(*_cells(row))
    console.print(table)
    for row in result["engines"]:
        if told := row.get("error") or row["warning"]:
            console.print(f"{row['engine']}: {told}", highlight=False, markup=False)
    if result["load_before"] > 1:
        busy = f"The machine was busy (load {result['load_before']}): of the times, trust those of the CPU."
        console.print(busy, highlight=False)


def _cells(row: dict[str, Any]) -> list[str]:
    recalls = (row["recall_at"].get(k) for k in ("1", "10", "100"))
    of = f" of {row['lists']} lists" if row["lists"] else ""
    return [
        f"{row['engine']} + full vectors" if row["second_pass"] else row["engine"],
        *(f"{one['value']:.3f} ({one['low']:.3f}–{one['high']:.3f})" if one else "–" for one in recalls),
        f"{row['build_s']:.1f} s", f"{row['p50_ms']:.2f} ms", f"{row['p95_ms']:.2f} ms", f"{row['cpu_ms']:.2f} ms",
        f"{row['memory_mb']:.1f} MB", f"{row['disk_mb']:.1f} MB", f"{row['effort']}{of}" if row["effort"] else "all",
    ]


@click.command("map")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError, OSError)
def draw_map(as_json: bool) -> None:
    """Draw the map of the published build's vectors, and count a graph over them, for the staff page Index study.

    Both are kept with the build. A minute or so, however large the catalogue: 1,500 pictures are laid out, the others among them.

    Example: flask index map
    """
    from app import studying

    with progress_bar() as bar:
        task = bar.add_task("map", total=None)
        told = studying.draw_map(lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total))
    if as_json:
        print_json(told)
    else:
        click.echo(f"{told['pictures']} pictures of build {told['build']} are on the map; graph layers of {told['layers']} nodes.")
