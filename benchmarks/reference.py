"""The recipes of the five reference systems beside this product, on the same photos, in one run. Writes docs/reference-systems.md.

    make reference                                       # the demo collection of instance/, 256 works and 60 photos
    PINAKES_INSTANCE=… python -m benchmarks.reference photos.csv

Each recipe is its encoder, its whitening, its index and its re-ranking over the works of the published build, asked with whole
photos, as those systems ask. The product is the published build as visitors ask it. `top1`: the first answer is a work in the
photo.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine import verification  # noqa: E402
from app.engine.gallery import Gallery  # noqa: E402
from app.engine.images import read_image  # noqa: E402
from app.engine.local_features import LocalFeatures, as_unit, root_sift  # noqa: E402
from app.engine.presets import search_preset  # noqa: E402
from app.engine.types import Floats, Ints  # noqa: E402
from app.evaluation.bootstrap import Doubles, interval, photo_weights  # noqa: E402
from app.evaluation.ground_truth import LabelledPhoto, read_ground_truth  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from benchmarks.recipes import RECIPES, ask  # noqa: E402

PAGE, CARD = ROOT / "docs" / "reference-systems.md", ROOT / "benchmarks" / "results" / "reference.json"
WINDOW = 16


Describe = Callable[[Sequence[Any]], list[Floats]]


def rows_of(describe: Describe, paths: Sequence[Path]) -> Floats:
    """(n, M, C) raw rows of whole pictures."""
    rows: list[Floats] = []
    for start in range(0, len(paths), WINDOW):
        rows += describe([read_image(path, max_side=1600) for path in paths[start : start + WINDOW]])
    return np.stack(rows)


@dataclass
class Proofs:
    """Inliers of photo and work, by the product's own RootSIFT and rules; each pair is matched once for all recipes."""

    photos: Sequence[LabelledPhoto]
    gallery: Gallery
    picture_ids: Sequence[int]  # of the rows
    _inliers: dict[tuple[int, int], int] = field(default_factory=dict)
    _seen: dict[int, tuple[LocalFeatures, tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._positions = {int(number): position for position, number in enumerate(self.gallery.pictures["picture_id"])}

    def inliers(self, photo: int, row: int) -> int:
        if (photo, row) not in self._inliers:
            position = self._positions.get(self.picture_ids[row])
            self._inliers[photo, row] = 0 if position is None else self._count(photo, position)
        return self._inliers[photo, row]

    def _count(self, photo: int, position: int) -> int:
        local, size = self._photo(photo)
        reference, rules = self.gallery.local(position, "sift"), search_preset("default").rules
        pairs = verification.match_mutual(as_unit(local.descriptors) @ as_unit(reference.descriptors).T, rules.ratio)
        return verification.verify(local.points, reference.points, pairs, size, self.gallery.size(position), rules).inliers

    def _photo(self, photo: int) -> tuple[LocalFeatures, tuple[int, int]]:
        if photo not in self._seen:
            image, sift = read_image(self.photos[photo].path, max_side=1600), search_preset("default").photo_sift
            self._seen[photo] = root_sift(image, count=sift.count, long_side=sift.long_side), (image.shape[1], image.shape[0])
        return self._seen[photo]


def share(hits: Doubles, weights: Doubles) -> Doubles:
    return np.asarray(weights @ hits / weights.sum(axis=1))


def figure(hits: Sequence[bool] | Doubles) -> Any:
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
    proofs = Proofs(photos, services.searcher().gallery, [picture.picture_id for picture in pictures])

    def right(rows: Ints) -> list[bool]:
        return [names[pictures[row].artwork_pk] in photo.artwork_ids for row, photo in zip(rows, photos, strict=True)]

    for recipe in RECIPES:
        if recipe.encoder not in kept:
            encoder = services.encoder(recipe.encoder)
            asked = rows_of(encoder.describe, [photo.path for photo in photos])
            kept[recipe.encoder] = rows_of(encoder.describe, [folder / picture.path for picture in pictures]), asked
        found = ask(recipe, *kept[recipe.encoder], proofs.inliers)
        hits = right(found.reranked)
        behind = np.asarray(ours, np.float64) - np.asarray(hits, np.float64)
        row = {"alone": figure(right(found.alone)), "top1": figure(hits), "behind": figure(behind)}
        table.append({**asdict(recipe), **row})
        print(recipe.system, row, flush=True)
    return {"works": len({picture.artwork_pk for picture in pictures}), "photos": len(photos), "file": file.name, "rows": table}


def cell(one: Any) -> str:
    return f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"


def page(result: dict[str, Any], template: str) -> str:
    """The template with the table between its marks put in anew."""
    lines = [
        f"{result['photos']} photos of known works (`{result['file']}`), {result['works']} works, one run:", "",
        "| system | recipe here | first search | `top1` | behind this product | own figure, on its own data | what is not equal |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        parts = f" (`{row['encoder']}`, `{row['engine']}`)" if "encoder" in row else ""
        told = [row["system"], row["words"] + parts, cell(row["alone"]) if "alone" in row else "", cell(row["top1"])]
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
