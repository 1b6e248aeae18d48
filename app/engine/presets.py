"""Search presets: named settings of the whole pipeline. Data, not code; see docs/presets.md for what each figure was chosen by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from app.engine.encoders.presets import encoder_preset
from app.engine.errors import PresetError
from app.engine.reranking import Method
from app.engine.verification import Rules

LEARNED = ("aliked-lightglue", "xfeat")  # matchers whose features no build keeps
Detector = Literal["contours", "network"]


@dataclass(frozen=True)
class LocalPreset:
    """How local features are found: the strongest `count` at `long_side` pixels."""

    count: int
    long_side: int

    @property
    def kind(self) -> str:
        return f"{self.count}@{self.long_side}"


@dataclass(frozen=True)
class SearchPreset:
    """One way to search. `gallery_…`, `encoder`, `whiten`, `engine`, `noise`, `vote_codes` shape a build; the rest a query."""

    name: str
    encoder: str = "vgg16-gem-block5_conv3@384"
    whiten: bool = True
    engine: str = ""  # a factory string (engine.index.factory); empty: an inverted file whose lists follow the size
    noise: str = ""  # of `flask train whitening`, a name in models_store/heads: the whitening knows what photos do to vectors
    gallery_sift: LocalPreset = LocalPreset(700, 560)  # 853,000 features for 1,268 works put a right work into 20 for every photo
    gallery_orb: LocalPreset = LocalPreset(500, 560)
    gallery_parts: int = 0  # parts of a catalogue picture that have a vector of their own beside the whole, at most 5
    photo_sift: LocalPreset = LocalPreset(1200, 800)
    photo_orb: LocalPreset = LocalPreset(1000, 800)
    detector: Detector = "network"  # what finds the pictures inside a photo: engine.detection or engine.picture_detector
    global_candidates: int = 20
    vote_candidates: int = 20
    tiny_candidates: int = 5  # by tiny images of what the outlines in a photo enclose; 0: they are no evidence either
    vote_nprobe: int = 12
    vote_geometry: bool = True  # votes that agree on a turn and a size go before more votes that do not
    vote_codes: str = "PQ32x4fs"  # how the inverted file of local features keeps a descriptor; SQ8_direct: every byte as it is
    verify_with: str = "sift"  # sift, orb or one of engine.matchers.learned; empty: scores of the global stage alone decide
    rules: Rules = field(default_factory=Rules)
    rerank: Method | None = None  # of the global stage's rows: engine.reranking
    fusion: Literal["inliers"] | None = None  # with the cosine, in place of the calibrated probability: engine.fusion
    local: Literal["vlad", "patches", "classes"] | None = None  # orders the global stage's first works anew: engine.local_order
    local_works: int = 50  # so many of them

    @property
    def looks_again(self) -> bool:
        """Whether a search reads catalogue pictures, of which a build does not keep what it needs."""
        return self.local in ("patches", "classes") or self.verify_with in LEARNED

    @property
    def build_fingerprint(self) -> str:
        """Hex digest of what shapes a build, the encoder's own fingerprint aside."""
        parts: dict[str, object] = {
            "encoder": self.encoder, "whiten": self.whiten, "sift": asdict(self.gallery_sift), "orb": asdict(self.gallery_orb),
            "codes": self.vote_codes,
        }
        if self.gallery_parts:
            parts["parts"] = self.gallery_parts
        if self.engine:
            parts["engine"] = self.engine
        if self.noise:
            parts["noise"] = self.noise
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


_PRESETS = (
    SearchPreset("default"),
    SearchPreset("exact-votes", vote_codes="SQ8_direct"),
    SearchPreset("contours", detector="contours"),
    SearchPreset("orb", verify_with="orb"),
    SearchPreset("plain-votes", vote_geometry=False),
    SearchPreset("global-only", vote_candidates=0, tiny_candidates=0, verify_with=""),
    SearchPreset("votes-only", global_candidates=0, tiny_candidates=0),
    SearchPreset("cam", encoder="vgg16-cam-64@384"),
    SearchPreset("cam-online", encoder="vgg16-cam-64@384", local="classes", local_works=20),
    SearchPreset("parts", gallery_parts=5),
    SearchPreset("graph", engine="HNSW32"),
    SearchPreset("codes", engine="IVF100,PQ8"),
    SearchPreset("learned-whitening", noise="noise-vgg16-gem-block5_conv3"),
    SearchPreset("average-expansion", rerank="average-expansion"),
    SearchPreset("alpha-expansion", rerank="alpha-expansion"),
    SearchPreset("diffusion", rerank="diffusion"),
    SearchPreset("random-walk", rerank="random-walk"),
    SearchPreset("refinement", rerank="refinement"),
    SearchPreset("vlad", local="vlad"),
    SearchPreset("patches", local="patches", local_works=10),
    SearchPreset("fusion", fusion="inliers"),
    SearchPreset("aliked-lightglue", verify_with="aliked-lightglue", global_candidates=3, vote_candidates=3, tiny_candidates=2),
    SearchPreset("xfeat", verify_with="xfeat", global_candidates=5, vote_candidates=5, tiny_candidates=2),
)
PRESETS = {preset.name: preset for preset in _PRESETS}


def search_preset(name: str) -> SearchPreset:
    """The preset of that name; `PRESET:ENCODER` is one on another encoder, such as `random-walk:resnet50-gem`.

    `encoder:NAME` is the default one on it. Raises PresetError listing them, or saying why the two do not go together.
    """
    if name in PRESETS:
        return PRESETS[name]
    kind, _, encoder = name.partition(":")
    base = PRESETS.get("default" if kind == "encoder" else kind)
    if base is None or not encoder:
        known = ", ".join((*PRESETS, "PRESET:ENCODER"))
        raise PresetError(f"There is no search preset {name!r}; known: {known}, or encoder:NAME.")
    if reason := misfit(base, encoder):
        raise PresetError(f"The search preset {kind} does not go with the encoder {encoder}: {reason}.")
    return replace(base, name=name, encoder=encoder, noise=noise_name(encoder) if base.noise else "")


def misfit(preset: SearchPreset, encoder: str) -> str:
    """Why this preset cannot work on an encoder, and what to write instead; empty where it can, or has no demands.

    Raises PresetError where the preset has demands and there is no encoder of that name.
    """
    if "-cam-" in preset.encoder and encoder_preset(encoder).pooling != "cam":
        return f"it pools by classes; use one such as resnet50-cam-64, or encoder:{encoder}"
    return ""


def noise_name(encoder: str) -> str:
    """What `flask train whitening` calls the noise that it measured for an encoder, whatever its size in pixels."""
    return f"noise-{encoder.partition('@')[0]}"
