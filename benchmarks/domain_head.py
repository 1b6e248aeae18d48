"""Which class head says more of paintings, and which pools better? Writes benchmarks/results/domain_head.json.

    python benchmarks/domain_head.py DATA [--makers FILE]… [--cache DIR]

DATA as for pooling_table.py. (a) Type, school and period of held-out works of `paintings` and `estense`, by linear classifiers
fitted alike on the averaged maps of block5_conv3 (the domain head), on those of the ImageNet head's convolution, and on its 1,000
log probabilities. (b) Class-weighted pooling (Jimenez et al. 2017) of block5_conv1 and block5_conv3 with the classes of either
head, whitened, against GeM: recall over the visitors' photographs, all at 224 px on the long side, where the domain head works.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.catalogue.described import from_file, makers_from  # noqa: E402
from app.engine.encoders import eight_bit, pooling  # noqa: E402
from app.engine.encoders.class_head import cam_features, class_logits  # noqa: E402
from app.engine.encoders.domain_head import ranked, read_domain_head, with_constant  # noqa: E402
from app.engine.encoders.serving import Network, exported  # noqa: E402
from app.engine.encoders.vgg16_encoder import fit, network_size  # noqa: E402
from app.engine.images import read_image, sha256_of  # noqa: E402
from app.engine.types import Floats, Ints  # noqa: E402
from app.engine.weights import Arrays, WeightStore, arrays_digest, load_arrays, read_npz  # noqa: E402
from app.training import domain_head as training  # noqa: E402
from app.training.cam_head import HEAD_NAME, log_softmax  # noqa: E402
from app.training.domain_features import LONG_SIDE_PX, READ_PX, Example  # noqa: E402
from benchmarks.pooling_table import first_ranks, read_catalogue, read_queries, revision, right_positions, share, whitened  # noqa: E402

WEIGHTS = "vgg16-imagenet"
LAYERS = ("block5_conv1", "block5_conv3")
FIELDS = ("type", "school", "timeframe")
MAPS = (1, 8)
Variants = dict[tuple[str, str], Floats]


class Maps:
    """Both layers' maps of a picture, from the network as it serves or from the cache folder (float16)."""

    def __init__(self, store: WeightStore, cache: Path) -> None:
        key = arrays_digest(load_arrays(WEIGHTS, store))
        self.folder = cache
        self.folder.mkdir(parents=True, exist_ok=True)
        model = exported(store.path(WEIGHTS), store.entry(WEIGHTS).preprocessing, None, f"trunk-{key}")
        ranges = eight_bit.read_ranges(eight_bit.path(store.heads, WEIGHTS), key)
        self.network = Network(model, LAYERS, threads=1, ranges=ranges)

    def __call__(self, picture: Path) -> dict[str, Floats]:
        path = self.folder / f"{sha256_of(picture)}.npz"
        if not path.exists():
            image = read_image(picture, max_side=READ_PX)
            (maps,) = self.network([fit(image, *network_size(*image.shape[:2], LONG_SIDE_PX))])
            draft = path.with_suffix(".part")
            with draft.open("wb") as file:
                np.savez(file, **{name: value.astype(np.float16) for name, value in maps.items()})  # type: ignore[arg-type]
            draft.replace(path)
        with np.load(path) as file:
            return {name: file[name].astype(np.float32) for name in LAYERS}


def said_features(maps: dict[str, Floats], imagenet: Arrays) -> dict[str, Floats]:
    """What each head knows of a picture: (D,) by the name of the head's features."""
    cam = cam_features(maps["block5_conv3"], imagenet)
    return {
        "domain head: block5_conv3": maps["block5_conv3"].mean(axis=(0, 1)),
        "ImageNet head: its convolution": cam.mean(axis=(0, 1)),
        "ImageNet head: log probabilities": log_softmax(class_logits(cam, imagenet)[None])[0],
    }


def accuracy(features: dict[str, Floats], examples: list[Example]) -> list[dict[str, object]]:
    """A row for each field and kind of feature, all on the same folds."""
    settings, rows = training.DomainSettings(), []
    words = training.vocabulary(examples, FIELDS, settings.least)
    makers = [example.maker for example in examples]
    for field, names in words.items():
        wanted = training.targets(examples, field, names)
        for name, averages in features.items():
            card = training.learn_field(averages, wanted, names, makers, settings)[1]
            keys = ("works", "held_out", "always_the_commonest", "makers_held_out_whole")
            rows.append({"field": field, "words": len(names), "features": name, **{key: card[key] for key in keys}})
            print(field, name, card["held_out"]["accuracy"], card["always_the_commonest"]["value"], flush=True)
    return rows


