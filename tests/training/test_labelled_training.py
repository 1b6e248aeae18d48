"""Every experiment on labelled pictures, whole: a real narrow network learns, goes on after a stop, and serves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo

from app import create_app
from app.cli.train import command
from app.engine.encoders.backbone import backbone
from app.engine.encoders.pooled_encoder import PooledEncoder
from app.engine.encoders.presets import encoder_preset
from app.engine.images import read_image
from app.engine.weights import WeightStore, read_npz
from app.settings import Settings
from app.training.datasets.types import LabelledPicture, TrainingSet
from app.training.distillation import TrainingError
from app.training.encoder.model import describe
from app.training.experiments import BY_NAME, changed, experiment, weights_of
from app.training.metric import measures, model
from app.training.metric.pictures import Sight, part
from app.training.metric.run import LabelledRun, joined, run_labelled
from app.training.metric.run import command as told
from tests.engine.encoders.conftest import picture
from tests.training.small_sets import CLASSES, HELD_OUT, labelled_pictures, small_store

pytest.importorskip("tensorflow")
SMALL: dict[str, Any] = {"weights": "resnet18-imagenet", "long_side_px": 64, "epochs": 2, "checkpoint_steps": 2}
TUPLES = {**SMALL, "batch": 5, "queries": 20, "rate": 3e-3, "p_rate": 1e-2}
CHANGES: dict[str, dict[str, Any]] = {
    "gem": {**TUPLES, "negatives": 2, "pool": 25, "places": True},
    "solar": {
        **TUPLES, "negatives": 2, "pool": 20, "margin": 0.3, "second_order": 0.5, "freeze": "conv4", "projection": 8,
    },
    "cars": {**SMALL, "batch": 10, "per_label": 2, "projection": 0, "rate": 3e-3},
    "landmarks-1": {"weights": "resnet18-imagenet", "long_side_px": 64},
    "landmarks-2": {**SMALL, "epochs": 3, "batch": 5, "rate": 1e-3, "head_rate": 1e-2},
    "landmarks-3": TUPLES,
    "landmarks-4": TUPLES,
    "classes": {
        **SMALL, "weights": "vgg16-imagenet", "freeze": "block4", "batch": 5, "rate": 1e-2, "head_rate": 1e-2,
        "epochs": 3,
    },
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    return small_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return labelled_pictures(tmp_path_factory.mktemp("pictures"))


def run_of(name: str, pictures: TrainingSet, scratch: Path, **changes: Any) -> LabelledRun:
    return LabelledRun([pictures], changed(experiment(name), CHANGES[name] | changes), scratch)


@pytest.fixture(scope="module")
def runs(
    store: WeightStore, pictures: TrainingSet, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Every experiment with labels, in the order in which one goes on from another."""
    scratch = tmp_path_factory.mktemp("scratch")
    return {name: run_labelled(run_of(name, pictures, scratch), store) for name in CHANGES}


def test_every_experiment_with_labels_is_run_here() -> None:
    assert set(CHANGES) == set(BY_NAME) - {"visitors"}


@pytest.mark.parametrize("name", CHANGES)
def test_it_learns_and_says_what_it_was(name: str, runs: dict[str, Any], store: WeightStore) -> None:
    path, card = runs[name]
    curve = card["curve"]
    assert path == store.path(weights_of(CHANGES[name]["weights"], name))
    assert json.loads(path.with_suffix(".json").read_text()) == card
    assert card["pictures"] == {"training": 25, "held_out": 15, "labels": CLASSES, "sought_in": 15}
    assert card["notes"] == ["1 of 41 pictures cannot be read: left out"]
    assert [row["epoch"] for row in curve] == list(range(card["settings"]["epochs"] + 1))
    if name != "landmarks-1":
        assert curve[-1]["loss"] < curve[1]["loss"]
        assert curve[card["best_epoch"]]["map"] == max(row["map"] for row in curve)
        assert curve[card["best_epoch"]]["recall_at_1"] > card["chance_recall_at_1"] + 0.1
    if name in ("gem", "cars", "landmarks-3"):
        assert curve[card["best_epoch"]]["map"] > curve[0]["map"] + 0.05
    stored = read_npz(path)
    assert not [name for name in stored if name.startswith(("classes/", "centres/"))]
    assert all(np.isfinite(value).all() for value in stored.values())


