"""The seam between the engine and everything around it: settings → one cached Searcher, one Indexer.

Web, tasks and commands call these functions and nothing of the engine directly. All need an application context.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import select

from app.catalogue import queries
from app.catalogue.models import Artwork, Collection
from app.engine.builds import Builds
from app.engine.errors import BuildError
from app.engine.lineage import with_engine
from app.engine.presets import PRESETS, SearchPreset, search_preset
from app.engine.types import BuildReport, GalleryPicture, Image, Progress, SearchResult, ShouldCancel
from app.extensions import db
from app.operations import figures, traces
from app.operations.desk import Desk
from app.reindexing import rows
from app.reloading import FEATURES, Beside
from app.results import as_json, as_proof
from app.settings import Settings
from app.usage import timings

if TYPE_CHECKING:
    from app.engine.encoders import Encoder
    from app.engine.gallery import Gallery
    from app.engine.pipeline import Indexer, Searcher

PHOTO_SIDE = 1600  # pixels; photos are searched at no more, twice what any stage looks at
Seen = Callable[[Image], None]  # is shown a photo before it is searched


class Busy(Exception):
    """As many searches as may wait are waiting; come back in `retry_after_s` seconds."""

    retry_after_s = 5


@dataclass(frozen=True)
class Answer:
    """What a search came to: the engine's result, the JSON contract, and what the result page draws."""

    result: SearchResult
    json: dict[str, Any]
    proof: list[dict[str, Any]]
    best_artwork_pk: int | None


@dataclass
class _Held:
    """What one process keeps: encoders by name, and the searcher of the published build."""

    encoders: dict[str, Encoder]
    searcher: Searcher | None
    lock: threading.RLock  # the searcher is not for several threads at once
    desk: Desk  # who has a place, and whose turn it is
    beside: Beside[Searcher] = field(default_factory=Beside)


def settings() -> Settings:
    held: Settings = current_app.extensions["pinakes.settings"]
    return held


def builds() -> Builds:
    return Builds(settings().indexes_dir, settings().index_url)


def _held() -> _Held:
    fresh = _Held({}, None, threading.RLock(), Desk(settings().search_queue))
    held: _Held = current_app.extensions.setdefault("pinakes.engine", fresh)
    return held


def encoder(name: str) -> Encoder:
    """The encoder of that name, loaded once per process."""
    held = _held()
    with held.lock:
        return _loaded(held, name, settings().threads)


def _loaded(held: _Held, name: str, threads: int) -> Encoder:
    if name not in held.encoders:
        from app.engine.encoders import load_encoder

        held.encoders[name] = load_encoder(name, threads=threads)
    return held.encoders[name]


def encoder_fingerprint(name: str) -> str:
    """The fingerprint of the encoder's descriptors; the network is not loaded for it. Raises PresetError, WeightsError."""
    known = _held().encoders.get(name)
    if known is not None:
        return known.fingerprint
    from app.engine.encoders import fingerprint_of

    return fingerprint_of(name)


def searcher() -> Searcher:
    """The searcher of the published build, reloaded when another is published or it changes. Raises NoIndexError."""
    from app.engine import calibration
    from app.engine.pipeline import open_searcher

    held, shelf = _held(), builds()
    with held.lock:
        build_id = shelf.current()
        known, target = held.searcher, (build_id, shelf.changes(build_id).serial)
        if known is None or (known.gallery.build_id, known.gallery.serial) != target:
            manifest, threads, judge = shelf.manifest(build_id), settings().threads, calibration.load()
            preset = search_preset(manifest["preset"])
            files = picture_files(preset)

            def opened() -> Searcher:
                network = _loaded(held, preset.encoder, threads)
                return open_searcher(shelf, build_id, preset, network, judge, threads=threads, files=files)

            quick = manifest["local_features"] < FEATURES
            held.searcher = opened() if known is None or quick else held.beside.newer(known, target, opened)
        assert held.searcher is not None
        return held.searcher


def gallery() -> Gallery:
    """The published build as it is searched; without the lock where it is loaded, since a search may hold that for a second.

    Raises as `searcher` does.
    """
    known, shelf = _held().searcher, builds()
    build_id = shelf.current()
    if known is not None and (known.gallery.build_id, known.gallery.serial) == (build_id, shelf.changes(build_id).serial):
        return known.gallery
    return searcher().gallery


def searcher_by(name: str) -> Searcher:
    """A searcher by any preset over the published build, or the newest one that holds what the preset needs; not cached.

    Raises PresetError where there is no such preset, BuildError where no build fits it.
    """
    from app.engine import calibration
    from app.engine.pipeline import open_searcher

    preset, shelf = search_preset(name), builds()
    fitting = [one for one in shelf.names() if shelf.manifest(one).get("build_fingerprint") == preset.build_fingerprint]
    if not fitting:
        raise BuildError(f"No build holds what the preset {name!r} needs; run `flask index build --preset {name}`.")
    build_id = shelf.published() if shelf.published() in fitting else fitting[-1]
    threads, files = settings().threads, picture_files(preset)
    return open_searcher(shelf, build_id, preset, encoder(preset.encoder), calibration.load(), threads=threads, files=files)


