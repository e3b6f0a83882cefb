"""Values of an expression of arrays: interpreted, compiled, and compiled in vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import halo as hl
from halo.interpret import interpret

Array = np.ndarray[Any, np.dtype[Any]]

NUMPY_TYPES = [np.dtype(f"{kind}{size}") for size in (1, 2, 4, 8) for kind in "iu"]
"""The integer types of numpy, narrow ones first."""


def extremes(dtype: Any) -> list[int]:
    """Return the ends, the middle and a few more values of an integer dtype."""
    info = np.iinfo(dtype)
    values = {info.min, info.min + 1, info.max - 1, info.max, info.max // 2, info.max // 2 + 1}
    return sorted(values | {v for v in (-9, -1, 0, 1, 2, 3, 8, 100) if info.min <= v <= info.max})


def pairs(a: Any, b: Any, more: int = 40) -> tuple[Array, Array]:
    """Return two arrays: every pair of extremes of two integer dtypes, and random pairs."""
    rng = np.random.default_rng(7)
    left, right = np.meshgrid(np.array(extremes(a), a), np.array(extremes(b), b))

    def drawn(dtype: Any) -> Array:
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, more, np.dtype(dtype), endpoint=True)

    return np.append(left, drawn(a)), np.append(right, drawn(b))


def values(make: Callable[..., Any], *arrays: Array, lanes: int = 7) -> Any:
    """Return `make` of a cell of each array, for every cell; several arrays where it is a Tuple.

    Asserts that the interpreter, the default schedule and vectors of `lanes` give the same bits.
    """
    x = hl.Var("x")
    inputs = [hl.Buffer(a) for a in arrays]
    size = [len(arrays[0])]
    found: list[list[Array]] = []
    for width in (1, lanes):
        f = hl.Func("f")
        f[x] = make(*[b[x] for b in inputs])
        if width == 1:
            found.append(_each(interpret(f, size)))
        else:
            f.vectorize(x, width)
        found.append(_each(f.realize(size)))
    for other in found[1:]:
        for one, expected in zip(other, found[0], strict=True):
            np.testing.assert_array_equal(one, expected)
            assert one.dtype == expected.dtype
    return found[0] if len(found[0]) > 1 else found[0][0]


def _each(realized: Any) -> list[Array]:
    several = realized if isinstance(realized, tuple) else (realized,)
    return [np.array(b) for b in several]


def named_values(makers: Mapping[str, Callable[..., Any]], *arrays: Array) -> dict[str, Array]:
    """Return the values of several expressions of the same arrays, computed together."""
    names = list(makers)
    found = values(lambda *cells: hl.Tuple([makers[n](*cells) for n in names]), *arrays)
    return dict(zip(names, found if len(names) > 1 else [found], strict=True))
