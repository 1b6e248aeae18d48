"""Picture files: found within one folder only, stored under their hash, measured by their header."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from app import picture_files
from app.catalogue.errors import PictureError
from app.catalogue.pictures import SUFFIXES, find, store
from tests.catalogue.files import picture


def test_a_picture_is_kept_under_its_hash(tmp_path: Path) -> None:
    source = picture(tmp_path / "in" / "a.jpg", (40, 30))
    stored = store(source, "a.jpg", tmp_path / "pictures")
    sha = hashlib.sha256(source.read_bytes()).hexdigest()
    assert (stored.sha256, stored.path, stored.width, stored.height) == (sha, f"{sha[:2]}/{sha}.jpg", 40, 30)
    assert (tmp_path / "pictures" / stored.path).read_bytes() == source.read_bytes()
    assert [path.name for path in (tmp_path / "pictures").rglob("*") if path.is_file()] == [f"{sha}.jpg"]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_are_after_the_exif_turn(tmp_path: Path, orientation: int, suffix: str) -> None:
    source = picture(tmp_path / f"a.{suffix}", (40, 30), orientation=orientation)
    stored = store(source, source.name, tmp_path, write=False)
    assert (stored.width, stored.height) == ((30, 40) if orientation >= 5 else (40, 30))


def test_every_kind_that_is_kept_is_looked_for(tmp_path: Path) -> None:
    files = [tmp_path / f"{kind}.{suffix.upper()}" for kind, suffix in SUFFIXES.items()]
    assert picture_files.among([*files, tmp_path / "notes.txt", tmp_path / "jpg"]) == sorted(files)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "gif", "bmp", "avif"])
def test_the_suffix_is_the_real_format_s(tmp_path: Path, suffix: str) -> None:
    real = picture(tmp_path / f"real.{suffix}")
    misnamed = real.rename(tmp_path / "misnamed.jpeg")
    assert store(misnamed, "misnamed.jpeg", tmp_path / "pictures").path.endswith(f".{suffix}")


def test_heic_of_a_phone(tmp_path: Path) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.new("RGB", (40, 30)).save(tmp_path / "a.heic")
    stored = store(tmp_path / "a.heic", "a.heic", tmp_path / "pictures")
    assert (stored.path[-5:], stored.width, stored.height) == (".heic", 40, 30)


def test_a_broken_exif_block_does_not_matter(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    stored = store(tmp_path / "a.jpg", "a.jpg", tmp_path / "pictures")
    assert (stored.width, stored.height) == (40, 30)


def test_a_phone_s_jpeg_with_several_pictures(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[Image.new("RGB", (8, 6))])
    assert store(tmp_path / "a.jpg", "a.jpg", tmp_path / "pictures").path.endswith(".jpg")


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(PictureError, match=r"'a\.jpg' cannot be read as a picture"):
        store(tmp_path / "a.jpg", "a.jpg", tmp_path / "pictures")
    assert not (tmp_path / "pictures").exists()


def test_found_by_either_slash_and_none_if_missing(tmp_path: Path) -> None:
    picture(tmp_path / "works" / "a.jpg")
    assert find(tmp_path, "works/a.jpg") == find(tmp_path, "works\\a.jpg") == tmp_path / "works" / "a.jpg"
    assert find(tmp_path, "works/b.jpg") is None
    assert find(tmp_path, "works") is None


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "works/../../secret.jpg", "..\\secret.jpg", "/etc/passwd", "C:\\secret.jpg", "link.jpg", "a\0.jpg"]
)
def test_no_path_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    images = tmp_path / "images"
    picture(images / "works" / "a.jpg")
    picture(tmp_path / "secret.jpg")
    (images / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(PictureError, match="absolute path|outside"):
        find(images, name)


def test_a_dry_run_writes_nothing_and_a_second_store_leaves_the_file(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.jpg")
    assert store(source, "a.jpg", tmp_path / "pictures", write=False) == store(source, "a.jpg", tmp_path / "pictures")
    target = next((tmp_path / "pictures").rglob("*.jpg"))
    before = target.stat().st_mtime_ns
    store(source, "a.jpg", tmp_path / "pictures")
    assert target.stat().st_mtime_ns == before
