"""Ng, Balntas, Tian & Mikolajczyk, "SOLAR: second-order loss and attention for image retrieval", ECCV 2020; reference system 1."""

from app.training.experiments.settings import Experiment, Labelled

EXPERIMENTS = (
    Experiment(
        "solar", "second-order attention, triplet and second-order similarity loss, hard negatives (SfM-120k, Google Landmarks)",
        Labelled(
            attention=True, freeze="conv5",  # on weights that know landmarks already, attention and exponent alone learn
            loss="triplets", margin=1.25, second_order=5.0,
            mining="hard", queries=2000, pool=20000, negatives=5, batch=5, epochs=30,
            optimiser="adam", rate=1e-6, p_rate=1e-4, weight_decay=1e-6, decay="exponential", decay_factor=0.99,
            long_side_px=1024, mirror=False,
        ),
    ),
)  # fmt: skip
