"""The math functions through the C compiler: scalar code, vector code and numpy agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.ir.expr import Call, CallKind
from halo.ir.types import Float

Array = np.ndarray[Any, np.dtype[Any]]
SOME = ("exp", "log", "sin", "atan", "tanh", "erf")
"""One of each kind: together they use everything that math functions are made of."""


def _inputs(dtype: type) -> Array:
    """Return numbers of every size but denormals, for which numpy has no exact fma."""
    rng = np.random.default_rng(5)
    signs = rng.choice([-1.0, 1.0], 200)
    largest = 120 if dtype is np.float32 else 1000
    wide = signs * 2.0 ** rng.uniform(-largest / 2, largest, 200)
    near = rng.uniform(-6, 6, 200)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5]
    return np.concatenate([near, wide, special]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_scalar_and_vector_code_give_the_bits_of_the_definition(
    dtype: type, evaluate: Callable[..., Array]
) -> None:
    x = hl.Var("x")
    data = _inputs(dtype)
    values = hl.Buffer(data)
    type = Float(data.dtype.itemsize * 8)
    results = []
    for lanes in (1, 6):
        f = hl.Func("f")
        f[x] = tuple(Call(type, name, (values[x],), CallKind.MATH) for name in SOME)
        if lanes > 1:
            f.bound(x, 0, len(data)).vectorize(x, lanes)
        results.append([np.array(out) for out in f.realize([len(data)])])
    for name, scalar, vector in zip(SOME, *results, strict=True):
        expected = evaluate(name, data)
        np.testing.assert_array_equal(scalar, expected, name)
        np.testing.assert_array_equal(vector, expected, name)
