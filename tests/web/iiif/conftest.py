"""The validator's coloured squares, made anew as a picture of the small gallery."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from flask import Flask
from PIL import Image as Pil
from sqlalchemy import select

from app.catalogue.models import Artwork, Picture
from app.catalogue.pictures import store
from app.engine.types import Image
from app.extensions import db


def squares(colours: list[list[tuple[int, int, int]]]) -> Image:
    """uint8 RGB (1000, 1000, 3): ten by ten squares, `colours[x][y]`."""
    return np.asarray(colours, np.uint8).transpose(1, 0, 2).repeat(100, axis=0).repeat(100, axis=1)


def hang(site: Flask, image: Image, folder: Path, source_id: str = "a1") -> int:
    """Give a work one more picture; its id."""
    Pil.fromarray(image).save(folder / "squares.png")
    with site.app_context():
        stored = store(folder / "squares.png", "squares.png", site.extensions["pinakes.settings"].pictures_dir)
        work = db.session.scalars(select(Artwork).where(Artwork.source_id == source_id)).one()
        row = Picture(
            artwork_id=work.id, position=9, sha256=stored.sha256, path=stored.path, width=stored.width, height=stored.height
        )
        db.session.add(row)
        db.session.commit()
        return row.id