def test_regime_one_is_what_it_starts_from(runs: dict[str, Any], store: WeightStore) -> None:
    before, after = read_npz(store.path("resnet18-imagenet")), read_npz(runs["landmarks-1"][0])
    assert after["gem/p"] == 3
    for name, value in before.items():
        np.testing.assert_allclose(after[name], value, atol=1e-3)


def test_regime_four_goes_on_from_regime_two(runs: dict[str, Any], pictures: TrainingSet, tmp_path: Path) -> None:
    card, before = runs["landmarks-4"][1], runs["landmarks-2"][1]
    assert card["start"] == "resnet18-trained-landmarks-2"
    assert card["curve"][0]["map"] == pytest.approx(before["curve"][before["best_epoch"]]["map"], abs=0.05)  # half precision
    with pytest.raises(TrainingError, match="run first: flask train encoder --experiment landmarks-2"):
        run_labelled(run_of("landmarks-4", pictures, tmp_path), small_store(tmp_path / "other"))


def test_frozen_layers_stay_and_the_attention_learns(runs: dict[str, Any], store: WeightStore) -> None:
    before, after = read_npz(store.path("resnet18-imagenet")), read_npz(runs["solar"][0])
    assert np.abs(after["attention4_last/kernel"]).max() > 0  # zero before
    np.testing.assert_allclose(after["conv4_block1_2/kernel"], before["conv4_block1_2/kernel"], atol=1e-3)
    vgg, trained = read_npz(store.path("vgg16-imagenet")), read_npz(runs["classes"][0])
    np.testing.assert_allclose(trained["block4_conv3/kernel"], vgg["block4_conv3/kernel"], atol=1e-3)
    assert np.abs(trained["block5_conv3/kernel"] - vgg["block5_conv3/kernel"]).max() > 1e-3


def test_the_layer_on_every_place_learns_and_serves(runs: dict[str, Any], store: WeightStore, pictures: TrainingSet) -> None:
    path = runs["gem"][0]
    kernel = read_npz(path)["places/kernel"][0, 0]
    assert np.abs(kernel - np.eye(len(kernel))).max() > 1e-3  # which it begins as
    encoder = PooledEncoder(replace(encoder_preset(path.stem, store), precision="f32"), threads=1, store=store)
    stored = read_npz(path)
    without = {name: value for name, value in stored.items() if not name.startswith("places/")}
    image = read_image(pictures.pictures[0].path)
    (with_it,) = encoder._network([image[:64, :64]])
    plain = model.resnet.build_model(without, store.entry("resnet18-imagenet").preprocessing)
    maps = np.asarray(plain(image[None, :64, :64].astype(np.float32))["conv5_out"])[0]
    wanted = np.maximum(maps @ kernel + stored["places/bias"], 0)
    np.testing.assert_allclose(with_it["conv5_out"], wanted, atol=2e-3 * float(wanted.max()))


def test_the_encoder_serves_what_was_trained(runs: dict[str, Any], store: WeightStore, pictures: TrainingSet) -> None:
    path, card = runs["solar"]  # which has an attention, an exponent and a projection
    settings = run_of("solar", pictures, store.folder).settings
    preset = encoder_preset(path.stem, store)
    assert preset.long_side_px == 64 and preset.projection and preset.whitening_dim == 8
    encoder = PooledEncoder(replace(preset, precision="f32"), threads=1, store=store)
    paths = [one.path for one in pictures.of("validation")]
    served = np.concatenate(encoder.describe([read_image(path) for path in paths]))
    assert served.shape == (15, encoder.channels) == (15, 8)
    start = model.begin(path.stem, store, settings)
    trained = describe(model.build(start, {}, settings), Sight(64, 32).whole(paths))["final"]
    assert np.sum(served * trained, axis=1) == pytest.approx(1, abs=1e-4)
    found = measures.retrieval(served, np.repeat(np.arange(CLASSES), HELD_OUT), 15)
    assert found["map"] == pytest.approx(card["curve"][card["best_epoch"]]["map"], abs=0.05)