def read_photo(source: Path | bytes) -> Image:
    """A photo as it is searched: uint8 RGB, at most PHOTO_SIDE pixels a side. Raises ImageError."""
    from app.engine.images import read_image

    return read_image(source, max_megapixels=settings().photo_max_mp, max_side=PHOTO_SIDE)


def search_photo(source: Path | bytes, *, name: str = "", progress: Progress | None = None, seen: Seen | None = None) -> Answer:
    """Search one photo, given as a file or its bytes; `seen` is shown it before. Raises ImageError, NoIndexError, Busy."""
    with _place(), traces.span("search a photo") as trace:
        answer = _search(source, name or (source.name if isinstance(source, Path) else ""), trace.progress(progress), seen, trace)
        trace.stages(answer.result.timings_ms, verdict=answer.result.verdict, build=answer.result.build)
    figures.searched(answer.result.verdict, answer.result.timings_ms)
    return answer


def desk() -> Desk:
    """Who waits for an answer of this process, who is being answered, how many were refused."""
    return _held().desk


@contextmanager
def _place() -> Iterator[None]:
    """A place among those who ask. Raises Busy where all are taken."""
    with desk().place() as free:
        if not free:
            raise Busy("Many people are asking just now; please try again in a few seconds.")
        yield


def _search(source: Path | bytes, name: str, progress: Progress | None, seen: Seen | None, trace: traces.Trace) -> Answer:
    from app.engine.images import image_size
    from app.engine.pipeline import scaled_to

    start = time.perf_counter()
    trace.began("decode")
    image, size = read_photo(source), image_size(source)
    decode_ms = round((time.perf_counter() - start) * 1000, 1)
    if seen is not None:
        seen(image)
    trace.began("wait")
    with _held().lock, _held().desk.turn():
        trace.ended("wait")
        asked = searcher()
        found = asked.search(image, progress=progress)
    timings = {**found.timings_ms, "decode": decode_ms, "total": round(found.timings_ms["total"] + decode_ms, 1)}
    result = scaled_to(replace(found, timings_ms=timings), size)
    works = queries.artworks_by_pk([match.work_id for match in result.matches])
    shown = [match for match in result.matches if match.work_id in works and not works[match.work_id].hidden]
    if len(shown) < len(result.matches):  # works that were hidden or deleted since the build
        result = replace(result, matches=shown, verdict=asked.calibration.verdict(shown))
    best = result.matches[0].work_id if result.verdict == "identified" and result.matches else None
    return Answer(result, as_json(result, works, name), as_proof(result, works), best)


@contextmanager
def turn() -> Iterator[None]:
    """Have the encoder to oneself, after those who asked before. Raises Busy."""
    with _place(), _held().lock, _held().desk.turn():
        yield


def source_ids() -> dict[int, str]:
    """Primary key → the id in the imported file, of all works."""
    return dict(db.session.execute(select(Artwork.id, Artwork.source_id)).all())


# Index builds


