"""Makes the demo collection into a folder: works, catalogue, photographs, examples."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from app.demo.photographs import EXAMPLES, Photograph, photographs
from app.demo.plan import Work, strangers, works
from app.demo.records import HEADER, record, write_csv
from app.engine.types import Image, Progress
from app.training.simulation import Conditions, simulate

MARKER = "demo.json"
WORKERS = 2
QUALITY = 88  # of the JPEG files
T = TypeVar("T")


class DemoError(Exception):
    """The demo collection cannot be made in that folder."""


def build(folder: Path, *, progress: Progress | None = None) -> None:
    """Make the demo collection into `folder`; returns at once if this edition of it is already there.

    The result depends on the code alone, not on the number of workers. It is made beside the folder and renamed when
    whole, so that the folder never holds half of it. Raises DemoError if the folder holds something else.
    """
    version = edition()
    if is_built(folder, version):
        return
    refuse_foreign(folder)
    draft = folder.with_name(f"{folder.name}.draft-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        make(draft, progress or (lambda stage, done, total: None))
        (draft / MARKER).write_text(json.dumps({"version": version, "licence": "CC0-1.0"}) + "\n")
        swap(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def edition() -> str:
    """Hash over everything that the result depends on: the painters, the holdings and the simulator."""
    import app.training.simulation as simulation

    digest = hashlib.sha256()
    roots = (Path(__file__).parent, Path(simulation.__file__).parent)
    for path in sorted(path for root in roots for path in root.rglob("*") if path.suffix in (".py", ".toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_built(folder: Path, version: str) -> bool:
    """Whether the folder holds this edition."""
    marker = folder / MARKER
    return marker.is_file() and json.loads(marker.read_text()).get("version") == version


def refuse_foreign(folder: Path) -> None:
    """Raise DemoError rather than replace a folder that this module did not make."""
    if folder.exists() and not (folder / MARKER).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise DemoError(f"{folder} holds something other than the demo collection; name an empty or new folder.")


def swap(draft: Path, folder: Path) -> None:
    """Put the draft in the folder's place; the former edition is removed last."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    former = folder.with_name(f"{folder.name}.former-{os.getpid()}")
    if folder.exists():
        folder.replace(former)
    draft.replace(folder)
    shutil.rmtree(former, ignore_errors=True)


def make(folder: Path, progress: Progress) -> None:
    """Everything but the marker."""
    for part in ("works", "photos", "unlisted"):
        (folder / part).mkdir(parents=True)
    catalogue, photos = works(), photographs()
    shown = {work.artwork_id for photo in photos for work in photo.works}
    others = [work for work in strangers() if work.artwork_id in shown]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=single_thread) as pool:
        painting = [(work, place(folder, work)) for work in [*catalogue, *others]]
        run(pool, paint_to, painting, lambda done, total: progress("painting", done, total))
        shooting = [(photo, [place(folder, work) for work in photo.works], folder / photo.name) for photo in photos]
        run(pool, photograph_to, shooting, lambda done, total: progress("photographing", done, total))
    shutil.rmtree(folder / "unlisted")
    write_csv(folder / "catalogue.csv", HEADER, map(record, catalogue))
    rows = ({"photo": photo.name, "artwork_ids": photo.artwork_ids, "kind": photo.kind} for photo in photos)
    write_csv(folder / "photos.csv", ("photo", "artwork_ids", "kind"), rows)
    examples = [{"file": file, "caption": caption} for file, caption in EXAMPLES]
    (folder / "examples.json").write_text(json.dumps(examples, indent=1) + "\n", encoding="utf-8")


def run(
    pool: ProcessPoolExecutor, task: Callable[..., None], calls: Iterable[tuple[object, ...]], told: Callable[[int, int], None]
) -> None:
    """Run the task for each tuple of arguments; the first error ends it."""
    futures = [pool.submit(task, *arguments) for arguments in calls]
    try:
        for done, future in enumerate(as_completed(futures), 1):
            future.result()
            told(done, len(futures))
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def single_thread() -> None:
    """The pool is the parallelism: OpenCV's own threads would only get in its way."""
    cv2.setNumThreads(1)


def place(folder: Path, work: Work) -> Path:
    """Where a work's picture lies; those that are not in the catalogue only for as long as the photos are taken."""
    return folder / ("unlisted" if work.artwork_id.startswith("X") else "works") / f"{work.artwork_id}.jpg"


def paint(work: Work) -> Image:
    """The work's picture, uint8 RGB, the same every time."""
    manner = import_module(f"app.demo.manners.{work.holding.manner}")
    picture: Image = manner.paint(work.rng(0), work.size, work.subject)
    return picture


def paint_to(work: Work, path: Path) -> None:
    """Paint a work into a JPEG file."""
    save(path, paint(work))


def photograph_to(photo: Photograph, pictures: list[Path], path: Path) -> None:
    """Take a photo of the pictures' files into a JPEG file."""
    rng = np.random.default_rng([photo.seed, 77])
    save(path, simulate([load(picture) for picture in pictures], rng, Conditions.of(photo.conditions)).image)


def load(path: Path) -> Image:
    """uint8 RGB of a JPEG file."""
    image: Image = np.asarray(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(image[..., ::-1])  # BGR → RGB


def save(path: Path, image: Image) -> None:
    """Write uint8 RGB as JPEG. Raises DemoError if it cannot be encoded."""
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])  # RGB → BGR
    if not done:
        raise DemoError(f"{path.name} of {image.shape} pixels could not be written as JPEG; this is a fault of the painter.")
    path.write_bytes(data.tobytes())
