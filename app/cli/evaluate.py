"""`flask evaluate …`: the figures of a search, on photos whose works are known."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from app.cli.evaluate_folder import command as folder
from app.cli.evaluate_protocol import command as protocol
from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError
from app.evaluation.ground_truth import GroundTruth, GroundTruthError, listed_twice, read_ground_truth

if TYPE_CHECKING:
    from app.engine.types import SearchResult
    from app.evaluation.photos import Evaluation

ROWS = (
    ("top1", "right work first"),
    ("recall_at.1", "global recall@1"),
    ("recall_at.5", "global recall@5"),
    ("recall_at.10", "global recall@10"),
    ("recall_at.50", "global recall@50"),
    ("candidate_recall", "recall of all candidates"),
    ("set_f1", "set F1, micro"),
    ("gap", "global average precision"),
    ("false_accept_rate", "unknown works accepted"),
    ("missed_rate", "known works missed"),
    ("calibration_error", "calibration error"),
)

limit_option = click.option(
    "--limit-unknown", type=click.IntRange(min=0), metavar="N",
    help="How many of the known photos are asked again with their own works left out; default: all.",
)
preset_option = click.option(
    "--preset", metavar="NAME", help="Search by this preset (docs/presets.md); default: that of the published build."
)
details_option = click.option(
    "--details", type=click.Path(path_type=Path), metavar="FILE", help="Also write one row per answer, as JSON."
)


@click.group("evaluate")
def command() -> None:
    """Measure how well searches are answered.

    Example: flask evaluate photos photos.csv
    """


command.add_command(folder)
command.add_command(protocol)


@command.command("photos")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@limit_option
@preset_option
@details_option
@click.option("--same", multiple=True, metavar="A=B", help="The catalogue lists one painting as A and as B; may be repeated.")
@click.option("--card", type=click.Path(path_type=Path), metavar="FILE", help="Also keep the result with machine and versions.")
@with_appcontext
@one_line_errors(EngineError, GroundTruthError, OSError)
def photos(
    file: Path, as_json: bool, limit_unknown: int | None, preset: str | None, details: Path | None, same: tuple[str, ...],
    card: Path | None,
) -> None:
    """Search every photo of FILE (columns photo, artwork_ids, kind) and print the figures with their 95 % intervals.

    Photo paths are relative to FILE; several artwork ids are joined by |, none means that the work is not in the catalogue.
    What each figure means is in docs/evaluation.md.

    Example: flask evaluate photos photos.csv --limit-unknown 50 --json
    """
    from app.evaluation import photos as evaluating
    from app.evaluation.run_card import run_card, write_json

    evaluation = _run(file, limit_unknown, preset, same)
    result = evaluating.report(evaluation, _revision())
    if details:
        write_json(details, {**result, "photos": evaluating.details(evaluation)})
    if card:
        limit = "" if limit_unknown is None else f" --limit-unknown {limit_unknown}"
        by = ("" if preset is None else f" --preset {preset}") + "".join(f" --same {pair}" for pair in same)
        write_json(card, run_card(result, f"flask evaluate photos {file.name}{limit}{by}"))
    if as_json:
        print_json(result)
    else:
        _show(result)


@command.command("regression")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@limit_option
@preset_option
@details_option
@with_appcontext
@one_line_errors(EngineError, GroundTruthError, OSError)
def regression(as_json: bool, limit_unknown: int | None, preset: str | None, details: Path | None) -> None:
    """Search every visitor's photo whose works a curator settled, and print the same figures as `photos`.

    Works are named `collection/id`; the kind of a photo is what was settled: right, work or not_ours.

    Example: flask evaluate regression --json
    """
    from app import regression as settled
    from app import services
    from app.evaluation import photos as evaluating
    from app.evaluation.run_card import write_json

    evaluation = _evaluate(settled.truth(services.settings().uploads_dir), settled.works(), limit_unknown, preset)
    result = evaluating.report(evaluation, _revision())
    if details:
        write_json(details, {**result, "photos": evaluating.details(evaluation)})
    if as_json:
        print_json(result)
    else:
        _show(result)


def _run(file: Path, limit_unknown: int | None, preset: str | None, same: tuple[str, ...]) -> Evaluation:
    from app import services

    return _evaluate(*listed_twice(read_ground_truth(file), services.source_ids(), same), limit_unknown, preset)


def _evaluate(truth: GroundTruth, works: dict[int, str], limit_unknown: int | None, preset: str | None) -> Evaluation:
    from app import services
    from app.evaluation.photos import evaluate_photos

    searcher = services.searcher_by(preset) if preset else services.searcher()

    def search(path: Path, exclude: frozenset[int]) -> SearchResult:
        return searcher.search(services.read_photo(path), exclude_works=exclude)

    with progress_bar() as bar:
        task = bar.add_task("searching", total=None)
        evaluation = evaluate_photos(
            search, truth, works, limit_unknown=limit_unknown,
            progress=lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total),
        )
    _tell_unlisted(evaluation.unlisted)
    return evaluation


def _tell_unlisted(ids: list[str]) -> None:
    if ids:
        some = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
        print(f"{len(ids)} ids are in no collection and count as unknown: {some}", file=sys.stderr)


def _revision() -> str:
    import tomllib

    from app.evaluation.run_card import revision
    from app.settings import ROOT

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return revision(ROOT, project["version"])


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"{result['n_photos']} photos ({result['n_unknown']} of unknown works), {result['n_made_unknown']} asked again "
        f"without their works, {result['n_works']} works", highlight=False,
    )
    table = Table("figure", "", "95 % interval", "of")
    for key, words in ROWS:
        table.add_row(words, *_cells(_at(result, key)))
    console.print(table)
    console.print(_by_kind(result["by_kind"]))
    latency = result["latency_ms"]
    console.print(
        f"latency p50 {latency['p50']:.0f} ms, p95 {latency['p95']:.0f} ms; preset {result['preset']}, build {result['build']}, "
        f"revision {result['revision']}, data {result['data_hash'][:12]}", highlight=False,
    )


def _at(result: dict[str, Any], key: str) -> dict[str, Any]:
    for part in key.split("."):
        result = result[part]
    return result


def _cells(figure: dict[str, Any]) -> tuple[str, str, str]:
    if figure["value"] is None:
        return "–", "", "0"
    return f"{figure['value']:.4f}", f"{figure['low']:.4f} … {figure['high']:.4f}", str(figure["n"])


def _by_kind(kinds: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table("kind", "photos", "right first", "candidates", "set F1", "accepted", "missed")
    for kind, figures in kinds.items():
        names = ("top1", "candidate_recall", "set_f1", "false_accept_rate", "missed_rate")
        table.add_row(kind, str(figures["n_photos"]), *(_cells(figures[name])[0] for name in names))
    return table
