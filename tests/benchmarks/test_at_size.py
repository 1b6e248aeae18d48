"""The votes of a published build, asked for what they find, how quickly, and how much room they take."""

from __future__ import annotations

from pathlib import Path

from app import services
from app.engine import gallery
from app.engine.images import save_jpeg
from app.engine.presets import search_preset
from app.engine.types import BuildReport
from benchmarks import at_size
from benchmarks.seen import Features
from benchmarks.votes import photos
from tests.tiny import painting, visitor_photo


def test_votes_and_size_of_a_published_build(tiny_index: BuildReport, tmp_path: Path) -> None:
    save_jpeg(visitor_photo(painting("t02")).image, tmp_path / "one.jpg", quality=95)
    (tmp_path / "photos.csv").write_text("photo,artwork_ids\none.jpg,t02\n", encoding="utf-8")
    builds, works, preset = services.builds(), services.source_ids(), search_preset("default")
    opened = gallery.load(builds, builds.current())
    asked = photos(tmp_path / "photos.csv", set(works.values()), Features(preset, tmp_path))
    found = at_size.ask(opened, preset, asked, works)
    assert found["photos"] == 1 and found["recall_at"] == {"1": 1.0, "5": 1.0, "20": 1.0}
    # The same photo with another work's name is not found: the rank is beyond the last.
    wrong = at_size.ask(opened, preset, asked, dict.fromkeys(works, "another"))
    assert wrong["recall_at"]["20"] == 0.0 and wrong["worst_ranks"] == [at_size.DEPTH + 1]
    room = at_size.size(builds, opened)
    assert room["descriptors"] == tiny_index.local_features and room["bytes_a_descriptor"] == 24
    assert room["inverted_file_mb"] <= room["files_mb"]["votes.faiss"] and room["files_mb"]["segments"] > 0
