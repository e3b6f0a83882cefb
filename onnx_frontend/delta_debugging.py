"""The smallest part of something that still has a property."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence


def minimal(items: Sequence[int], holds: Callable[[Sequence[int]], bool]) -> list[int]:
    """Return a part of `items`, in their order, of which no item can be left out.

    It is halved as long as a half will do, then less and less is left out of it (Zeller and
    Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).

    Parameters
    ----------
    items
        For which `holds` is true.
    holds
        Asked about parts, of none twice.
    """
    known: dict[tuple[int, ...], bool] = {}

    def still(part: Sequence[int]) -> bool:
        key = tuple(part)
        if key not in known:
            known[key] = bool(part) and holds(part)
        return known[key]

    rest, pieces = list(items), 2
    while len(rest) > 1:
        chunks = _chunks(rest, pieces)
        without = [[i for i in rest if i not in set(chunk)] for chunk in chunks]
        smaller = next((part for part in (*chunks, *without) if still(part)), None)
        if smaller is not None:
            pieces = 2 if smaller in chunks else max(pieces - 1, 2)
            rest = smaller
        elif pieces == len(rest):
            break
        else:
            pieces = min(2 * pieces, len(rest))
    return rest


def _chunks(items: list[int], count: int) -> list[list[int]]:
    ends = [len(items) * i // count for i in range(count + 1)]
    return [items[a:b] for a, b in itertools.pairwise(ends)]
