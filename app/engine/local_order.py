"""The first works of the global stage in the order of cosine and a local score together, where a preset asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.engine import fusion
from app.engine.encoders import Encoder
from app.engine.fusion import Ranking
from app.engine.gallery import Gallery
from app.engine.local_features import LocalFeatures
from app.engine.online_classes import OnlineScores
from app.engine.patches import PatchScores
from app.engine.presets import SearchPreset
from app.engine.types import Floats, Image
from app.engine.vlad import VladScores, of_build

Scores = list[tuple[float, float]]  # cosine and local score
Score = Callable[[Image, LocalFeatures, Sequence[Floats], Sequence[int]], Floats]


@dataclass(frozen=True)
class LocalOrder:
    """Re-orders the first `works` of a ranking."""

    score: Score
    v: float
    works: int

    def __call__(
        self, photo: Image, features: LocalFeatures, quads: Sequence[Floats], ranking: Ranking
    ) -> tuple[Ranking, Scores]:
        """The ranking of (position, cosine) anew, and the cosine and local score of its first works in the new order."""
        first = [position for position, _ in ranking[: self.works]]
        if not first:
            return ranking, []
        local = self.score(photo, features, quads, first)
        pairs = {position: (cosine, float(own)) for (position, cosine), own in zip(ranking, local, strict=False)}
        ordered = fusion.reordered(ranking, local, self.v)
        return ordered, [pairs[position] for position, _ in ordered[: len(first)]]


def local_order(preset: SearchPreset, encoder: Encoder, gallery: Gallery, files: Mapping[int, Path]) -> LocalOrder | None:
    """What the preset asks for; None where it asks for nothing. `files`: picture id → file. Raises PresetError."""
    if preset.local is None:
        return None
    works = preset.local_works
    if preset.local == "classes":
        online = OnlineScores(encoder, gallery, files)
        return LocalOrder(lambda photo, features, quads, positions: online(photo, quads, positions), 0.0, works)  # nothing fused
    v = fusion.weight(preset.local)
    if preset.local == "vlad":
        vlad = VladScores(gallery, of_build(gallery))
        return LocalOrder(lambda photo, features, quads, positions: vlad(features, quads, positions), v, works)
    patches = PatchScores(encoder, gallery, files)
    return LocalOrder(lambda photo, features, quads, positions: patches(photo, quads, positions), v, works)
