"""Builds on disk: published, rolled back, pruned; damage named; and killed at every step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.engine.builds import Builds, write_json
from app.engine.errors import BuildError, CancelledError, NoIndexError
from app.settings import ROOT
from tests.engine.small_builds import indexer, pictures


def three(folder: Path) -> Builds:
    one = indexer(folder)
    for count in (2, 3, 4):
        one.build(pictures(*range(1, count + 1)))
    return one.builds


def test_nothing_is_published_at_first(tmp_path: Path) -> None:
    builds = Builds(tmp_path / "indexes")
    with pytest.raises(NoIndexError, match="flask index build"):
        builds.current()
    assert builds.names() == [] and builds.published() == "" and builds.prune(1) == []
    builds.discard_drafts()
    with pytest.raises(BuildError, match="older"):
        builds.previous()
    with pytest.raises(BuildError, match="no build 'x'; known: none"):
        builds.publish("x")


def test_builds_are_published_and_rolled_back(tmp_path: Path) -> None:
    builds = three(tmp_path)
    first, second, third = builds.names()
    assert builds.current() == third and [builds.manifest(name)["pictures"] for name in builds.names()] == [2, 3, 4]
    assert builds.previous() == second
    builds.publish(second)
    assert builds.current() == second and builds.previous() == first
    builds.publish(first)
    with pytest.raises(BuildError, match=f"older than {first}"):
        builds.previous()
    assert [path.name for path in builds.folder.glob(".*")] == []


def test_a_build_may_be_kept_aside(tmp_path: Path) -> None:
    one = indexer(tmp_path)
    report = one.build(pictures(1, 2), publish=False)
    assert one.builds.names() == [report.build_id]
    with pytest.raises(NoIndexError):
        one.builds.current()
    one.builds.publish(report.build_id)
    assert one.builds.current() == report.build_id


def test_the_manifest_says_what_the_build_is(tmp_path: Path) -> None:
    one = indexer(tmp_path)
    report = one.build(pictures(1, 2, 3, 4, 5), catalogue_revision="abc")
    manifest = one.builds.manifest(report.build_id)
    facts = {"preset": "default", "works": 3, "pictures": 5, "vectors": 5, "local_features": 150, "catalogue_revision": "abc",
             "encoder": "remembered", "encoder_fingerprint": "0" * 64, "whitened": True, "rejects": 0, "format": 1}  # fmt: skip
    assert {name: manifest[name] for name in facts} == facts
    assert manifest["recall_at_10"] == report.recall_at_10 == 1.0 and manifest["nprobe"] >= 1
    on_disk = {str(p.relative_to(one.builds.folder / report.build_id)) for p in (one.builds.folder / report.build_id).rglob("*.*")}
    assert on_disk == {*manifest["files"], "manifest.json", "changes.json"}


def test_pruning_keeps_the_newest_and_the_published(tmp_path: Path) -> None:
    builds = three(tmp_path)
    first, second, third = builds.names()
    builds.publish(first)
    assert builds.prune(1) == [second]
    assert builds.names() == [first, third] and builds.current() == first
    assert builds.prune(5) == []
    assert sorted(path.name for path in builds.folder.iterdir()) == sorted(["CURRENT", first, third])


@pytest.mark.parametrize("name", ["global.faiss", "votes.faiss", "whitening.npz", "segments/base/sift_descriptors.npy"])
@pytest.mark.parametrize("how", ["missing", "changed", "cut"])
def test_a_damaged_file_is_named_and_not_published(name: str, how: str, tmp_path: Path) -> None:
    builds = three(tmp_path)
    second, third = builds.names()[1:]
    path = builds.folder / second / name
    if how == "missing":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content if how == "changed" else content[:-5])
    with pytest.raises(BuildError, match=f"{second} is damaged: {name} is missing or changed"):
        builds.publish(second)
    assert builds.current() == third


def test_other_formats_and_broken_manifests_are_refused(tmp_path: Path) -> None:
    builds = three(tmp_path)
    first, second, _ = builds.names()
    write_json(builds.folder / second / "manifest.json", {**builds.manifest(second), "format": 99})
    with pytest.raises(BuildError, match="format 99, this version reads 1; build again"):
        builds.publish(second)
    (builds.folder / first / "manifest.json").write_text('{"format": 1, "fil')
    with pytest.raises(BuildError, match=r"manifest\.json cannot be read"):
        builds.publish(first)


def test_the_way_back_when_the_published_build_is_gone(tmp_path: Path) -> None:
    builds = three(tmp_path)
    second, third = builds.names()[1:]
    (builds.folder / third).rename(tmp_path / "elsewhere")
    with pytest.raises(BuildError, match=f"{third} is missing"):
        builds.current()
    builds.publish(builds.previous())
    assert builds.current() == second


def test_drafts_are_discarded(tmp_path: Path) -> None:
    builds = three(tmp_path)
    _, draft = builds.new_draft("a/b")
    (draft / "segments").mkdir()
    (draft / "segments" / ".half").touch()
    (builds.folder / ".CURRENT-aa").touch()
    (builds.folder / builds.current() / ".changes.json-aa").touch()
    assert draft.name not in builds.names() and len(builds.names()) == 3
    builds.discard_drafts()
    assert not [path for path in builds.folder.rglob("*") if path.name.startswith(".")]
    builds.check(builds.current())


@pytest.mark.parametrize("stage", ["describe", "write", "train", "check"])
def test_a_cancelled_build_leaves_nothing(stage: str, tmp_path: Path) -> None:
    one = indexer(tmp_path)
    before = one.build(pictures(1, 2)).build_id
    stages: list[str] = []

    def cancel() -> bool:
        return stage in stages

    with pytest.raises(CancelledError):
        if stage != "describe":
            one.build(pictures(1, 2, 3), progress=lambda name, done, total: stages.append(name), should_cancel=cancel)
        else:
            stages.append("describe")
            one.build([*pictures(1, 2), *pictures(9)], should_cancel=cancel)  # 9 is not described yet
    assert one.builds.current() == before and one.builds.names() == [before]
    assert not list(one.builds.folder.glob(".*"))


def test_a_build_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no readable picture"):
        indexer(tmp_path).build([])
    assert Builds(tmp_path / "indexes").names() == []


# For each operation, what may be found after a kill: before it took effect, and after.
SEEN = {
    "build": ([1, 2, 3, 4], [1, 2, 3, 4, 5]),
    "publish": ([1, 2, 3, 4], [1, 2, 3]),
    "add": ([1, 2, 3, 4], [1, 2, 3, 4, 6]),
    "remove": ([1, 2, 3, 4], [1, 3, 4]),
    "prune": ([1, 2, 3, 4], [1, 2, 3, 4]),
}


@pytest.mark.parametrize("operation", SEEN)
def test_killed_at_any_step_there_is_the_old_or_the_new(operation: str, tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # threads do not survive a fork
    command = [sys.executable, "-m", "tests.engine.killed", operation, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    steps: list[dict[str, Any]] = json.loads(done.stdout)
    assert [step["killed"] for step in steps] == [True] * (len(steps) - 1) + [False] and len(steps) > 4
    old, new = SEEN[operation]
    for number, step in enumerate(steps, 1):
        after, again = step["after"], step["again"]
        assert after is not None, f"nothing can be loaded after touch {number}"
        assert after["pictures"] in (old, new), f"touch {number}"
        assert after["loaded"] == len(after["pictures"]) and after["healthy"] == after["names"], f"touch {number}"
        assert again is None or (again["pictures"] == new and again["left"] == []), f"touch {number}"
    assert (steps[0]["after"]["pictures"], steps[-1]["after"]["pictures"]) == (old, new)
    assert any(step["again"] for step in steps)
