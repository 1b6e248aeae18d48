"""ResNets given as PyTorch's files: names of three projects, shapes, the network that comes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskCliRunner

from app.engine import weights
from app.engine.encoders import encoder_preset, resnet
from app.engine.encoders.pooled_encoder import PooledEncoder
from app.engine.encoders.resnet_torch import DEPTHS, SCHEMES, from_torch
from app.engine.errors import WeightsError
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore
from tests.engine.encoders.conftest import Published, store_of
from tests.engine.encoders.plainly import Tensors, convolved, kernel, norm, normed
from tests.torch_files import torch_file

WIDTH, CLASSES = 4, 7


def tensors_of(family: str, scheme: int = 0, seed: int = 8) -> dict[str, Floats]:
    """A ResNet of few channels under a project's names."""
    generator, names = np.random.default_rng(seed), SCHEMES[scheme]
    found = kernel(names[0], (WIDTH, 3, 7, 7), generator) | norm(names[1], WIDTH, generator)
    before = WIDTH
    for stage, depth in enumerate(DEPTHS[family]):
        inner = WIDTH * 2**stage
        after = inner if family == "resnet18" else 4 * inner
        for number in range(depth):
            block = f"{names[2 + stage]}.{number}"
            shapes = [(inner, before, 3, 3), (inner, inner, 3, 3)]
            if family != "resnet18":
                shapes = [(inner, before, 1, 1), (inner, inner, 3, 3), (after, inner, 1, 1)]
            for part, shape in enumerate(shapes, 1):
                found |= kernel(f"{block}.conv{part}", shape, generator) | norm(f"{block}.bn{part}", shape[0], generator)
            if number == 0 and (stage or after != before):
                found |= kernel(f"{block}.downsample.0", (after, before, 1, 1), generator)
                found |= norm(f"{block}.downsample.1", after, generator)
            before = after
    return found


def attention_of(seed: int = 9) -> dict[str, Floats]:
    """SOLAR's after stage 4 and 5, and its exponent and whitening."""
    generator, found = np.random.default_rng(seed), {}
    for stage, channels, share in ((4, 16 * WIDTH, 4), (5, 32 * WIDTH, 2)):
        name, inner = f"features.soa{stage}", channels // share
        for head in ("f.0", "g.0", "h"):
            found |= kernel(f"{name}.{head}", (inner, channels, 1, 1), generator)
            found[f"{name}.{head}.bias"] = generator.normal(size=inner)
        found |= norm(f"{name}.f.1", inner, generator) | norm(f"{name}.g.1", inner, generator)
        found |= kernel(f"{name}.v", (channels, inner, 1, 1), generator)
        found[f"{name}.v.bias"] = generator.normal(size=channels)
        found[f"{name}.gamma"] = np.zeros(1)
    dim = 32 * WIDTH
    return found | {
        "pool.p": np.array([2.7]), "whiten.weight": generator.normal(size=(dim, dim)), "whiten.bias": generator.normal(size=dim),
    }  # fmt: skip