@contextmanager
def build_lock() -> Iterator[None]:
    """One writer of the index at a time on this instance, across processes. Raises BuildError when another holds it."""
    settings().instance.mkdir(parents=True, exist_ok=True)
    with (settings().instance / "index.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError("The index is being built or changed by another process; wait for it, or cancel it.") from None
        yield


def indexer(preset: SearchPreset) -> Indexer:
    from app.engine.describing import Describer
    from app.engine.pipeline import Indexer
    from app.engine.store import DescriptorStore

    store = DescriptorStore(settings().descriptors_path)
    return Indexer(Describer(preset, encoder(preset.encoder), store, settings().threads), builds())


def build_index(
    *, preset: str | None = None, engine: str = "", progress: Progress | None = None, should_cancel: ShouldCancel | None = None,
    job_id: str | None = None, publish: bool = True,
) -> BuildReport:
    """Build an index over the whole catalogue and publish it; the row in `index_builds` says how it went.

    Raises BuildError (nothing to index, another build is running, a check failed), CancelledError, PresetError, WeightsError.
    """
    chosen = with_engine(search_preset(preset or settings().preset), engine)
    with build_lock():
        row, clock = rows.begin(chosen.name, job_id), timings.Clock(progress)
        try:
            report = indexer(chosen).build(
                gallery_pictures(), catalogue_revision=queries.catalogue_revision(), publish=publish,
                progress=clock, should_cancel=should_cancel,
            )
        except BaseException as error:
            rows.failed(row, error)
            timings.keep(clock, chosen.name)
            raise
        rows.done(row, report)
        timings.keep(clock, chosen.name, report.pictures)
        return report


def gallery_pictures() -> list[GalleryPicture]:
    """Every picture of a work that is not hidden."""
    root = settings().pictures_dir
    return [GalleryPicture(pk, work, root / path, sha) for pk, work, path, sha in queries.pictures_for_index()]


def picture_files(preset: SearchPreset) -> dict[int, Path]:
    """Picture id → file, where the preset looks at the catalogue's pictures again; else nothing."""
    return {one.picture_id: one.path for one in gallery_pictures()} if preset.looks_again else {}


def first_pictures(collection: str | None = None) -> list[tuple[str, Path]]:
    """(source id, path of the first picture) of every work that is not hidden, or of a collection's. ValueError without works."""
    query = select(Artwork.id, Artwork.source_id)
    if collection is not None:
        query = query.join(Artwork.collection).where(Collection.name == collection)
    names = dict(db.session.execute(query).all())
    if not names:
        where = "" if collection is None else f" in a collection {collection!r}"
        raise ValueError(f"There are no works{where}; import them first.")
    first: dict[int, Path] = {}
    for picture in gallery_pictures():
        first.setdefault(picture.work_id, picture.path)
    return [(name, first[pk]) for pk, name in sorted(names.items()) if pk in first]


def publish_build(build_id: str) -> None:
    """Search this build from now on. Raises BuildError where it is missing or damaged."""
    with build_lock():
        builds().publish(build_id)


def rollback() -> str:
    """Publish the build before the current one; returns its id."""
    with build_lock():
        previous = builds().previous()
        builds().publish(previous)
        return previous


def list_builds() -> list[dict[str, Any]]:
    """Finished builds on disk, newest first, with their manifests' figures and whether they are published."""
    shelf = builds()
    names = shelf.names()
    current = shelf.published()
    return [{**_figures(shelf.manifest(name)), "current": name == current} for name in reversed(names)]


def _figures(manifest: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in manifest.items() if name not in ("files", "format")}


def index_status() -> dict[str, Any]:
    """The published build: build, preset, works, vectors, recall against exact search, and whether the catalogue moved on."""
    shelf = builds()
    build_id = shelf.current()
    manifest, changes = shelf.manifest(build_id), shelf.changes(build_id)
    found = _indexed_pictures(shelf)
    return {
        "build": build_id, "preset": manifest["preset"], "works": len(set(found.values())), "pictures": len(found),
        "vectors": manifest["vectors"], "local_features": manifest["local_features"], "recall_at_10": manifest["recall_at_10"],
        "nprobe": manifest["nprobe"], "lists": manifest["lists"], "encoder": manifest["encoder"], "engine": manifest["engine"],
        "seconds": manifest["seconds"], "rejects": manifest["rejects"], "additions": len(changes.segments),
        "removed_pictures": len(changes.removed),
        "catalogue_changed": manifest["catalogue_revision"] != queries.catalogue_revision(),
    }


def add_works(artwork_pks: Sequence[int]) -> dict[str, Any]:
    """Make works searchable in the published build without a rebuild; pictures that are in already are left as they are."""
    with build_lock():
        shelf = builds()
        build_id = shelf.current()
        preset = search_preset(shelf.manifest(build_id)["preset"])
        known = _indexed_pictures(shelf)
        wanted = [p for p in gallery_pictures() if p.work_id in set(artwork_pks) and p.picture_id not in known]
        restored = shelf.changes(build_id).removed & {p.picture_id for p in wanted}
        if restored:  # they are in the build still, only hidden
            shelf.change(build_id, restored=restored)
        new = [p for p in wanted if p.picture_id not in restored]
        rejects = indexer(preset).add(new) if new else []
        return {"added": len(wanted) - len(rejects), "rejects": [{"picture_id": r.picture_id, "reason": r.reason} for r in rejects]}


def remove_works(artwork_pks: Sequence[int]) -> dict[str, Any]:
    """Stop finding works in the published build; the catalogue keeps them."""
    with build_lock():
        shelf = builds()
        gone = frozenset(p for p, work in _indexed_pictures(shelf).items() if work in set(artwork_pks))
        if gone:
            shelf.change(shelf.current(), removed=gone)
        return {"removed": len(gone)}


def _indexed_pictures(shelf: Builds) -> dict[int, int]:
    """Picture id → work id of what the published build finds."""
    from app.engine.pipeline import indexed_pictures

    return indexed_pictures(shelf, shelf.current())


def prune_builds() -> list[str]:
    """Delete builds beyond `builds_keep`; returns their ids."""
    with build_lock():
        return builds().prune(settings().builds_keep)


def preset_names() -> list[str]:
    return list(PRESETS)
