"""Radenović, Tolias & Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019; reference system 1."""

from app.training.experiments.settings import Experiment, Labelled

EXPERIMENTS = (
    Experiment(
        "gem", "generalised mean, contrastive loss, hard negatives from a pool, Adam with exponential decay (SfM-120k)",
        Labelled(
            loss="contrastive", margin=0.7,  # theirs for a ResNet; 0.85 with a learned whitening
            mining="hard", queries=2000, pool=20000, negatives=5, batch=5, epochs=30,
            optimiser="adam", rate=1e-6, p_rate=1e-5, weight_decay=1e-6, decay="exponential", decay_factor=0.99,  # exp(−0.01)
            long_side_px=362, mirror=False,
        ),
    ),
)  # fmt: skip
