"""The four regimes of arXiv 2208.04201 on Google Landmarks v2; reference system 4."""

from dataclasses import replace

from app.training.experiments.settings import Experiment, Labelled

SIAMESE = Labelled(
    loss="contrastive", margin=0.85, mining="random", negatives=1, queries=2000, batch=16, epochs=10,
    optimiser="adam", rate=1e-5, p_rate=1e-4, decay="cosine", long_side_px=224, least_area=0.6,
)  # fmt: skip
EXPERIMENTS = (
    Experiment("landmarks-1", "regime 1: pretrained weights as they are", Labelled(epochs=0, long_side_px=224)),
    Experiment(
        "landmarks-2", "regime 2: fine-tuned by classification, cross-entropy with smoothed labels",
        Labelled(
            loss="cross-entropy", smoothing=0.1, batch=32, epochs=10, optimiser="adam", rate=1e-5, head_rate=1e-3, p_rate=1e-4,
            decay="cosine", long_side_px=224, least_area=0.6,
        ),
    ),
    Experiment("landmarks-3", "regime 3: siamese, contrastive, from the pretrained weights", SIAMESE),
    Experiment("landmarks-4", "regime 4: siamese, contrastive, from what regime 2 gave", replace(SIAMESE, after="landmarks-2")),
)  # fmt: skip
