"""Whitenings learned from pairs: a photo and the picture that it shows. What differs within a pair is noise to be put down.

All give a `Whitening`, which is applied as the catalogue's own is. `photos`, `pictures`: (n, C) of unit length, row by row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.engine.encoders.whitening import Whitening, fit_whitening
from app.engine.types import Floats

Doubles = npt.NDArray[np.float64]


def discriminative(photos: Floats, pictures: Floats, dim: int, *, shrinkage: float = 0.0) -> Whitening:
    """Lw: whitens the differences within pairs, then keeps the directions in which different works differ most.

    Radenović, Tolias & Chum, TPAMI 2019, section 3.3, after Mikolajczyk & Matas, "Improving descriptors for fast tree matching
    by optimal linear projection", ICCV 2007. `shrinkage`: that share of the covariance is replaced by its mean variance in
    every direction (Ledoit & Wolf 2004), needed where the pairs are few.
    """
    whiten = inverse_root(shrunk(within(photos, pictures), shrinkage))
    mean = pictures.astype(np.float64).mean(axis=0)
    rotated = (pictures - mean) @ whiten
    _, vectors = np.linalg.eigh(rotated.T @ rotated)
    return _whitening(mean, whiten @ vectors[:, ::-1][:, :dim])


def mixed(photos: Floats, pictures: Floats, catalogue: Floats, dim: int, *, share: float, floor: float) -> Whitening:
    """PCA-whitening in which `share` of the covariance is the differences' within pairs, the rest the catalogue's.

    Both are scaled to the same mean variance first. Eigenvalues below `floor` times the largest are lifted to it.
    share 0 is the catalogue's own whitening.
    """
    return fit_whitening(catalogue, dim, floor=floor, noise=within(photos, pictures), share=share)


def within(photos: Floats, pictures: Floats) -> Doubles:
    """(C, C): the covariance of half the differences within pairs."""
    differences = photos.astype(np.float64) - pictures
    return np.asarray(differences.T @ differences / (2 * len(differences)))


def shrunk(covariance: Doubles, share: float) -> Doubles:
    """The covariance with `share` of it replaced by its mean variance in every direction."""
    size = len(covariance)
    return np.asarray((1 - share) * covariance + share * np.trace(covariance) / size * np.eye(size))


def inverse_root(covariance: Doubles) -> Doubles:
    """C^(−1/2), symmetric; directions without variance are taken as 1e-8 of the largest."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors / np.sqrt(np.maximum(values, 1e-8 * values[-1]))) @ vectors.T)


def _whitening(mean: npt.ArrayLike, projection: Doubles) -> Whitening:
    return Whitening(np.asarray(mean, np.float32), np.asarray(projection, np.float32))
