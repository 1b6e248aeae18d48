"""The recipes of the five reference systems beside this product, on the same photos, in one run. Writes docs/reference-systems.md.

    make reference                                       # the demo collection of instance/, 256 works and 60 photos
    PINAKES_INSTANCE=… python -m benchmarks.reference photos.csv

Each recipe is its encoder, its whitening and its index over the works of the published build, asked with whole photos, as those
systems ask. The product is the published build as visitors ask it. `top1`: the first answer is a work in the photo.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine.describing import final_vector  # noqa: E402
from app.engine.encoders.whitening import fit_whitening  # noqa: E402
from app.engine.images import read_image  # noqa: E402
from app.engine.index import engines, factory  # noqa: E402
from app.engine.types import Floats, Ints  # noqa: E402
from app.evaluation.bootstrap import Doubles, interval, photo_weights  # noqa: E402
from app.evaluation.ground_truth import LabelledPhoto, read_ground_truth  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402

PAGE, CARD = ROOT / "docs" / "reference-systems.md", ROOT / "benchmarks" / "results" / "reference.json"
WINDOW = 16


@dataclass(frozen=True)
class Recipe:
    """engine: a factory string; `published`: the system's own figure, on other data; `hinders`: what is not equal."""

    system: str
    words: str
    encoder: str
    whiten: bool
    engine: str
    published: str
    hinders: str


RECIPES = (
    Recipe(
        "1. Image query search engine", "ResNet with GeM and whitening, exhaustive search", "resnet50-gem@512", True, "Flat",
        "R-Oxford and R-Paris mAP of SOLAR's paper",
        "ResNet-50 for ResNet-101; no second-order attention: its weights are in no package",
    ),
    Recipe(
        "2. Car image retrieval", "ResNet-50, inner products in batches, top k", "resnet50-spoc@224", False, "Flat",
        "none published", "not fine-tuned by metric learning on CompCars, which cannot be had here",
    ),
    Recipe(
        "3. Scalable image search (Web Gallery of Art)", "VGG16 class-activation maps of 64 classes, whitened, inverted file",
        "vgg16-cam-64@384", True, "IVF16,Flat", "99.98 % precision on copies of catalogue pictures",
        "its class head is trained here; its local-feature verification is this product's own and left out of this row",
    ),
    Recipe(
        "4. Landmark retrieval", "a convolutional network's pooled maps, exhaustive search", "resnet50-mac@384", False, "Flat",
        "mAP@100 25.4 to 33.1 on Google Landmarks v2", "ResNet-50, one of its control runs, for EfficientNet-B0; no fine-tuning",
    ),
    Recipe(
        "5. Reverse image search", "ResNet-50 of 2048 numbers, IVF100,PQ8", "resnet50-spoc@384", False, "IVF16,PQ8",
        "none published", "16 lists for 100 where there are too few works to train more",
    ),
)  # fmt: skip
Describe = Callable[[Sequence[Any]], list[Floats]]


def rows_of(describe: Describe, paths: Sequence[Path]) -> Floats:
    """(n, M, C) raw rows of whole pictures."""
    rows: list[Floats] = []
    for start in range(0, len(paths), WINDOW):
        rows += describe([read_image(path, max_side=1600) for path in paths[start : start + WINDOW]])
    return np.stack(rows)


def firsts(recipe: Recipe, works: Floats, photos: Floats) -> Ints:
    """(photos,) row of the first work."""
    whitening = fit_whitening(works[:, 0], works.shape[2]) if recipe.whiten else None
    base, asked = (np.stack([final_vector(row, whitening) for row in rows]) for rows in (works, photos))
    index = engines.bare(factory.parse(recipe.engine), np.ascontiguousarray(base))  # as it is: no second pass over full vectors
    _, found = index.search(np.ascontiguousarray(asked), 1)
    return np.asarray(found[:, 0])


def share(hits: Doubles, weights: Doubles) -> Doubles:
    return np.asarray(weights @ hits / weights.sum(axis=1))


def figure(hits: Sequence[bool]) -> Any:
    values = np.asarray(hits, np.float64)
    return interval(partial(share, values), photo_weights(np.arange(len(values))), len(values))


def product(photos: Sequence[LabelledPhoto], names: dict[int, str]) -> list[bool]:
    """Whether the first answer is right."""
    from app import services

    searcher, hits = services.searcher(), []
    for photo in photos:
        matches = searcher.search(services.read_photo(photo.path)).matches
        hits.append(bool(matches) and names.get(matches[0].work_id) in photo.artwork_ids)
    return hits


def run(file: Path) -> dict[str, Any]:
    from app import services
    from app.catalogue.queries import pictures_for_index

    names = services.source_ids()
    known = frozenset(names.values())
    photos = [photo for photo in read_ground_truth(file).photos if photo.artwork_ids & known]
    pictures = pictures_for_index()
    folder = services.settings().pictures_dir
    ours = product(photos, names)
    words = "the published build, as visitors ask it"
    table: list[dict[str, Any]] = [{"system": "Pinakes", "words": words, "top1": figure(ours)}]
    kept: dict[str, tuple[Floats, Floats]] = {}
    for recipe in RECIPES:
        if recipe.encoder not in kept:
            encoder = services.encoder(recipe.encoder)
            asked = rows_of(encoder.describe, [photo.path for photo in photos])
            kept[recipe.encoder] = rows_of(encoder.describe, [folder / picture.path for picture in pictures]), asked
        found = firsts(recipe, *kept[recipe.encoder])
        hits = [names[pictures[row].artwork_pk] in photo.artwork_ids for row, photo in zip(found, photos, strict=True)]
        behind = np.asarray(ours, np.float64) - np.asarray(hits, np.float64)
        difference = interval(partial(share, behind), photo_weights(np.arange(len(behind))), len(behind))
        table.append({**recipe.__dict__, "top1": figure(hits), "behind": difference})
        print(recipe.system, table[-1]["top1"], difference, flush=True)
    return {"works": len({picture.artwork_pk for picture in pictures}), "photos": len(photos), "file": file.name, "rows": table}


def cell(one: Any) -> str:
    return f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"


def page(result: dict[str, Any], template: str) -> str:
    """The template with the table between its marks put in anew."""
    lines = [
        f"{result['photos']} photos of known works (`{result['file']}`), {result['works']} works, one run:", "",
        "| system | recipe here | `top1` | behind this product | its own figure, on its own data | what is not equal |",
        "|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        parts = f" (`{row['encoder']}`, `{row['engine']}`)" if "encoder" in row else ""
        told = [row["system"], row["words"] + parts, cell(row["top1"])]
        told += [cell(row["behind"]) if "behind" in row else "", row.get("published", ""), row.get("hinders", "")]
        lines.append(f"| {' | '.join(told)} |")
    before, rest = template.split("<!-- table -->\n")
    return f"{before}<!-- table -->\n" + "\n".join(lines) + "\n<!-- end of table -->" + rest.split("<!-- end of table -->")[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="?", help="photo, artwork_ids, kind; default: the demo's photos.csv")
    arguments = parser.parse_args()
    with create_app().app_context():
        from app import services

        file = arguments.photos or services.settings().instance / "demo" / "photos.csv"
        if not file.exists():
            print(f"{file} is missing; `make run` makes the demo collection, or name a photos.csv.", file=sys.stderr)
            return 1
        result = run(file)
    write_json(CARD, run_card(result, f"python -m benchmarks.reference {file.name}"))
    PAGE.write_text(page(result, PAGE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
