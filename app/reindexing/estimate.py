"""What a build will cost before it is begun: pictures to describe, time by this machine's own rates, room on the disk."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from typing import Any

from app import services
from app.engine.errors import BuildError, CancelledError, PresetError
from app.engine.index import milvus
from app.engine.lineage import with_engine
from app.engine.presets import SearchPreset, search_preset
from app.engine.types import GalleryPicture, Progress, ShouldCancel
from app.usage import timings
from app.usage.timings import DESCRIBE, Measured

TRIAL = 24  # pictures that a measurement describes; they are kept, so that none is described twice
FIXED = tuple(stage for stage in timings.STAGES if stage != DESCRIBE)


@dataclass(frozen=True)
class Estimate:
    """Of one build. Unknown is None: nothing like it was ever done here."""

    preset: str
    engine: str
    pictures: int
    stored: int  # described already, which costs nothing
    to_describe: int
    per_second: float | None  # pictures described
    measured_on: int  # pictures that the rate rests on
    describe_seconds: float | None
    other_seconds: float | None  # writing, training, checking
    disk_bytes: int | None
    free_bytes: int

    @property
    def seconds(self) -> float | None:
        """In all; None where nothing of it is known, or not how long describing takes."""
        if self.describe_seconds is None or (not self.to_describe and self.other_seconds is None):
            return None
        return self.describe_seconds + (self.other_seconds or 0.0)

    @property
    def fits(self) -> bool:
        """Whether the disk has room, as far as is known."""
        return self.disk_bytes is None or self.disk_bytes < self.free_bytes

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": self.seconds, "fits": self.fits}


# that a build is offered; `engine.index.factory` knows more
ENGINES = ("Flat", "IVF,Flat", "HNSW32", "Forest50", "OPQ64,IVF,PQ64", "LOPQ,PQ64")


def engines_offered() -> tuple[str, ...]:
    """Factory strings that a form offers."""
    return (milvus.NAME, *ENGINES) if services.settings().index_url else ENGINES


def engine_by_default() -> str:
    """What a build takes that names no engine."""
    return milvus.NAME if services.settings().index_url else "IVF,Flat"


def estimate(preset: str = "", engine: str = "") -> Estimate:
    """What building with this preset (empty: the setting's) would cost now. Raises PresetError, WeightsError."""
    chosen = with_engine(search_preset(preset or services.settings().preset), engine)
    pictures = services.gallery_pictures()
    missing = len(_missing(chosen, pictures))
    rate = timings.measured(DESCRIBE, like(chosen)) if missing else None
    return Estimate(
        preset=chosen.name, engine=chosen.engine or engine_by_default(), pictures=len(pictures), stored=len(pictures) - missing,
        to_describe=missing, per_second=rate.per_second if rate else None, measured_on=rate.pictures if rate else 0,
        describe_seconds=0.0 if not missing else missing / rate.per_second if rate else None,
        other_seconds=_others(chosen, len(pictures)), disk_bytes=_disk(chosen, len(pictures), missing),
        free_bytes=shutil.disk_usage(services.settings().instance).free,
    )  # fmt: skip


def _missing(preset: SearchPreset, pictures: list[GalleryPicture]) -> list[GalleryPicture]:
    """Pictures of which something that the preset needs is not stored."""
    from app.engine.describing import stored_kinds
    from app.engine.store import DescriptorStore

    fingerprint, store = services.encoder_fingerprint(preset.encoder), DescriptorStore(services.settings().descriptors_path)
    known = [store.known(kind) for kind in stored_kinds(preset, fingerprint)]
    return [picture for picture in pictures if not all(picture.sha256 in hashes for hashes in known)]


def like(preset: SearchPreset) -> set[str]:
    """Presets known here that describe pictures as this one does, itself included: they share their rates."""
    return {name for name in timings.known_presets() | {preset.name} if _described_alike(name, preset)}


def _described_alike(name: str, preset: SearchPreset) -> bool:
    try:
        other = search_preset(name)
    except PresetError:  # of an older version
        return False
    return _describing(other) == _describing(preset)


def _describing(preset: SearchPreset) -> tuple[object, ...]:
    return preset.encoder, preset.gallery_sift, preset.gallery_orb, preset.gallery_parts


def _others(preset: SearchPreset, pictures: int) -> float | None:
    """Seconds of the stages after describing; None where no build ever came that far."""
    found = [rate for stage in FIXED if (rate := stage_rate(stage, preset.name))]
    return sum(pictures / rate.per_second for rate in found) if found else None


def stage_rate(stage: str, preset: str) -> Measured | None:
    """How quickly a stage goes with the preset, or with any where it never ran with this one; describing is of its like alone."""
    if stage == DESCRIBE:
        return timings.measured(stage, like(search_preset(preset)))
    return timings.measured(stage, {preset}) or timings.measured(stage)


def _disk(preset: SearchPreset, pictures: int, missing: int) -> int | None:
    """Bytes that the build and new descriptors will take; None where nothing of the kind was ever made here."""
    from app.engine.gallery import folder_size

    shelf = services.builds()
    alike = [name for name in shelf.names() if shelf.manifest(name).get("build_fingerprint") == preset.build_fingerprint]
    kept = (alike or shelf.names())[-1:]
    described = _described_bytes(preset) if missing else 0.0
    if not kept or described is None:
        return None
    each = folder_size(shelf.folder / kept[0]) / max(1, shelf.manifest(kept[0])["pictures"])
    return int(each * pictures + described * missing)


def _described_bytes(preset: SearchPreset) -> float | None:
    """Bytes that one picture's descriptors take in the store."""
    from app.engine.describing import stored_kinds
    from app.engine.store import DescriptorStore

    store = DescriptorStore(services.settings().descriptors_path)
    sizes = [store.bytes_each(kind) for kind in stored_kinds(preset, services.encoder_fingerprint(preset.encoder))]
    known = [size for size in sizes if size is not None]
    return sum(known) if known else None


def measure(preset: str, *, progress: Progress | None = None, should_cancel: ShouldCancel | None = None) -> Measured:
    """Describe a handful of the missing pictures and keep how quickly that went.

    Raises BuildError where all are described already or the index is being built, PresetError, WeightsError, CancelledError.
    """
    chosen = search_preset(preset or services.settings().preset)
    with services.build_lock():
        missing = _missing(chosen, services.gallery_pictures())[: TRIAL + 1]
        if len(missing) < 2:
            raise BuildError("There is nothing to measure: every picture is described already.")
        describer = services.indexer(chosen).describer
        describer.ensure(missing[:1], should_cancel=should_cancel)  # the first one warms the network up
        clock, began = timings.Clock(progress), time.monotonic()
        rejects = describer.ensure(missing[1:], progress=clock, should_cancel=should_cancel)
        seconds = time.monotonic() - began
        if should_cancel is not None and should_cancel():
            raise CancelledError("Cancelled; what was described so far is kept for the next build.")
        timings.keep(clock, chosen.name)
    return Measured(len(missing) - 1 - len(rejects), seconds)
