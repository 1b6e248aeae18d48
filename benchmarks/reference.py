"""The recipes of the five reference systems beside this product, on the same photos, in one run. Writes docs/reference-systems.md.

    make reference                                       # the demo collection of instance/, 256 works and 60 photos
    PINAKES_INSTANCE=… python -m benchmarks.reference photos.csv

Each recipe is its encoder, its whitening, its index and its re-ranking over the works of the published build, asked with whole
photos, as those systems ask. The product is the published build as visitors ask it. `top1`: the first answer is a work in the
photo. System 3's own test is made too: copies of catalogue pictures, degraded, asked of it and of the product. The page keeps a
table for each set of photos and catalogue that was asked.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine.gallery import Gallery  # noqa: E402
from app.engine.images import read_image, save_jpeg  # noqa: E402
from app.engine.types import Floats, Ints  # noqa: E402
from app.evaluation.bootstrap import Doubles, interval, photo_weights  # noqa: E402
from app.evaluation.ground_truth import LabelledPhoto, read_ground_truth  # noqa: E402
from app.evaluation.protocols import verifying  # noqa: E402
from app.evaluation.protocols.copies import CHANGES  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from benchmarks.recipes import RECIPES, Recipe, ask  # noqa: E402

PAGE, CARD = ROOT / "docs" / "reference-systems.md", ROOT / "benchmarks" / "results" / "reference.json"
WINDOW = 16
COPIED = 25  # works whose pictures are copied, each under every degradation


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
    _seen: dict[int, verifying.Seen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._positions = {int(number): position for position, number in enumerate(self.gallery.pictures["picture_id"])}

    def inliers(self, photo: int, row: int) -> int:
        if (photo, row) not in self._inliers:
            position = self._positions.get(self.picture_ids[row])
            self._inliers[photo, row] = 0 if position is None else self._count(photo, position)
        return self._inliers[photo, row]

    def _count(self, photo: int, position: int) -> int:
        return verifying.inliers(self._photo(photo), (self.gallery.local(position, "sift"), self.gallery.size(position)))

    def _photo(self, photo: int) -> verifying.Seen:
        if photo not in self._seen:
            self._seen[photo] = verifying.seen(read_image(self.photos[photo].path, max_side=1600))
        return self._seen[photo]


def share(hits: Doubles, weights: Doubles) -> Doubles:
    return np.asarray(weights @ hits / weights.sum(axis=1))


def figure(hits: Sequence[bool] | Doubles) -> Any:
    values = np.asarray(hits, np.float64)
    return interval(partial(share, values), photo_weights(np.arange(len(values))), len(values))


@dataclass(frozen=True)
class Asked:
    """What the product said of each photo."""

    right: list[bool]  # the first answer is a work in the photo
    identified: list[bool]
    seconds: list[float]

    def told(self) -> dict[str, Any]:
        sure = [right for right, identified in zip(self.right, self.identified, strict=True) if identified]
        p50, p95 = np.percentile(self.seconds, [50, 95]).round(2).tolist()
        return {"identified": len(sure), "of_them_right": sum(sure), "seconds_p50": p50, "seconds_p95": p95}


def product(photos: Sequence[LabelledPhoto], names: dict[int, str]) -> Asked:
    from app import services

    searcher, asked = services.searcher(), Asked([], [], [])
    for photo in photos:
        result = searcher.search(services.read_photo(photo.path))
        asked.right.append(bool(result.matches) and names.get(result.matches[0].work_id) in photo.artwork_ids)
        asked.identified.append(result.verdict == "identified")
        asked.seconds.append(result.timings_ms["total"] / 1000)
    return asked


class Contest:
    """The product and recipes over one catalogue; pictures are described once for all sets of photos."""

    def __init__(self) -> None:
        from app import services
        from app.catalogue.queries import pictures_for_index

        self.services, self.names, self.pictures = services, services.source_ids(), pictures_for_index()
        self.files = [services.settings().pictures_dir / picture.path for picture in self.pictures]
        self._kept: dict[str, Floats] = {}

    @property
    def works(self) -> int:
        return len({picture.artwork_pk for picture in self.pictures})

    def table(self, photos: Sequence[LabelledPhoto], recipes: Sequence[Recipe]) -> list[dict[str, Any]]:
        """A row of the product, then one of each recipe."""
        ours = product(photos, self.names)
        words = "the published build, as visitors ask it"
        rows: list[dict[str, Any]] = [{"system": "Pinakes", "words": words, "top1": figure(ours.right), **ours.told()}]
        proofs = Proofs(photos, self.services.searcher().gallery, [picture.picture_id for picture in self.pictures])
        photographed: dict[str, Floats] = {}
        for recipe in recipes:
            if recipe.encoder not in photographed:
                photographed[recipe.encoder] = self._described(recipe.encoder, [photo.path for photo in photos])
            found = ask(recipe, self._catalogue(recipe.encoder), photographed[recipe.encoder], proofs.inliers)
            hits = self._right(photos, found.reranked)
            behind = np.asarray(ours.right, np.float64) - np.asarray(hits, np.float64)
            row = {"alone": figure(self._right(photos, found.alone)), "top1": figure(hits), "behind": figure(behind)}
            rows.append({**asdict(recipe), **row})
            print(recipe.system, row, flush=True)
        return rows

    def _right(self, photos: Sequence[LabelledPhoto], rows: Ints) -> list[bool]:
        return [self.names[self.pictures[row].artwork_pk] in photo.artwork_ids for row, photo in zip(rows, photos, strict=True)]

    def _described(self, encoder: str, paths: Sequence[Path]) -> Floats:
        return rows_of(self.services.encoder(encoder).describe, paths)

    def _catalogue(self, encoder: str) -> Floats:
        if encoder not in self._kept:
            self._kept[encoder] = self._described(encoder, self.files)
        return self._kept[encoder]

    def copies(self, folder: Path, count: int = COPIED) -> list[LabelledPhoto]:
        """Copies of `count` works' pictures, spread evenly over the catalogue, under every degradation of the protocol `copies`."""
        found = []
        for position in np.linspace(0, len(self.files) - 1, min(count, len(self.files))).astype(int).tolist():
            image, work = read_image(self.files[position], max_side=1600), self.names[self.pictures[position].artwork_pk]
            for name, change in CHANGES.items():
                path = folder / f"{position}-{name}.jpg"
                save_jpeg(change(image), path, quality=98)
                found.append(LabelledPhoto(path.name, path, frozenset({work}), name))
        return found


