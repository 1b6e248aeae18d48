"""Times and probabilities as counts in fixed bins, so that the percentiles of any period follow from added counts.

Times have twelve bins for each doubling, as an octave has semitones: a bin is 2^(1/12) = 1.0595 wide, and its geometric
middle differs by at most 2^(1/24) − 1 = 2.93 % from any time in it. Times below a millisecond share one bin, said as 0.5 ms.
Probabilities have bins of 0.01, whose middle differs by at most 0.005.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

PER_DOUBLING = 12
BELOW = -1  # the bin of times below a millisecond
PER_UNIT = 100


def time_bin(ms: float) -> int:
    """The bin of a time in milliseconds: n holds 2^(n/12) up to 2^((n+1)/12)."""
    return math.floor(PER_DOUBLING * math.log2(ms)) if ms >= 1 else BELOW


def time_of(number: int) -> float:
    """Milliseconds in the geometric middle of the bin."""
    return float(2 ** ((number + 0.5) / PER_DOUBLING)) if number >= 0 else 0.5


def share_bin(share: float) -> int:
    """The bin of a probability 0…1; 1 itself is in the last one."""
    return min(PER_UNIT - 1, max(0, math.floor(share * PER_UNIT)))


def share_of(number: int) -> float:
    """The middle of the bin."""
    return (number + 0.5) / PER_UNIT


def percentile(counts: Mapping[str, int], share: float, value: Callable[[int], float]) -> float | None:
    """The value that `share` (0…1) of all that was counted do not exceed, to a bin; None where nothing was counted.

    Nearest rank (method 1 of Hyndman and Fan 1996, NumPy's `inverted_cdf`): the smallest with at least that share at or below.
    """
    total = sum(counts.values())
    rank, seen = max(1, math.ceil(share * total - 1e-9)), 0
    for number in sorted(map(int, counts)):
        seen += counts[str(number)]
        if seen >= rank:
            return value(number)
    return None


def times(counts: Mapping[str, int], *shares: float) -> tuple[float, ...] | None:
    """Percentiles in milliseconds; None where nothing was timed."""
    found = [percentile(counts, share, time_of) for share in shares]
    return None if None in found else tuple(value for value in found if value is not None)


def shares(counts: Mapping[str, int], *asked: float) -> tuple[float, ...] | None:
    """Percentiles of probabilities; None where there is none."""
    found = [percentile(counts, share, share_of) for share in asked]
    return None if None in found else tuple(value for value in found if value is not None)
