"""The default: a visitor's photo and the catalogue's picture of the same work get nearly the same descriptor (docs/training.md)."""

from app.training.encoder.settings import Settings
from app.training.experiments.settings import Experiment

EXPERIMENTS = (Experiment("visitors", "VGG16 on simulated visitors' photos of pictures; no labels needed", Settings()),)
