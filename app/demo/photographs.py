"""Which photographs the demo collection's visitors took, and which of them the home page shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.demo import plan
from app.sentences import N_

UNKNOWN = "not in the catalogue"
COUNTS = {
    "framed": 5, "perspective": 5, "uneven light": 4, "glare": 5, "blur": 4, "noise": 4, "partly hidden": 5, "two works": 5,
    "cropped": 3, "cut": 2, "rotated": 2, "far": 3, "hard": 4, UNKNOWN: 9,
}  # fmt: skip
UNKNOWN_KINDS = ("framed", "perspective", "framed", "glare", "uneven light", "partly hidden", "framed", "blur", "hard")


@dataclass(frozen=True)
class Photograph:
    """One photo to take. `kind` is what photos.csv says; `conditions` a name that the simulator knows."""

    name: str
    kind: str
    conditions: str
    works: tuple[plan.Work, ...]
    seed: int

    @property
    def artwork_ids(self) -> str:
        """As photos.csv has it: joined by `|`, empty if the catalogue has none of the works."""
        return "" if self.kind == UNKNOWN else "|".join(work.artwork_id for work in self.works)


def photographs() -> list[Photograph]:
    """Every photo, each of other works, spread over all manners."""
    known, unknown = spread(plan.works()), plan.strangers()
    photos: list[Photograph] = []
    for kind, count in COUNTS.items():
        for index in range(count):
            number = len(photos) + 1
            if kind == UNKNOWN:
                shown, conditions = [unknown[(index * 7 + 3) % len(unknown)]], UNKNOWN_KINDS[index % len(UNKNOWN_KINDS)]
            else:
                shown, conditions = [known.pop(0) for _ in range(2 if kind == "two works" else 1)], kind
            photos.append(Photograph(f"photos/{number:03d}.jpg", kind, conditions, tuple(shown), number))
    return photos


def spread(works: list[plan.Work]) -> list[plan.Work]:
    """The works in an order that goes round the manners."""
    rng = np.random.default_rng([plan.EDITION, 4711])
    order = rng.permutation(len(works))
    ranks: dict[int, int] = {}
    keyed: list[tuple[int, int, plan.Work]] = []
    for index in order:
        work = works[index]
        ranks[work.holding.number] = ranks.get(work.holding.number, 0) + 1
        keyed.append((ranks[work.holding.number], len(keyed), work))
    return [work for _, _, work in sorted(keyed, key=lambda entry: entry[:2])]


EXAMPLES: tuple[tuple[str, str], ...] = (
    ("photos/005.jpg", N_("In a gilt frame")),
    ("photos/010.jpg", N_("From one side")),
    ("photos/019.jpg", N_("Lamps in the glass")),
    ("photos/032.jpg", N_("Another visitor in the way")),
    ("photos/037.jpg", N_("Two works at once")),
    ("photos/059.jpg", N_("A work that we do not have")),
)
