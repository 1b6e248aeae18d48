"""What a factory string says, in FAISS' own words where FAISS has them: `IVF100,PQ8`, `HNSW32_PQ64`, `Forest50`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.engine.errors import PresetError

KINDS = (
    "Flat (exact), IVF100,Flat (inverted file; IVF,Flat: as many lists as the collection asks for), IVF100,PQ8 (codes of 8 bytes), "
    "OPQ64,IVF100,PQ64 and OPQ64,PQ64 (codes of a rotated vector), LOPQ16,PQ64 (16 lists, a rotation and a code book for each; "
    "LOPQ,PQ64: as many lists as the collection can train), PQ64, HNSW32 (graph), HNSW32_PQ64 (graph over codes), "
    "Forest50 (random trees, Annoy's method), Milvus (the server of PINAKES_INDEX_URL)"
)
CODE_BOOK = 256  # centroids of one byte
_LISTS = re.compile(r"(?:OPQ(?P<rotated>\d+),)?(?:IVF(?P<lists>\d*),)?(?:PQ(?P<codes>\d+)|Flat)(?:@(?P<effort>\d+))?")
_LOCAL = re.compile(r"(?P<local>LOPQ)(?P<lists>\d*),PQ(?P<codes>\d+)(?:@(?P<effort>\d+))?")
_GRAPH = re.compile(r"HNSW(?P<links>\d+)(?:_PQ(?P<codes>\d+))?(?:@(?P<effort>\d+))?")
_FOREST = re.compile(r"Forest(?P<trees>\d+)(?:@(?P<effort>\d+))?")
_SERVER = re.compile(r"(?P<server>Milvus)(?:@(?P<effort>\d+))?")
LEAST_LINKS, MOST_LINKS, MOST_TREES = 4, 256, 500


@dataclass(frozen=True)
class Spec:
    """A factory string taken apart. Numbers that it does not name are 0."""

    name: str
    lists: int | None = None  # of an inverted file; 0: as the collection's size asks for
    codes: int = 0  # bytes that a vector is kept in; 0: as it is
    rotated: bool = False
    local: bool = False  # every list has a rotation and a code book of its own
    links: int = 0  # of a node of the graph
    trees: int = 0
    effort: int = 0  # lists, nodes or rows that a query looks at; 0: measured
    server: bool = False  # the vectors are kept on one

    @property
    def exact(self) -> bool:
        return self.lists is None and not (self.codes or self.links or self.trees or self.server)

    @property
    def least_rows(self) -> int:
        """Vectors without which it cannot be trained."""
        return max(CODE_BOOK if self.codes else 1, self.lists or 1)


def parse(name: str) -> Spec:
    """The engine that a factory string names; `@N` at its end is how far a query looks. Raises PresetError with what there is."""
    for pattern in (_LISTS, _LOCAL, _GRAPH, _FOREST, _SERVER):
        found = pattern.fullmatch(name.strip())
        if found is not None:
            return _checked(name.strip(), found.groupdict())
    hint = " Annoy itself needs a compiler here; Forest50 is its method." if name.strip().lower().startswith("annoy") else ""
    raise PresetError(f"There is no search engine {name!r}; there are {KINDS}.{hint}")


def _checked(name: str, words: dict[str, str | None]) -> Spec:
    """Numbers instead of words, if they make sense."""
    server, local = bool(words.pop("server", None)), bool(words.pop("local", None))
    numbers = {key: int(value) for key, value in words.items() if value}
    if wrong := [key for key, value in numbers.items() if not value]:
        raise PresetError(f"The search engine {name!r} has 0 for its {wrong[0]}; write 1 or more.")
    rotated, codes = numbers.pop("rotated", 0), numbers.get("codes", 0)
    if rotated and rotated != codes:
        way_out = f"write OPQ{codes}, or PQ{rotated}" if codes else f"write PQ{rotated} in place of Flat"
        raise PresetError(f"In the search engine {name!r} OPQ{rotated} turns vectors for codes of {rotated} bytes; {way_out}.")
    if "links" in numbers and not LEAST_LINKS <= numbers["links"] <= MOST_LINKS:
        raise PresetError(f"The search engine {name!r} has {numbers['links']} links a node; {LEAST_LINKS} to {MOST_LINKS} work.")
    if numbers.get("trees", 0) > MOST_TREES:
        raise PresetError(f"The search engine {name!r} has {numbers['trees']} trees; {MOST_TREES} is the most.")
    lists = None if words.get("lists") is None else numbers.pop("lists", 0)
    return Spec(name, lists=lists, rotated=bool(rotated), local=local, server=server, **numbers)


def check_size(spec: Spec, rows: int, dim: int) -> None:
    """Raises PresetError where these vectors are too few to train the engine, or too short for its codes."""
    if spec.codes > dim:
        raise PresetError(
            f"The search engine {spec.name} keeps {spec.codes} bytes of a vector, which has {dim} numbers here; "
            f"write {dim} or fewer."
        )
    if rows < spec.least_rows:
        raise PresetError(
            f"The search engine {spec.name} needs {spec.least_rows} vectors to be trained, and there are {rows}; "
            "use Flat, which suits so few, or IVF,Flat."
        )


def coarse(spec: Spec, dim: int) -> str:
    """What codes of so few bytes cost, in a sentence; empty where there is nothing to warn of.

    More than eight numbers to a byte lose neighbours in every collection that was tried (docs/engines.md).
    """
    if not spec.codes or dim <= 8 * spec.codes:
        return ""
    return (
        f"{spec.name} keeps {spec.codes} bytes of {dim} numbers, one byte for {dim / spec.codes:.0f}: its own order loses most "
        "neighbours. A second pass over full vectors repairs that; more bytes lose less."
    )
