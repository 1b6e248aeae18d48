"""Presets over one build, asked the same photos in turn: each figure, and its difference from the first preset's. JSON, Markdown.

    python benchmarks/presets.py PHOTOS.csv --presets default random-walk vlad patches [--every 3] [--unknown N] [--out FILE]

Takes builds of the instance that PINAKES_INSTANCE names, as `flask evaluate photos --preset` does. Differences are of the same
photos, with intervals over the same resamples. `--every N` takes every N-th photo; `--unknown` as `--limit-unknown` there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine.types import SearchResult  # noqa: E402
from app.evaluation import metrics, paired  # noqa: E402
from app.evaluation.bootstrap import Doubles, interval, photo_weights  # noqa: E402
from app.evaluation.ground_truth import GroundTruth, read_ground_truth  # noqa: E402
from app.evaluation.photos import evaluate_in_turn  # noqa: E402
from app.evaluation.queries import Query  # noqa: E402
from app.evaluation.run_card import revision, run_card, write_json  # noqa: E402

Queries = Sequence[Query]
GLOBAL: dict[str, Callable[[Queries], metrics.Ratio]] = {  # what re-ranking changes and `paired` does not tell
    **{f"recall@{k}": partial(metrics.recall_at_k, k=k) for k in (1, 5, 10)}, "candidate_recall": metrics.candidate_recall,
}
SHOWN = (*GLOBAL, "top1", "gap", "false_accept_rate", "missed_rate", "latency_ms")


def figures(before: Queries, after: Queries) -> dict[str, dict[str, Any]]:
    """Figure → `after` and `difference` (after − before), each with its interval."""
    table = {name: {part: row[part] for part in ("after", "difference")} for name, row in paired.compared(before, after).items()}
    asked = [index for index, query in enumerate(before) if not query.made_unknown]
    weights = photo_weights(np.array([before[index].photo for index in asked], np.int64))
    for name, of in GLOBAL.items():
        old, new = (of([queries[index] for index in asked]) for queries in (before, after))
        table[name] = {
            "after": interval(new.weighted, weights, new.counted),
            "difference": interval(partial(_less, old, new), weights, new.counted),
        }
    return table


def _less(old: metrics.Ratio, new: metrics.Ratio, weights: Doubles) -> Doubles:
    return np.asarray(new.weighted(weights) - old.weighted(weights))


def measure(truth: GroundTruth, presets: Sequence[str], unknown: int | None) -> dict[str, dict[str, dict[str, Any]]]:
    """By preset; needs an application context."""
    from app import services

    def search(name: str) -> Callable[[Path, frozenset[int]], SearchResult]:
        searcher = services.searcher_by(name)
        return lambda path, exclude: searcher.search(services.read_photo(path), exclude_works=exclude)

    def tell(stage: str, done: int, total: int) -> None:
        if sys.stderr.isatty() or done % 20 == 0:
            print(stage, done, "of", total, file=sys.stderr, flush=True)

    found = evaluate_in_turn(
        [search(name) for name in presets], truth, services.source_ids(), limit_unknown=unknown, progress=tell
    )
    return {name: figures(found[0].queries, one.queries) for name, one in zip(presets, found, strict=True)}


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a preset: the value, and after it the difference from the first preset where its interval leaves out 0."""
    lines = ["| preset | " + " | ".join(f"`{name}`" for name in SHOWN) + " |", "|---|" + "---|" * len(SHOWN)]
    for preset, row in rows.items():
        lines.append(f"| `{preset}` | " + " | ".join(_cell(name, row[name]) for name in SHOWN) + " |")
    return "\n".join(lines)


def _cell(name: str, row: Mapping[str, Any]) -> str:
    value, away = row["after"], row["difference"]
    if value["value"] is None:
        return "–"
    digits = 0 if name.endswith("_ms") else 3
    sure = away["low"] is not None and (away["low"] > 0 or away["high"] < 0)
    return f"{value['value']:.{digits}f}" + (f" ({away['value']:+.{digits}f})" if sure else "")


def _command(options: argparse.Namespace) -> str:
    """As the card tells it: without folders of this machine."""
    unknown = "" if options.unknown is None else f" --unknown {options.unknown}"
    return f"benchmarks/presets.py {options.photos.name} --presets {' '.join(options.presets)} --every {options.every}{unknown}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--presets", nargs="+", required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--unknown", type=int)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    truth = read_ground_truth(options.photos)
    truth = replace(truth, photos=truth.photos[:: options.every])
    with create_app().app_context():
        rows = measure(truth, options.presets, options.unknown)
    print(table(rows))
    result = {
        "photos": len(truth.photos), "every": options.every, "unknown": options.unknown, "data_hash": truth.data_hash,
        "revision": revision(ROOT, "unknown"), "presets": rows,
    }
    if options.out:
        write_json(options.out, run_card(result, _command(options)))
    else:
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
