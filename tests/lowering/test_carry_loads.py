"""carry_loads: overlapping vectors of a loop are cut from vectors that lie side by side."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.expr import Add, Cast, Expr, Let, Load, Ramp, Variable, i32, i64
from halo.ir.operators import add, mul
from halo.ir.stmt import Allocate, For, ForKind, IfThenElse, LetStmt, Stmt, Store, block
from halo.ir.types import Float, Int, Type, UInt
from halo.lowering import Request, lower
from halo.lowering.carry_loads import carry_loads

LANES = 4
X = Variable(Int(32), "x")
PLACE = mul(Cast(Int(64), X), i64(LANES))
Z = Variable(Int(64), "z")
F32 = Float(32)


def load(shift: int, name: str = "a", t: Type = F32, base: Expr = PLACE) -> Expr:
    return Load(t.with_lanes(LANES), name, Ramp(add(base, i64(shift)), i64(1), LANES))


def store(value: Expr, name: str = "o") -> Stmt:
    return Store(name, value, Ramp(PLACE, i64(1), LANES))


def carried(body: Stmt, *own: str, extent: Expr | None = None) -> str:
    s: Stmt = For("x", i32(0), i32(4) if extent is None else extent, ForKind.SERIAL, body)
    for name in own:
        s = Allocate(name, F32, (i64(99),), s)
    made = carry_loads(s)
    if made is s:
        return "as it was"
    return "\n".join(str(made).splitlines()[len(own) :])


PAIR = Add(load(0), load(1))


def test_a_cell_is_loaded_once_and_kept() -> None:
    assert carried(store(PAIR), "a") == (
        "allocate a.kept.0: float32[4]\n"
        "a.kept.0[ramp(0, 1, 4)] = a[ramp(0, 1, 4)]\n"
        "for x in [0, 3):\n"
        "  let a.kept.0.next: float32x4 = a[ramp(int64(x)*4 + 4, 1, 4)]\n"
        "  o[ramp(int64(x)*4, 1, 4)] = a.kept.0[ramp(0, 1, 4)] + "
        "shuffle(a.kept.0[ramp(0, 1, 4)], a.kept.0.next; 1, 2, 3, 4)\n"
        "  a.kept.0[ramp(0, 1, 4)] = a.kept.0.next\n"
        "o[ramp(12, 1, 4)] = a.kept.0[ramp(0, 1, 4)] + a[ramp(13, 1, 4)]"
    )


def test_the_last_iteration_reads_no_further_than_it_did() -> None:
    last = carried(store(Add(PAIR, load(3))), "a").splitlines()[-1]
    assert "shuffle(a.kept.0[ramp(0, 1, 4)], a[ramp(15, 1, 4)]; 1, 2, 3, 5)" in last


def test_an_index_by_a_name_of_the_iteration_is_followed() -> None:
    y = Variable(Int(64), "y")
    value = Add(load(0, base=y), load(2, base=y))
    text = carried(LetStmt("y", add(PLACE, i64(40)), store(value)), "a")
    assert "a.kept.0[ramp(0, 1, 4)] = a[ramp(40, 1, 4)]" in text
    assert "let a.kept.0.next: float32x4 = a[ramp(int64(x)*4 + 44, 1, 4)]" in text


@pytest.mark.parametrize(
    ("body", "own"),
    [
        (store(PAIR), ""),  # the output may be the same buffer
        (store(PAIR, "a"), "a"),  # what is loaded changes
        (store(load(0)), "a"),
        (store(Add(load(0), load(5))), "a"),  # no cell in common with the next
        (store(Add(load(0), load(4))), "a"),  # side by side
        (store(Add(load(0), load(1, "b"))), "ab"),
        (store(Add(load(0, t=UInt(8)), load(1, t=UInt(8)))), "a"),
        (IfThenElse(i32(2) > X, store(PAIR)), "a"),
        (store(Let("z", PLACE, Add(load(0, base=Z), load(1, base=Z)))), "a"),
        (store(Add(load(0, base=mul(PLACE, i64(2))), load(1, base=mul(PLACE, i64(2))))), "a"),
        (block(*(store(Add(load(0, n), load(1, n))) for n in "abcdefghi")), "abcdefghi"),
    ],
)
def test_other_loads_stay(body: Stmt, own: str) -> None:
    assert carried(body, *own) == "as it was"


def test_a_loop_of_unknown_extent_stays() -> None:
    assert carried(store(PAIR), "a", extent=Variable(Int(32), "n")) == "as it was"


def window(type_: hl.Type, lanes: int) -> hl.Func:
    """Return sums over 4 x 2 cells of rows that slide down in strips."""
    x, y, xi = hl.vars("x y xi")
    rows, f = hl.funcs("rows f")
    rows[x, y] = hl.cast(type_, x * 7 - y * 3)
    f[x, y] = sum((rows[x + i, y + j] for i in range(4) for j in range(2)), hl.cast(type_, 0))
    f.split(x, x, xi, 4 * lanes).vectorize(xi, lanes).reorder(xi, y, x)
    rows.store_at(f, x).compute_at(f, y).vectorize(x, lanes)
    return f


@pytest.mark.parametrize("width", [64, 77])
@pytest.mark.parametrize("type_", [hl.Int(16), hl.Float(32), hl.Float(64), hl.UInt(64)], ids=str)
def test_a_window_over_rows_keeps_its_values(type_: hl.Type, width: int) -> None:
    f = window(type_, 8)
    assert "rows.kept." in str(lower(Request("f", [f.function], f.schedule())).func.body)
    np.testing.assert_array_equal(np.array(f.realize([width, 9])), interpret(f, (width, 9)))


@pytest.mark.parametrize("level", ["x86-64", "x86-64-v2", "x86-64-v3"])
@pytest.mark.parametrize("type_", [hl.Int(16), hl.Float(32), hl.Float(64)], ids=str)
def test_vectors_of_several_registers_are_shifted_too(type_: hl.Type, level: str) -> None:
    target = hl.Target(level)
    if target.machine != hl.Target("host").machine:
        pytest.skip("the code is for another machine")
    f = window(type_, 64 // type_.bytes())
    found = np.array(f.realize([300, 9], target))
    np.testing.assert_array_equal(found, interpret(f, (300, 9)))