def test_a_stopped_run_goes_on_to_the_same_end(
    runs: dict[str, Any], store: WeightStore, pictures: TrainingSet, tmp_path: Path
) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("training", 7):  # in the second epoch, one step after a checkpoint
            raise KeyboardInterrupt

    run = replace(run_of("gem", pictures, tmp_path), out=tmp_path / "stopped.npz")
    with pytest.raises(KeyboardInterrupt):
        run_labelled(run, store, stop)
    assert not run.out.exists()
    asked: list[tuple[str, int]] = []
    path, card = run_labelled(replace(run, resume=True), store, lambda stage, done, _: asked.append((stage, done)))
    assert next(done for stage, done in asked if stage == "training") == 7  # it did not begin again
    whole = read_npz(runs["gem"][0])
    for name, value in read_npz(path).items():
        np.testing.assert_array_equal(value, whole[name])
    assert [row["map"] for row in card["curve"]] == [row["map"] for row in runs["gem"][1]["curve"]]
    with pytest.raises(TrainingError, match="other settings"):
        run_labelled(replace(run, resume=True, experiment=changed(run.experiment, {"seed": 2})), store)


def test_what_cannot_be_learned_is_one_line(store: WeightStore, pictures: TrainingSet, tmp_path: Path) -> None:
    def refused(pattern: str, name: str = "gem", **changes: Any) -> None:
        with pytest.raises(TrainingError, match=pattern):
            run_labelled(run_of(name, pictures, tmp_path, **changes), store)

    refused("5 labels cannot give 5 negatives of other labels; give --negatives 4", negatives=5)
    refused("do not fill a batch of 26; give a smaller --batch", batch=26)
    refused("No layer begins with 'block9'", freeze="block9")
    refused("No encoder is known for the weights vgg16-mask", weights="vgg16-mask")
    refused("Second-order attention is for ResNets", "solar", weights="vgg16-imagenet")
    refused("on every place of the maps is for ResNets", "classes", places=True)
    refused("channels give a projection to 25 at most", "cars", projection=100)
    with pytest.raises(TrainingError, match="say where they are, as in --data"):
        joined([])
    alone = TrainingSet("alone", tuple(LabelledPicture(one.path, str(one.path), one.part) for one in pictures.pictures))
    with pytest.raises(TrainingError, match="nothing is held out of which another picture"):
        measures.held_out(alone, 100, 1)


def test_settings_are_options_and_the_card_says_them(pictures: TrainingSet, tmp_path: Path) -> None:
    run = run_of("gem", pictures, tmp_path, loss="infonce", mirror=True, epochs=30, weights="resnet50-imagenet", batch=5)
    assert "--loss infonce" in told(run) and "--mirror" in told(run) and "--epochs" not in told(run)
    with pytest.raises(TrainingError, match="The experiment gem has no --photos"):
        changed(experiment("gem"), {"photos": 3})
    with pytest.raises(TrainingError, match="The experiment visitors has no --pool"):
        changed(experiment("visitors"), {"pool": 3})
    with pytest.raises(TrainingError, match="the loss infonce has no --margin"):
        changed(experiment("gem"), {"loss": "infonce", "margin": 0.3})
    assert changed(experiment("gem"), {"loss": "triplet"}).settings.margin is None  # the loss's own
    with pytest.raises(TrainingError, match="second-order goes with a loss of pairs"):
        changed(experiment("solar"), {"loss": "cross-entropy"})
    with pytest.raises(TrainingError, match="do not fit into a batch of 3"):
        changed(experiment("cars"), {"batch": 3})
    for odd in ({"loss": "cross-entropy"}, {"mining": "all-pairs"}):
        with pytest.raises(TrainingError, match="its pictures have no labels"):
            changed(experiment("visitors"), odd)
    with pytest.raises(TrainingError, match="larger --batch"):
        changed(experiment("visitors"), {"batch": 1})
    with pytest.raises(TrainingError, match="no experiment 'solarium'; known: visitors, gem, solar"):
        experiment("solarium")


def test_the_command_lists_experiments() -> None:
    listed = CliRunner().invoke(command, ["experiments"])
    assert [line.split()[0] for line in listed.output.splitlines()] == list(BY_NAME)
    settings = json.loads(CliRunner().invoke(command, ["experiments", "--json"]).output)
    assert settings["solar"]["settings"]["second_order"] == 5


