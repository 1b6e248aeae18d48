"""`flask train …`: train the parts that ship with the code."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app import picture_files
from app.cli.output import one_line_errors, print_json, progress_bar
from app.cli.train_datasets import datasets
from app.cli.train_domain import domain_head
from app.cli.train_encoder import encoder, experiments
from app.cli.train_fusion import fusion
from app.cli.train_regions import regional_whitening
from app.engine.errors import EngineError


@click.group("train")
def command() -> None:
    """Train the small parts of an encoder (needs requirements-dev.txt: TensorFlow)."""


for part in (domain_head, encoder, experiments):
    command.add_command(part)
command.add_command(datasets)
command.add_command(fusion)
command.add_command(regional_whitening)


def _pictures(folders: tuple[Path, ...]) -> list[Path]:
    return picture_files.among(path for folder in folders for path in folder.iterdir())


@command.command("cam-head", epilog="Example: flask train cam-head pictures/ more-pictures/ --crops 7000")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--crops", default=3600, show_default=True, type=click.IntRange(10), help="Crops in all, held-out ones included.")
@click.option("--epochs", default=1, show_default=True, type=click.IntRange(0), help="Passes over the crops, 2nd stage.")
@click.option("--temperature", default=2.0, show_default=True, type=click.FloatRange(0.1, 20), help="Of the distillation.")
@click.option("--seed", default=1, show_default=True, type=int, help="Of crops, first weights and order.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Folder for the prepared maps (0.2 MB a crop); kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the run card as JSON only.")
@one_line_errors(EngineError)
def cam_head(
    folders: tuple[Path, ...], crops: int, epochs: int, temperature: float, seed: int, scratch: Path | None, as_json: bool
) -> None:
    """Train the class head of the CAM presets on the pictures in FOLDERS, without labels, and store it with its run card.

    The head learns ResNet-50's ImageNet probabilities (flask weights fetch resnet50-imagenet). A tenth of the pictures is
    held out; the card tells the agreement with the teacher on them.
    """
    from app.training.cam_head import HeadSettings
    from app.training.head_run import HeadRun, default_scratch, run_head

    settings = HeadSettings(epochs=epochs, temperature=temperature, seed=seed)
    run = HeadRun(folders, crops, scratch or default_scratch(), settings)
    with progress_bar() as bar:
        tasks = {stage: bar.add_task(stage, total=None) for stage in ("features", "training")}

        def show(stage: str, done: int, total: int) -> None:
            bar.update(tasks[stage], completed=done, total=total)

        path, card = run_head(run, progress=show)
    if as_json:
        print_json(card)
        return
    found = card["agreement_held_out"]
    click.echo(f"{path.name}: best class as the teacher's for {found['top1']:.1%} of {found['n']} held-out crops, "
               f"{found['top5_overlap']:.1%} of its five best, KL {found['kl']:.2f}")


@command.command("whitening", epilog="Example: flask train whitening pictures/ more-pictures/")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--encoder", "name", default="vgg16-gem-block5_conv3@384", show_default=True, help="Which describes.")
@click.option("--photos", default=1, show_default=True, type=click.IntRange(1), help="Simulated of each picture.")
@click.option("--most", type=click.IntRange(2), help="So many pictures at most, the first by their sha256.")
@click.option("--seed", default=1, show_default=True, type=int, help="Of the photos.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Folder for what is described; a stopped run goes on there.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; default: what learned-whitening:ENCODER reads.")
@one_line_errors(EngineError, OSError)
def whitening(
    folders: tuple[Path, ...], name: str, photos: int, most: int | None, seed: int, scratch: Path | None, out: Path | None
) -> None:
    """Measure what visitors' photos do to descriptors, on simulated photos of the pictures in FOLDERS, for a learned whitening."""
    from app.engine.encoders import load_encoder
    from app.engine.presets import noise_name
    from app.engine.weights import STORE
    from app.training.encoder.pairs import pairs, save_noise
    from app.training.encoder.run import default_scratch

    encoder = load_encoder(name, threads=2)
    with progress_bar() as bar:
        task = bar.add_task("photos", total=None)
        found = pairs(
            folders, photos, encoder, scratch or default_scratch(), seed=seed, most=most,
            progress=lambda stage, done, total: bar.update(task, completed=done, total=total),
        )
    target = out or STORE / "heads" / f"{noise_name(name)}.npz"
    print_json(save_noise(found, encoder, target, photos=photos, seed=seed))


