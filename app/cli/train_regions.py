"""`flask train regional-whitening`: what whitens the regions of an encoder."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError


@click.command("regional-whitening", epilog="Example: flask train regional-whitening pictures/ --encoder resnet50-rgem@512")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--encoder", "name", default="resnet50-rgem@512", show_default=True, help="Which pools by regions.")
@click.option("--most", default=2000, show_default=True, type=click.IntRange(2), help="Pictures at most, the first by sha256.")
@click.option("--json", "as_json", is_flag=True, help="Print the run card as JSON only.")
@one_line_errors(EngineError, OSError)
def regional_whitening(folders: tuple[Path, ...], name: str, most: int, as_json: bool) -> None:
    """Fit the whitening of regions on the pictures in FOLDERS, without labels, for the encoders `…-local`.

    The pictures of an instance's catalogue lie in its folder pictures/. The file serves every size of the encoder; one that was
    there is replaced, and descriptors made with it are made again by the next index build.
    """
    from app.engine.encoders import load_encoder
    from app.engine.weights import WeightStore
    from app.training.encoder import regions

    encoder = load_encoder(regions.plain_name(name), threads=2)
    with progress_bar() as bar:
        task = bar.add_task("pictures", total=None)
        found = regions.collect(
            folders, encoder, most=most, progress=lambda stage, done, total: bar.update(task, completed=done, total=total)
        )
    path, card = regions.save(found, encoder, WeightStore())
    if as_json:
        print_json(card)
        return
    click.echo(f"{path.name}: {card['regions']} regions of {card['pictures']} pictures, {path.stat().st_size / 1e6:.1f} MB")
