"""The class head that turns VGG16 into VGG16-CAM: a 3×3 convolution, global average pooling, a linear layer.

Zhou, Khosla, Lapedriza, Oliva & Torralba, "Learning deep features for discriminative localization", CVPR 2016. The trunk
is frozen; the head learns a teacher's ImageNet probabilities on unlabelled pictures.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders.class_head import cam_features, class_logits
from app.engine.types import Floats, Ints, Progress
from app.engine.weights import Arrays, arrays_digest, write_npz
from app.training.distillation import Lesson, TrainingError

HEAD_NAME = "cam-vgg16-imagenet"


@dataclass(frozen=True)
class HeadSettings:
    """Two stages: the linear layer alone on averaged maps (seconds), then convolution and linear layer together.

    `temperature` softens teacher and student alike in the loss; `dropout` is of the averaged maps.
    """

    temperature: float = 2.0
    dropout: float = 0.5
    batch: int = 64
    weight_decay: float = 1e-2
    linear_epochs: int = 60
    linear_rate: float = 3e-3
    epochs: int = 1
    rate: float = 2e-4
    seed: int = 1


def log_softmax(logits: Floats) -> Floats:
    """(n, classes) → the same, log probabilities."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), np.float32)


def agreement(teacher: Floats, student: Floats) -> dict[str, float]:
    """How well the student answers as the teacher does, from (n, classes) logits of the same pictures.

    top1: share of equal best classes. top5_overlap: mean share of the teacher's five best that are among the student's.
    teacher_top1_in_top5: share where the teacher's best is among the student's five. kl: mean KL(teacher ‖ student), nats.
    """
    wanted, found = np.argsort(-teacher, axis=1)[:, :5], np.argsort(-student, axis=1)[:, :5]
    overlap = (wanted[:, :, None] == found[:, None, :]).any(axis=2)
    log_p, log_q = log_softmax(teacher), log_softmax(student)
    return {
        "n": len(teacher),
        "top1": float(np.mean(wanted[:, 0] == found[:, 0])),
        "top5_overlap": float(overlap.mean()),
        "teacher_top1_in_top5": float(overlap[:, 0].mean()),
        "kl": float(np.mean(np.sum(np.exp(log_p) * (log_p - log_q), axis=1))),
    }


def build_head(inputs: tuple[int, ...], classes: int, dropout: float) -> Any:
    """Keras model: (14, 14, C) maps ≥ 0 → (classes,) logits. The convolution, C → C, starts as the identity."""
    import keras

    features = keras.Input(inputs, name="block5_conv3")
    maps = keras.layers.Conv2D(inputs[-1], 3, padding="same", activation="relu", name="cam_conv")(features)
    pooled = keras.layers.Dropout(dropout)(keras.layers.GlobalAveragePooling2D(name="average")(maps))
    model = keras.Model(features, keras.layers.Dense(classes, use_bias=False, name="classes")(pooled), name="cam_head")
    model.get_layer("cam_conv").set_weights([identity_kernel(inputs[-1]), np.zeros(inputs[-1], np.float32)])
    return model


def identity_kernel(channels: int) -> Floats:
    """(3, 3, C, C): each channel passes its own centre, so that the first stage's linear layer fits unchanged.

    From a random start the convolution's C² · 9 weights overfit a few thousand crops (docs/encoders.md).
    """
    kernel = np.zeros((3, 3, channels, channels), np.float32)
    kernel[1, 1] = np.eye(channels, dtype=np.float32)
    return kernel


