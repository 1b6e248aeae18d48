"""From a factory string to an engine that answers: built, its effort measured, written, opened again."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np

from app.engine.errors import PresetError
from app.engine.index import VectorIndex, exact, faiss_index, forest, inverted_file, lopq, milvus, recall_at_k
from app.engine.index.exact import ExactIndex
from app.engine.index.factory import Spec, check_size, parse
from app.engine.index.faiss_index import FaissIndex
from app.engine.index.forest import Forest
from app.engine.index.lopq import Lopq
from app.engine.index.milvus import Address, MilvusIndex
from app.engine.index.second_pass import SecondPass
from app.engine.types import Floats, Ints

TARGET = inverted_file.TARGET_RECALL
SAMPLE = 200  # queries that an effort is measured on; those of an inverted file cost less and are more (`inverted_file.SAMPLE`)
GRAPH_STEPS = (16, 32, 64, 128, 256, 512, 1024)
GRAPH_OVER_CODES = 128  # nodes in hand: beyond it codes, not the way through the graph, lose neighbours
FOREST_SHARES = (1, 2, 4, 8, 16, 32)  # rows met, times a leaf of each tree


def build(name: str, vectors: Floats, *, seed: int = 0, at: Address | None = None) -> tuple[VectorIndex, float]:
    """The engine of that factory string over (n, D) float32 unit rows, and its recall@10 against exact search.

    An empty name is the server `at` where there is one, else the inverted file whose lists follow the collection's size. An engine
    that keeps codes answers with a second pass over the vectors. Raises PresetError where the name is none, or the vectors are too
    few, BuildError where the server does not take them.
    """
    if not name and at is None:
        return inverted_file.build(vectors, seed=seed)
    spec = parse(name or milvus.NAME)
    check_size(spec, *vectors.shape)
    index = on_server(spec, vectors, at, seed=seed) if spec.server else over_full(bare(spec, vectors, seed=seed), spec, vectors)
    asked, truth = _strange(vectors, inverted_file.SAMPLE, seed)
    return index, recall_at_k(index.search(asked, 10)[1], truth)


def on_server(spec: Spec, vectors: Floats, at: Address | None, *, seed: int = 0) -> MilvusIndex:
    """The vectors on the server, its effort set."""
    if at is None:
        raise PresetError("There is no server to keep vectors on: set PINAKES_INDEX_URL=milvus://…, or choose another engine.")
    made = milvus.build(vectors, at)
    made.effort = spec.effort or _least(made, GRAPH_STEPS, vectors, seed)
    return made


def bare(spec: Spec, vectors: Floats, *, seed: int = 0) -> VectorIndex:
    """The engine alone, without a second pass, its effort set."""
    index = filled(spec, vectors, seed=seed)
    settle(index, spec, vectors, seed=seed)
    return index


def filled(spec: Spec, vectors: Floats, *, seed: int = 0) -> ExactIndex | Forest | FaissIndex | Lopq:
    """Trained on and filled with the vectors; how far a query looks is still to be chosen."""
    if spec.local:
        return lopq.build(spec, vectors, seed=seed)
    if spec.exact:
        flat = ExactIndex(vectors.shape[1])
        flat.add(vectors)
        return flat
    return forest.build(spec.name, vectors, spec.trees, seed=seed) if spec.trees else faiss_index.build(spec, vectors, seed=seed)


def settle(index: ExactIndex | Forest | FaissIndex | Lopq, spec: Spec, vectors: Floats, *, seed: int = 0) -> None:
    """Let a query look as far as the spec says, else as far as 99 % of the ten nearest ask for."""
    if isinstance(index, ExactIndex):
        return
    if spec.effort:
        index.effort = spec.effort
    elif isinstance(index, Forest):
        index.effort = _least(index, [spec.trees * forest.LEAF * n for n in FOREST_SHARES], vectors, seed)
    else:
        index.effort = _effort(index, spec, vectors, seed)


def over_full(index: VectorIndex, spec: Spec, vectors: Floats) -> VectorIndex:
    """With a second pass over the full vectors, if the engine keeps codes."""
    return SecondPass(index, [vectors]) if spec.codes else index


def file_of(name: str) -> str:
    """The name of an engine's file in a build."""
    return "global.npz" if name.startswith(("Forest", "LOPQ")) else "global.json" if name == milvus.NAME else "global.faiss"


