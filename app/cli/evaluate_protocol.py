"""`flask evaluate protocol NAME FOLDER`: the field's data sets by their own rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from flask.cli import with_appcontext

from app import picture_files
from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError, PresetError
from app.engine.reranking import Method
from app.evaluation.protocols import PROTOCOLS, ProtocolError, protocol

if TYPE_CHECKING:
    from app.evaluation.protocols.searching import Search

ENCODER = "vgg16-gem-block5_conv3@384"  # that of the default search preset


@click.command("protocol")
@click.argument("name", required=False)
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--preset", default="", metavar="NAME", help="Ask by this product's own search (docs/presets.md).")
@click.option("--encoder", metavar="NAME", help=f"Encoder preset (docs/encoders.md).  [default: {ENCODER}]")
@click.option("--whiten/--no-whiten", default=True, show_default=True, help="Whiten by the database's own vectors.")
@click.option("--whiten-by", type=click.Path(path_type=Path), metavar="DIR", help="Whiten by the pictures in DIR instead.")
@click.option("--engine", default="", metavar="FACTORY", help="Search by an engine (docs/engines.md), such as IVF100,PQ8.")
@click.option("--second-pass/--codes-alone", default=True, show_default=True, help="What codes propose is ranked exactly.")
@click.option("--rerank", type=click.Choice(get_args(Method)), help="Put the first answers in a better order (docs/presets.md).")
@click.option("--online", is_flag=True, help="Pool every picture by each query's classes (docs/encoders.md).")
@click.option("--verify", default=0, metavar="N", type=click.IntRange(0, 1000), help="Match N answers' local features.")
@click.option("--fuse", default=0.0, metavar="V", type=click.FloatRange(0, 1), help="V · global + (1 − V) · local of these N.")
@click.option("--features", type=click.Path(path_type=Path), metavar="DIR", help="Keep descriptors in DIR; take those it has.")
@click.option("--page", type=click.Path(path_type=Path), metavar="DIR", help="Also write the ranked pictures as a page into DIR.")
@click.option("--page-queries", default=50, show_default=True, type=click.IntRange(1), help="So many queries are on the page.")
@click.option("--page-answers", default=10, show_default=True, type=click.IntRange(1, 100), help="So many answers of each.")
@click.option("--card", type=click.Path(path_type=Path), metavar="FILE", help="Also keep the result with machine and versions.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError, ProtocolError, OSError)
def command(
    name: str | None, folder: Path | None, preset: str, encoder: str | None, whiten: bool, whiten_by: Path | None, engine: str,
    second_pass: bool, rerank: Method | None, online: bool, verify: int, fuse: float, features: Path | None, page: Path | None,
    page_queries: int, page_answers: int, card: Path | None, as_json: bool,
) -> None:
    """Rank the data set in FOLDER by an encoder and judge it by the protocol NAME; without arguments: list them.

    Each figure's name carries its protocol, the engine and the re-ranking, and comes with a 95 % interval over queries. What each
    folder must hold, and where the data comes from, is in docs/protocols.md.

    Example: flask evaluate protocol revisited roxford5k/ --encoder resnet50-gem --rerank diffusion --features features/
    """
    if name is None:
        _list(as_json)
        return
    wanted = protocol(name)
    if folder is None or not folder.is_dir():
        where = f"the folder {folder} is missing" if folder else "say where its folder is"
        raise ProtocolError(f"{name}: {where}. The data comes from {wanted.source}; the folder must hold {wanted.layout}.")
    from app.evaluation.protocols.searching import Search

    search = Search(engine, second_pass, rerank, online, verify, fuse, preset)
    search.check()  # before a network is loaded
    encoder = _encoder(preset, encoder, whiten and whiten_by is None)
    shown = {"queries": page_queries, "answers": page_answers}
    result = _run(name, folder, encoder, _learned_on(whiten, whiten_by), search, features, page, **shown)
    if card:
        from app.evaluation.run_card import run_card, write_json

        write_json(card, run_card(result, _command(name, folder, encoder, whiten, whiten_by, search)))
    if as_json:
        print_json(result)
    else:
        _show(result)


def _encoder(preset: str, encoder: str | None, usual: bool) -> str:
    """The encoder's name. Raises PresetError where a search preset, which has its own, is named beside it."""
    if not preset:
        return encoder or ENCODER
    from app.engine.presets import search_preset

    if encoder or not usual:
        raise PresetError(f"The preset {preset} has its encoder and whitening; leave theirs out, or write PRESET:ENCODER.")
    return search_preset(preset).encoder


