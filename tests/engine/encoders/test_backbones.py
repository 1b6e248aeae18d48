"""What holds for every backbone, and the names of presets."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from app.engine.encoders import encoder_preset, load_encoder
from app.engine.encoders.backbone import backbone
from app.engine.encoders.presets import FAMILIES, PRESETS
from app.engine.errors import PresetError, WeightsError
from app.engine.presets import PRESETS as SEARCH
from app.engine.presets import misfit, noise_name, search_preset
from app.engine.weights import WeightStore


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_what_serving_and_training_ask_for(family: str) -> None:
    module = backbone(family)
    assert module.STRIDE in (16, 32) and module.LAST in {preset.layer for preset in module.presets()}
    assert {preset.family for preset in module.presets()} == {family}
    assert all(callable(getattr(module, name)) for name in ("folded", "build_model", "get_arrays"))


def test_every_preset_names_weights_of_its_own_network() -> None:
    known = WeightStore().entries()
    for preset in PRESETS.values():
        assert known[preset.weights].family.startswith(preset.family), preset.name
        assert preset.name.startswith(preset.weights.split("-")[0])


def test_a_name_may_say_other_weights_and_a_size() -> None:
    preset = encoder_preset("resnet50-projected+mine@384")
    assert (preset.weights, preset.long_side_px, preset.projection, preset.family) == ("mine", 384, True, "resnet")
    assert encoder_preset("resnet50-projected").weights == "resnet50-imagenet"
    with pytest.raises(PresetError, match="after [+] comes the name of weights"):
        encoder_preset("resnet50-gem+")


def test_a_learned_whitening_goes_with_its_encoder() -> None:
    preset = search_preset("learned-whitening:resnet50-gem@384")
    assert (preset.encoder, preset.noise) == ("resnet50-gem@384", "noise-resnet50-gem")
    assert search_preset("learned-whitening").noise == noise_name(search_preset("learned-whitening").encoder)
    with pytest.raises(PresetError, match="PRESET:ENCODER, or encoder:NAME"):
        search_preset("learned-whitening:")


@pytest.mark.parametrize("kind", sorted(name for name, preset in SEARCH.items() if misfit(preset, "resnet50-gem@384") == ""))
def test_a_preset_on_another_encoder_is_itself_but_for_what_follows_from_it(kind: str) -> None:
    base, other = SEARCH[kind], search_preset(f"{kind}:resnet50-gem@512,362")
    own = {"name": f"{kind}:resnet50-gem@512,362", "encoder": "resnet50-gem@512,362"}
    assert asdict(other) == {**asdict(base), **own, "noise": "noise-resnet50-gem" if base.noise else ""}
    # what a build keeps of `encoder:NAME` serves the presets that only ask it otherwise
    shared = base.build_fingerprint == SEARCH["default"].build_fingerprint
    assert (other.build_fingerprint == search_preset("encoder:resnet50-gem@512,362").build_fingerprint) == shared


def test_presets_and_encoders_that_do_not_go_together_say_so() -> None:
    assert search_preset("cam:resnet50-cam-8").encoder == "resnet50-cam-8"
    for encoder in ("vgg16-crow-block5_conv3@640", "vgg16-cam-8", "resnet50-gem", "efficientnet-lite0-gem"):
        assert (search_preset(f"patches:{encoder}").local, search_preset(f"patches:{encoder}").encoder) == ("patches", encoder)
    with pytest.raises(PresetError, match="cam does not go with the encoder resnet50-gem: .*or encoder:resnet50-gem"):
        search_preset("cam:resnet50-gem")
    with pytest.raises(PresetError, match="There is no encoder preset 'resnet'"):
        search_preset("cam:resnet")
    with pytest.raises(PresetError, match="There is no search preset 'walk:resnet50-gem'"):
        search_preset("walk:resnet50-gem")


def test_weights_that_no_package_has_say_how_to_supply_them() -> None:
    if WeightStore().path("resnet101-solar").exists():
        pytest.skip("they were supplied")
    with pytest.raises(WeightsError, match="resnet101-solar-best.pth and run: flask weights add resnet101-solar FILE") as error:
        load_encoder("resnet101-solar", threads=1)
    assert "\n" not in str(error.value)
