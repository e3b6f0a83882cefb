"""Floats that become integers in vectors stop at the limits of the type, through LLVM."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl

NEAR = [0.0, 0.5, 1.5, *(2.0**n for n in (6, 7, 8, 15, 16, 31, 32, 63, 64)), 65504.0, 1e30, np.inf]
TYPES = [t(bits) for t in (hl.Int, hl.UInt) for bits in (8, 16, 32, 64)]


def corners(dtype: Any) -> Any:
    """Return numbers of `dtype` at, just below and just above the limits of integers, and NaN."""
    with np.errstate(over="ignore"):
        a = np.array(NEAR, dtype)
        around = np.concatenate([a, np.nextafter(a, dtype(0)), np.nextafter(a, dtype(np.inf))])
    return np.concatenate([around, -around, np.array([np.nan], dtype)])


@pytest.mark.parametrize("lanes", [3, 8, 16])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("machine", ["host-llvm", "x86-64-linux-llvm", "x86-64-linux-avx2-llvm"])
def test_vectors_of_floats_saturate(machine: str, dtype: Any, lanes: int) -> None:
    x, a = hl.Var("x"), corners(dtype)
    source = hl.Buffer(a)
    funcs = []
    for t in TYPES:
        f = hl.Func(f"to_{t}")
        f[x] = hl.cast(t, source[x])
        f.vectorize(x, lanes)
        funcs.append(f)
    results = hl.Pipeline(funcs).realize([len(a)], hl.Target(machine))
    for t, got in zip(TYPES, results, strict=True):
        ends = np.iinfo(t.dtype)
        want = [0 if np.isnan(v) else int(min(max(v, ends.min), ends.max)) for v in a.tolist()]
        assert np.asarray(got).tolist() == want, t
