"""Four products of bytes in one instruction: the same sums everywhere."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr

EDGES = np.array([0, -1, 0x7F7F7F7F, -2139062144, 0x00FF0080, 0x01020304], np.int32)


def expected(total: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        left = a.view(np.uint8).reshape(-1, 4).astype(np.int64)
        right = b.view(np.int8).reshape(-1, 4).astype(np.int64)
        return (total + (left * right).sum(1)).astype(np.int32)


def operands() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    info = np.iinfo(np.int32)
    made = [rng.integers(info.min, info.max, 61, dtype=np.int32) for _ in range(3)]
    pairs = np.array([(p, q) for p in EDGES for q in EDGES], np.int32)
    made[0][-1] = info.max
    totals = np.concatenate([made[0], np.full(len(pairs), info.max, np.int32)])
    return totals, np.concatenate([made[1], pairs[:, 0]]), np.concatenate([made[2], pairs[:, 1]])


def dot(lanes: int) -> tuple[hl.Func, np.ndarray]:
    totals, a, b = operands()
    x = hl.Var("x")
    images = [hl.Buffer(v) for v in (totals, a, b)]
    f = hl.Func("dots")
    f[x] = intrinsic("dot4", *(as_expr(image[x]) for image in images))
    if lanes > 1:
        f.vectorize(x, lanes)
    return f, expected(totals, a, b)


def test_the_interpreter_sums_bytes() -> None:
    f, want = dot(1)
    np.testing.assert_array_equal(np.asarray(interpret(f, [len(want)])), want)


@pytest.mark.parametrize("target", ["host", "host-llvm", "x86-64", "x86-64-v3"])
@pytest.mark.parametrize("lanes", [1, 4, 8, 16, 32])
def test_scalars_and_vectors_sum_bytes(target: str, lanes: int) -> None:
    f, want = dot(lanes)
    made = f.realize([len(want)], target=hl.Target(target))
    np.testing.assert_array_equal(np.asarray(made), want)
