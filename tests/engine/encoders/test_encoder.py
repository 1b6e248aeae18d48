"""The encoder as it serves: shapes, batches, fingerprints, errors, and no Keras in the process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.engine.encoders import encoder_preset, load_encoder
from app.engine.encoders.class_head import cam_features
from app.engine.encoders.presets import LAYERS, PRESETS
from app.engine.encoders.vgg16_encoder import Vgg16Encoder, network_size
from app.engine.errors import PresetError, WeightsError
from app.engine.types import Image
from app.engine.weights import WeightStore, write_npz
from tests.engine.encoders.conftest import cam_head, narrow_vgg16


def encoder(name: str, store: WeightStore) -> Vgg16Encoder:
    return Vgg16Encoder(encoder_preset(f"{name}@160"), threads=1, store=store)


@pytest.mark.parametrize("name", sorted(name for name, preset in PRESETS.items() if preset.family == "vgg16"))
def test_every_preset_gives_unit_rows(name: str, store: WeightStore, pictures: list[Image]) -> None:
    found = encoder(name, store)
    rows = found.describe(pictures[:2])
    for one in rows:
        assert one.shape == (found.maps, found.channels)
        assert one.dtype == np.float32
        lengths = np.linalg.norm(one, axis=1)
        assert np.all((np.abs(lengths - 1) < 1e-5) | (lengths == 0))  # zero: a class without any evidence
    assert not np.allclose(rows[0], rows[1], atol=1e-3)


def test_a_descriptor_does_not_depend_on_its_batch(store: WeightStore, pictures: list[Image]) -> None:
    found = encoder("vgg16-gem-block5_conv3", store)
    together = found.describe(pictures)
    for picture, row in zip(pictures, together, strict=True):
        np.testing.assert_allclose(found.describe([picture])[0], row, atol=2e-3)
    assert found.describe([]) == []


def test_a_picture_resembles_its_crop_more_than_another(store: WeightStore, pictures: list[Image]) -> None:
    found = encoder("vgg16-crow-block4_conv3", store)
    whole, crop, other = (row[0] for row in found.describe([pictures[0], pictures[0][10:-10, 10:-10], pictures[2]]))
    assert whole @ crop > whole @ other


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(480, 640, (384, 512)), (640, 480, (512, 384)), (100, 100, (512, 512)), (20, 2000, (32, 512)), (470, 640, (384, 512))],
)  # fmt: skip
def test_the_network_sees_whole_cells(height: int, width: int, expected: tuple[int, int]) -> None:
    assert network_size(height, width, 512) == expected


def test_the_fingerprint_tells_presets_weights_and_heads_apart(store: WeightStore, tmp_path: Path) -> None:
    names = ["vgg16-gem-block5_conv3", "vgg16-mac-block5_conv3", "vgg16-gem-block5_conv1", "vgg16-cam-8", "vgg16-cam-32"]
    prints = [encoder(name, store).fingerprint for name in names]
    prints.append(Vgg16Encoder(encoder_preset("vgg16-gem-block5_conv3@192"), threads=1, store=store).fingerprint)
    other = WeightStore(tmp_path)
    (tmp_path / "weights.toml").write_text((store.folder / "weights.toml").read_text(), encoding="utf-8")
    write_npz(other.path("vgg16-imagenet"), narrow_vgg16(seed=9))
    write_npz(other.heads / "cam-vgg16-imagenet.npz", cam_head())
    prints += [encoder("vgg16-gem-block5_conv3", other).fingerprint, encoder("vgg16-cam-8", other).fingerprint]
    write_npz(other.heads / "cam-vgg16-imagenet.npz", cam_head(seed=9))
    prints.append(encoder("vgg16-cam-8", other).fingerprint)
    assert len(set(prints)) == len(prints)
    assert encoder("vgg16-gem-block5_conv3", store).fingerprint == prints[0]


def test_precision_is_no_part_of_the_fingerprint(store: WeightStore) -> None:
    preset = encoder_preset("vgg16-gem-block5_conv3@160")
    one, other = (Vgg16Encoder(replace(preset, precision=kind), threads=1, store=store) for kind in ("f32", "bf16"))
    assert one.fingerprint == other.fingerprint


def test_a_preset_pays_only_for_its_layers(store: WeightStore) -> None:
    networks = [encoder(f"vgg16-gem-{layer}", store)._network for layer in LAYERS]
    operations = [len(one._request.get_compiled_model().get_runtime_model().get_ops()) for one in networks]
    assert operations == sorted(set(operations))  # each later layer costs more operations than the one before


@pytest.mark.parametrize("name", ["vgg16-cam-8", "vgg16-cam-domain-8", "vgg16-cam-domain-1-block5_conv3"])
def test_every_class_of_a_picture_has_the_row_that_the_most_probable_have(
    name: str, store: WeightStore, pictures: list[Image]
) -> None:
    found = encoder(name, store)
    every = found.class_rows(pictures[1])
    assert sorted(every.order.tolist()) == list(range(len(every.rows)))
    np.testing.assert_allclose(every.rows[every.order[: found.maps]], found.describe([pictures[1]])[0], atol=2e-3)
    assert found.pools_by_class and not encoder("vgg16-gem-block5_conv3", store).pools_by_class


def test_the_exported_head_is_the_plain_arithmetic(store: WeightStore, pictures: list[Image]) -> None:
    from app.engine.encoders.serving import Network

    encoder("vgg16-cam-8", store)
    (model,) = [path for path in (store.weights / "openvino").glob("*.xml") if "cam_conv" in path.read_text()][:1]
    network = Network(model, ["block5_conv3", "cam_conv"], threads=1, precision="f32")
    maps = network([np.ascontiguousarray(pictures[2][:160, :192])])[0]
    np.testing.assert_allclose(cam_features(maps["block5_conv3"], cam_head()), maps["cam_conv"], rtol=1e-3, atol=1e-4)


def test_names_that_are_no_presets_say_what_there_is() -> None:
    with pytest.raises(PresetError, match="vgg16-cam-64"):
        load_encoder("resnet", threads=1)
    for name in ("vgg16-cam-8@", "vgg16-cam-8@10", "vgg16-cam-8@big"):
        with pytest.raises(PresetError, match="long side"):
            load_encoder(name, threads=1)
    assert encoder_preset("vgg16-cam-8@640").long_side_px == 640


def test_missing_parts_say_the_way_out(store: WeightStore, tmp_path: Path) -> None:
    bare = WeightStore(tmp_path)
    (tmp_path / "weights.toml").write_text((store.folder / "weights.toml").read_text(), encoding="utf-8")
    with pytest.raises(WeightsError, match="flask weights fetch vgg16-imagenet"):
        encoder("vgg16-gem-block5_conv3", bare)
    write_npz(bare.path("vgg16-imagenet"), narrow_vgg16())
    with pytest.raises(PresetError, match="flask train cam-head"):
        encoder("vgg16-cam-8", bare)


def test_serving_loads_neither_keras_nor_tensorflow(store: WeightStore) -> None:
    encoder("vgg16-gem-block5_conv3", store)  # exported
    code = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from app.engine.encoders.vgg16_encoder import Vgg16Encoder\n"
        "from app.engine.encoders import encoder_preset\n"
        "from app.engine.weights import WeightStore\n"
        "one = Vgg16Encoder(encoder_preset('vgg16-gem-block5_conv3@160'), threads=1, store=WeightStore(Path(sys.argv[1])))\n"
        "one.describe([np.zeros((64, 64, 3), np.uint8)])\n"
        "print(sorted({'keras', 'tensorflow', 'flask'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(store.folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
