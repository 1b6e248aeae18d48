"""How well pictures inside a photo are found: contours, line segments and the trained network on the same photos.

    .venv/bin/python -m benchmarks.detection ../shared/data/paintings/works [--regions regions.json] [--out …]

Photos are simulated with the pictures of the folder (the corners of every picture and of its frame are known). A work counts as
found when one quadrilateral covers the visible part of picture or frame with an intersection over union of at least 0.5 (0.7).
`--regions`: also real photos, as written by `--write-regions PHOTOS.csv` with an instance (PINAKES_INSTANCE) whose search verified
works in them: the homography's outline of a right work is its place. It leaves out photos that show nothing but one work.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import picture_files  # noqa: E402
from app.engine import detection  # noqa: E402
from app.engine.images import read_image  # noqa: E402
from app.engine.picture_detector import PictureDetector, intersection_over_union  # noqa: E402
from app.engine.types import Floats, Image  # noqa: E402
from app.training.simulation import KINDS, Conditions, simulate  # noqa: E402
from benchmarks import segments  # noqa: E402

Finder = Callable[[Image], list[Floats]]
Place = tuple[str, list[Floats]]  # kind, and the outlines of which one is to be found
SIMULATED = [kind for kind in KINDS if kind not in ("clean", "cropped", "blur")] + ["turned", "three works"]
SEED = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=140)
    parser.add_argument("--regions", type=Path)
    parser.add_argument("--write-regions", type=Path, metavar="PHOTOS.csv")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.write_regions:
        write_regions(arguments.write_regions, arguments.regions)
        return
    network = PictureDetector()
    finders: dict[str, Finder] = {
        "contours": detection.quadrilaterals, "line segments": segments.quadrilaterals,
        "network": lambda photo: [quad for quads in network.works(photo) for quad in quads],
    }
    result: dict[str, object] = {"simulated": figures(simulated(arguments.folder, arguments.photos), finders)}
    if arguments.regions:
        result["real"] = figures(real(arguments.regions), finders)
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


def simulated(folder: Path, photos: int) -> list[tuple[Image, list[Place]]]:
    """Photos of works that the network was not trained on need another folder than its own."""
    files = picture_files.among(folder.iterdir())
    drawn = []
    for number in range(photos):
        kind = SIMULATED[number % len(SIMULATED)]
        rng = np.random.default_rng((SEED, number))
        works = {"two works": 2, "three works": 3}.get(kind, 1)
        conditions = KINDS["two works"] if kind == "three works" else Conditions.of(kind)
        pictures = [read_image(files[int(i)], max_side=800) for i in rng.choice(len(files), works, replace=False)]
        photo = simulate(pictures, rng, conditions)
        places = [(kind, [visible(outline, photo.image) for outline in hung]) for hung in photo.hanging[:works]]
        drawn.append((photo.image, places))
    return drawn


def visible(outline: Floats, photo: Image) -> Floats:
    """The part of a convex outline that lies in the photo."""
    height, width = photo.shape[:2]
    box = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    part = cv2.intersectConvexConvex(outline.astype(np.float32), box)[1]
    return outline if part is None or len(part) < 3 else np.asarray(part.reshape(-1, 2), np.float32)


def figures(photos: Sequence[tuple[Image, list[Place]]], finders: dict[str, Finder]) -> dict[str, object]:
    """Per way of finding: shares of works found, quadrilaterals a photo, those on no work, and milliseconds."""
    table: dict[str, object] = {}
    for name, find in finders.items():
        best: dict[str, list[float]] = {}
        quads, stray, spent = 0, 0, 0.0
        for photo, places in photos:
            started = time.perf_counter()
            found = find(photo)
            spent += time.perf_counter() - started
            quads += len(found)
            outlines = [outline for _, outlines in places for outline in outlines]
            stray += sum(max((intersection_over_union(quad, one) for one in outlines), default=0) < 0.3 for quad in found)
            for kind, wanted in places:
                hits = [intersection_over_union(quad, one) for quad in found for one in wanted]
                best.setdefault(kind, []).append(max(hits, default=0.0))
        scores = np.array([score for of_kind in best.values() for score in of_kind])
        table[name] = {
            "works": len(scores),
            "found": share(scores, 0.5), "found_well": share(scores, 0.7), "found_closely": share(scores, 0.85),
            "quadrilaterals_a_photo": round(quads / len(photos), 2), "on_no_work_a_photo": round(stray / len(photos), 2),
            "ms": round(1000 * spent / len(photos), 1),
            "by_kind": {kind: [share(np.array(of_kind), 0.5), share(np.array(of_kind), 0.7)] for kind, of_kind in best.items()},
        }
    return table


def share(scores: Floats, least: float) -> float:
    return round(float((scores >= least).mean()), 3)


def real(path: Path) -> list[tuple[Image, list[Place]]]:
    stored = json.loads(path.read_text("utf-8"))
    return [
        (read_image(Path(photo["photo"])), [(photo["kind"], [np.array(region, np.float32)]) for region in photo["regions"]])
        for photo in stored
    ]


def write_regions(ground_truth: Path, out: Path) -> None:
    """Where the search verified right works: outlines of works that leave at least 15 % of the photo."""
    from app import create_app
    from app.evaluation.ground_truth import read_ground_truth

    with create_app().app_context():
        from app import services

        searcher, ids = services.searcher(), services.source_ids()
        rows = []
        for labelled in read_ground_truth(ground_truth).photos:
            photo = services.read_photo(labelled.path)
            regions = [
                visible(match.region, photo).round(1).tolist()
                for match in searcher.search(photo).matches
                if match.verified and match.region is not None and ids[match.work_id] in labelled.artwork_ids
            ]
            area = 0.85 * photo.shape[0] * photo.shape[1]
            regions = [region for region in regions if cv2.contourArea(np.array(region, np.float32)) < area]
            if regions:
                rows.append({"photo": str(labelled.path.resolve()), "kind": labelled.kind, "regions": regions})
    out.write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