def run(file: Path) -> dict[str, Any]:
    """The photos of known works asked of all, copies of catalogue pictures of the product and of system 3's recipe."""
    contest = Contest()
    truth = read_ground_truth(file)
    photos = [photo for photo in truth.photos if photo.artwork_ids & frozenset(contest.names.values())]
    rows = contest.table(photos, RECIPES)
    with tempfile.TemporaryDirectory(prefix="pinakes-copies-") as folder:
        copies = contest.copies(Path(folder))
        copied = contest.table(copies, [recipe for recipe in RECIPES if recipe.system.startswith("3.")])
    return {
        "works": contest.works, "photos": len(photos), "file": file.name, "data_hash": truth.data_hash, "rows": rows,
        "copies": {"photos": len(copies), "degradations": list(CHANGES), "rows": copied},
    }


def kept_runs(result: dict[str, Any], card: Path) -> list[dict[str, Any]]:
    """The runs of the card, that of the same photos and catalogue replaced; smaller catalogues first."""
    before = json.loads(card.read_text("utf-8"))["result"].get("runs", []) if card.exists() else []
    key = (result["works"], result["data_hash"])
    others = [run for run in before if (run["works"], run["data_hash"]) != key]
    return sorted([*others, result], key=lambda run: (run["works"], run["data_hash"]))


def cell(one: Any) -> str:
    return f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"


HEAD = (
    "| system | recipe here | first search | `top1` | behind this product | own figure, on its own data | what is not equal |",
    "|---|---|---|---|---|---|---|",
)


def line(row: dict[str, Any]) -> str:
    parts = f" (`{row['encoder']}`, `{row['engine']}`)" if "encoder" in row else ""
    told = [row["system"], row["words"] + parts, cell(row["alone"]) if "alone" in row else "", cell(row["top1"])]
    told += [cell(row["behind"]) if "behind" in row else "", row.get("published", ""), row.get("hinders", "")]
    return f"| {' | '.join(told)} |"


def section(result: dict[str, Any]) -> list[str]:
    copies = result["copies"]
    sure, degraded = copies["rows"][0], ", ".join(name.replace("_", " ") for name in copies["degradations"])
    return [
        f"### {result['works']} works", "", f"{result['photos']} photos of known works (`{result['file']}`), one run:", "",
        *HEAD, *map(line, result["rows"]), "",
        f"{copies['photos']} copies of catalogue pictures ({degraded}):", "",
        *HEAD, *map(line, copies["rows"]), "",
        f"The product identified {sure['identified']} of them, {sure['of_them_right']} of these rightly; a search took "
        f"{sure['seconds_p50']} s at the median and {sure['seconds_p95']} s at p95.", "",
    ]


def page(runs: Sequence[dict[str, Any]], template: str) -> str:
    """The template with the tables between its marks put in anew."""
    lines = [text for run in runs for text in section(run)]
    before, rest = template.split("<!-- table -->\n")
    return f"{before}<!-- table -->\n" + "\n".join(lines) + "<!-- end of table -->" + rest.split("<!-- end of table -->")[1]


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
        runs = kept_runs(run(file), CARD)
    write_json(CARD, run_card({"runs": runs}, f"python -m benchmarks.reference {file.name}"))
    PAGE.write_text(page(runs, PAGE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
