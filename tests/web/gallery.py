"""A small gallery: eight painted works with a real index, made once and copied for each test."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import cv2
import numpy as np
from flask import Flask
from PIL import Image as Pil

from app import create_app, services
from app.catalogue.importers import run_import
from app.engine.encoders import encoder_preset
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.presets import search_preset
from app.engine.types import Image
from app.engine.weights import WeightStore
from app.extensions import db
from app.settings import Settings
from app.training.cam_head import rounded, save

AACHEN = ("AACHEN, Hans von", "(b. 1552, Köln, d. 1615, Praha)")
ANGUISSOLA = ("ANGUISSOLA, Sofonisba", "(b. c. 1532, Cremona, d. 1625, Palermo)")
BRUEGHEL = ("BRUEGHEL, Jan", "(b. 1568, Bruxelles, d. 1625, Antwerpen)")
NOBODY = ("", "")
OIL = "Oil on canvas"
WORKS = [
    # id, title, artist and their life, date, technique, dimensions, location, school, type
    ("a1", "Venus and Adonis", *AACHEN, "1574-88", OIL, "68 x 95 cm", "Fogg Art Museum, Cambridge", "German", "mythological"),
    ("a2", "Bacchus", *AACHEN, "c. 1600", OIL, "", "", "German", "mythological"),
    ("b1", "Self-Portrait", *ANGUISSOLA, "1556", OIL, "66 x 57 cm", "Muzeum-Zamek, Łańcut", "Italian", "portrait"),
    ("b2", "The Chess Game", *ANGUISSOLA, "1555", OIL, "", "", "Italian", "genre"),
    ("c1", "Still Life", *NOBODY, "", "", "", "", "Dutch", "still-life"),
    ("c2", "", *NOBODY, "", "", "", "", "Dutch", "still-life"),
    ("d1", "Winter Landscape", *BRUEGHEL, "1611", "Oil on panel", "40 x 60 cm", "", "Flemish", "landscape"),
    ("d2", "Flowers <b>& birds</b>", *BRUEGHEL, "1606", "Oil on panel", "", "", "Flemish", "still-life"),
]
HEADER = ("id", "title", "artist", "born_died", "date", "technique", "dimensions", "location", "school", "type")


def painting(seed: int, height: int = 360, width: int = 480) -> Image:
    """uint8 RGB (height, width, 3): coloured ground with many small shapes, textured enough to be matched."""
    generator = np.random.default_rng(seed)
    ground = cv2.resize(generator.integers(0, 256, (5, 5, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(220):
        x, y = int(generator.integers(0, width)), int(generator.integers(0, height))
        colour = tuple(int(value) for value in generator.integers(0, 256, 3))
        size = int(generator.integers(5, 26))
        if generator.random() < 0.5:
            cv2.circle(ground, (x, y), size // 2, colour, -1, cv2.LINE_AA)
        else:
            angle = float(generator.uniform(0, 180))
            box = cv2.boxPoints(((float(x), float(y)), (float(size), size * 0.6), angle))
            cv2.fillConvexPoly(ground, box.astype(np.int32), colour, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(ground, (0, 0), 0.7), np.uint8)


def stranger(height: int = 800, width: int = 1200) -> Image:
    """uint8 RGB (height, width, 3): an unevenly lit wall without any detail, like no work of the gallery."""
    rng = np.random.default_rng(9)
    wall = rng.integers(60, 220, 3) + rng.integers(0, 30, (height, width, 3))
    return np.asarray(cv2.GaussianBlur(wall.astype(np.uint8), (0, 0), 9), np.uint8)


def on_wall(pictures: list[Image], width: int = 1200, height: int = 800) -> Image:
    """A photograph: the pictures side by side on a grey wall, each a little in perspective."""
    wall = np.full((height, width, 3), (196, 192, 188), np.uint8)
    share = width // len(pictures)
    for number, picture in enumerate(pictures):
        high, wide = picture.shape[:2]
        scale = min(0.8 * share / wide, 0.75 * height / high)
        left, top = number * share + 0.1 * share, 0.12 * height
        right, bottom = left + wide * scale, top + high * scale
        corners = np.float32([[left, top], [right, top + 14], [right - 8, bottom - 10], [left + 5, bottom]])
        source = np.float32([[0, 0], [wide, 0], [wide, high], [0, high]])
        matrix = cv2.getPerspectiveTransform(source, corners)
        laid = cv2.warpPerspective(picture, matrix, (width, height))
        inside = cv2.warpPerspective(np.full((high, wide), 255, np.uint8), matrix, (width, height)) > 127
        wall[inside] = laid[inside]
    return wall


def jpeg(image: Image, **options: object) -> bytes:
    """JPEG bytes of uint8 RGB (H, W, 3); `options` are Pillow's."""
    out = io.BytesIO()
    Pil.fromarray(image).save(out, "JPEG", quality=92, **options)
    return out.getvalue()


