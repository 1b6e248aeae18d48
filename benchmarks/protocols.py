"""The field's protocols on small sets in their true layouts, asked by this product and the reference systems, in one run.

    make reference                                       # after its other part, benchmarks/reference.py
    PINAKES_INSTANCE=… python -m benchmarks.protocols photos.csv [--no-train] [--folder DIR]

Photos of the instance's works are drawn by the simulator and laid out as Oxford5k, R-Oxford, Google Landmarks v2, CompCars,
Caltech-101 and SfM-120k are published; The Met's set is of photos.csv and the catalogue's pictures. Then the experiments of systems
1, 2 and 4 learn from the sets in their own training data's layout, and ask again. What was drawn, described and learned is kept in
DIR (instance/reference).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine import fusion  # noqa: E402
from app.evaluation.ground_truth import read_ground_truth  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from benchmarks.reference import PAGE, cell, kept_runs  # noqa: E402
from benchmarks.small_sets.run import Bench, compare, learn  # noqa: E402
from benchmarks.small_sets.sets import write_sets  # noqa: E402
from benchmarks.small_sets.systems import systems  # noqa: E402

CARD = ROOT / "benchmarks" / "results" / "protocols.json"
START, END = "<!-- protocols -->\n", "<!-- end of protocols -->"


def run(file: Path, folder: Path, *, train: bool) -> dict[str, Any]:
    from app import services

    truth, pictures = read_ground_truth(file), services.first_pictures(None)
    album, sets = write_sets(folder, pictures, truth.photos)
    bench = Bench(sets, services.encoder, folder / "features", fusion.load().v)
    figures = compare(bench)
    learned = learn(bench, folder / "training") if train else []
    return {
        "works": len(pictures), "file": file.name, "data_hash": truth.data_hash, "v": bench.v, "figures": figures,
        "album": {"works": len(album.works), "training": len(album.training), "others": len(album.others)},
        "learned": learned,
    }  # fmt: skip


def page(runs: Sequence[dict[str, Any]], template: str) -> str:
    """The template with the tables between its marks put in anew."""
    before, rest = template.split(START)
    lines = [line for one in runs for line in section(one)]
    return f"{before}{START}" + "\n".join(lines) + END + rest.split(END)[1]


def section(one: dict[str, Any]) -> list[str]:
    names = [system.name for system in systems(one["v"])]
    album = one["album"]
    lines = [
        f"### Protocols, of a catalogue of {one['works']} works", "",
        f"{album['works']} works photographed eight times each, pictures of {album['others']} others beside them; The Met's set is "
        f"of `{one['file']}`. A system's own protocols are in bold.", "",
        f"| figure | queries, pictures | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|",
    ]  # fmt: skip
    lines += [row(figure, names) for figure in one["figures"]]
    lines += ["", *published(one["figures"], one["v"]), ""]
    return lines + (learned(one["learned"], album["training"]) if one["learned"] else [])


def row(figure: dict[str, Any], names: Sequence[str]) -> str:
    def told(name: str) -> str:
        one = figure["systems"].get(name)
        text = cell(one["value"]) if one else "too few pictures for its index"
        return f"**{text}**" if one and one["own"] else text

    return f"| `{figure['figure']}` | {figure['queries']}, {figure['database']} | {' | '.join(map(told, names))} |"


def published(figures: Sequence[dict[str, Any]], v: float) -> list[str]:
    """Each system's own figures beside this product's, what it published, and what hinders an equal run."""
    hinders = {system.name: system.hinders for system in systems(v)}
    heads = ("system", "its figure here", "value", "behind this product", "published", "what hinders an equal run")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for figure in figures:
        for name, one in figure["systems"].items():
            if one["own"]:
                told = [name, f"`{one['figure']}`", cell(one["value"]), cell(one["behind"]), one["own"], hinders[name]]
                lines.append(f"| {' | '.join(told)} |")
    return lines


def learned(rows: Sequence[dict[str, Any]], works: int) -> list[str]:
    lines = [
        f"What each training brings its system's recipe, learned from seven photos of {works} other works each (CompCars' list: "
        "from the models that are asked, as published):", "",
        "| system | trained by | figure | before | after | gain |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for one in rows:
        values = [cell(one[key]) for key in ("before", "after", "gain")]
        told = [one["system"], f"`{one['command']}`", f"`{one['figure']}`", *values]
        lines.append(f"| {' | '.join(told)} |")
    return [*lines, ""]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="?", help="photo, artwork_ids, kind; default: the demo's photos.csv")
    parser.add_argument("--folder", type=Path, help="for photos, sets, descriptors and checkpoints; default: instance/reference")
    parser.add_argument("--no-train", action="store_true", help="ask with published weights alone")
    arguments = parser.parse_args()
    with create_app().app_context():
        from app import services

        instance = services.settings().instance
        file = arguments.photos or instance / "demo" / "photos.csv"
        if not file.exists():
            print(f"{file} is missing; `make run` makes the demo collection, or name a photos.csv.", file=sys.stderr)
            return 1
        if not arguments.no_train and find_spec("tensorflow") is None:  # said before an hour of other work
            print("Training needs TensorFlow; make reference installs it, --no-train does without.", file=sys.stderr)
            return 1
        runs = kept_runs(run(file, arguments.folder or instance / "reference", train=not arguments.no_train), CARD)
    write_json(CARD, run_card({"runs": runs}, f"python -m benchmarks.protocols {file.name}"))
    PAGE.write_text(page(runs, PAGE.read_text("utf-8")), "utf-8")
    print(json.dumps(runs[-1]["figures"][0], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
