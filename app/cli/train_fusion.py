"""`flask train fusion`: how much the global and how much the local score says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError
from app.engine.fusion import PATH, Local, sections
from app.evaluation.ground_truth import GroundTruthError, read_ground_truth

if TYPE_CHECKING:
    from app.engine.types import SearchResult


@click.command("fusion", epilog="Example: flask train fusion photos.csv --half a --local inliers")
@click.argument("file", metavar="PHOTOS.csv", type=click.Path(path_type=Path))
@click.option("--half", default="a", show_default=True, type=click.Choice(("a", "b")), help="Chosen on this, told of the other.")
@click.option("--local", default="inliers", show_default=True, type=click.Choice(get_args(Local)), help="The local score.")
@click.option("--false-accepts", default=0.005, show_default=True, type=click.FloatRange(0, 1), help="Wrong answers that may pass.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; default: the file that the application reads.")
@click.option("--json", "as_json", is_flag=True, help="Print the card as JSON only.")
@with_appcontext
@one_line_errors(EngineError, GroundTruthError, OSError)
def fusion(file: Path, half: str, local: Local, false_accepts: float, out: Path | None, as_json: bool) -> None:
    """Choose v of `v · global + (1 − v) · local` on one half of the photos in PHOTOS.csv (columns photo, artwork_ids, kind).

    Local scores: inliers (the preset `fusion`, with its two thresholds), vlad and patches (the presets of these names). Figures
    on the other half are printed with their 95 % intervals. Photos of simulated visitors will do: `flask simulate photos`.
    """
    from app import services
    from app.engine.builds import write_json
    from app.training.fusion import card, collect

    truth = read_ground_truth(file)
    searcher = services.searcher() if local == "inliers" else services.searcher_by(local)

    def search(path: Path, exclude: frozenset[int]) -> SearchResult:
        return searcher.search(services.read_photo(path), exclude_works=exclude)

    with progress_bar() as bar:
        task = bar.add_task("photos", total=len(truth.photos))
        answers = collect(
            truth, services.source_ids(), search, local, progress=lambda done, total: bar.update(task, completed=done),
        )
    made = card(answers, [photo.name for photo in truth.photos], half, local, false_accepts=false_accepts)
    made["made_from"] = {
        "photos": len(truth.photos), "works": searcher.gallery.works, "data_hash": truth.data_hash,
        "preset": searcher.preset.name, "encoder": searcher.encoder.name,
    }
    target = out or PATH
    write_json(target, {**sections(target), local: made})
    if as_json:
        print_json(made)
        return
    click.echo(f"{target.name}, {local}: v = {made['v']}")
    for words, name in (("chosen", "chosen"), ("global alone", "global_alone"), ("local alone", "local_alone")):
        told = made["other_half"][name]
        click.echo(f"  {words}: {made['figure']} {told['value']:.4f} [{told['low']:.4f}, {told['high']:.4f}], {told['n']} photos")
