"""How a run trains: every default on one screen."""

from __future__ import annotations

from dataclasses import dataclass

from app.training.encoder.mining import Mining
from app.training.encoder.optimizers import Decay, Optimiser


@dataclass(frozen=True)
class Settings:
    """`photos`: simulated of each work; an epoch shows one of them and the picture. `margin` None: the loss's own."""

    loss: str = "infonce"
    margin: float | None = None
    second_order: float = 0.0  # weight of the second-order similarity
    mining: Mining = "hard"
    epochs: int = 4
    batch: int = 24  # works; twice as many views go through block 5
    photos: int = 2
    rate: float = 1e-5  # of block 5's convolutions
    head_rate: float = 1e-4  # of the projection, and ten times that of the exponent
    optimiser: Optimiser = "adam"
    decay: Decay = "cosine"
    decay_factor: float = 0.99  # after each epoch, of an exponential decay
    warm_up: int = 20  # steps over which the rates rise
    long_side_px: int = 384  # as the default preset serves
    seed: int = 1
    checkpoint_steps: int = 20