def read(folder: Path, name: str, effort: int, vectors: Floats, *, at: Address | None = None) -> VectorIndex:
    """Open what `build` wrote; name and effort are those of the manifest, vectors the full rows it was built over."""
    if name == milvus.NAME:
        return milvus.read(vectors, effort, at)
    path = folder / file_of(name)
    if name == inverted_file.InvertedFile.name:
        return inverted_file.read(path, effort)
    spec = parse(name)
    return over_full(read_bare(path, spec, effort), spec, vectors)


def read_bare(path: Path, spec: Spec, effort: int) -> VectorIndex:
    """Open the file of an engine alone, without a second pass."""
    if spec.exact:
        return exact.read(path)
    if spec.local:
        return lopq.read(path, spec.name, effort)
    return forest.read(path, spec.name, effort) if spec.trees else faiss_index.read(path, spec.name, effort)


def _effort(made: FaissIndex | Lopq, spec: Spec, vectors: Floats, seed: int) -> int:
    """How far a query must look for 99 % of its ten nearest."""
    if isinstance(made, Lopq) or made.lists:
        return enough_lists(made, vectors, seed=seed)
    if not spec.links:
        return 1
    return GRAPH_OVER_CODES if spec.codes else _least(made, GRAPH_STEPS, vectors, seed)


def enough_lists(made: FaissIndex | Lopq, vectors: Floats, *, seed: int = 0) -> int:
    """The fewest lists of an inverted file in which 99 % of the ten nearest lie, however they are kept there."""
    asked, near = _strange(vectors, inverted_file.SAMPLE, seed)
    cells = nearest_cells(made, vectors, 1)[:, 0]
    order = nearest_cells(made, asked, made.lists)  # (n, lists) cells of each query, the nearest first
    place = np.argsort(order, axis=1)  # (n, lists) how far down each cell is
    needed = np.take_along_axis(place, cells[np.maximum(near, 0)], axis=1)[near >= 0] + 1
    return int(np.quantile(needed, TARGET, method="inverted_cdf"))


def nearest_cells(made: FaissIndex | Lopq, vectors: Floats, count: int) -> Ints:
    """(n, count) the cells whose centres are nearest to each vector."""
    if isinstance(made, Lopq):
        return made.nearest_cells(vectors, count)
    inner = made.inner
    turned = np.ascontiguousarray(vectors, np.float32) if inner is made.index else _turned(made, vectors)
    return inner.quantizer.search(turned, count)[1]  # type: ignore[no-any-return]


def _turned(made: FaissIndex, vectors: Floats) -> Floats:
    """Vectors as the index behind the padding and rotation sees them."""
    turned = np.ascontiguousarray(vectors, np.float32)
    for place in range(made.index.chain.size()):
        turned = faiss.downcast_VectorTransform(made.index.chain.at(place)).apply(turned)
    return turned


def _least(index: FaissIndex | Forest | MilvusIndex, steps: list[int] | tuple[int, ...], vectors: Floats, seed: int) -> int:
    """The smallest of the efforts that finds 99 % of the exact ten; the last where none does."""
    asked, truth = _strange(vectors, SAMPLE, seed)
    for step in steps:
        index.effort = step
        if recall_at_k(index.search(asked, 10)[1], truth) >= TARGET:
            break
    return index.effort


def _strange(vectors: Floats, most: int, seed: int) -> tuple[Floats, Ints]:
    """Queries that are no row but near one, as a photo is (a cosine of 0.8), and their exact ten nearest.

    A graph finds its own rows and all that they are linked with in no time, which would flatter it.
    """
    rows = vectors[_queries(len(vectors), most, seed)]
    away = np.random.default_rng(seed + 1).normal(size=rows.shape).astype(np.float32)
    asked = rows + 0.75 * away / np.linalg.norm(away, axis=1, keepdims=True)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    flat = ExactIndex(vectors.shape[1])
    flat.add(np.ascontiguousarray(vectors))
    return asked, flat.search(asked, 10)[1]


def _queries(count: int, most: int, seed: int) -> Ints:
    return np.random.default_rng(seed).choice(count, min(most, count), replace=False)
