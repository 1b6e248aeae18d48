"""Protocols by engines and with re-ranking, and features that are kept: against plain loops, on small copies in the true layout."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from flask import Flask

from app.engine.describing import final_vector
from app.engine.encoders import Encoder
from app.engine.encoders.whitening import fit_whitening
from app.engine.errors import PresetError
from app.engine.images import read_image
from app.engine.reranking import FIRST, Method, rescored
from app.engine.types import Floats
from app.evaluation.protocols import ProtocolError, protocol, run, searching
from app.evaluation.protocols.features import FILE, Features
from app.evaluation.protocols.product import DESCRIPTORS
from app.evaluation.protocols.searching import Search
from tests.evaluation.protocols import layouts
from tests.tiny import classes_apart, jpeg, paint


def unit(rows: Any) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def rows() -> Floats:
    """600 rows in 40 bundles."""
    rng = np.random.default_rng(5)
    return unit(np.repeat(rng.normal(size=(40, 32)), 15, axis=0) + 0.7 * rng.normal(size=(600, 32)))


@pytest.fixture(scope="module")
def queries(rows: Floats) -> Floats:
    return unit(rows[::97] + 0.1 * np.random.default_rng(6).normal(size=(7, 32)))


@pytest.mark.parametrize("method", sorted({*get_args(Method)} - {*searching.EXPANSIONS}))
def test_the_first_rows_are_in_the_order_of_the_method_and_the_rest_as_they_were(
    method: Method, rows: Floats, queries: Floats
) -> None:
    found = searching.run(Search(rerank=method), queries, rows, len(rows))
    for query, positions, scores in zip(queries, found.positions, found.scores, strict=True):
        plain = sorted(range(len(rows)), key=lambda row: -float(query @ rows[row]))
        values = rescored(method, query[None], rows[plain[:FIRST]])
        wanted = [plain[place] for place in sorted(range(FIRST), key=lambda place: -float(values[place]))]
        assert positions.tolist() == wanted + plain[FIRST:]
        np.testing.assert_allclose(scores[:FIRST], sorted(values.tolist(), reverse=True), rtol=1e-5)
    few = searching.run(Search(rerank=method), queries, rows, 10)  # as many are looked at, fewer are told
    np.testing.assert_array_equal(few.positions, found.positions[:, :10])


@pytest.mark.parametrize("method", sorted(searching.EXPANSIONS))
def test_an_expanded_query_asks_the_whole_database_again(method: Method, rows: Floats, queries: Floats) -> None:
    found = searching.run(Search(rerank=method), queries, rows, len(rows))
    for query, positions in zip(queries, found.positions, strict=True):
        nearest = sorted(range(len(rows)), key=lambda row: -float(query @ rows[row]))[:3]
        wider = query + sum(max(float(query @ rows[row]), 0) ** searching.EXPANSIONS[method] * rows[row] for row in nearest)
        cosines = rows @ wider
        assert (np.diff(cosines[positions]) <= 1e-5).all() and len(set(positions.tolist())) == len(rows)


@pytest.mark.parametrize("method", get_args(Method))
def test_a_query_of_the_database_is_no_neighbour_of_its_own(method: Method, rows: Floats) -> None:
    own = [0, 97, -1]
    asked = rows[[0, 97, 300]]
    found = searching.run(Search(rerank=method), asked, rows, len(rows), own)
    for place in (0, 1):
        others = np.delete(np.arange(len(rows)), own[place])
        alone = searching.run(Search(rerank=method), asked[place : place + 1], rows[others], len(others)).positions[0]
        ranking = found.positions[place]
        assert own[place] in ranking[:FIRST] and ranking[ranking != own[place]].tolist()[:FIRST] == others[alone].tolist()[:FIRST]


@pytest.mark.parametrize("engine", ["IVF8,Flat@8", "HNSW16@600", "IVF4,PQ8@4", "Flat"])
def test_an_engine_that_looks_at_everything_is_exact_search(engine: str, rows: Floats, queries: Floats) -> None:
    exact = searching.run(Search(), queries, rows, 20)
    found = searching.run(Search(engine), queries, rows, 20)
    np.testing.assert_array_equal(found.positions, exact.positions)
    np.testing.assert_allclose(found.scores, exact.scores, atol=1e-5)
    assert found.facts["recall_at_10"] == 1 and found.facts["engine"] == engine


def test_what_an_engine_does_not_find_is_not_ranked(rows: Floats, queries: Floats) -> None:
    narrow = searching.run(Search("IVF8,Flat@1"), queries, rows, len(rows))
    assert (narrow.positions == -1).any() and narrow.facts["recall_at_10"] < 1
    walked = searching.run(Search("IVF8,Flat@1", rerank="random-walk"), queries, rows, len(rows))
    for one, other in zip(narrow.positions, walked.positions, strict=True):
        assert sorted(one.tolist()) == sorted(other.tolist()) and other[-1] == -1
    codes = searching.run(Search("IVF4,PQ4@4", second_pass=False), queries, rows, 20)
    assert codes.facts["recall_at_10"] < searching.run(Search("IVF4,PQ4@4"), queries, rows, 20).facts["recall_at_10"]


def test_names_say_engine_and_re_ranking() -> None:
    assert Search().suffix == "" and Search("Flat", second_pass=False).suffix == "+Flat"
    assert Search("IVF100,PQ8").repairs and not Search("IVF100,Flat").repairs and not Search().repairs
    assert Search("IVF100,PQ8", rerank="diffusion").suffix == "+IVF100,PQ8+diffusion"
    assert Search("IVF100,PQ8", second_pass=False).suffix == "+IVF100,PQ8+codes-alone"
    with pytest.raises(PresetError, match="no search engine 'LSH'"):
        _ = Search("LSH").suffix
    with pytest.raises(PresetError, match="Milvus keeps vectors on a server"):
        searching.run(Search("Milvus"), np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32), 2)


def test_local_features_put_the_first_answers_in_order(tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    task, encoder = protocol("revisited").read(layouts.revisited(tmp_path)), tiny_encoders["gem"]
    plain = run.rank(task, encoder, whiten=False)
    proofs = run.proofs_of()
    ranked = run.rank(task, encoder, whiten=False, search=Search(verify=5), proofs=proofs)
    fused = run.rank(task, encoder, whiten=False, search=Search(verify=5, v=0.4), proofs=proofs)
    for query, before in enumerate(plain.rankings.tolist()):
        counts = [proofs.inliers(task.queries[query], task.database[place]) for place in before[:5]]
        assert max(counts) >= 15 > min(counts)  # the painting itself, and another
        assert ranked.rankings[query].tolist() == [before[n] for n in sorted(range(5), key=lambda n: -counts[n])] + before[5:]
        np.testing.assert_allclose(ranked.scores[query][:5], sorted((n / (n + 15) for n in counts), reverse=True), atol=1e-6)
        cosines = np.maximum(plain.scores[query], 0)
        sums = [0.4 * cosine + 0.6 * n / (n + 15) for cosine, n in zip(cosines, counts, strict=False)]
        assert fused.rankings[query].tolist() == [before[n] for n in sorted(range(5), key=lambda n: -sums[n])] + before[5:]
        np.testing.assert_allclose(fused.scores[query], [*sorted(sums, reverse=True), *(0.4 * cosines[5:])], atol=1e-6)
    assert "map_revisited_hard+verify5+fused0.4" in run.figures(task, fused)["figures"]
    with pytest.raises(PresetError, match="0.4, needs local features"):
        run.rank(task, encoder, search=Search(v=0.4))


def test_local_features_look_further_than_the_figures(tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    """The Met judges ten answers; what stands behind them comes up by its inliers."""
    task = replace(protocol("met").read(layouts.met(tmp_path)), depth=1)
    ranked = run.rank(task, tiny_encoders["gem"], search=Search(verify=8))
    assert ranked.rankings.shape == (3, 1)
    proofs = run.proofs_of()
    for query, (best,) in zip(task.queries, ranked.rankings.tolist(), strict=True):
        counts = [proofs.inliers(query, item) for item in task.database]
        assert counts[best] == max(counts)


def test_the_products_own_search_answers_a_protocol(tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    task, encoder = protocol("revisited").read(layouts.revisited(tmp_path / "set")), tiny_encoders["gem"]
    (tmp_path / "set" / "jpg" / "thing_32.jpg").write_bytes(b"no picture")
    kept = Features(tmp_path / "kept", encoder)
    ranked = run.rank(task, encoder, search=Search(preset="default"), features=kept)
    assert [line.split(":")[0] for line in ranked.unreadable] == ["thing_32"]
    assert (tmp_path / "kept" / DESCRIPTORS).exists()
    for query, (positions, scores) in enumerate(zip(ranked.rankings.tolist(), ranked.scores, strict=True)):
        assert sorted(positions[:-1]) == [place for place in range(13) if place != 11] and positions[-1] == -1
        assert (np.diff(scores) <= 0).all() and scores[0] > 1.5  # verified with a high probability
        right, junk = task.marks(query)
        assert set(positions[: len(right | junk)]) == right | junk  # other views of the painting before all others
    names = run.figures(task, ranked)["figures"]
    assert names["map_revisited_medium+default"]["value"] == 1
    with pytest.raises(PresetError, match="leave the other options out"):
        run.rank(task, encoder, search=Search(preset="default", verify=5))
    (tmp_path / "set" / "jpg" / "thing_00.jpg").write_bytes(b"no picture")
    with pytest.raises(ProtocolError, match="a query cannot be read: thing_00"):
        run.rank(task, encoder, search=Search(preset="default"))


def test_a_whitening_may_be_learned_on_other_pictures(tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    task, encoder = protocol("oxford").read(layouts.oxford(tmp_path / "set")), tiny_encoders["gem"]
    others = []
    for number in range(40):
        others.append(tmp_path / f"{number}.jpg")
        others[-1].write_bytes(jpeg(paint(300 + number, 96, 128)))
    ranked = run.rank(task, encoder, whiten=others)
    raw = [encoder.describe([read_image(path, min_side=1)])[0] for path in others]
    whitening = fit_whitening(np.stack([row[0] for row in raw]), raw[0].shape[1])
    database = np.stack([final_vector(encoder.describe([read_image(i.path, min_side=1)])[0], whitening) for i in task.database])
    for query, scores in zip(task.queries, ranked.scores, strict=True):
        assert query.box is not None
        asked = encoder.describe([run.cut(read_image(query.path, min_side=1), query.box)])[0]
        np.testing.assert_allclose(np.sort(database @ final_vector(asked, whitening))[::-1], scores, atol=1e-4)
    assert not np.array_equal(ranked.scores, run.rank(task, encoder).scores)
    with pytest.raises(ProtocolError, match="needs 32 pictures to be learned on, not 3"):
        run.rank(task, encoder, whiten=others[:3])


def test_online_aggregation_pools_every_picture_by_the_classes_of_the_query(
    tmp_path: Path, tiny_encoders: dict[str, Encoder]
) -> None:
    task = protocol("oxford").read(layouts.oxford(tmp_path))
    encoder = classes_apart(tiny_encoders["cam"], [read_image(item.path, min_side=1) for item in task.database])
    ranked = run.rank(task, encoder, search=Search(online=True), whiten=False)
    assert list(run.figures(task, ranked)["figures"]) == ["map_trapezoidal+online"]
    every = [encoder.class_rows(read_image(one.path, min_side=1)) for one in task.database]
    own = [set(one.order[:8].tolist()) for one in every]
    for query, item in enumerate(task.queries):
        assert item.box is not None
        seen = encoder.class_rows(run.cut(read_image(item.path, min_side=1), item.box))
        classes = seen.order.tolist()[:8]
        assert any(set(classes) != other for other in own)  # so that offline aggregation would pool otherwise
        sums = [sum(one.rows[number] for number in classes) for one in (seen, *every)]
        mine, *others = [one / np.linalg.norm(one) for one in sums]
        cosines = [float(mine @ one) for one in others]
        np.testing.assert_allclose(ranked.scores[query], sorted(cosines, reverse=True), atol=1e-5)
        np.testing.assert_allclose([cosines[position] for position in ranked.rankings[query]], ranked.scores[query], atol=1e-5)
    with pytest.raises(PresetError, match="leave engine and re-ranking out"):
        run.rank(task, encoder, search=Search(online=True, rerank="diffusion"))
    with pytest.raises(PresetError, match="does not pool by classes"):
        run.rank(task, tiny_encoders["gem"], search=Search(online=True))


class Once:
    """An encoder that counts what it describes."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder, self.fingerprint, self.described = encoder, encoder.fingerprint, 0

    def describe(self, images: Any) -> list[Floats]:
        self.described += len(images)
        return self.encoder.describe(images)


