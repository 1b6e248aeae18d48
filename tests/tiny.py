"""A small museum for the tests: painted pictures, their catalogue, a real narrow VGG16, an index over it, and visitors' photos.

`tests/conftest.py` makes the fixtures known to every test. A worker process calls
`give_encoders(app, load_encoders(store))` with the store of the fixture `tiny_weights`, by its folder.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from flask import Flask

from app.engine.types import BuildReport, Floats, Image

if TYPE_CHECKING:
    from app.engine.encoders import Encoder
    from app.engine.weights import WeightStore

    Encoders = dict[str, Encoder]

COLUMNS = ("artwork_id", "title", "artist", "date", "school", "file")
WORKS = {  # id in the file → file names of its pictures, (height, width) of each
    "t01": [(420, 560)], "t02": [(560, 420)], "t03": [(480, 480)], "t04": [(360, 600)], "t05": [(600, 400)], "t06": [(450, 560)],
    "t07": [(420, 560)], "t08": [(560, 420)], "t09": [(480, 480)], "t10": [(1300, 1800)], "t11": [(420, 560), (500, 400)],
    "t12": [(400, 560)],
}  # fmt: skip
ARTISTS = ("Ada Holt", "Bruno Keller", "Clara Weiss")
STRANGER = 9001  # seed of a picture that the catalogue does not have


def paint(seed: int, height: int, width: int) -> Image:
    """Clouds of colour under 160 strokes, ellipses and polygons: corners everywhere, nothing repeated. uint8 RGB."""
    rng = np.random.default_rng(seed)
    canvas = np.asarray(cv2.resize(rng.integers(40, 216, (6, 6, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC))
    unit = max(height, width) / 40
    for _ in range(160):
        x, y, a, b = (rng.random(4) * (width, height, unit * 3, unit * 3)).astype(int)
        colour = rng.integers(0, 256, 3).tolist()
        match int(rng.integers(3)):
            case 0:
                cv2.ellipse(canvas, (x, y), (a // 2 + 3, b // 2 + 3), float(rng.integers(180)), 0, 360, colour, -1, cv2.LINE_AA)
            case 1:
                corners = np.array((x, y)) + rng.integers(-a - 6, a + 7, (4, 2))
                cv2.fillPoly(canvas, [corners.astype(np.int32)], colour, cv2.LINE_AA)
            case _:
                cv2.line(canvas, (x, y), (x + a - b, y + b), colour, max(1, int(unit / 5)), cv2.LINE_AA)
    return np.asarray(canvas, np.uint8)


def painting(source_id: str, number: int = 0) -> Image:
    """Picture `number` of a work of the tiny catalogue, as it was before it was saved as JPEG."""
    return paint(100 * int(source_id[1:]) + number, *WORKS[source_id][number])


@dataclass(frozen=True)
class Photo:
    """A photo, uint8 RGB (H, W, 3), and for each picture the (4, 2) places of its corners, top left first, clockwise."""

    image: Image
    regions: list[Floats]

    def jpeg(self) -> bytes:
        return jpeg(self.image)


def visitor_photo(
    *pictures: Image, size: tuple[int, int] = (800, 600), tilt: float = 0.12, wall: int = 168, seed: int = 0
) -> Photo:
    """Pictures side by side on an even grey wall, seen from the side, unevenly lit, with sensor noise.

    size: (width, height) of the photo; tilt: how much shorter the far side of a picture is.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    photo = np.full((height, width, 3), wall, np.uint8)
    slot = width / len(pictures)
    regions = []
    for number, picture in enumerate(pictures):
        scale = min(0.72 * slot / picture.shape[1], 0.72 * height / picture.shape[0])
        half = np.array([picture.shape[1], picture.shape[0]]) * scale / 2
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        corners[1:3, 1] *= 1 - tilt  # the right side is farther away
        region = (corners + ((number + 0.5) * slot, height / 2)).astype(np.float32)
        hang(photo, picture, region)
        regions.append(region)
    lit = photo * np.linspace(0.82, 1.08, width)[None, :, None] + rng.normal(0, 2.0, photo.shape)
    return Photo(np.clip(lit, 0, 255).astype(np.uint8), regions)


