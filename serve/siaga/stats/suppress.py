"""Small cells: what a caller who may see aggregates only is not told, so that nobody can be picked out.

A count below k is withheld; any other is rounded to the nearest multiple of k, so that two answers cannot be
subtracted from each other to find a small one. Rates follow from the rounded counts.
"""

from __future__ import annotations

K = 5


def shown(count: int, *, restricted: bool) -> int | None:
    """A count as it may be told; zero stays zero."""
    if not restricted or count == 0:
        return count
    return None if count < K else K * ((2 * count + K) // (2 * K))
