"""A baseline: bag of visual words with Hamming embedding and spatial verification, as VISE has it.

Sivic & Zisserman, "Video Google", ICCV 2003 (words, tf-idf); Jégou et al., "Hamming embedding and weak geometric consistency",
ECCV 2008 (64 bits a descriptor; a pair counts when its bits differ in at most 22); Philbin et al., CVPR 2007 (the first of the list
verified by a homography and ordered by inliers). On the same RootSIFT features as the product.
"""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np

from app.engine.local_features import LocalFeatures
from app.engine.types import Bytes, Floats, Ints
from app.engine.verification import Rules, verify

WORDS, ITERATIONS, SAMPLE = 16_384, 10, 40  # visual words; k-means rounds; training rows a word
BITS, MOST_BITS = 64, 22
VERIFIED = 20


@dataclass
class BagOfWords:
    """Features of the gallery ordered by visual word: those of word w are rows starts[w] … starts[w + 1]."""

    quantiser: faiss.IndexFlatL2
    projection: Floats  # (128, 64)
    medians: Floats  # (WORDS, 64)
    starts: Ints
    signatures: Bytes  # (n, 8)
    rows: Ints  # (n,) row in the gallery's own order
    owners: Ints  # (n,) picture
    idf: Floats  # (WORDS,)
    pictures: int

    def votes(self, photo: LocalFeatures) -> tuple[Floats, tuple[Ints, Ints]]:
        """Scores per picture, and all pairs that voted: (row in the photo, row in the gallery)."""
        words, bits = _encode(photo.descriptors, self.quantiser, self.projection, self.medians)
        scores = np.zeros(self.pictures, np.float32)
        ours: list[Ints] = []
        theirs: list[Ints] = []
        for row, (word, signature) in enumerate(zip(words, bits, strict=True)):
            span = slice(int(self.starts[word]), int(self.starts[word + 1]))
            near = np.bitwise_count(self.signatures[span] ^ signature).sum(axis=1) <= MOST_BITS
            found = np.flatnonzero(near) + span.start
            np.add.at(scores, self.owners[found], self.idf[word] ** 2)
            ours.append(np.full(len(found), row))
            theirs.append(self.rows[found])
        return scores / self._norms, (np.concatenate(ours), np.concatenate(theirs))

    def __post_init__(self) -> None:
        self._norms = np.sqrt(np.maximum(np.bincount(self.owners, minlength=self.pictures), 1)).astype(np.float32)


def build(descriptors: Bytes, owners: Ints, pictures: int, *, seed: int = 0) -> BagOfWords:
    """Words, signatures and lists of (n, 128) uint8 descriptors."""
    kmeans = faiss.Kmeans(128, WORDS, niter=ITERATIONS, seed=seed, max_points_per_centroid=SAMPLE, verbose=False)
    kmeans.train(descriptors.astype(np.float32))
    quantiser = faiss.IndexFlatL2(128)
    quantiser.add(kmeans.centroids)
    random = np.random.default_rng(seed).standard_normal((128, 128))
    projection = np.linalg.qr(random)[0][:, :BITS].astype(np.float32)
    words = _words(descriptors, quantiser)
    medians = _medians(descriptors, words, projection)
    order = np.argsort(words, kind="stable")
    bits = _bits(descriptors[order], words[order], projection, medians)
    starts = np.searchsorted(words[order], np.arange(WORDS + 1))
    containing = np.array([len(np.unique(owners[order[a:b]])) for a, b in zip(starts[:-1], starts[1:], strict=True)])
    idf = np.log(pictures / np.maximum(containing, 1)).astype(np.float32)
    return BagOfWords(quantiser, projection, medians, starts, bits, order, owners[order], idf, pictures)


def ranking(
    bag: BagOfWords, photo: LocalFeatures, photo_size: tuple[int, int], points: Floats, sizes: Ints
) -> list[tuple[int, int]]:
    """Pictures best first, with their inliers: the first VERIFIED by votes, ordered by inliers, then by votes.

    points: (n, 2) of all gallery features; sizes: (pictures, 2) width and height.
    """
    scores, (ours, theirs) = bag.votes(photo)
    owner_of = np.empty(len(bag.rows), np.int64)
    owner_of[bag.rows] = bag.owners
    first = np.argsort(-scores, kind="stable")[:VERIFIED]
    verified = []
    for picture in first:
        mine = owner_of[theirs] == picture
        size = (int(sizes[picture][0]), int(sizes[picture][1]))
        outcome = verify(photo.points, points, (ours[mine], theirs[mine]), photo_size, size, Rules())
        verified.append((int(picture), outcome.inliers))
    return sorted(verified, key=lambda one: (-one[1], -scores[one[0]]))


def _words(descriptors: Bytes, quantiser: faiss.IndexFlatL2, window: int = 50_000) -> Ints:
    parts = [quantiser.search(descriptors[i : i + window].astype(np.float32), 1)[1] for i in range(0, len(descriptors), window)]
    return np.concatenate(parts).ravel() if parts else np.zeros(0, np.int64)


def _medians(descriptors: Bytes, words: Ints, projection: Floats) -> Floats:
    """(WORDS, 64) medians of the projected descriptors of each word; words without descriptors never match."""
    medians = np.zeros((WORDS, BITS), np.float32)
    order = np.argsort(words, kind="stable")
    edges = np.searchsorted(words[order], np.arange(WORDS + 1))
    for word in range(WORDS):
        rows = order[edges[word] : edges[word + 1]]
        if len(rows):
            medians[word] = np.median(descriptors[rows].astype(np.float32) @ projection, axis=0)
    return medians


def _bits(descriptors: Bytes, words: Ints, projection: Floats, medians: Floats) -> Bytes:
    return np.packbits(descriptors.astype(np.float32) @ projection > medians[words], axis=1)


def _encode(descriptors: Bytes, quantiser: faiss.IndexFlatL2, projection: Floats, medians: Floats) -> tuple[Ints, Bytes]:
    words = _words(descriptors, quantiser)
    return words, _bits(descriptors, words, projection, medians)
