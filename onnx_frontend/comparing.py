"""How far an array is from what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from onnx_frontend.graph import Array


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may differ: ``|found - wanted| <= atol + rtol * |wanted|``."""

    rtol: float = 1e-3
    atol: float = 1e-4


@dataclass(frozen=True, slots=True)
class Difference:
    """How two arrays differ.

    Attributes
    ----------
    problem
        Why they cannot be compared cell by cell; empty if they can.
    ratio
        The largest error, as a multiple of what is tolerated at its place; infinite for a NaN or
        infinity in one of them only. Of cells that are no numbers: 0 or infinite.
    absolute, relative
        The largest error, and the largest relative to what is wanted.
    place
        Where the ratio is largest.
    found, wanted
        The cells there.
    wrong, cells
        How many cells differ by more than is tolerated, and how many there are.
    """

    problem: str = ""
    ratio: float = 0.0
    absolute: float = 0.0
    relative: float = 0.0
    place: tuple[int, ...] = ()
    found: Any = None
    wanted: Any = None
    wrong: int = 0
    cells: int = 0

    @property
    def is_wrong(self) -> bool:
        """Whether they differ by more than is tolerated."""
        return bool(self.problem) or self.wrong > 0


def compare(found: Array, wanted: Array, tolerance: Tolerance) -> Difference:
    """Return how `found` differs from `wanted`; two NaNs, and equal infinities, do not."""
    if found.shape != wanted.shape:
        return Difference(f"has shape {_shape(found)}, not {_shape(wanted)}")
    texts = [a.dtype.kind in "OUS" for a in (found, wanted)]
    if found.dtype != wanted.dtype and not all(texts):
        return Difference(f"has elements of type {found.dtype}, not {wanted.dtype}")
    if not wanted.size:
        return Difference()
    if any(texts):
        error = np.where(found == wanted, 0.0, np.inf)
        return _difference(found, wanted, error, np.zeros(wanted.shape), error)
    a, b = (_numbers(x) for x in (found, wanted))
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        error = np.where(same, 0.0, np.abs(a - b))
        ratio = error / (tolerance.atol + tolerance.rtol * np.abs(b))
        relative = error / np.abs(b)
    # Where nothing is tolerated, every error is too large; so is one that is no number.
    ratio = np.where(same, 0.0, np.where(np.isnan(ratio) | ~np.isfinite(b), np.inf, ratio))
    return _difference(found, wanted, ratio, error, np.where(same, 0.0, relative))


def _numbers(x: Array) -> Array:
    return np.asarray(x, np.complex128 if x.dtype.kind == "c" else np.float64)


def _difference(
    found: Array, wanted: Array, ratio: Array, error: Array, relative: Array
) -> Difference:
    place = np.unravel_index(int(np.argmax(ratio)), wanted.shape)
    return Difference(
        "",
        float(ratio[place]),
        _largest(error),
        _largest(relative),
        tuple(int(i) for i in place),
        found[place],
        wanted[place],
        int(np.count_nonzero(ratio > 1)),
        wanted.size,
    )


def _largest(x: Array) -> float:
    return float(np.inf) if np.isnan(x).any() else float(x.max())


def _shape(x: Array) -> str:
    return "x".join(map(str, x.shape)) or "scalar"
