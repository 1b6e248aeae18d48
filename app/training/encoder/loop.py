"""The training itself: batches of works, one photo and the picture of each, through block 5 and the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders.whitening import fit_whitening
from app.engine.types import Ints
from app.engine.weights import Arrays
from app.training.encoder import losses, mining, model
from app.training.encoder.cache import Cached, maps_of
from app.training.encoder.checkpoint import State
from app.training.encoder.epochs import Epochs
from app.training.encoder.optimizers import Group, Optimizers, Schedule
from app.training.encoder.settings import Settings


class Trainer(Epochs):
    """Learns `works` by `settings` and measures on `held_out` after every epoch; `path` is the checkpoint."""

    key = "mrr"

    def __init__(self, works: Sequence[Cached], held_out: Sequence[Cached], settings: Settings, path: Path) -> None:
        super().__init__(settings, path, {"settings": asdict(settings), "works": _names(works), "held out": _names(held_out)})
        self.works, self.held_out, self.settings = works, held_out, settings

    def start(self, arrays: Arrays) -> State:
        """Before the first step: block 5 of `arrays`, and the catalogue's whitening of the works as the projection."""
        plain = model.start(arrays, np.zeros(1, np.float32), np.zeros((1, 1), np.float32))
        channels = plain["block5_conv3/bias"].shape[0]
        plain |= {"projection/kernel": np.eye(channels, dtype=np.float32), "projection/bias": np.zeros(channels, np.float32)}
        rows = model.describe(model.build(plain), maps_of(work.views[0] for work in self.works))["raw"]
        white = fit_whitening(rows, rows.shape[1])
        parameters = model.start(arrays, white.mean, white.projection)
        tail = model.build(parameters)
        photos = model.describe(tail, maps_of(work.views[1] for work in self.works))["final"]
        pictures = np.stack([white.apply(row[None]) for row in rows])
        state = State(self.facts, parameters, parameters, best=parameters, photos=photos, pictures=pictures)
        state.curve.append({"epoch": 0, **self.measure(tail, state)})
        return state

    def build(self, parameters: Arrays) -> Any:
        return model.build(parameters)

    def optimizers(self, network: Any, state: State) -> Optimizers:
        s = self.settings
        peaks = (("block5", s.rate), ("projection", s.head_rate), ("gem", 10 * s.head_rate))
        groups = [Group((name,), peak) for name, peak in peaks]
        return Optimizers(network, groups, s.optimiser, Schedule(s.decay, s.decay_factor, s.warm_up), state.optimizer)

    def plan(self, network: Any, state: State) -> Ints:
        rng = np.random.default_rng([self.settings.seed, state.epoch])
        return mining.batches(state.photos, state.pictures, self.settings.batch, self.settings.mining, rng)

    def loss(self, network: Any, state: State, batch: Ints) -> Any:
        import tensorflow as tf

        photo = 1 + state.epoch % self.settings.photos
        views = [self.works[row].views[photo] for row in batch] + [self.works[row].views[0] for row in batch]
        vectors = model.through(network, maps_of(views))
        state.photos[batch], state.pictures[batch] = vectors[: len(batch)].numpy(), vectors[len(batch) :].numpy()
        loss = losses.chosen(self.settings.loss, self.settings.margin, self.settings.second_order)
        return loss(tf.matmul(vectors, vectors, transpose_b=True), *losses.facing(len(batch)))

    def measure(self, network: Any, state: State) -> dict[str, float]:
        """Held-out photos against held-out pictures and those trained on, as last seen: recall@1, mean reciprocal rank, and
        by how much the right cosine is above the best wrong one."""
        pictures = model.describe(network, maps_of(work.views[0] for work in self.held_out))["final"]
        photos = model.describe(network, maps_of(view for work in self.held_out for view in work.views[1:]))["final"]
        gallery = np.concatenate([pictures, state.pictures])
        right = np.repeat(np.arange(len(pictures)), self.settings.photos)
        ranked = mining.ranks(photos, gallery, right)
        cosines = photos @ gallery.T
        own = cosines[np.arange(len(right)), right].copy()
        cosines[np.arange(len(right)), right] = -1
        return {
            "n": len(right), "recall_at_1": float(np.mean(ranked == 1)), "mrr": float(np.mean(1 / ranked)),
            "margin": float(np.mean(own - cosines.max(axis=1))), "p": float(model.get_parameters(network)["gem/p"][0]),
        }


def _names(works: Sequence[Cached]) -> list[str]:
    return [work.source.sha256[:16] for work in works]
