"""Metric learning on CompCars, with a ResNet-50 or -18 (`--weights resnet18-imagenet`); reference system 2."""

from app.training.experiments.settings import Experiment, Labelled

EXPERIMENTS = (
    Experiment(
        "cars", "ResNet metric learning over all pairs of a batch, models of cars as labels (CompCars)",
        Labelled(
            loss="triplet", margin=0.2, mining="all-pairs", per_label=4, batch=64, epochs=20, projection=128,
            optimiser="adam", rate=1e-5, head_rate=1e-4, p_rate=1e-4, decay="exponential", decay_factor=0.9,
            long_side_px=224, least_area=0.6,
        ),
    ),
)  # fmt: skip
