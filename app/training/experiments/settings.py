"""What an experiment is: a name, what it stands for, and the settings of a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from app.training.encoder import settings as visitors
from app.training.encoder.optimizers import Decay, Optimiser

Mining = Literal["hard", "random", "all-pairs"]


@dataclass(frozen=True)
class Labelled:
    """How an encoder learns from pictures with labels: every default on one screen. `loss`: see encoder/losses.py.

    mining: with "hard" and "random" a batch is of tuples: a query, its positive and `negatives` pictures of as many other labels,
    the closest ones in a pool or any; with "all-pairs" of `per_label` pictures of some labels. Losses of classes take neither.
    """

    weights: str = "resnet50-imagenet"  # what it starts from
    after: str = ""  # goes on from what that experiment gave for these weights
    attention: bool = False  # SOLAR's second-order attention is added, untrained
    places: bool = False  # a linear layer on every place of the last maps is added, untrained
    freeze: str = ""  # layers up to the last one whose name begins so stay as they are, but for `attention`
    projection: int = 0  # dimensions of a linear layer after pooling, begun as a whitening; 0: none
    loss: str = "contrastive"
    margin: float | None = None  # the loss's own
    second_order: float = 0.0  # weight of the second-order similarity
    smoothing: float = 0.0  # of the labels, in the cross-entropy
    mining: Mining = "hard"
    queries: int = 2000  # tuples an epoch
    pool: int = 20000  # pictures in which negatives are sought, drawn for each epoch; and in which held-out pictures are
    negatives: int = 5  # of a tuple
    per_label: int = 4  # pictures of a label in a batch of all pairs
    batch: int = 5  # tuples; for all pairs and for classes: pictures
    epochs: int = 30
    optimiser: Optimiser = "adam"
    rate: float = 1e-6  # of the network
    head_rate: float = 1e-6  # of the projection and of the classes
    p_rate: float = 1e-5  # of the exponent of the generalised mean
    weight_decay: float = 0.0  # decoupled from the gradient; not of the exponent
    decay: Decay = "exponential"
    decay_factor: float = 0.99  # after each epoch, of an exponential decay
    warm_up: int = 0  # steps over which the rates rise
    long_side_px: int = 362
    least_area: float = 1.0  # of a picture that a random crop keeps
    mirror: bool = True  # half of the time
    seed: int = 1
    checkpoint_steps: int = 50


@dataclass(frozen=True)
class Experiment:
    """`about`: one line for the list."""

    name: str
    about: str
    settings: visitors.Settings | Labelled = field(default_factory=Labelled)
