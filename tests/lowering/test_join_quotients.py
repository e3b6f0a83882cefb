"""join_quotients: lanes of a fused loop are neighbours where its dimensions lie side by side."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.ir.expr import Add, Broadcast, Cast, Div, Expr, Load, Mod, Mul, Ramp, Variable, i32, i64
from halo.ir.stmt import LetStmt, Store
from halo.ir.types import Float, Int
from halo.lowering import lower
from halo.lowering.join_quotients import join_quotients
from halo.pipeline.request import make_request

LANES = 8
T = Ramp(Mul(Variable(Int(32), "t"), i32(LANES)), i32(1), LANES)


def spread(e: Expr) -> Expr:
    return Broadcast(e, LANES)


def wide(e: Expr) -> Expr:
    return Cast(Int(64, LANES), e)


def index_of(n: Expr, c: int, apart: int) -> str:
    """Return the index at which cells are stored that lie `apart` along the outer dimension."""
    outer, inner = (Variable(Int(32, LANES), name) for name in ("z.lanes", "c.lanes"))
    at = Add(Mul(wide(Add(outer, spread(i32(1)))), spread(i64(apart))), wide(inner))
    store = Store("f", spread(Variable(Float(32), "v")), at)
    inside = LetStmt("c.lanes", Mod(n, spread(i32(c))), store)
    made = join_quotients(LetStmt("z.lanes", Div(n, spread(i32(c))), inside))
    while isinstance(made, LetStmt):
        made = made.body
    assert isinstance(made, Store)
    return str(made.index)


def test_a_quotient_and_its_remainder_are_the_whole() -> None:
    assert index_of(T, 4, 4) == "int64x8(x8(1))*x8(4) + int64x8(ramp(t*8, 1, 8))"


def test_what_lies_otherwise_stays() -> None:
    apart = "int64x8(z.lanes + x8(1))*x8(5) + int64x8(c.lanes)"
    assert index_of(T, 4, 5) == apart


def test_data_may_wrap_and_stays() -> None:
    data = Load(Int(32, LANES), "a", Ramp(i64(0), i64(1), LANES))
    assert index_of(data, 4, 4) == "int64x8(z.lanes + x8(1))*x8(4) + int64x8(c.lanes)"


@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize(("colours", "lanes"), [(2, 16), (3, 8), (4, 16), (4, 6)])
def test_fused_dimensions_in_vectors(colours: int, lanes: int, target: str) -> None:
    x, z, c, t = (hl.Var(name) for name in ("x", "z", "c", "t"))
    picture = np.random.default_rng(lanes).integers(0, 99, (7, 13, colours)).astype(np.int32)
    results = []
    for scheduled in (False, True):
        source = hl.Buffer(picture)
        g, f = hl.Func("g"), hl.Func("f")
        g[c, z, x] = source[c, z, x] * 3 + c - z
        f[c, z, x] = g[c, z, x] * 2 + g[colours - 1 - c, z, x]
        g.compute_root()
        if scheduled:
            for h in (f, g):
                h.bound(c, 0, colours).fuse(c, z, t).vectorize(t, lanes)
        results.append(np.array(f.realize([colours, 13, 7], hl.Target(target))))
    np.testing.assert_array_equal(*results)
    cells = picture * 3 + np.arange(colours) - np.arange(13)[:, None]
    np.testing.assert_array_equal(results[1], cells * 2 + cells[..., ::-1])


def test_loads_of_a_fused_loop_are_dense() -> None:
    z, c, t = (hl.Var(name) for name in ("z", "c", "t"))
    g, f = hl.Func("g"), hl.Func("f")
    g[c, z] = hl.f32(c + z)
    f[c, z] = g[c, z] * 2.0
    g.compute_root().bound(c, 0, 4)
    f.output_buffer().dim(0).set_bounds(0, 4)
    f.output_buffer().dim(1).set_stride(4)
    f.bound(c, 0, 4).fuse(c, z, t).vectorize(t, 16)
    text = str(lower(make_request([f.function], "f", [None], None)).func.body)
    stores = [line for line in text.splitlines() if line.strip().startswith("f[ramp(")]
    assert stores and all("g[ramp(" in line for line in stores)