def plainly(picture: Image, tensors: Tensors, family: str) -> Floats:
    """The last maps as torchvision reckons them; of bottlenecks the second convolution has the stride."""

    def step(maps: Floats, name: str, normalisation: str, stride: int = 1) -> Floats:
        edge = tensors[f"{name}.weight"].shape[2] // 2
        return normed(convolved(maps, tensors[f"{name}.weight"], stride, edge, edge), tensors, normalisation, 1e-5)

    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    maps = np.maximum(step((picture / 255 - mean) / deviation, "conv1", "bn1", 2), 0)
    around = np.pad(maps, ((1, 1), (1, 1), (0, 0)))  # 0 is no more than any value after a ReLU
    maps = np.stack([
        np.stack([around[2 * y : 2 * y + 3, 2 * x : 2 * x + 3].max(axis=(0, 1)) for x in range(maps.shape[1] // 2)])
        for y in range(maps.shape[0] // 2)
    ])
    for stage, depth in enumerate(DEPTHS[family], 1):
        for number in range(depth):
            block, stride = f"layer{stage}.{number}", 2 if stage > 1 and number == 0 else 1
            narrowed = f"{block}.downsample.0.weight" in tensors
            short = step(maps, f"{block}.downsample.0", f"{block}.downsample.1", stride) if narrowed else maps
            strides = (stride, 1) if family == "resnet18" else (1, stride, 1)
            for part, own in enumerate(strides, 1):
                maps = np.maximum(maps, 0) if part > 1 else maps
                maps = step(maps, f"{block}.conv{part}", f"{block}.bn{part}", own)
            maps = np.maximum(maps + short, 0)
    return maps


def store_for(folder: Path) -> WeightStore:
    return store_of(
        folder, "resnet18-imagenet", family="resnet18", preprocessing="torchvision", source="supplied", format="resnet-torch"
    )


def test_resnet18_is_what_its_tensors_say(tmp_path: Path) -> None:
    head = {"fc.weight": np.ones((CLASSES, 8 * WIDTH)), "fc.bias": np.zeros(CLASSES)}
    file, store = tmp_path / "resnet18.pth", store_for(tmp_path)
    file.write_bytes(torch_file(tensors_of("resnet18") | head))
    weights.add("resnet18-imagenet", file, store)
    picture = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)
    encoder = PooledEncoder(replace(encoder_preset("resnet18-gem@96"), precision="f32"), threads=1, store=store)
    (maps,) = encoder._network([picture])
    wanted = plainly(picture, tensors_of("resnet18"), "resnet18")
    assert wanted.shape == (2, 3, 8 * WIDTH) and encoder.channels == 8 * WIDTH
    np.testing.assert_allclose(maps["conv5_out"], wanted, atol=1e-3 * float(wanted.max()))
    assert encoder.class_view(picture) is not None


def test_bottlenecks_have_their_stride_where_torchvision_has_it(published: Published) -> None:
    wanted = plainly(published.picture, tensors_of("resnet50"), "resnet50")
    assert wanted.shape == (3, 4, 32 * WIDTH)
    np.testing.assert_allclose(published.maps["torch"], wanted, atol=1e-3 * float(wanted.max()))


def test_solar_comes_with_attention_exponent_and_whitening() -> None:
    tensors = tensors_of("resnet50", scheme=2) | attention_of()
    found = from_torch(tensors, "resnet50", attention=True)
    assert set(resnet.with_attention(resnet.folded(found))) <= set(found)  # every layer of the network has its arrays
    assert found["gem/p"] == pytest.approx(2.7) and found["attention5_value/kernel"].shape == (1, 1, 128, 64)
    np.testing.assert_array_equal(found["projection/kernel"], tensors["whiten.weight"].T)
    norm_of_f = {part: tensors[f"features.soa4.f.1.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
    factor = norm_of_f["weight"] / np.sqrt(norm_of_f["running_var"] + 1e-5)
    wanted = (tensors["features.soa4.f.0.bias"] - norm_of_f["running_mean"]) * factor + norm_of_f["bias"]
    np.testing.assert_allclose(found["attention4_query/bias"], wanted, atol=1e-5)


def test_a_layer_on_every_place_comes_before_what_follows_the_pooling() -> None:
    """cirtorch's lwhiten: 128 channels to 6, which the whitening after the pooling takes."""
    generator = np.random.default_rng(3)
    local = {"lwhiten.weight": generator.normal(size=(6, 32 * WIDTH)), "lwhiten.bias": generator.normal(size=6)}
    after = {"whiten.weight": generator.normal(size=(4, 6)), "whiten.bias": generator.normal(size=4)}
    found = from_torch(tensors_of("resnet50", scheme=1) | local | after, "resnet50")
    np.testing.assert_array_equal(found["places/kernel"][0, 0], local["lwhiten.weight"].T)
    assert found["places/bias"].shape == (6,) and found["projection/kernel"].shape == (6, 4)


def test_the_three_projects_names_mean_the_same_network() -> None:
    found = [from_torch(tensors_of("resnet50", scheme), "resnet50") for scheme in range(len(SCHEMES))]
    for other in found[1:]:
        assert other.keys() == found[0].keys()
        assert all(np.array_equal(other[name], array) for name, array in found[0].items())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layer3.1.conv2.weight": None}, "no tensor layer3.1.conv2.weight"),
        ({"layer2.0.downsample.1.running_var": None}, "no tensor layer2.0.downsample.1.running_var"),
        ({"layer4.0.conv1.weight": np.ones((8, 8, 3, 3))}, r"conv1.weight has the shape \(8, 8, 3, 3\), not \(32, 16, 3, 3\)"),
        ({"conv1.weight": None}, "no first convolution"),
        ({"layer3.2.conv1.weight": np.ones((1, 1, 1, 1))}, "more than 2 blocks in stage 4: it is no resnet18"),
        ({"fc.weight": np.ones((3, 5))}, "fc.weight has the shape"),
        ({"pool.whiten.weight": np.ones((3, 5))}, "pool.whiten.weight has the shape"),
        ({"lwhiten.weight": np.ones((3, 5))}, "lwhiten.weight has the shape"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Floats | None], said: str) -> None:
    tensors = tensors_of("resnet18") | changes
    with pytest.raises(WeightsError, match=said):
        from_torch({name: array for name, array in tensors.items() if array is not None}, "resnet18")


def test_the_command_says_what_to_give_and_takes_it(
    runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_for(tmp_path)
    monkeypatch.setattr(weights, "WeightStore", lambda: store)

    def said(*words: str) -> tuple[int, str]:
        done = runner.invoke(args=["weights", *words])
        return done.exit_code, (done.stdout + done.stderr).strip().splitlines()[-1]

    code, line = said("fetch", "resnet18-imagenet")
    assert code == 1 and "in no package" in line and "have a file and run: flask weights add resnet18-imagenet FILE" in line
    code, line = said("add", "resnet18-imagenet", str(tmp_path / "weights.toml"))
    assert code == 1 and line.startswith("Error: weights.toml")
    assert "needs a file" in said("status")[1]
    (tmp_path / "r.pth").write_bytes(torch_file(tensors_of("resnet18")))
    assert said("add", "resnet18-imagenet", str(tmp_path / "r.pth")) == (0, "resnet18-imagenet: ready")
    assert weights.load_arrays("resnet18-imagenet", store)["conv1/kernel"].shape == (7, 7, 3, WIDTH)


def test_weights_with_a_card_are_an_encoders(tmp_path: Path) -> None:
    """What training writes: a file, and a card that says what it is."""
    store = store_for(tmp_path)
    assert encoder_preset("resnet18-gem+mine@96").weights == "mine"
    weights.write_npz(store.path("mine"), from_torch(tensors_of("resnet18"), "resnet18"))
    card = store.path("mine").with_suffix(".json")
    card.write_text('{"family": "resnet", "preprocessing": "torchvision", "about": "mine", "licence": "CC0"}', encoding="utf-8")
    assert {row["name"]: row["state"] for row in weights.status(store)} == {"mine": "ready", "resnet18-imagenet": "missing"}
    assert store.entry("mine").source == "trained"
    with pytest.raises(WeightsError, match="trained here"):
        weights.add("mine", card, store)