def hang(photo: Image, picture: Image, region: Floats) -> None:
    """Lay a picture into a photo so that its outer corners come to lie on `region`. In place."""
    height, width = picture.shape[:2]
    factor = max(1.0, width / float(np.linalg.norm(region[1] - region[0])))
    small = cv2.resize(picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    matrix = cv2.getPerspectiveTransform(outline(small), region - 0.5)
    laid = cv2.warpPerspective(small, matrix, (photo.shape[1], photo.shape[0]))
    mask = cv2.warpPerspective(np.full(small.shape[:2], 255, np.uint8), matrix, (photo.shape[1], photo.shape[0])) > 127
    photo[mask] = laid[mask]


def outline(picture: npt.NDArray[np.generic]) -> Floats:
    """(4, 2) outer corners of a picture where whole coordinates are pixel centres."""
    height, width = picture.shape[:2]
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - np.float32(0.5)


def jpeg(image: Image) -> bytes:
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 92])  # RGB → BGR
    assert done
    return data.tobytes()


def load_encoders(store: WeightStore) -> Encoders:
    """The narrow VGG16 with and without the class head, by what it pools with."""
    from app.engine.encoders import encoder_preset
    from app.engine.encoders.vgg16_encoder import Vgg16Encoder

    names = {"gem": "vgg16-gem-block5_conv3@160", "cam": "vgg16-cam-8@160"}
    presets = {kind: replace(encoder_preset(name), precision="f32") for kind, name in names.items()}
    return {kind: Vgg16Encoder(preset, threads=1, store=store) for kind, preset in presets.items()}


def classes_apart(cam: Encoder, pictures: Iterable[Image]) -> Encoder:
    """The narrow CAM encoder, its head less what these pictures have alike: a random one sees the same classes everywhere."""
    found = copy(cam)
    views = [view for view in map(cam.class_view, pictures) if view is not None]
    alike = np.mean([view.features.mean(axis=(0, 1)) for view in views], axis=0)
    weights = views[0].weights
    found._class_weights = weights - np.outer(alike, alike @ weights) / (alike @ alike)  # type: ignore[attr-defined]
    return found