def test_the_command_says_what_is_wrong(settings: Settings, tmp_path: Path) -> None:
    info = ScriptInfo(create_app=lambda: create_app(settings))

    def refused(pattern: str, *words: str) -> None:
        done = CliRunner().invoke(command, ["encoder", *words], obj=info)
        assert done.exit_code == 1
        last = done.output.splitlines()[-1]
        assert last.startswith("Error: ") and pattern in last and "Traceback" not in done.output

    refused("say where they are, as in --data folder:pictures", "--experiment", "gem")
    refused("write --data folder:pictures", "--experiment", "gem", "pictures")
    refused("learns from folders of pictures without labels", "--data", f"folder:{tmp_path}")
    refused("There is no experiment 'solarium'", "--experiment", "solarium")
    refused("The experiment visitors has no --pool", "--pool", "9", "pictures")
    refused("has 0 labels with pictures", "--experiment", "gem", "--data", f"folder:{tmp_path}")


def test_sets_are_joined_with_their_own_labels() -> None:
    one = TrainingSet("a", (LabelledPicture(Path("1"), "x"), LabelledPicture(Path("2"), "x")), ((0, 1),))
    both = joined([one, replace(one, name="b")])
    assert [picture.label for picture in both.pictures] == ["1 x", "1 x", "2 x", "2 x"]
    assert both.pairs == ((0, 1), (2, 3)) and both.name == "a + b"
    with pytest.raises(TrainingError, match="cannot be learned together"):
        joined([one, replace(one, pairs=())])


def test_held_out_pictures_that_are_alone_are_sought_among_those_trained_on() -> None:
    pictures = [LabelledPicture(Path(f"{label}{number}"), label, "validation" if number == 0 else "train")
                for label in "abc" for number in range(3)]  # fmt: skip
    found = measures.held_out(TrainingSet("t", tuple(pictures)), 100, 1)
    assert (found.asking, len(found.paths)) == (3, 9)
    assert found.chance() == pytest.approx(2 / 8)
    rows = np.eye(3, dtype=np.float32)[found.labels]
    perfect = found.figures(rows)
    assert perfect.pop("n") == 3 and set(perfect.values()) == {1.0}
    turned = np.eye(3, dtype=np.float32)[(found.labels + (np.arange(9) < 3)) % 3]  # those that ask lie with others
    assert found.figures(turned)["recall_at_1"] == 0


def test_mean_average_precision_by_hand() -> None:
    angles = np.radians([0, 10, 21, 30])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = measures.retrieval(rows, np.array([0, 1, 0, 0]), 1)
    assert (found["n"], found["recall_at_1"], found["map"]) == (1, 0.0, pytest.approx((1 / 2 + 2 / 3) / 2, abs=1e-6))
    both = measures.retrieval(rows, np.array([0, 1, 0, 0]), 4)  # the others of the label have a right one beside them
    assert both["n"] == 3 and both["recall_at_1"] == pytest.approx(2 / 3, abs=1e-6)
    assert both["recall_at_1_low"] == 0 and both["recall_at_1_high"] == 1


def test_parts_keep_their_share_and_shape_and_repeat() -> None:
    image = picture(1, 60, 90)
    many = [part(image, np.random.default_rng(number), 0.5, mirror=False) for number in range(30)]
    areas = [one.shape[0] * one.shape[1] / image[..., 0].size for one in many]
    assert 0.48 <= min(areas) < 0.7 and 0.85 < max(areas) <= 1
    assert all(one.shape[1] / one.shape[0] == pytest.approx(1.5, rel=0.03) for one in many)
    np.testing.assert_array_equal(part(image, np.random.default_rng(4), 1, mirror=False), image)
    mirrored = [part(image, np.random.default_rng(number), 1, mirror=True) for number in range(8)]
    assert {np.array_equal(one, image) for one in mirrored} == {True, False}
    assert all(np.array_equal(one, image) or np.array_equal(one[:, ::-1], image) for one in mirrored)


def test_a_training_begins_with_folded_arrays_alone() -> None:
    """With the published convolutions beside them, the learned ones were stored and never served."""
    rng = np.random.default_rng(0)
    norm = {f"conv1_bn/{part}": np.full(4, 2, np.float32) for part in ("gamma", "beta", "moving_mean", "moving_variance")}
    kernel = rng.normal(size=(7, 7, 3, 4)).astype(np.float32)
    stored = {"conv1_conv/kernel": kernel, "predictions/bias": np.zeros(2, np.float32), **norm}
    found = model.start_arrays(backbone("resnet"), stored)
    assert set(found) == {"gem/p", "conv1/kernel", "conv1/bias"}
    again = model.start_arrays(backbone("resnet"), {**found, "gem/p": np.array([2.5], np.float32)})
    assert set(again) == set(found) and again["gem/p"] == 2.5
