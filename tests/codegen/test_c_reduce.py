"""VectorReduce in C: all operations and types, any lanes to any groups, against the executor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from halo.ir.arithmetic import reduce_lanes
from halo.ir.cross_lane import ReduceOp, VectorReduce
from halo.ir.execute import execute
from halo.ir.expr import Load, Ramp, i64
from halo.ir.stmt import Store, block
from halo.ir.types import BFloat, Bool, Float, Int, Type, UInt

TYPES = [*(f(b) for f in (Int, UInt) for b in (8, 16, 32, 64)), Bool()]
FLOATS = [Float(16), BFloat(16), Float(32), Float(64)]
SHAPES = [(2, 1), (3, 1), (5, 1), (8, 1), (12, 1), (64, 1), (6, 2), (10, 2), (16, 4), (21, 3)]
"""Lanes, and the groups they are combined to."""
BITS = (ReduceOp.AND, ReduceOp.OR, ReduceOp.XOR)


def sample(t: Type, n: int) -> Any:
    rng = np.random.default_rng(n)
    if t.is_bfloat():
        return (rng.normal(1, 0.3, n).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    if t.is_float():
        return rng.normal(1, 0.3, n).astype(t.dtype)
    if t.is_bool():
        return rng.integers(0, 2, n).astype(bool)
    return rng.integers(t.min_value, t.max_value, n, dtype=t.dtype, endpoint=True)


def operations(t: Type) -> list[ReduceOp]:
    if t.is_float():
        return [ReduceOp.ADD, ReduceOp.MUL, ReduceOp.MIN, ReduceOp.MAX]
    if t.is_bool():
        return list(BITS)
    return [op for op in ReduceOp if t.is_uint() or op is not ReduceOp.SATURATING_ADD]


@pytest.mark.parametrize("t", [*TYPES, *FLOATS], ids=str)
def test_lanes_combine_to_the_bits_of_the_executor(kernels: Any, same: Any, t: Type) -> None:
    stores, sizes = [], {}
    for op in operations(t):
        for lanes, groups in SHAPES:
            name = f"{op.value}_{lanes}_{groups}"
            value = Load(t.with_lanes(lanes), "a", Ramp(i64(0), i64(1), lanes))
            place = i64(0) if groups == 1 else Ramp(i64(0), i64(1), groups)
            stores.append(Store(name, VectorReduce(op, value, groups), place))
            sizes[name] = groups
    f = kernels.function(block(*stores), {"a": t}, dict.fromkeys(sizes, t))
    a = sample(t, 64)
    got = {n: np.zeros(k, t.dtype) for n, k in sizes.items()}
    want = {n: np.zeros(k, t.dtype) for n, k in sizes.items()}
    kernels.run(f, {"a": a, **got})
    execute(f, {"a": a, **want})
    for n in sizes:
        same(got[n], want[n])


def test_a_sum_over_lanes_adds_the_second_half_to_the_first_and_so_on() -> None:
    a = np.array([[1e8, 1, 2, -1e8, 3]], np.float32)
    first = [a[0, 0] + a[0, 3], a[0, 1] + a[0, 4], a[0, 2]]
    assert reduce_lanes(ReduceOp.ADD, Float(32), a)[0] == (first[0] + first[2]) + first[1]


def test_a_wide_sum_is_made_of_registers_before_lanes_meet(kernels: Any) -> None:
    value = Load(Float(32).with_lanes(64), "a", Ramp(i64(0), i64(1), 64))
    store = Store("o", VectorReduce(ReduceOp.ADD, value, 1), i64(0))
    text = kernels.text(kernels.function(store, {"a": Float(32)}, {"o": Float(32)}))
    assert "x64" not in text and "x32" not in text
