"""Programs for Halide's Python binding that check what they compute, in numpy, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Program = Callable[[Any], None]
CHECKED: dict[str, Program] = {}

_RANDOM = np.random.default_rng(1)
GRAY = _RANDOM.integers(0, 256, (24, 32), dtype=np.uint8)
RGB = _RANDOM.integers(0, 256, (3, 24, 32), dtype=np.uint8)


def program(function: Program) -> Program:
    """Enter a program: it takes the package as `hl` and asserts."""
    assert function.__name__ not in CHECKED
    CHECKED[function.__name__] = function
    return function


def same(realized: Any, wanted: Any) -> None:
    """Assert that a Buffer holds just this: shape, type and bits."""
    got, want = np.array(realized), np.asarray(wanted)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    assert got.tobytes() == np.ascontiguousarray(want).tobytes()


def int32(values: Any) -> Any:
    return np.asarray(values).astype(np.int32)


def sums(width: int, height: int) -> Any:
    """Return x + y, as the cells of so large a Buffer."""
    return np.add.outer(np.arange(height, dtype=np.int32), np.arange(width, dtype=np.int32))


def products(width: int, height: int) -> Any:
    """Return x * y, as the cells of so large a Buffer."""
    return np.multiply.outer(np.arange(height, dtype=np.int32), np.arange(width, dtype=np.int32))
