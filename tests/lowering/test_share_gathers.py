"""share_gathers: what several stores in a row gather from own memory is gathered once."""

from __future__ import annotations

import numpy as np

import halo as hl
from halo.ir.expr import Add, Broadcast, Cast, Expr, Load, Ramp, i64
from halo.ir.stmt import Allocate, Stmt, Store, block
from halo.ir.types import Float, Int
from halo.lowering.share_gathers import share_gathers

LANES = 4
F32 = Float(32, LANES)
DENSE = Ramp(i64(0), i64(1), LANES)


def gather(name: str, places: str = "t") -> Expr:
    return Load(F32, name, Cast(Int(64, LANES), Load(Int(32, LANES), places, DENSE)))


def store(name: str, value: Expr, at: int) -> Stmt:
    return Store(name, value, Ramp(i64(at), i64(1), LANES))


def within(stores: list[Stmt], *own: str) -> list[str]:
    s: Stmt = block(*stores)
    for name in own:
        s = Allocate(name, Float(32), (i64(99),), s)
    return str(share_gathers(s)).splitlines()[len(own) :]


def stripped(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines]


def test_a_gather_of_two_stores_gets_a_name() -> None:
    lines = within(
        [store("o", Add(gather("a"), gather("a")), 0), store("o", gather("a"), 4)], *"at"
    )
    assert stripped(lines) == [
        "let gather.0: float32x4 = a[int64x4(t[ramp(0, 1, 4)])]",
        "o[ramp(0, 1, 4)] = gather.0 + gather.0",
        "o[ramp(4, 1, 4)] = gather.0",
    ]


def test_what_may_change_between_the_stores_is_read_again() -> None:
    twice = [store("o", gather("a"), 0), store("o", gather("a"), 4)]
    assert "gather" not in "".join(within(twice))  # buffers of the caller's may be the same
    assert "gather" not in "".join(within(twice, "a"))  # and so may what holds the places
    written = [store("a", gather("a"), 0), store("a", gather("a"), 4)]
    assert "gather" not in "".join(within(written, *"at"))
    once = [store("o", gather("a"), 0), store("o", Load(F32, "a", DENSE), 4)]
    assert "gather" not in "".join(within(once, *"at"))


def test_dense_loads_stay() -> None:
    plain = [store("o", Load(F32, "a", DENSE), k) for k in (0, 4)]
    assert "gather" not in "".join(within(plain, "a"))
    same = [store("o", Load(F32, "a", Broadcast(i64(3), LANES)), k) for k in (0, 4)]
    assert "gather" not in "".join(within(same, "a"))


def test_colours_by_one_table_are_right() -> None:
    x, c = hl.Var("x"), hl.Var("c")
    picture = np.random.default_rng(0).integers(0, 256, (3, 45)).astype(np.uint8)
    source = hl.Buffer(picture)
    table, index, out = hl.Func("table"), hl.Func("index"), hl.Func("out")
    table[x] = hl.i16(x * x % 251)
    index[x] = source[x, 0] // hl.u8(2)
    out[x, c] = hl.i16(source[x, c]) + table[hl.i32(index[x])]
    table.compute_root()
    index.compute_root()
    out.bound(c, 0, 3).reorder(c, x).unroll(c).vectorize(x, 16)
    steps = np.arange(256) ** 2 % 251
    wanted = picture.astype(np.int16) + steps[picture[0] // 2]
    np.testing.assert_array_equal(np.array(out.realize([45, 3])), wanted)