def poolings(maps: dict[str, Floats], imagenet: Arrays, domain: Arrays) -> Iterator[tuple[str, str, Floats]]:
    """(layer, pooling, (M, C)) of one picture."""
    cam = cam_features(maps["block5_conv3"], imagenet)
    classes = pooling.most_probable(class_logits(cam, imagenet), max(MAPS))
    seen, weights = with_constant(maps["block5_conv3"], domain)
    words = ranked(seen.mean(axis=(0, 1)) @ weights, domain["classes/sizes"].astype(np.int64))[: max(MAPS)]
    found = {
        "ImageNet head": pooling.class_activation_maps(cam, imagenet["classes/kernel"], classes),
        "domain head": pooling.class_activation_maps(seen, weights, words),
    }
    for layer in LAYERS:
        yield layer, "GeM, p = 3", pooling.unit_rows(pooling.gem(maps[layer])[None])
        yield layer, "CroW", pooling.unit_rows(pooling.crow(maps[layer])[None])
        for name, activation in found.items():
            rows = pooling.cam_pool(maps[layer], activation)
            yield from ((layer, f"CAM, {name}, {count}", rows[:count]) for count in MAPS)


def described(maps: Maps, pictures: list[Path], imagenet: Arrays, domain: Arrays) -> Variants:
    found: dict[tuple[str, str], list[Floats]] = {}
    for picture in pictures:
        for layer, name, rows in poolings(maps(picture), imagenet, domain):
            found.setdefault((layer, name), []).append(rows)
    return {key: np.stack(rows) for key, rows in found.items()}


def recall(data: Path, maps: Maps, imagenet: Arrays, domain: Arrays) -> list[dict[str, object]]:
    """Recall at 1 and 50 of each pooling, whitened; and of each CAM variant how far the domain head is ahead, photo by photo."""
    works, queries = read_catalogue(data), read_queries(data)
    of_works = described(maps, [picture for _, picture in works], imagenet, domain)
    of_photos = described(maps, [query.photo for query in queries], imagenet, domain)
    right = right_positions([work for work, _ in works], queries)
    ranks: dict[tuple[str, str], Ints] = {}
    rows: list[dict[str, object]] = []
    for key in of_works:
        left, asked = whitened(of_works[key], of_photos[key])
        ranks[key] = first_ranks(asked @ left.T, right)
        rows.append({"layer": key[0], "pooling": key[1], **{f"recall_at_{k}": share(ranks[key] <= k) for k in (1, 50)}})
    for row in rows:
        other = (str(row["layer"]), str(row["pooling"]).replace("domain", "ImageNet"))
        if "domain" in str(row["pooling"]):
            mine = ranks[str(row["layer"]), str(row["pooling"])]
            row["ahead_of_imagenet"] = {f"recall_at_{k}": share((mine <= k).astype(float) - (ranks[other] <= k)) for k in (1, 50)}
        print(row, flush=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--makers", type=Path, action="append", default=[])
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / f"pinakes-maps-{LONG_SIDE_PX}")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "domain_head.json")
    arguments = parser.parse_args()
    store = WeightStore()
    found = read_domain_head(store.heads / f"domain-{WEIGHTS}.npz")
    if found is None:
        print("There is no domain head; run: flask train domain-head", file=sys.stderr)
        return 1
    imagenet, maps = read_npz(store.heads / f"{HEAD_NAME}.npz"), Maps(store, arguments.cache)
    table = makers_from(arguments.makers)
    works = [one for name in ("paintings", "estense") for one in from_file(arguments.data / name / "catalogue.csv", FIELDS, table)]
    examples = [Example(one.picture, one.words, one.maker) for one in works if one.words]
    known = [said_features(maps(example.path), imagenet) for example in examples]
    features = {name: np.stack([one[name] for one in known]) for name in known[0]}
    result = {
        "config": {"weights": WEIGHTS, "long_side_px": LONG_SIDE_PX, "works_with_words": len(examples), "maps": MAPS},
        "revision": revision(), "accuracy": accuracy(features, examples),
        "recall": recall(arguments.data, maps, imagenet, found.arrays),
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
