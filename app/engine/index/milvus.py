"""Vectors on a Milvus server, for collections beyond one machine, behind the protocol of all engines: a graph in Milvus' memory.

The server serves; the build keeps the full vectors all the same. So what a server has lost is filled from them again, and while it
does not answer they are searched exactly: slower, but nobody is turned away. Works added since a build are few, and searched here.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import numpy as np

from app.engine.errors import BuildError
from app.engine.types import Bytes, Floats, Ints

if TYPE_CHECKING:
    from pymilvus import MilvusClient

NAME = "Milvus"
SCHEMES = {"milvus": "http", "milvus+tls": "https"}
PORT = 19530
LINKS, BUILD_EFFORT = 32, 200  # of its graph: as many as this project's own has (`faiss_index`)
AT_ONCE = 4000  # rows in one message, which Milvus lets be 64 MB
PATIENCE_S = 3.0  # that a search waits for the server
PAUSE_S = 30.0  # in which a server that did not answer is not asked again
BUILD_PATIENCE_S = 600.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """A server (`milvus://user:password@host:19530/database`, `milvus+tls://…`), and the collection of one build on it."""

    url: str
    collection: str

    @property
    def host(self) -> str:
        """The server as it may be shown: without the password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def connect(self, patience: float) -> MilvusClient:
        """A client. Raises ImportError where pymilvus is missing, and pymilvus' own errors where the server does not answer."""
        from pymilvus import MilvusClient

        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it writes a stack trace for every error that it raises
        parts = urlsplit(self.url)
        token = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        return MilvusClient(
            uri=f"{SCHEMES[parts.scheme]}://{parts.hostname}:{parts.port or PORT}", token=token,
            db_name=parts.path.strip("/"), timeout=patience,
        )  # fmt: skip


