"""Each protocol on a small copy of its data set in the true layout, with a real network; and what it says of a wrong one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flask import Flask

from app.engine.encoders import Encoder
from app.evaluation.protocols import PROTOCOLS, ProtocolError, protocol, ranked_page, run, searching
from app.evaluation.protocols.task import Task
from tests.evaluation.protocols import layouts

SETS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "oxford": ("oxford", layouts.oxford), "revisited": ("revisited", layouts.revisited),
    "landmarks": ("landmarks", layouts.landmarks), "met": ("met", layouts.met), "cars": ("cars", layouts.cars),
    "caltech": ("classes", layouts.classes), "voc": ("classes", layouts.voc), "copies": ("copies", layouts.copies),
}  # fmt: skip
# database pictures, queries that ask, figures
SIZES = {
    "oxford": (12, 2, 1), "revisited": (13, 2, 12), "landmarks": (8, 3, 2), "met": (8, 3, 3), "cars": (5, 3, 5),
    "caltech": (12, 12, 1), "voc": (4, 2, 1), "copies": (4, 32, 9),
}  # fmt: skip


def read(name: str, folder: Path) -> Task:
    kind, make = SETS[name]
    return protocol(kind).read(make(folder))


def judged(task: Task, rankings: list[list[int]], scores: list[float] | None = None) -> dict[str, float]:
    """The figures of given rankings, filled with −1; every answer of a query has its score."""
    width = max(map(len, rankings))
    rows = np.array([ranking + [-1] * (width - len(ranking)) for ranking in rankings])
    cosines = np.repeat(np.array(scores or [1.0] * len(rows), np.float32)[:, None], width, axis=1)
    once = np.ones((1, len(rows)))
    return {name: float(measure.statistic(once)[0]) for name, measure in task.judge(rows, cosines).items()}


@pytest.mark.parametrize("name", SETS)
def test_a_data_set_in_its_layout_is_ranked_and_judged(name: str, tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    task = read(name, tmp_path)
    ranked = run.rank(task, tiny_encoders["gem"], whiten=False)
    result = run.figures(task, ranked)
    assert (result["n_database"], result["n_queries"], len(result["figures"])) == SIZES[name]
    values = [figure["value"] for figure in result["figures"].values() if figure["value"] is not None]
    assert values and all(0 <= value <= 1 for value in values)
    best = 2 / 5 if name == "caltech" else 1 / 2 if name == "voc" else 1.0  # what is right among five answers at most
    assert max(values) > 0.8 * best  # the same painting, cut a little, is found by the narrowest of networks
    for query in range(len(task.queries)):
        right, junk = task.marks(query)
        assert not right & junk and right | junk <= set(range(len(task.database)))


def test_oxford_ignores_junk(tmp_path: Path) -> None:
    task = read("oxford", tmp_path)
    # the database is thing_00, thing_01, …: 0 is junk of the first query, 1 and 2 are right; 3, 4, 5 of the second
    assert judged(task, [[0, 1, 2, 5], [5, 0, 4, 3]]) == {"map_trapezoidal": pytest.approx((1 + (1 + (1 / 2 + 2 / 3) / 2) / 2) / 2)}


def test_easy_medium_and_hard_count_different_pictures(tmp_path: Path) -> None:
    figures = judged(read("revisited", tmp_path), [[0, 1, 9, 2], [3, 4, 5, 0]])
    assert figures["map_revisited_easy"] == 1.0  # the second query has no easy picture and is left out
    assert figures["map_revisited_hard"] == pytest.approx(((0 + 1 / 2) / 2 + 1) / 2)  # 1 does not count for the first
    assert figures["map_revisited_medium"] == pytest.approx(((1 + (1 / 2 + 2 / 3) / 2) / 2 + 1) / 2)
    assert figures["mp@1_revisited_easy"] == 1 and figures["mp@5_revisited_hard"] == pytest.approx((1 / 2 + 1) / 2)


def test_landmarks_are_public_or_private(tmp_path: Path) -> None:
    task = read("landmarks", tmp_path)
    right = [sorted(task.marks(query)[0]) for query in range(3)]
    wrong = [position for position in range(8) if position not in right[1]]
    figures = judged(task, [right[0], [wrong[0], right[1][0]], right[2]])
    assert figures == {"map@100_landmarks_public": 1.0, "map@100_landmarks_private": pytest.approx((1 / 2 / 2 + 1) / 2)}


def test_a_stranger_that_is_sure_lowers_gap_and_not_gap_minus(tmp_path: Path) -> None:
    task = read("met", tmp_path)
    right = [min(task.marks(query)[0]) for query in range(2)]
    figures = judged(task, [[right[0]], [right[1]], [0]], scores=[0.9, 0.5, 0.7])
    assert figures["gap_met"] == pytest.approx((1 + 2 / 3) / 2)
    assert figures["gap_minus_met"] == 1 and figures["acc_met"] == 1
    assert judged(task, [[right[1]], [right[1]], [0]], scores=[0.9, 0.5, 0.1])["acc_met"] == 0.5


def test_cars_know_both_masks(tmp_path: Path) -> None:
    task = read("cars", tmp_path)
    assert [item.name[3] for item in task.queries] == ["0", "1", "0"] and "1 of 4" in task.notes[0]  # model 3 is small
    assert task.marks(2) == (frozenset({1}), frozenset({0}))  # the third query lies in the database: itself is no answer
    figures = judged(task, [[0, 1], [4, 2, 3], [0, 1]])
    assert figures["recall@1_cars"] == pytest.approx(2 / 3) and figures["recall@5_cars"] == 1
    assert figures["map_cars"] == pytest.approx((1 + (1 / 2 + 2 / 3) / 2 + 1) / 3)


def test_a_picture_of_a_class_is_no_answer_to_itself(tmp_path: Path) -> None:
    task = read("caltech", tmp_path)  # three pictures of each of four classes
    assert task.marks(4) == (frozenset({3, 5}), frozenset({4}))
    figures = judged(task, [[query, *(other for other in range(12) if other != query)] for query in range(12)])
    # each asks itself first, then 0, 1, 2, …: among five others lie both of the first and of the second class, none of the rest
    assert figures["precision@5_classes"] == pytest.approx(6 * 2 / 5 / 12)


@pytest.mark.parametrize(("name", "figure", "most"), [("caltech", "precision@5_classes", 5), ("cars", "precision@10_cars", 5)])
def test_answers_that_an_engine_did_not_find_are_wrong_ones(name: str, figure: str, most: int, tmp_path: Path) -> None:
    task = read(name, tmp_path)
    marks = [task.marks(query) for query in range(len(task.queries))]
    first = [[*junk, min(right)] for right, junk in marks]  # the self, where there is one, and one right answer
    filled = [row + [-1] * (len(task.database) - len(row)) for row in first]
    rest = [min(most, len(task.database) - len(junk)) for _, junk in marks]
    assert judged(task, filled)[figure] == pytest.approx(float(np.mean([1 / one for one in rest])))


def test_difficult_objects_of_voc_count_neither_way(tmp_path: Path) -> None:
    folder = layouts.voc(tmp_path)
    (folder / "ImageSets" / "Main" / "cat_train.txt").write_text("2008_01 1\n2008_02 0\n2008_11 -1\n2008_12 -1\n")
    right, junk = protocol("classes").read(folder).marks(0)
    assert (right, junk) == (frozenset({0}), frozenset({1}))


def test_copies_are_told_by_degradation(tmp_path: Path) -> None:
    task = read("copies", tmp_path)
    rankings = [[query % 4] if query < 28 else [(query + 1) % 4] for query in range(32)]  # only the last block is wrong
    figures = judged(task, rankings)
    assert figures.pop("precision@1_copies") == pytest.approx(28 / 32)
    assert figures.pop("precision@1_copies_noisy") == 0 and set(figures.values()) == {1.0}


def test_a_box_is_what_a_query_asks_with() -> None:
    image = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    assert np.array_equal(run.cut(image, (1.2, 0.6, 3.6, 9.0)), image[1:5, 1:4])
    assert run.cut(image, (9, 9, 9, 9)).shape == (1, 1, 3)


def test_ranking_is_that_of_all_cosines() -> None:
    rng = np.random.default_rng(2)
    queries, database = rng.normal(size=(300, 8)).astype(np.float32), rng.normal(size=(50, 8)).astype(np.float32)
    positions, scores = searching.nearest(queries, database, 7)
    slow = [sorted(range(50), key=lambda row: -float(query @ database[row]))[:7] for query in queries]
    assert positions.tolist() == slow
    assert np.allclose(scores, [[queries[q] @ database[row] for row in rows] for q, rows in enumerate(slow)], atol=1e-5)


def test_a_picture_that_cannot_be_read_is_told_and_not_ranked(tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    task = read("oxford", tmp_path)
    task.database[7].path.write_bytes(b"no picture")
    ranked = run.rank(task, tiny_encoders["gem"])
    assert len(ranked.unreadable) == 1 and ranked.unreadable[0].startswith("thing_21:")
    assert 7 not in ranked.rankings and ranked.rankings.shape == (2, 11)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_an_empty_folder_is_told_what_it_must_hold(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol(name).read(tmp_path)
    assert str(caught.value).startswith(f"{name}: ")


def test_a_pickle_that_is_no_truth_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "gnd_roxford5k.pkl").write_bytes(b"cos\nsystem\n(S'touch /tmp/never'\ntR.")
    with pytest.raises(ProtocolError, match=r"os\.system|posix\.system"):
        protocol("revisited").read(tmp_path)


def test_the_page_marks_right_and_wrong(tmp_path: Path, tiny_encoders: dict[str, Encoder]) -> None:
    task = read("oxford", tmp_path / "set")
    ranked = run.rank(task, tiny_encoders["gem"])
    page = ranked_page.write(tmp_path / "page", task, ranked, run.figures(task, ranked), answers=4)
    html = page.read_text("utf-8")
    assert html.count('class="right"') + html.count('class="wrong"') + html.count('class="junk"') == 8
    assert "✓ right" in html and "✗ wrong" in html and "– not counted" in html
    assert "map_trapezoidal" in html and (tmp_path / "page" / "pictures" / "q0.jpg").exists()


def test_any_query_is_looked_up(tmp_path: Path, tiny_encoders: dict[str, Encoder], monkeypatch: pytest.MonkeyPatch) -> None:
    task = read("caltech", tmp_path / "set")
    ranked = run.rank(task, tiny_encoders["gem"], whiten=False)
    result = run.figures(task, ranked)
    html = ranked_page.write(tmp_path / "page", task, ranked, result, queries=9, answers=4).read_text("utf-8")
    right = [len({*ranked.rankings[query, :4].tolist()} & task.marks(query)[0]) for query in range(9)]
    for query in range(9):  # of four answers one is the query itself, which does not count
        assert f'<a href="#q{query}">{task.queries[query].name}</a> {right[query]} of 3 right' in html
    assert "9 queries of 12" in html and html.count("<ol>") == 9
    other = next(one for one in ranked.rankings[0, :4].tolist() if 0 < one < 9)
    assert f'<a href="#q{other}"><figure' in html.partition('<h2 id="q0"')[2].partition('<h2 id="q1"')[0]  # the next query
    monkeypatch.setattr(ranked_page, "A_FILE", 5)
    home = ranked_page.write(tmp_path / "many", task, ranked, result).read_text("utf-8")
    files = [path.name for path in sorted((tmp_path / "many").glob("*.html"))]
    assert files == ["index.html", "queries-001.html", "queries-002.html", "queries-003.html"]
    assert '<a href="queries-002.html#q5">' in home and "<h2 id=\"q5\"" in (tmp_path / "many" / files[2]).read_text("utf-8")


def test_the_command_lists_and_runs(tiny_app: Flask, tmp_path: Path) -> None:
    runner = tiny_app.test_cli_runner()
    listed = runner.invoke(args=["evaluate", "protocol"])
    assert listed.exit_code == 0 and all(name in listed.output for name in PROTOCOLS)
    folder = str(layouts.oxford(tmp_path))
    done = runner.invoke(args=["evaluate", "protocol", "oxford", folder, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["figures"]["map_trapezoidal"]["n"] == 2
    missing = runner.invoke(args=["evaluate", "protocol", "met", "nowhere"])
    assert missing.exit_code == 1 and "cmp.felk.cvut.cz/met" in missing.output and "Traceback" not in missing.output
    unknown = runner.invoke(args=["evaluate", "protocol", "sfm", folder])
    assert unknown.exit_code == 1 and "known: oxford" in unknown.output