def encoder(folder: Path) -> Vgg16Encoder:
    """The default preset's encoder on a narrow VGG16 with seeded weights (see tests/engine/encoders/conftest.py)."""
    from app.engine.weights import write_npz
    from tests.engine.encoders.conftest import MANIFEST, cam_head, narrow_vgg16

    store = WeightStore(folder)
    (store.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(store.path("vgg16-imagenet"), narrow_vgg16())
    write_npz(store.heads / "cam-vgg16-imagenet.npz", cam_head())
    return Vgg16Encoder(encoder_preset(search_preset("default").encoder), threads=1, store=store)


def open_site(settings: Settings, narrow: Vgg16Encoder | None = None) -> Flask:
    """The application on an instance, its tables made, its encoder in place."""
    app = create_app(settings)
    with app.app_context():
        db.create_all()
        if narrow:
            services._held().encoders[search_preset("default").encoder] = narrow
    return app


def make(instance: Path, narrow: Vgg16Encoder) -> None:
    """Paint the works, import them, build and publish the index, lay two example photos ready."""
    source = instance.parent / "source"
    (source / "works").mkdir(parents=True)
    for number, work in enumerate(WORKS):
        Pil.fromarray(painting(number)).save(source / "works" / f"{work[0]}.png")
    with (source / "catalogue.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow((*HEADER, "file"))
        rows.writerows((*work, f"works/{work[0]}.png") for work in WORKS)
    app = open_site(Settings(instance=instance, testing=True), narrow)
    with app.app_context():
        run_import(source / "catalogue.csv", format="auto", images=source, collection="Gallery", pictures_dir=instance / "pictures")
        services.build_index()
        db.engine.dispose()
    lay_examples(instance / "demo")


def lay_examples(folder: Path) -> None:
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "venus.jpg").write_bytes(jpeg(on_wall([painting(0)])))
    (folder / "photos" / "stranger.jpg").write_bytes(jpeg(stranger()))
    (folder / "examples.json").write_text(
        '[{"file": "photos/venus.jpg", "caption": "A framed picture"}, {"file": "photos/stranger.jpg", "caption": "A stranger"}]'
    )


def copied(original: Path, to: Path) -> Path:
    """A copy of the made instance that a test may change."""
    shutil.copytree(original, to)
    return to


def give_head() -> None:
    """A head of two types and two periods for the site's own weights, of which only the types can be trusted. In its context."""
    encoder = services.searcher().encoder
    arrays = {
        "classes/kernel": np.random.default_rng(2).normal(scale=1e-3, size=(encoder.channels, 4)).astype(np.float32),
        "classes/bias": np.zeros(4, np.float32), "classes/sizes": np.array([2, 2], np.float32),
    }
    vocabulary = {"type": ["portrait", "landscape"], "timeframe": ["1601-1650", "1651-1700"]}
    card = {"trunk_sha256": encoder.trunk, "long_side_px": 160, "vocabulary": vocabulary, "trusted": ["type"]}
    save(rounded(arrays), card, services.settings().instance / "heads", f"domain-{encoder.weights}")
