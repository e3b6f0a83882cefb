"""A float that becomes an integer and is clamped at once: the bits of saturating it first."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

EDGES = [
    0.0,
    -0.0,
    0.99,
    1.0,
    -1.0,
    254.5,
    255.0,
    256.0,
    2147483520.0,
    2147483648.0,
    3e9,
    4294967040.0,
]
EDGES += [4294967296.0, 5e9, 1e30, -3e9, -1e30, np.inf, -np.inf, np.nan, 1e-40, 16777217.0]
ENDS = [255, 0, -7, 2**31 - 1, -(2**31), 2147483520]


def saturated(x: np.ndarray) -> np.ndarray:
    whole = np.clip(np.nan_to_num(x.astype(np.float64), nan=0), -(2**31), 2**31 - 1)
    return np.trunc(whole).astype(np.int64)


@pytest.mark.parametrize("target", ["host", "host-llvm", "x86-64-linux-avx2"])
@pytest.mark.parametrize("lanes", [0, 4, 7, 8, 16, 32])
def test_clamped_casts_keep_their_bits(lanes: int, target: str) -> None:
    x = hl.Var("x")
    rng = np.random.default_rng(lanes)
    given = np.concatenate([EDGES, rng.uniform(-300, 600, 81)]).astype(np.float32)
    source, end = hl.ImageParam(hl.Float(32), 1, "source"), hl.Param(hl.Int(32), "end", 0)
    source.set(hl.Buffer(given))
    funcs, lows = [], (0, 3, -5)
    for low in lows:
        funcs.append(hl.Func("clamped"))
        funcs[-1][x] = hl.max(hl.min(hl.i32(source[x]), end), low)
        if lanes:
            funcs[-1].vectorize(x, lanes)
    for high in ENDS:
        end.set(high)
        found = hl.Pipeline(funcs).realize([len(given)], hl.Target(target))
        for low, one in zip(lows, found, strict=True):
            wanted = np.maximum(np.minimum(saturated(given), high), low)
            np.testing.assert_array_equal(np.array(one).astype(np.int64), wanted)
