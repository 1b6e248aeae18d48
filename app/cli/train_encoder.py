"""`flask train encoder` and `flask train experiments`: experiments, their settings as options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError
from app.training.datasets.types import DatasetError

LOSSES = ("infonce", "arcface", "triplet", "triplets", "contrastive", "cross-entropy", "arcface-centres")
SETTINGS = (
    click.option("--weights", help="What it starts from, see: flask weights status"),
    click.option("--loss", type=click.Choice(LOSSES), help="Of pairs of pictures, or of classes."),
    click.option("--margin", type=click.FloatRange(0, 4), help="Of the loss."),
    click.option("--second-order", type=click.FloatRange(0, 1000), help="Weight of the second-order similarity (SOS)."),
    click.option("--smoothing", type=click.FloatRange(0, 0.9), help="Of the labels, in the cross-entropy."),
    click.option("--mining", type=click.Choice(("hard", "random", "all-pairs")), help="What stands together in a batch."),
    click.option("--queries", type=click.IntRange(1), help="Tuples an epoch."),
    click.option("--pool", type=click.IntRange(2), help="Pictures in which hard negatives are sought, drawn for each epoch."),
    click.option("--negatives", type=click.IntRange(1, 1000), help="Of a tuple, each of another label."),
    click.option("--per-label", type=click.IntRange(2), help="Pictures of a label in a batch of all pairs."),
    click.option("--batch", type=click.IntRange(1), help="Works, tuples or pictures in a batch."),
    click.option("--epochs", type=click.IntRange(0), help="0 measures and writes what it starts from."),
    click.option("--photos", type=click.IntRange(1), help="Simulated of each work."),
    click.option("--optimiser", type=click.Choice(("adam", "sgd")), help="sgd: with momentum 0.9."),
    click.option("--rate", type=click.FloatRange(0, 10), help="Learning rate of the network."),
    click.option("--head-rate", type=click.FloatRange(0, 10), help="Of projection and classes."),
    click.option("--p-rate", type=click.FloatRange(0, 10), help="Of the generalised mean's exponent."),
    click.option("--weight-decay", type=click.FloatRange(0, 1), help="Decoupled from the gradient."),
    click.option("--decay", type=click.Choice(("cosine", "exponential", "none")), help="How the rates fall."),
    click.option("--decay-factor", type=click.FloatRange(0, 1), help="After each epoch, of an exponential decay."),
    click.option("--warm-up", type=click.IntRange(0), help="Steps over which the rates rise."),
    click.option("--freeze", help="Layers up to the last one whose name begins so are not learned, such as conv4 or block5."),
    click.option("--attention/--no-attention", default=None, help="Add second-order attention, untrained."),
    click.option("--places/--no-places", default=None, help="Add a linear layer on every place of the maps (local whitening)."),
    click.option("--projection", type=click.IntRange(0, 4096), help="Dimensions of a linear layer after pooling; 0: none."),
    click.option("--long-side-px", type=click.IntRange(64, 1600), help="Of what the network sees."),
    click.option("--least-area", type=click.FloatRange(0.05, 1), help="Of a picture that a random crop keeps."),
    click.option("--mirror/--no-mirror", default=None, help="Pictures half of the time."),
    click.option("--seed", type=int, help="Of everything that is drawn."),
    click.option("--checkpoint-steps", type=click.IntRange(1), help="Steps from one checkpoint to the next."),
)


def settings_options(function: Any) -> Any:
    for option in reversed(SETTINGS):
        function = option(function)
    return function


@click.command("experiments", epilog="Example: flask train experiments")
@click.option("--json", "as_json", is_flag=True, help="Print all settings as JSON only.")
def experiments(as_json: bool) -> None:
    """List the experiments of `flask train encoder`."""
    from dataclasses import asdict

    from app.training.experiments import BY_NAME

    if as_json:
        print_json({name: asdict(one) for name, one in BY_NAME.items()})
        return
    for name, one in BY_NAME.items():
        click.echo(f"{name:<12} {one.about}")


@click.command("encoder", epilog="Example: flask train encoder --experiment cars --data cars:compcars --freeze conv4 --resume")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--experiment", "name", default="visitors", show_default=True, help="See: flask train experiments")
@click.option("--data", multiple=True, help="Labelled pictures, as in cars:compcars; several are joined.")
@settings_options
@click.option("--blend", default=1.0, show_default=True, type=click.FloatRange(0, 1), help="Share of what was learned.")
@click.option("--resume", is_flag=True, help="Go on with the run in the scratch folder that was stopped.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Folder for kept maps (0.4 MB a view) and the checkpoint.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; default: models_store/weights.")
@click.option("--json", "as_json", is_flag=True, help="Print the run card as JSON only.")
@with_appcontext
@one_line_errors(EngineError, DatasetError, OSError)
def encoder(
    folders: tuple[Path, ...], name: str, data: tuple[str, ...], blend: float, resume: bool, scratch: Path | None, out: Path | None,
    as_json: bool, **chosen: Any,
) -> None:
    """Fine-tune an encoder: by default VGG16 on simulated visitors' photos of the pictures in FOLDERS.

    An experiment says what is learned from what; every setting of it can be changed by an option. The others learn from labelled
    pictures (--data). A part is held out; the card tells how its pictures find one another after each epoch, and the best
    epoch is kept. A GPU is used when TensorFlow sees one.
    """
    from app.training.experiments import Labelled, changed, experiment

    one = changed(experiment(name), chosen)
    labelled = isinstance(one.settings, Labelled)
    with progress_bar() as bar:
        tasks = {stage: bar.add_task(stage, total=None) for stage in ("features", "training")}

        def show(stage: str, done: int, total: int) -> None:
            bar.update(tasks[stage], completed=done, total=total)

        run = _labelled if labelled else _visitors
        path, card = run(one, folders, data, blend, resume, scratch, out, show)
    if as_json:
        print_json(card)
        return
    _tell(path, card, "map" if labelled else "mrr")


def _visitors(one: Any, folders: Any, data: Any, blend: float, resume: bool, scratch: Any, out: Any, show: Any) -> Any:
    from app.training.distillation import TrainingError
    from app.training.encoder.run import EncoderRun, default_out, default_scratch, run_encoder

    if data or not folders:
        raise TrainingError(f"The experiment {one.name} learns from folders of pictures without labels; give folders, no --data.")
    run = EncoderRun(folders, one.settings, scratch or default_scratch(), out or default_out(), resume, blend)
    return run_encoder(run, progress=show)


def _labelled(one: Any, folders: Any, data: Any, blend: float, resume: bool, scratch: Any, out: Any, show: Any) -> Any:
    from app.training.distillation import TrainingError
    from app.training.encoder.run import default_scratch
    from app.training.metric.run import LabelledRun, run_labelled
    from app.training_sets import load

    if folders:
        raise TrainingError(f"The experiment {one.name} learns from labelled pictures; write --data folder:{folders[0]}")
    run = LabelledRun([load(spec) for spec in data], one, scratch or default_scratch(), out, resume, blend)
    return run_labelled(run, progress=show)


def _tell(path: Path, card: dict[str, Any], key: str) -> None:
    from app.training.encoder.export import chart

    figure = {"map": "mean average precision of held-out pictures", "mrr": "mean reciprocal rank of held-out works"}[key]
    click.echo("\n".join([f"epoch  {figure}", *chart(card["curve"], key)]))
    if key == "map":
        for name, epoch in (("before", 0), ("best", card["best_epoch"])):
            click.echo(f"{name:<6} {_figure(card['curve'][epoch], 'recall_at_1')}, {_figure(card['curve'][epoch], 'map')}")
    click.echo(f"{path}: epoch {card['best_epoch']}, {card['bytes'] / 1e6:.1f} MB")


def _figure(row: dict[str, float], name: str) -> str:
    return f"{name} {row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
