"""Reductions by every associative operation and type, for the tests of `atomic` and `rfactor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import halo as hl

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "min": hl.min,
    "max": hl.max,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "saturating": hl.saturating_add,
}
TYPES = [
    *[f(b) for f in (hl.Int, hl.UInt) for b in (8, 16, 32, 64)],
    hl.Bool(),
    hl.Float(16),
    hl.BFloat(16),
    hl.Float(32),
    hl.Float(64),
]
MINS = (-3, 2)
"""Of the input, whose cells x + r.x and r.y are read."""
EPSILON = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}


def operations(t: hl.Type) -> list[str]:
    """Return the operations that values of type `t` have."""
    if t.is_bool():
        return ["and", "or", "xor"]
    some = [op for op in OPERATIONS if not (t.is_float() and op in ("and", "or", "xor"))]
    return some if t.is_uint() else [op for op in some if op != "saturating"]


def source(t: hl.Type) -> hl.Buffer:
    """Return the input: floats around 1, so that products of them stay so; other types whole."""
    rng = np.random.default_rng(11)
    shape = (24, 64)
    if t.is_float():
        values = rng.uniform(0.9, 1.1, shape)
        bits = (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        b = hl.Buffer(bits if t.is_bfloat() else values.astype(t.dtype))
        b = b if not t.is_bfloat() else hl.Buffer(t, [64, 24])
        if t.is_bfloat():
            np.asarray(b)[...] = bits
    elif t.is_bool():
        b = hl.Buffer(rng.integers(0, 2, shape).astype(bool))
    else:
        b = hl.Buffer(rng.integers(t.min_value, t.max_value, shape, t.dtype, endpoint=True))
    b.set_min(list(MINS))
    return b


def reduction(
    op: str, t: hl.Type, extents: tuple[int, int] = (13, 7), where: bool = False
) -> tuple[hl.Func, hl.RDom]:
    """Return f[x] over all of an RDom of two dimensions from negative mins, and the RDom."""
    x, inp = hl.Var("x"), source(t)
    r = hl.RDom([(-2, extents[0]), (3, extents[1])], name="r")
    if where:
        r.where((r.x + r.y) % 3 != 0)
    f = hl.Func(op)
    f[x] = inp[x, 2]
    f[x] = OPERATIONS[op](f[x], inp[x + r.x, r.y])
    return f, r


def tolerance(t: hl.Type, op: str, terms: int) -> float:
    """Return the relative error that the order of `terms` operations on positive floats makes.

    Each order rounds at most `terms` times, by an epsilon each, of partial results that are no
    larger than twice the sum of all (a difference is compared relative to that sum by the input).
    """
    if not t.is_float() or op in ("min", "max"):
        return 0.0
    return 2 * terms * EPSILON[str(t)] * 1.1


def numbers(b: hl.Buffer) -> Any:
    """Return the cells of `b` as float64 if it holds floats, else as they are."""
    a = np.asarray(b)
    if b.type().is_bfloat():
        return (a.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return a.astype(np.float64) if b.type().is_float() else a


def agree(got: hl.Buffer, want: hl.Buffer, op: str, terms: int) -> None:
    """Check bits, or for float sums and products closeness."""
    allowed = tolerance(got.type(), op, terms)
    if allowed == 0:
        np.testing.assert_array_equal(np.asarray(got), np.asarray(want))
    else:
        np.testing.assert_allclose(numbers(got), numbers(want), rtol=allowed)
