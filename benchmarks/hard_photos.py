"""The product, its global descriptor alone, and a bag of words (benchmarks/bag_of_words.py) on the same photos in one run. JSON.

    flask simulate photos hard/ --kinds hard --photos 360 --seed 1
    python benchmarks/hard_photos.py hard/photos.csv [--out FILE]

Takes the published build of the instance that PINAKES_INSTANCE names. Every photo is asked as it is; every fifth is asked again
with its works left out: a fifth as many photos of unknown works. A painting that the catalogue lists under two numbers counts as
right under either where --same names them (`00029=10221`).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine import segments  # noqa: E402
from app.engine.local_features import root_sift  # noqa: E402
from app.engine.noise import median_if_noisy  # noqa: E402
from app.evaluation.ground_truth import LabelledPhoto, read_ground_truth  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from benchmarks import bag_of_words  # noqa: E402

EVERY = 5  # one in so many is asked again without its works


class Contest:
    """The three systems over one build."""

    def __init__(self, same: dict[str, str]) -> None:
        from app import services

        self.services, self.same = services, same
        self.searcher, self.names = services.searcher(), services.source_ids()
        shelf = services.builds()
        self.base = segments.read(shelf.folder / shelf.current() / "segments" / "base")
        local = self.base.local["sift"]
        owners = np.repeat(np.arange(len(self.base)), np.diff(local.offsets))
        self.bag = bag_of_words.build(np.asarray(local.descriptors), owners, len(self.base))
        self.points = np.asarray(local.keypoints)[:, :2]
        self.sizes = np.column_stack([self.base.pictures["width"], self.base.pictures["height"]])

    def ask(self, photo: LabelledPhoto, again: bool) -> dict[str, Any]:
        """What each system says of one photo."""
        image = self.services.read_photo(photo.path)
        result = self.searcher.search(image)
        clean = median_if_noisy(image)
        wanted = self.searcher.preset.photo_sift
        features = root_sift(clean, count=wanted.count, long_side=wanted.long_side)
        bagged = bag_of_words.ranking(self.bag, features, (clean.shape[1], clean.shape[0]), self.points, self.sizes)
        row: dict[str, Any] = {
            "kind": photo.kind, "verdict": result.verdict,
            "product": self._right(photo, result.matches[0].work_id if result.matches else -1),
            "global": self._right(photo, result.global_ranking[0] if result.global_ranking else -1),
            "bag of words": self._right(photo, int(self.base.pictures["work_id"][bagged[0][0]]) if bagged else -1),
        }
        if again:
            own = frozenset(pk for pk, name in self.names.items() if self._known_as(name) & self._wanted(photo))
            row["accepted"] = self.searcher.search(image, exclude_works=own).verdict == "identified"
        return row

    def _right(self, photo: LabelledPhoto, work: int) -> bool:
        return bool(self._known_as(self.names.get(work, "")) & self._wanted(photo))

    def _known_as(self, name: str) -> set[str]:
        return {name, self.same.get(name, name)}

    def _wanted(self, photo: LabelledPhoto) -> set[str]:
        return set().union(*(self._known_as(name) for name in photo.artwork_ids))


def figures(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares of right first answers, and what the verdicts did."""
    again = [row["accepted"] for row in rows if "accepted" in row]
    return {
        "photos": len(rows),
        "top1": {name: round(float(np.mean([row[name] for row in rows])), 4) for name in ("product", "global", "bag of words")},
        "identified": round(float(np.mean([row["verdict"] == "identified" for row in rows])), 4),
        "missed": round(float(np.mean([row["verdict"] == "not_in_catalogue" for row in rows])), 4),
        "false_accepts": [int(sum(again)), len(again)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--same", nargs="*", default=[], help="pairs A=B of one work listed twice")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    same = {a: b for pair in options.same for a, b in [pair.split("="), pair.split("=")[::-1]]}
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with create_app().app_context():
        contest = Contest(same)
        for number, photo in enumerate(read_ground_truth(options.photos).photos):
            by_kind[photo.kind].append(contest.ask(photo, number % EVERY == 0))
    result = {**figures([row for rows in by_kind.values() for row in rows]), "by_kind": {k: figures(v) for k, v in by_kind.items()}}
    print(result)
    if options.out:
        write_json(options.out, run_card(result, f"benchmarks/hard_photos.py {options.photos.name}"))


if __name__ == "__main__":
    main()