@command.command("calibration-catalogue", epilog="Example: flask train calibration-catalogue pictures/ --out hard/ --most 500")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for catalogue.csv and works/.")
@click.option("--most", type=click.IntRange(2), help="So many pictures at most, chosen by the seed.")
@click.option("--seed", default=0, show_default=True, type=int)
@one_line_errors(EngineError, OSError)
def calibration_catalogue(folders: tuple[Path, ...], out: Path, most: int | None, seed: int) -> None:
    """Write a catalogue of the pictures in FOLDERS on which a verdict is hard: shared frames, drawings after paintings.

    Import it into an instance of its own, build the index there, and run `flask train calibration`.
    """
    import numpy as np

    from app.training.calibration_data import write_catalogue

    pictures = _pictures(folders)
    order = np.random.default_rng(seed).permutation(len(pictures))[: most or len(pictures)]
    click.echo(f"{write_catalogue([pictures[i] for i in order], out, seed=seed)} works in {out}")


@command.command("calibration", epilog="Example: flask train calibration --photos 390 --out models_store/heads/calibration.json")
@click.option("--photos", default=390, show_default=True, type=click.IntRange(26), help="Simulated; each is asked twice.")
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--false-accepts", default=0.005, show_default=True, type=click.FloatRange(0, 1), help="Unknown works that may pass.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; default: the file that the application reads.")
@with_appcontext
@one_line_errors(EngineError, OSError)
def calibration(photos: int, seed: int, false_accepts: float, out: Path | None) -> None:
    """Fit probability and verdict on simulated photographs of the works of this instance's published index.

    Nothing of the works that are used here should be asked about in an evaluation.
    """
    from app import services
    from app.engine.builds import write_json
    from app.engine.calibration import PATH
    from app.training.calibration import Reference, card, collect

    searcher = services.searcher()
    references = [Reference(picture.work_id, picture.path) for picture in services.gallery_pictures()]
    with progress_bar() as bar:
        task = bar.add_task("photos", total=photos)
        samples = collect(
            references, lambda image, left_out: searcher.search(image, exclude_works=left_out), photos, seed=seed,
            progress=lambda done, total: bar.update(task, completed=done),
        )
    made = card(samples, false_accepts=false_accepts)
    made["made_from"] = {"photos": photos, "works": len(references), "seed": seed, "preset": searcher.preset.name,
                         "encoder": searcher.encoder.name}
    write_json(out or PATH, made)
    print_json(made)


@command.command("ranges", epilog="Example: flask train ranges pictures/ --weights vgg16-imagenet")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--weights", default="vgg16-imagenet", show_default=True, help="Of which network.")
@click.option("--most", default=120, show_default=True, type=click.IntRange(1), help="So many pictures at most, evenly chosen.")
@one_line_errors(EngineError, ValueError, OSError)
def ranges(folders: tuple[Path, ...], weights: str, most: int) -> None:
    """Measure how large each layer's values become on the pictures in FOLDERS, so that the network can work in 8 bits."""
    from app.engine.builds import write_json
    from app.engine.weights import WeightStore
    from app.training.ranges import ranges_card

    pictures = _pictures(folders)
    if not pictures:
        raise ValueError("There is no picture in these folders; give a folder of pictures.")
    with progress_bar() as bar:
        task = bar.add_task("pictures", total=None)
        target, card = ranges_card(
            weights, pictures[:: -(-len(pictures) // most)], WeightStore(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    write_json(target, card)
    click.echo(f"{target.name}: {card['pictures']} pictures, {len(card['largest'])} layers")


@command.command("detector", epilog="Example: flask train detector pictures/ more-pictures/ --photos 4000")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--photos", default=4000, show_default=True, type=click.IntRange(20), help="Simulated; a twentieth is held out.")
@click.option("--epochs", default=8, show_default=True, type=click.IntRange(1), help="Passes over the photos.")
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; default: the file that the application reads.")
@one_line_errors(EngineError, ValueError, OSError)
def detector(folders: tuple[Path, ...], photos: int, epochs: int, seed: int, out: Path | None) -> None:
    """Train the network that finds pictures inside a photo, on simulated walls hung with the pictures in FOLDERS."""
    from app.engine.builds import write_json
    from app.engine.encoders.translation import save, translate
    from app.engine.picture_detector import PATH
    from app.training.detector import DetectorSettings, draw_lessons, fit

    pictures = _pictures(folders)
    if len(pictures) < 3:
        raise ValueError("A wall needs three pictures; give a folder with at least three pictures.")
    settings = DetectorSettings(photos=photos, epochs=epochs, seed=seed)
    with progress_bar() as bar:
        tasks = {stage: bar.add_task(stage, total=None) for stage in ("photos", "training")}

        def show(stage: str, done: int, total: int) -> None:
            bar.update(tasks[stage], completed=done, total=total)

        seen, wanted = draw_lessons(pictures, settings, show)
        model, curves = fit(seen, wanted, settings, show)
    target = out or PATH
    save(translate(model), target, half=True)
    made = {"photos": photos, "epochs": epochs, "seed": seed, "pictures": len(pictures)}
    write_json(target.with_suffix(".json"), {"made_from": made, "curves": curves})
    click.echo(f"{target.name}: {curves['val_binary_accuracy'][-1]:.1%} of held-out places told right")