@dataclass
class MilvusIndex:
    """`blocks` are the full rows, in their order: the first was built and is on the server, those after it were added since."""

    address: Address | None  # None: no server is named any more
    blocks: list[Floats]
    effort: int = 0  # nodes of the graph that a query keeps in hand
    name: str = NAME
    lists: int = 0
    _client: MilvusClient | None = field(default=None, repr=False)
    _silent_until: float = 0.0

    def __len__(self) -> int:
        return sum(len(block) for block in self.blocks)

    def add(self, vectors: Floats) -> None:
        self.blocks.append(vectors)

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        bits = np.full(-(-len(self) // 8), 255, np.uint8) if allowed is None else allowed
        may = np.unpackbits(bits, count=len(self), bitorder="little").astype(bool)
        parts, start = [self._built(queries, k, may[: len(self.blocks[0])])], len(self.blocks[0])
        for block in self.blocks[1:]:
            scores, rows = exactly(block, queries, k, may[start : start + len(block)])
            parts.append((scores, np.where(rows >= 0, rows + start, -1)))
            start += len(block)
        return best(np.concatenate([one for one, _ in parts], axis=1), np.concatenate([one for _, one in parts], axis=1), k)

    def _built(self, queries: Floats, k: int, may: Any) -> tuple[Floats, Ints]:
        """The rows that were built: from the server, or exactly while it does not answer.

        Exactly, too, where most rows are left out: the way through a graph gets lost among them.
        """
        if self.address is not None and 2 * may.sum() >= len(may) and time.monotonic() >= self._silent_until:
            try:
                return self._asked(self.address, queries, k, may)
            except Exception as error:  # whatever goes wrong over there, the photo is answered
                self._client, self._silent_until = None, time.monotonic() + PAUSE_S
                _log.warning("Milvus at %s did not answer, the vectors are searched here: %s", self.address.host, error)
        return exactly(self.blocks[0], queries, k, may)

    def _asked(self, address: Address, queries: Floats, k: int, may: Any) -> tuple[Floats, Ints]:
        self._client = self._client or address.connect(PATIENCE_S)
        out = np.flatnonzero(~may).tolist()
        found = self._client.search(
            address.collection, data=list(np.asarray(queries, np.float32)), limit=k, filter=f"row not in {out}" if out else "",
            search_params={"metric_type": "IP", "params": {"ef": max(self.effort, k)}}, consistency_level="Strong",
            output_fields=["row"], timeout=PATIENCE_S,
        )  # fmt: skip
        scores, rows = np.full((len(queries), k), -np.inf, np.float32), np.full((len(queries), k), -1, np.int64)
        for place, hits in enumerate(found):
            scores[place, : len(hits)] = [hit["distance"] for hit in hits]
            rows[place, : len(hits)] = [hit["row"] for hit in hits]
        return scores, rows

    def write(self, path: Path) -> None:
        """A note for whoever looks into the build: the vectors are in its segments, and on the server."""
        path.write_text(json.dumps({"collection": self.address.collection if self.address else "", "rows": len(self)}))


def exactly(vectors: Floats, queries: Floats, k: int, may: Any) -> tuple[Floats, Ints]:
    """The k nearest rows that may be found, by all cosines."""
    cosines = np.where(may, np.asarray(queries, np.float32) @ np.asarray(vectors, np.float32).T, -np.inf).astype(np.float32)
    return best(cosines, np.where(may, np.arange(len(vectors)), -1)[None].repeat(len(queries), axis=0), k)


def best(scores: Floats, rows: Ints, k: int) -> tuple[Floats, Ints]:
    """The k of largest score in each line, descending; −∞ and −1 where there are fewer."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    missing = ((0, 0), (0, k - order.shape[1]))
    return (
        np.pad(np.take_along_axis(scores, order, axis=1), missing, constant_values=-np.inf).astype(np.float32),
        np.pad(np.take_along_axis(rows, order, axis=1), missing, constant_values=-1).astype(np.int64),
    )


def build(vectors: Floats, address: Address) -> MilvusIndex:
    """Put the rows on the server. Raises BuildError, saying what to do, where that cannot be done."""
    try:
        fill(vectors, address)
    except ImportError:
        raise BuildError("Milvus needs a package that is not here: `pip install -r requirements-milvus.txt`.") from None
    except Exception as error:
        forget(address)
        raise BuildError(
            f"Milvus at {address.host} (PINAKES_INDEX_URL) did not take the vectors: {' '.join(str(error).split())[:200]} "
            "Start it and build again, or choose another engine."
        ) from error
    return MilvusIndex(address, [vectors])


def fill(vectors: Floats, address: Address) -> None:
    """Make the collection and write every row by its number; what is there already is written over."""
    from pymilvus import DataType, MilvusClient

    client, name = address.connect(BUILD_PATIENCE_S), address.collection
    if not client.has_collection(name):
        schema = MilvusClient.create_schema(auto_id=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=int(vectors.shape[1]))
        graph = MilvusClient.prepare_index_params()
        graph.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": LINKS, "efConstruction": BUILD_EFFORT})
        client.create_collection(name, schema=schema, index_params=graph, consistency_level="Strong")
    for start in range(0, len(vectors), AT_ONCE):
        some = np.asarray(vectors[start : start + AT_ONCE], np.float32)
        client.upsert(name, [{"row": start + n, "vector": row} for n, row in enumerate(some)])
    client.flush(name)
    client.load_collection(name)


def read(vectors: Floats, effort: int, address: Address | None) -> MilvusIndex:
    """A build's index; a collection that the server has lost, or never had since the build was restored, is filled again."""
    index = MilvusIndex(address, [vectors], effort)
    try:
        if address is not None and held(address) < len(vectors):
            _log.warning("Milvus at %s has not all rows of %s: they are written again.", address.host, address.collection)
            fill(vectors, address)
    except Exception as error:  # the search says so too, and does without
        index._silent_until = time.monotonic() + PAUSE_S
        _log.warning("Milvus at %s does not answer, the vectors are searched here: %s", address.host if address else "-", error)
    return index


def held(address: Address) -> int:
    """Rows of the collection on the server; 0 where there is none."""
    client = address.connect(PATIENCE_S)
    if not client.has_collection(address.collection):
        return 0
    client.load_collection(address.collection)
    return int(client.query(address.collection, filter="", output_fields=["count(*)"], consistency_level="Strong")[0]["count(*)"])


def forget(address: Address) -> None:
    """Take a collection off the server; where that fails it stays, and the log says so."""
    try:
        client = address.connect(PATIENCE_S)
        if client.has_collection(address.collection):
            client.drop_collection(address.collection)
    except Exception as error:
        _log.warning("The collection %s stays on Milvus at %s: %s", address.collection, address.host, error)


def trouble(url: str) -> str:
    """Why the server cannot be used, in a sentence; empty where it answers."""
    address = Address(url, "")
    try:
        address.connect(PATIENCE_S).get_server_version()
    except ImportError:
        return "PINAKES_INDEX_URL names a Milvus server, and pymilvus is missing: `pip install -r requirements-milvus.txt`."
    except Exception as error:
        return (
            f"Milvus at {address.host} (PINAKES_INDEX_URL) does not answer: {' '.join(str(error).split())[:200]} "
            "Until it does, this machine searches the vectors itself."
        )
    return ""
