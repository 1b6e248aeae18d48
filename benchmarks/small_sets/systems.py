"""What each reference system asks the protocols with, which of them are its own, and what it learns first."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.presets import search_preset
from app.evaluation.protocols.searching import Search
from benchmarks.recipes import CHECKED, RECIPES

PRODUCT = "Pinakes"
FIGURES = {  # one of each protocol; R-Oxford has three settings, Google Landmarks two parts
    "map_trapezoidal": "oxford", "map_revisited_medium": "revisited", "map_revisited_hard": "revisited",
    "map@100_landmarks_private": "landmarks", "gap_met": "met", "map_cars": "cars", "precision@5_classes": "classes",
}  # fmt: skip


@dataclass(frozen=True)
class System:
    """`own`: protocol → the system's own figure on the published data set. v: of the fusion, chosen by `flask train fusion`."""

    name: str
    words: str
    encoder: str
    whiten: bool
    search: Search
    own: dict[str, str]
    hinders: str = ""


@dataclass(frozen=True)
class Learning:
    """An experiment on a small set in the layout of the system's own training data, and whose recipe asks with the result.

    `system`: the number that its name begins with; `after`: what it goes on from, by its `name`; `options` of the command, beside
    the experiment's own settings. `whiten`: whether its system asks so.
    """

    system: str
    name: str
    experiment: str
    data: str  # a loader of `flask train datasets`, which is the set's folder too
    protocol: str
    weights: str
    size: int
    options: str
    after: str = ""
    whiten: bool = False

    @property
    def result(self) -> str:
        """The encoder that it makes, beside those of a curator's own experiments."""
        return trained(self.weights, self.name)


def trained(weights: str, name: str) -> str:
    return f"{weights.removesuffix('-imagenet')}-trained-reference-{name}"


def systems(v: float) -> list[System]:
    """This product, then the five. v: weight of the global score in system 4's fusion."""
    one, two, three, four, five = (recipe.encoder for recipe in RECIPES)
    names = [recipe.system for recipe in RECIPES]
    return [
        System(
            PRODUCT, "its default preset", search_preset("default").encoder, True, Search(preset="default"), {},
        ),
        System(
            names[0], "ResNet-50 with GeM, whitened; a random walk, SIFT matching", one, True,
            Search(rerank="random-walk", verify=CHECKED),
            {
                "revisited": "mAP by SOLAR's weights: R-Oxford medium 69.9, hard 47.9; R-Paris 81.6, 64.5",
                "landmarks": "none by these weights",
            },
            "SOLAR's ResNet-101 at 1024 px, its weights and the data sets cannot be had here",
        ),
        System(
            names[1], "ResNet-50, inner products", two, False, Search(), {"cars": "none published"}, "CompCars cannot be had here",
        ),
        System(
            names[2], "VGG16-CAM, whitened, inverted file; SIFT matching", three, True, Search("IVF16,Flat", verify=CHECKED), {},
        ),
        System(
            names[3], "EfficientNet-Lite0; fused with SIFT matching", four, False, Search(verify=CHECKED, v=v),
            {"landmarks": "mAP@100 8.2 pretrained, 25.4 to 32.6 fine-tuned, 32.6 with SIFT"},
            "Google Landmarks v2 cannot be had here; Lite0 for B0",
        ),
        System(
            names[4], "ResNet-50 of 2048 numbers, IVF100,PQ8", five, False, Search("IVF100,PQ8", second_pass=False),
            {"classes": "none published"}, "Caltech-101 and VOC2012 cannot be had here",
        ),
    ]  # fmt: skip


LEARNINGS = (
    Learning(
        "1.", "gem", "gem", "sfm120k", "revisited", "resnet50-imagenet", 256,
        "--freeze conv4 --queries 128 --pool 300 --negatives 3 --batch 8 --epochs 3 --rate 1e-5 --p-rate 1e-4", whiten=True,
    ),
    Learning(
        "1.", "solar", "solar", "sfm120k", "revisited", "resnet50-imagenet", 256,
        "--queries 96 --pool 300 --negatives 3 --batch 8 --epochs 3 --p-rate 1e-4", whiten=True,
    ),
    Learning(
        "2.", "cars", "cars", "cars", "cars", "resnet50-imagenet", 224,
        "--freeze conv4 --batch 32 --epochs 6 --rate 1e-4 --head-rate 1e-3",
    ),
    Learning(
        "4.", "landmarks-2", "landmarks-2", "landmarks", "landmarks", "efficientnet-lite0", 224,
        "--freeze block5 --batch 32 --epochs 6 --rate 1e-4",
    ),
    Learning(
        "4.", "landmarks-3", "landmarks-3", "landmarks", "landmarks", "efficientnet-lite0", 224,
        "--freeze block5 --batch 16 --queries 256 --epochs 3 --rate 1e-4",
    ),
    Learning(
        "4.", "landmarks-4", "landmarks-3", "landmarks", "landmarks", "efficientnet-lite0", 224,
        "--freeze block5 --batch 16 --queries 256 --epochs 3 --rate 1e-4", after="landmarks-2",
    ),
)  # fmt: skip