def test_features_are_described_once_and_give_the_same_figures(tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    once: Any = Once(tiny_encoders["gem"])
    for name, described in (("oxford", 12 + 2), ("copies", 32)):  # its four pictures are among Oxford's; they ask in eight ways
        task = protocol(name).read(getattr(layouts, name)(tmp_path / name))
        plain = run.figures(task, run.rank(task, tiny_encoders["gem"]))["figures"]
        once.described = 0
        first = run.rank(task, once, features=Features(tmp_path / "kept", once))
        assert once.described == described
        again = Features(tmp_path / "kept", once)
        second = run.rank(task, once, features=again)
        assert once.described == described and again.made == 0
        assert again.reused == len(task.database) + len(task.queries)
        assert plain == run.figures(task, first)["figures"] == run.figures(task, second)["figures"]
    np.testing.assert_array_equal(first.rankings, second.rankings)
    (tmp_path / "copies" / "a" / "0.jpg").write_bytes(jpeg(paint(991, 160, 200)))  # another picture, the same name
    once.described = 0
    run.rank(task, once, features=Features(tmp_path / "kept", once))
    assert once.described == 1 + 8
    other = Features(tmp_path / "kept", tiny_encoders["cam"])
    assert other.of(other.keys(task.database)) == [None] * 4
    assert [path.name for path in (tmp_path / "kept").glob("*.sqlite")] == [FILE]


def test_the_command_re_ranks_by_an_engine_and_keeps_features(tiny_app: Flask, tmp_path: Path) -> None:
    folder, kept, card = str(layouts.revisited(tmp_path / "set")), str(tmp_path / "kept"), tmp_path / "card.json"
    runner = tiny_app.test_cli_runner()
    start = ["evaluate", "protocol", "revisited", folder, "--features", kept]
    options = ["--engine", "IVF2,Flat", "--rerank", "diffusion", "--no-whiten", "--card", str(card), "--json"]
    done = runner.invoke(args=[*start, *options])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert "map_revisited_hard+IVF2,Flat+diffusion" in said["figures"] and len(said["figures"]) == 12
    assert (said["engine"], said["rerank"], said["features"]["made"]) == ("IVF2,Flat", "diffusion", 15)
    assert json.loads(card.read_text())["command"].endswith("--no-whiten --engine IVF2,Flat --rerank diffusion")
    plain = runner.invoke(args=start)
    assert plain.exit_code == 0 and f"0 pictures described, 15 taken from {kept}" in " ".join(plain.output.split()), plain.output
    own = runner.invoke(args=["evaluate", "protocol", "revisited", folder, "--preset", "default", "--features", kept, "--json"])
    assert own.exit_code == 0, own.output
    answered = json.loads(own.stdout)
    assert answered["figures"]["map_revisited_medium+default"]["value"] == 1
    assert (answered["preset"], answered["whitened"]) == ("default", True) and "features" not in answered
    refusals = (
        (["--engine", "LSH"], "There is no search engine 'LSH'"), (["--engine", "PQ8"], "needs 256 vectors"),
        (["--fuse", "0.5"], "say of how many answers"), (["--whiten-by", kept], f"There is no picture in {kept}"),
        (["--no-whiten", "--whiten-by", kept], "contradict each other"),
        (["--preset", "default", "--encoder", "resnet50-gem"], "write PRESET:ENCODER"),
        (["--preset", "no-such"], "no search preset"),
    )  # fmt: skip
    for wrong, words in refusals:
        refused = runner.invoke(args=[*start, *wrong])
        assert refused.exit_code == 1 and words in " ".join(refused.output.split()) and "Traceback" not in refused.output
