"""The passes on flat memory, one after the other, on random loop nests: the same stores."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from halo.ir.execute import execute
from halo.ir.expr import Cast, Expr, Load, Max, Min, Select, Variable, i32, i64
from halo.ir.intrinsics import likely
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.simplify import simplify
from halo.ir.stmt import Allocate, For, ForKind, IfThenElse, LetStmt, Stmt, Store, block
from halo.ir.types import Int
from halo.ir.verify import verify
from halo.lowering.common_subexpressions import common_subexpressions
from halo.lowering.hoist_invariants import hoist_invariants
from halo.lowering.jam_vectors import jam_vectors
from halo.lowering.partition_loops import partition_loops
from halo.lowering.promote_registers import promote_registers
from halo.lowering.prove_guards import prove_guards
from halo.lowering.trim_no_ops import trim_no_ops
from halo.lowering.unroll_loops import unroll_loops
from halo.lowering.vectorize_loops import vectorize_loops

I32 = Int(32)
n, w, x = (Variable(I32, name) for name in "nwx")

PASSES = (
    simplify,
    prove_guards,
    partition_loops,
    trim_no_ops,
    simplify,
    unroll_loops,
    jam_vectors,
    vectorize_loops,
    simplify,
    promote_registers,
    hoist_invariants,
    common_subexpressions,
)


def load(name: str, e: Expr) -> Expr:
    return Load(I32, name, Cast(Int(64), e))


def store(name: str, value: Expr, e: Expr) -> Stmt:
    return Store(name, value, Cast(Int(64), e))


def clamp(e: Expr, hi: Expr) -> Expr:
    return Max(Min(e, hi), i32(0))


def padded(e: Expr, style: str) -> Expr:
    """Read cell `e` of an array of w cells, with an edge."""
    if style == "guard":
        return Select(likely(e >= 0) & likely(e < w), load("in", clamp(e, w - 1)), i32(-7))
    if style == "clamp":
        return load("in", clamp(likely(e), w - 1))
    if style == "outside":
        return Select((e < 0) | (e >= w), i32(5), likely(load("in", clamp(e, w - 1))))
    return load("in", clamp(e, w - 1))


def run(s: Stmt, extent: int, width: int) -> np.ndarray:
    buffers = (BufferArg(b, I32, (), b == "out") for b in ("out", "in"))
    out = np.full(200, -1, np.int32)
    data = (np.arange(64, dtype=np.int32) * 37) % 23
    func = LoweredFunc("f", (*buffers, ScalarArg("n", I32), ScalarArg("w", I32)), s)
    execute(func, {"out": out, "in": data, "n": extent, "w": width})
    return out


KINDS = st.sampled_from([ForKind.SERIAL, ForKind.UNROLLED, ForKind.VECTORIZED])
OUTER = st.sampled_from([ForKind.SERIAL, ForKind.PARALLEL])
STYLES = st.sampled_from(["guard", "clamp", "outside", "plain"])


@st.composite
def nests(draw: st.DrawFn) -> Stmt:
    """Draw a loop over x in [0, n), split once or twice, that sums a window in an accumulator."""
    factor, inner = draw(st.sampled_from([(1, 1), (4, 1), (6, 3), (8, 4), (8, 8)]))
    outer, middle, lane, base, r = (Variable(I32, v) for v in ("xo", "xm", "xi", "base", "r"))
    shift, step, taps = draw(st.integers(-3, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    where = middle * inner + lane
    read = padded(x * step + r + shift, draw(STYLES))
    tail = draw(st.sampled_from(["guard", "shift"]))
    start: Expr = outer * factor
    if tail == "shift":
        start = Max(Min(likely(start) if draw(st.booleans()) else start, n - factor), i32(0))
    kinds = draw(st.tuples(OUTER, KINDS, KINDS))

    def over(body: Stmt) -> Stmt:
        body = LetStmt("x", base + where, body)
        lanes = For("xi", i32(0), i32(inner), kinds[1], body)
        return For("xm", i32(0), i32(factor // inner), kinds[2], lanes)

    init = store("acc", x, where)
    add = store("acc", load("acc", where) * 3 + read, where)
    reduce_kind = draw(st.sampled_from([ForKind.SERIAL, ForKind.UNROLLED]))
    write = IfThenElse(likely(x < n), store("out", load("acc", where), x))
    body = block(over(init), For("r", i32(0), i32(taps), reduce_kind, over(add)), over(write))
    tile = Allocate("acc", I32, (i64(factor),), body)
    extent = (n + (factor - 1)) / factor
    return For("xo", i32(0), extent, kinds[0], LetStmt("base", start, tile))


@settings(max_examples=15, deadline=None)
@given(nests(), st.integers(0, 14), st.integers(1, 12))
def test_every_pass_keeps_the_stores(s: Stmt, extent: int, width: int) -> None:
    expected = run(s, extent, width)
    for i, f in enumerate(PASSES):
        s = f(s)
        verify(s, "flat" if i < PASSES.index(vectorize_loops) else "final", {"n", "w"})
        np.testing.assert_array_equal(run(s, extent, width), expected, err_msg=f.__name__)