def fit_linear(pooled: Floats, teacher: Floats, settings: HeadSettings) -> Floats:
    """(n, C) averaged maps, (n, classes) logits → (C, classes), the linear layer alone."""
    import keras

    inputs = keras.Input(pooled.shape[1:])
    outputs = keras.layers.Dense(teacher.shape[1], use_bias=False)(keras.layers.Dropout(settings.dropout)(inputs))
    model = keras.Model(inputs, outputs)
    compile_model(model, settings, settings.linear_rate, settings.linear_epochs * -(-len(pooled) // settings.batch))
    model.fit(pooled, teacher, batch_size=settings.batch, epochs=settings.linear_epochs, verbose=0)
    return np.asarray(model.layers[-1].get_weights()[0], np.float32)


def compile_model(model: Any, settings: HeadSettings, rate: float, steps: int) -> None:
    """AdamW whose rate falls as a half cosine over all steps, and the distillation's loss."""
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(rate, max(steps, 1))
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay)
    model.compile(optimizer=optimizer, loss=distillation_loss(settings.temperature))


def distillation_loss(temperature: float) -> Any:
    """T² · KL(softmax(teacher/T) ‖ softmax(student/T)), from logits. Hinton et al. 2014, section 2."""
    import keras

    def loss(teacher: Any, student: Any) -> Any:
        log_p = keras.ops.log_softmax(teacher / temperature)
        log_q = keras.ops.log_softmax(student / temperature)
        return temperature**2 * keras.ops.sum(keras.ops.exp(log_p) * (log_p - log_q), axis=-1)

    return loss


def batches(lesson: Lesson, rows: Ints, settings: HeadSettings) -> Any:
    """A Keras data set over the lesson's rows, shuffled anew in each epoch by the seed."""
    import keras

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.generator = np.random.default_rng(settings.seed)
            self.order = self.generator.permutation(rows)

        def __len__(self) -> int:
            return -(-len(rows) // settings.batch)

        def __getitem__(self, index: int) -> tuple[Floats, Floats]:
            taken = np.sort(self.order[index * settings.batch : (index + 1) * settings.batch])
            return np.asarray(lesson.features[taken], np.float32), lesson.logits[taken]

        def on_epoch_end(self) -> None:
            self.order = self.generator.permutation(rows)

    return Batches()


def train(lesson: Lesson, settings: HeadSettings, progress: Progress | None = None) -> tuple[Arrays, dict[str, Any]]:
    """Learn the head on the lesson's training rows, measure on the held-out ones → (arrays, card).

    Raises TrainingError without TensorFlow.
    """
    try:
        import keras
        import tensorflow  # noqa: F401
    except ImportError as error:
        raise TrainingError("Training needs TensorFlow; run: pip install --require-hashes -r requirements-dev.txt") from error
    keras.utils.set_random_seed(settings.seed)
    started = time.time()
    training, held_out = lesson.rows(False), lesson.rows(True)
    model = build_head(lesson.features.shape[1:], lesson.logits.shape[1], settings.dropout)
    averaged = np.asarray(lesson.features[training].mean(axis=(1, 2), dtype=np.float32), np.float32)
    model.get_layer("classes").set_weights([fit_linear(averaged, lesson.logits[training], settings)])
    data = batches(lesson, training, settings)
    compile_model(model, settings, settings.rate, len(data) * settings.epochs)
    curve: list[dict[str, float]] = [{"epoch": 0, **agreement(lesson.logits[held_out], predict(model, lesson, held_out))}]
    for epoch in range(settings.epochs):
        loss = model.fit(data, initial_epoch=epoch, epochs=epoch + 1, verbose=0).history["loss"][-1]
        found = agreement(lesson.logits[held_out], predict(model, lesson, held_out))
        curve.append({"epoch": epoch + 1, "loss": float(loss), **found})
        if progress:
            progress("training", epoch + 1, settings.epochs)
    return rounded(head_arrays(model)), {
        "settings": asdict(settings), "crops": {"training": len(training), "held_out": len(held_out)},
        "pictures": lesson.pictures, "curve": curve, "seconds": round(time.time() - started, 1),
    }


def head_arrays(model: Any) -> Arrays:
    """`cam_conv/kernel`, `cam_conv/bias`, `classes/kernel`."""
    kernel, bias = model.get_layer("cam_conv").get_weights()
    return {"cam_conv/kernel": kernel, "cam_conv/bias": bias, "classes/kernel": model.get_layer("classes").get_weights()[0]}


def predict(model: Any, lesson: Lesson, rows: Ints) -> Floats:
    """(n, classes) logits of the lesson's rows."""
    steps = range(0, len(rows), 128)
    return np.concatenate([
        np.asarray(model.predict_on_batch(np.asarray(lesson.features[rows[at : at + 128]], np.float32))) for at in steps
    ])


def rounded(arrays: Arrays) -> Arrays:
    """Rounded to float16, as they are stored."""
    return {name: value.astype(np.float16).astype(np.float32) for name, value in arrays.items()}


def measured(lesson: Lesson, head: Arrays) -> dict[str, float]:
    """The stored head's agreement with the teacher on the held-out crops, by the plain arithmetic above."""
    rows = lesson.rows(True)
    student = np.stack([class_logits(cam_features(lesson.features[row].astype(np.float32), head), head) for row in rows])
    return agreement(lesson.logits[rows], student)


def save(head: Arrays, card: dict[str, Any], folder: Path, name: str = HEAD_NAME) -> Path:
    """Write `<name>.npz` (float16) and `<name>.json`, the run card. Each is written aside, then replaced."""
    path = folder / f"{name}.npz"
    write_npz(path, {key: value.astype(np.float16) for key, value in head.items()})
    draft = path.with_suffix(".json.tmp")
    draft.write_text(json.dumps({"name": name, "arrays_sha256": arrays_digest(head), **card}, indent=1) + "\n", encoding="utf-8")
    draft.replace(path.with_suffix(".json"))
    return path
