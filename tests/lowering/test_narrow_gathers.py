"""narrow_gathers: small memory is gathered from at lanes of 32 bits, which gathers share."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.ir.expr import Add, Broadcast, Cast, Expr, IntImm, Load, Mul, Ramp, Sub, Variable, i64
from halo.ir.stmt import Allocate, For, ForKind, IfThenElse, Stmt, Store, block
from halo.ir.substitute import find
from halo.ir.types import Float, Int, UInt
from halo.lowering.narrow_gathers import MOST_CELLS, narrow_gathers, reach_of

LANES = 4
F32 = Float(32, LANES)
I64 = Int(64, LANES)
STRIDE, N, ROW = Variable(Int(64), "s"), Variable(Int(64), "n"), Variable(Int(32), "i")
DATA = Load(Int(32, LANES), "t", Ramp(i64(0), i64(1), LANES))


def wide(e: Expr) -> Expr:
    return Cast(I64, e)


def spread(e: Expr) -> Expr:
    return Broadcast(e, LANES)


def gather(index: Expr) -> Expr:
    return Load(F32, "a", index)


def summed(*gathers: Expr) -> Stmt:
    total = gathers[0]
    for g in gathers[1:]:
        total = Add(total, g)
    return Store("o", total, Ramp(i64(0), i64(1), LANES))


def narrowed(s: Stmt, size: Expr) -> Stmt:
    return narrow_gathers(Allocate("a", Float(32), (size,), s), {})


def gathers_in(s: Stmt) -> list[str]:
    return [str(g.index) for g in find(s, Load) if g.name == "a"]


def test_lanes_are_formed_in_32_bits() -> None:
    index = Add(spread(Mul(Cast(Int(64), ROW), STRIDE)), wide(DATA))
    s = narrowed(summed(gather(index)), i64(1000))
    assert gathers_in(s) == ["int64x4(uint32x4(t[ramp(0, 1, 4)]) + x4(uint32(int64(i)*s)))"]
    assert not find(s, IfThenElse)


def test_gathers_that_differ_by_a_scalar_share_their_lanes() -> None:
    def at(k: int) -> Expr:  # what is added is data, which may wrap: as a sum of 32 bits, too
        moved = Sub(Add(DATA, spread(IntImm(Int(32), k))), spread(ROW))
        return gather(Add(Mul(wide(moved), spread(STRIDE)), spread(i64(7))))

    found = set(gathers_in(narrowed(summed(at(0), at(1), at(0)), i64(1000))))
    shared = [g for g in found if "int64(int32(s))" in g]
    assert len(found) == 2 and len(shared) == 1
    assert shared[0] == f"x4(int64(int32(s))) + {next(g for g in found if g not in shared)}"


def test_large_memory_is_gathered_from_at_64_bits() -> None:
    s = narrowed(summed(gather(wide(DATA))), i64(MOST_CELLS + 1))
    assert gathers_in(s) == ["int64x4(t[ramp(0, 1, 4)])"]
    index = Load(I64, "t", Ramp(i64(0), i64(1), LANES))
    s = narrowed(summed(gather(index)), i64(1000))
    assert gathers_in(s) == ["t[ramp(0, 1, 4)]"]  # its lanes are there already


def test_where_the_size_is_not_known_the_innermost_loop_is_there_twice() -> None:
    inner = For("j", IntImm(Int(32), 0), ROW, ForKind.SERIAL, summed(gather(wide(DATA))))
    made = narrowed(For("i", IntImm(Int(32), 0), ROW, ForKind.SERIAL, inner), N)
    (choice,) = find(made, IfThenElse)
    assert str(choice.condition) == f"n <= {MOST_CELLS}"
    assert choice.else_case is inner
    assert isinstance(choice.then_case, For) and choice.then_case.name == "j"


def test_what_a_store_may_change_is_no_shared_place() -> None:
    one = gather(wide(DATA))
    other = gather(Add(wide(DATA), spread(i64(1))))
    pair = block(Store("t", one, Ramp(i64(0), i64(1), LANES)), summed(other))
    for name in ("o", "a"):  # the caller's buffers may overlap
        found = gathers_in(
            narrow_gathers(Allocate(name, Float(32), (i64(9),), pair), {"a": i64(9)})
        )
        assert len(found) == 2
        assert not [g for g in found if g.startswith("x4(")]


def test_how_far_a_buffer_reaches() -> None:
    assert str(reach_of("b", 2)).count("stride") == 4


def looked_up(by: int) -> tuple[hl.Func, hl.ImageParam, hl.ImageParam]:
    """Return what reads a table, computed before, and a picture, at places that data tell."""
    x, y = hl.Var("x"), hl.Var("y")
    places, picture = (
        hl.ImageParam(hl.Int(32), 2, "places"),
        hl.ImageParam(hl.Float(32), 2, "picture"),
    )
    table, out = hl.Func("table"), hl.Func("out")
    table[x, y] = picture[x, y] * 2.0
    at = hl.clamp(places[x, y], 0, picture.width() - 2)
    row = hl.clamp(places[x, y] // 3, 0, picture.height() - 2)
    cells = [table[at + i, row + j] for i in (0, 1) for j in (0, 1)]
    out[x, y] = (
        (cells[0] - cells[1]) * cells[2] + cells[3] + picture[at, row + 1] - picture[at + 1, row]
    )
    table.compute_root()
    if by:
        out.vectorize(x, by)
    return out, places, picture


@pytest.mark.parametrize("flip", [1, -1], ids=["", "upside down"])
@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize("lanes", [3, 8, 16])
def test_values_at_places_that_data_tell(lanes: int, target: str, flip: int) -> None:
    rng = np.random.default_rng(lanes)
    given = rng.integers(-9, 60, (13, 45)).astype(np.int32)
    cells = rng.random((17, 39), np.float32)[::flip]  # upside down its places are negative
    results = []
    for by in (0, lanes):
        out, places, picture = looked_up(by)
        places.set(hl.Buffer(given))
        picture.set(hl.Buffer(cells))
        results.append(np.array(out.realize([45, 13], hl.Target(target))))
    np.testing.assert_array_equal(results[0].view(np.uint32), results[1].view(np.uint32))
    at, row = np.clip(given, 0, 37), np.clip(given // 3, 0, 15)
    table = cells.astype(np.float64) * 2
    wanted = (table[row, at] - table[row + 1, at]) * table[row, at + 1] + table[row + 1, at + 1]
    wanted += cells[row + 1, at] - cells[row, at + 1]
    np.testing.assert_allclose(results[1], wanted, rtol=1e-5, atol=1e-6)


def test_narrow_lanes_stay() -> None:
    narrow = Cast(I64, Load(UInt(8, LANES), "t", Ramp(i64(0), i64(1), LANES)))
    for index in (narrow, Add(spread(STRIDE), narrow)):
        made = narrowed(summed(gather(index)), i64(1000))
        assert gathers_in(made) == [str(index)]
