"""Photos whose works are known, saved under a name: uploaded, on the server, or those that curators have settled."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from app import services
from app.evaluation.ground_truth import GroundTruth, GroundTruthError, LabelledPhoto, read_ground_truth
from app.extensions import db
from app.usage.index_models import PhotoSet
from app.usage.models import Ruling, Search, new_id

CSV = "photos.csv"
FIT = ("right", "work", "not_ours")  # outcomes that say what the photo shows


class PhotoSetError(ValueError):
    """A set of photos cannot be saved or used; the message is one sentence that says why."""


def all_sets() -> list[PhotoSet]:
    """By name."""
    return list(db.session.scalars(select(PhotoSet).order_by(PhotoSet.name)))


def folder() -> Path:
    """Where uploaded sets lie, one folder each."""
    return services.settings().instance / "photo-sets"


def save_uploaded(name: str, fill: Callable[[Path], None], user_id: int | None = None) -> PhotoSet:
    """Save the set that `fill` lays into a new folder as `photos.csv` with its photos beside it. Commits.

    Raises PhotoSetError, or what `fill` raises; then nothing is kept.
    """
    home = folder() / new_id()
    home.mkdir(parents=True)
    try:
        fill(home)
        truth = _read(home / CSV)
        strays = [photo.name for photo in truth.photos if not photo.path.resolve().is_relative_to(home.resolve())]
        if strays:
            raise PhotoSetError(f"The photo {strays[0]} lies outside the set; name photos as they lie in the ZIP.")
        return _saved(PhotoSet(name=name, kind="upload", path=home.name, photos=len(truth.photos), user_id=user_id))
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def save_on_server(name: str, file: Path, user_id: int | None = None) -> PhotoSet:
    """Save a ground truth that lies on the server, and stays there. Commits. Raises PhotoSetError."""
    truth = _read(file)
    return _saved(PhotoSet(name=name, kind="server", path=str(file), photos=len(truth.photos), user_id=user_id))


def save_settled(name: str, user_id: int | None = None) -> PhotoSet:
    """Save the photos that curators have settled: those that there are whenever it is used. Commits. Raises PhotoSetError."""
    count = len(settled_truth().photos)
    return _saved(PhotoSet(name=name, kind="settled", photos=count, user_id=user_id))


def _saved(one: PhotoSet) -> PhotoSet:
    one.name = " ".join(one.name.split())[:200]
    if not one.name:
        raise PhotoSetError("Give the set a name.")
    if db.session.scalar(select(func.count()).select_from(PhotoSet).where(PhotoSet.name == one.name)):
        raise PhotoSetError(f"There is a set called {one.name} already; choose another name.")
    db.session.add(one)
    db.session.commit()
    return one


def delete(one: PhotoSet) -> None:
    """Forget a set, with the photos that were uploaded for it; comparisons keep their figures. Commits."""
    if one.kind == "upload" and one.path:
        shutil.rmtree(folder() / Path(one.path).name, ignore_errors=True)
    db.session.delete(one)
    db.session.commit()


def truth_of(one: PhotoSet) -> GroundTruth:
    """Its photos and what they show. Raises PhotoSetError where they are no longer there."""
    if one.kind == "settled":
        return settled_truth()
    return _read(folder() / one.path / CSV if one.kind == "upload" else Path(one.path))


def path_of(one: PhotoSet, name: str) -> Path | None:
    """Where a photo of the set lies; None where it is no longer kept. `name` must be of the set: a CSV may name any file."""
    if one.kind == "settled":
        search = db.session.get(Search, name)
        path = services.settings().uploads_dir / (search.photo_path or "") if search and search.photo_path else None
    else:
        path = (folder() / one.path if one.kind == "upload" else Path(one.path).parent) / name
    return path if path is not None and path.is_file() else None


def _read(file: Path) -> GroundTruth:
    try:
        return read_ground_truth(file)
    except GroundTruthError as error:
        raise PhotoSetError(str(error).replace(f"{file.parent}/", "")) from error
    except OSError as error:
        raise PhotoSetError(f"{file.name} cannot be read ({error.strerror}).") from error


def settled_truth() -> GroundTruth:
    """Photos that a curator settled and that are still kept. `name` is the search's id. Raises PhotoSetError without any."""
    uploads = services.settings().uploads_dir
    query = select(Ruling).join(Search).where(Ruling.outcome.in_(FIT), Search.photo_path.is_not(None)).order_by(Ruling.id)
    photos = []
    for ruling in db.session.scalars(query):
        path = uploads / str(ruling.search.photo_path)
        if path.is_file():
            ids = frozenset(work.source_id for work in ruling.works)
            photos.append(LabelledPhoto(ruling.search_id, path, ids, ruling.search.way))
    if not photos:
        raise PhotoSetError("No photo that a curator has settled is kept; settle some under Feedback, or give photos of your own.")
    told = "\n".join(f"{photo.name},{'|'.join(sorted(photo.artwork_ids))}" for photo in photos)
    return GroundTruth(tuple(photos), hashlib.sha256(told.encode()).hexdigest())