def _learned_on(whiten: bool, folder: Path | None) -> bool | list[Path]:
    """What a whitening is learned on: True the database, False nothing, else these pictures. Raises ProtocolError."""
    if folder is None:
        return whiten
    if not whiten:
        raise ProtocolError("--no-whiten and --whiten-by contradict each other; leave one out.")
    found = picture_files.among(folder.rglob("*"))
    if not found:
        raise ProtocolError(f"There is no picture in {folder} to learn a whitening on; name a folder of pictures.")
    return found


def _command(name: str, folder: Path, encoder: str, whiten: bool, whiten_by: Path | None, search: Search) -> str:
    """What a card says was run; defaults are left out."""
    if search.preset:
        return f"flask evaluate protocol {name} {folder.name} --preset {search.preset}"
    words = [f"flask evaluate protocol {name} {folder.name} --encoder {encoder}", "" if whiten else "--no-whiten"]
    words += [f"--whiten-by {whiten_by.name}" if whiten_by else ""]
    words += [f"--engine {search.engine}" if search.engine else "", "" if search.second_pass else "--codes-alone"]
    words += [f"--rerank {search.rerank}" if search.rerank else "", "--online" if search.online else ""]
    words += [f"--verify {search.verify}" if search.verify else "", f"--fuse {search.v:g}" if search.v else ""]
    return " ".join(word for word in words if word)


def _run(
    name: str, folder: Path, encoder: str, whiten: bool | list[Path], search: Search, features: Path | None, page: Path | None,
    **shown: int,
) -> dict[str, Any]:
    from app import services
    from app.engine.presets import search_preset
    from app.evaluation.protocols import run
    from app.evaluation.protocols.features import Features

    task, network = protocol(name).read(folder), services.encoder(encoder)
    kept = Features(features, network) if features else None
    with progress_bar() as bar:
        row = bar.add_task("reading", total=None)
        ranked = run.rank(
            task, network, whiten=whiten, search=search, features=kept,
            progress=lambda stage, done, total: bar.update(row, description=stage, completed=done, total=total),
        )
    learned = len(whiten) if isinstance(whiten, list) else None
    whitened = search_preset(search.preset).whiten if search.preset else bool(whiten)
    result = {**run.figures(task, ranked), "encoder": encoder, "whitened": whitened, "whitening_learned_on": learned}
    if kept and not search.preset:
        result["features"] = {"folder": str(features), "reused": kept.reused, "made": kept.made}
    if page:
        from app.evaluation.protocols import ranked_page

        result["page"] = str(ranked_page.write(page, task, ranked, result, **shown))
    return result


def _list(as_json: bool) -> None:
    if as_json:
        print_json([{"name": p.name, "about": p.about, "source": p.source, "layout": p.layout} for p in PROTOCOLS.values()])
        return
    for one in PROTOCOLS.values():
        click.echo(f"{one.name}: {one.about}\n  from {one.source}\n  holds {one.layout}")


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("figure", overflow="fold"), "", "95 % interval", "of")  # a name is never cut short
    for name, one in result["figures"].items():
        span = "" if one["value"] is None else f"{one['low']:.4f} … {one['high']:.4f}"
        table.add_row(name, "–" if one["value"] is None else f"{one['value']:.4f}", span, str(one["n"]))
    console = Console()
    console.print(f"{result['n_queries']} queries, {result['n_database']} pictures, {result['encoder']}", highlight=False)
    console.print(table)
    if "recall_at_10" in result:
        click.echo(f"{result['engine']} found {result['recall_at_10']:.4f} of the exact ten nearest of these queries.")
    if "features" in result:
        click.echo("{made} pictures described, {reused} taken from {folder}.".format(**result["features"]))
    for note in [*result["notes"], *result["unreadable"][:5]]:
        click.echo(note)