def give_encoders(app: Flask, encoders: Encoders) -> None:
    """Put the narrow VGG16 into the application under the encoder name of every search preset."""
    from app import services
    from app.engine.presets import PRESETS

    with app.app_context():
        for name in {preset.encoder for preset in PRESETS.values()}:
            services._held().encoders[name] = encoders["cam" if "-cam-" in name else "gem"]


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    """Seeded weights of a real VGG16 a sixteenth as wide, and a class head; exported for serving once a session."""
    from app.engine.weights import WeightStore, write_npz
    from tests.engine.encoders.conftest import MANIFEST, cam_head, narrow_vgg16

    store = WeightStore(tmp_path_factory.mktemp("tiny-weights"))
    (store.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(store.path("vgg16-imagenet"), narrow_vgg16())
    write_npz(store.heads / "cam-vgg16-imagenet.npz", cam_head())
    return store


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `catalogue.csv` and the picture files of WORKS."""
    folder = tmp_path_factory.mktemp("tiny-files")
    rows = []
    for position, (source_id, sizes) in enumerate(WORKS.items()):
        for number in range(len(sizes)):
            name = f"{source_id}-{number}.jpg"
            (folder / name).write_bytes(jpeg(painting(source_id, number)))
            artist = ARTISTS[position % len(ARTISTS)]
            rows.append((source_id, f"Study {position + 1}", artist, str(1900 + position), "Test school", name))
    with (folder / "catalogue.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture(scope="session")
def tiny_encoders(tiny_weights: WeightStore) -> Encoders:
    return load_encoders(tiny_weights)


@pytest.fixture(scope="session")
def tiny_descriptors(tmp_path_factory: pytest.TempPathFactory, tiny_encoders: Encoders, tiny_files: Path) -> Path:
    """What the default preset computes of every picture, so that the session computes it once."""
    from app.engine.describing import Describer
    from app.engine.images import sha256_of
    from app.engine.presets import search_preset
    from app.engine.store import DescriptorStore
    from app.engine.types import GalleryPicture

    path = tmp_path_factory.mktemp("tiny-descriptors") / "descriptors.sqlite"
    files = sorted(tiny_files.glob("*.jpg"))
    pictures = [GalleryPicture(number, number, file, sha256_of(file)) for number, file in enumerate(files)]
    describer = Describer(search_preset("default"), tiny_encoders["gem"], DescriptorStore(path))
    assert describer.ensure(pictures) == []
    return path


@pytest.fixture
def tiny_app(app: Flask, tiny_encoders: Encoders, tiny_files: Path) -> Flask:
    """The application with the tiny catalogue imported and the narrow encoder in place; nothing is described or indexed yet."""
    from app.catalogue.importers import run_import

    give_encoders(app, tiny_encoders)
    report = run_import(tiny_files / "catalogue.csv", pictures_dir=Path(app.instance_path) / "pictures", collection="Tiny museum")
    assert report.counts["added"] == len(WORKS) and not report.rejects
    return app


@pytest.fixture(scope="session")
def tiny_built(
    tmp_path_factory: pytest.TempPathFactory, tiny_encoders: Encoders, tiny_files: Path, tiny_descriptors: Path
) -> tuple[Path, BuildReport]:
    """The folder of an index over the tiny catalogue, made once a session as its training takes seconds, and its report."""
    from app import create_app, services
    from app.catalogue.importers import run_import
    from app.extensions import db
    from app.settings import Settings

    app = create_app(Settings(instance=tmp_path_factory.mktemp("tiny-built") / "instance", testing=True))
    give_encoders(app, tiny_encoders)
    with app.app_context():
        db.create_all()
        run_import(tiny_files / "catalogue.csv", pictures_dir=services.settings().pictures_dir, collection="Tiny museum")
        shutil.copy(tiny_descriptors, services.settings().descriptors_path)
        report, folder = services.build_index(), services.settings().indexes_dir
        db.session.remove()
        db.engine.dispose()
    return folder, report


@pytest.fixture
def tiny_index(tiny_app: Flask, tiny_descriptors: Path, tiny_built: tuple[Path, BuildReport]) -> BuildReport:
    """A published index over the tiny catalogue: a copy, as every fresh catalogue gives its works and pictures the same keys."""
    from app import services
    from app.catalogue import queries
    from app.reindexing import rows

    folder, report = tiny_built
    shutil.copy(tiny_descriptors, services.settings().descriptors_path)
    shutil.copytree(folder, services.settings().indexes_dir)
    change_manifest(report.build_id, catalogue_revision=queries.catalogue_revision())
    rows.done(rows.begin(report.preset, None), report)
    return report


def change_manifest(build_id: str, /, **values: object) -> None:
    """Let the manifest of a build say something else."""
    from app import services
    from app.engine.builds import write_json

    file = services.builds().folder / build_id / "manifest.json"
    write_json(file, {**json.loads(file.read_text()), **values})


def twin(lacking: Iterable[int]) -> str:
    """A second build beside the published one, made by copying it, which does not find these pictures; its id."""
    from app import services

    shelf = services.builds()
    first = shelf.current()
    second = f"{first[:-4]}twin"
    shutil.copytree(shelf.folder / first, shelf.folder / second)
    change_manifest(second, build_id=second)
    shelf.change(second, removed=frozenset(lacking))
    return second
