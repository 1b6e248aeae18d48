"""VOC2012's classification lists: pictures that show objects of one class alone; the two parts are the data set's own.

Everingham et al., "The Pascal visual object classes challenge: a retrospective", IJCV 2015.
"""

from __future__ import annotations

from pathlib import Path

from app.evaluation.protocols.classes import shown
from app.training.datasets.loader import Options, Table, of_pictures
from app.training.datasets.types import LabelledPicture, Part, TrainingSet

LAYOUT = "JPEGImages/<name>.jpg and ImageSets/Main/<class>_train.txt, <class>_val.txt"
SOURCE = "host.robots.ox.ac.uk/pascal/VOC/voc2012: 5,717 pictures to learn from, 5,823 to validate, 20 classes"
held_out = of_pictures
PARTS: tuple[tuple[Part, str], ...] = (("train", "train"), ("validation", "val"))


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises ProtocolError where lists are missing or a row is not as published. "Difficult" objects do not count."""
    pictures: list[LabelledPicture] = []
    several = 0
    for part, name in PARTS:
        for picture, states in sorted(shown(folder, name).items()):
            classes = [label for label, state in states.items() if state == 1]
            several += len(classes) > 1
            if len(classes) == 1:
                pictures.append(LabelledPicture(folder / "JPEGImages" / f"{picture}.jpg", classes[0], part))
    note = f"{several} pictures show several classes: left out" if several else ""
    return TrainingSet("voc2012", tuple(pictures), notes=(note,) if note else ())
