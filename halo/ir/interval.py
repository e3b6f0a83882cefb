"""Symbolic intervals: what values expressions take and what cells they read."""

from __future__ import annotations

from halo.ir.bounds import bounds_of
from halo.ir.boxes import boxes_touched, refine
from halo.ir.ranges import UNBOUNDED, Box, Interval, union_boxes
from halo.ir.simplify import Simplifier

__all__ = [
    "UNBOUNDED",
    "Box",
    "Interval",
    "bounds_of",
    "boxes_touched",
    "intersect",
    "refine",
    "union",
    "union_boxes",
]


def union(a: Interval, b: Interval, simplifier: Simplifier | None = None) -> Interval:
    """Return the smallest interval that holds both, its ends simplified.

    With a `simplifier` of the caller's, a union of many costs what each of them adds.
    """
    return _simplified(a.union(b), simplifier or Simplifier())


def intersect(a: Interval, b: Interval) -> Interval:
    """Return the interval of the values in both, its ends simplified."""
    return _simplified(a.intersect(b), Simplifier())


def _simplified(i: Interval, simplifier: Simplifier) -> Interval:
    low = None if i.min is None else simplifier.simplify(i.min)
    high = None if i.max is None else simplifier.simplify(i.max)
    return Interval(low, low if i.is_point else high)
