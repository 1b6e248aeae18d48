"""Any folder of classes: each label has a centre of its own. Deng et al., "ArcFace", CVPR 2019."""

from app.training.experiments.settings import Experiment, Labelled

EXPERIMENTS = (
    Experiment(
        "classes", "labels with learned centres on the sphere, ArcFace (Caltech-101, VOC2012, any folder of classes)",
        Labelled(
            loss="arcface-centres", margin=0.2, batch=32, epochs=10, optimiser="sgd", rate=1e-3, head_rate=1e-2, p_rate=1e-3,
            weight_decay=1e-4, decay="cosine", warm_up=20, long_side_px=224, least_area=0.6,
        ),
    ),
)  # fmt: skip
