"""weave_loads: a ramp over a constant is read as neighbours, with the same values."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.ir.cross_lane import Shuffle
from halo.ir.expr import EQ, Cast, Expr, Load, Ramp, Select, Variable, const, i64
from halo.ir.stmt import Stmt, Store
from halo.ir.types import Float, Int
from halo.lowering.weave_loads import weave_loads

x = Variable(Int(32), "x")
LANES = 8
I32 = Int(32, LANES)
RAMP = Ramp(x, const(Int(32), 1), LANES)


def woven(index: Expr) -> str:
    place = Cast(Int(64, LANES), index)
    s: Stmt = Store("o", Load(Float(32, LANES), "a", place), Ramp(i64(0), i64(1), LANES))
    made = weave_loads(s)
    assert isinstance(made, Store)
    return "as it was" if made is s else str(made.value)


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (
            RAMP / const(I32, 2),
            "shuffle(a[ramp(int64(x/2), 1, 4)], a[ramp(int64((x + 1)/2), 1, 4)]; "
            "0, 4, 1, 5, 2, 6, 3, 7)",
        ),
        (RAMP / const(I32, 3), "as it was"),  # does not divide the lanes
        (
            RAMP % const(I32, 2) * const(I32, 2),
            "shuffle(a[x4(int64(x%2*2))], a[x4(int64((x + 1)%2*2))]; 0, 4, 1, 5, 2, 6, 3, 7)",
        ),
        (RAMP * RAMP / const(I32, 2), "as it was"),
    ],
    ids=str,
)
def test_every_other_lane_is_a_neighbour(index: Expr, text: str) -> None:
    assert woven(index) == text


def picked(base: Expr, modulus: int, a: Expr, b: Expr) -> str:
    lanes = Ramp(base, const(Int(32), 1), LANES) % const(I32, modulus)
    value = Select(EQ(lanes, const(I32, 1)), a, b)
    made = weave_loads(Store("o", value, Ramp(i64(0), i64(1), LANES)))
    assert isinstance(made, Store)
    return str(made.value)


A, B = (Variable(Float(32, LANES), name) for name in "ab")


@pytest.mark.parametrize(
    ("base", "modulus", "text"),
    [
        (x * 2, 2, "shuffle(b, a; 0, 9, 2, 11, 4, 13, 6, 15)"),
        (x * 4 + 1, 4, "shuffle(a, b; 0, 9, 10, 11, 4, 13, 14, 15)"),
        (x, 2, "select(ramp(x, 1, 8)%x8(2) == x8(1), a, b)"),  # of unknown parity
        (x * 3, 3, "select(ramp(x*3, 1, 8)%x8(3) == x8(1), a, b)"),  # does not divide the lanes
    ],
    ids=str,
)
def test_a_select_by_a_known_remainder_is_a_shuffle(base: Expr, modulus: int, text: str) -> None:
    assert picked(base, modulus, A, B) == text


def test_shuffles_of_shuffles_are_one() -> None:
    twice = Shuffle((A,), (0, 0, 1, 1, 2, 2, 3, 3))
    last = Shuffle((A, B), tuple(range(8, 16)))
    assert picked(x * 2, 2, twice, last) == "shuffle(b, a; 0, 8, 2, 9, 4, 10, 6, 11)"


@pytest.mark.parametrize("start", [0, -3, 1])
def test_a_select_of_every_other_cell_keeps_its_values(start: int) -> None:
    i, io = hl.Var("i"), hl.Var("io")
    source = hl.Buffer(np.random.default_rng(0).integers(0, 99, 80).astype(np.int16))
    half, whole, out = hl.Func("half"), hl.Func("whole"), hl.Func("out")
    half[i] = source[i + 10] * hl.i16(3)
    whole[i] = hl.select(i % 2 == 0, half[i // 2], source[i // 2 + 10])
    out[i] = whole[i] + whole[i + 1]
    wanted = hl.Buffer(hl.Int(16), [37])
    wanted.set_min([start])
    out.realize(wanted)
    whole.compute_root().align_bounds(i, 2).split(i, io, i, 16).vectorize(i)
    half.compute_at(whole, io).vectorize(i, 8)
    found = hl.Buffer(hl.Int(16), [37])
    found.set_min([start])
    out.realize(found)
    np.testing.assert_array_equal(np.array(found), np.array(wanted))


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_cells_read_several_times_are_the_same_in_vectors(factor: int) -> None:
    i, lanes = hl.Var("i"), 12
    source = hl.Buffer(np.random.default_rng(0).random(64, np.float32))
    plain, vectors = hl.Func("plain"), hl.Func("vectors")
    for f in (plain, vectors):
        f[i] = source[i // factor] - source[i // factor + 2 * (i % factor)]
    vectors.vectorize(i, lanes)
    for start in range(4):
        found, wanted = hl.Buffer(hl.Float(32), [60]), hl.Buffer(hl.Float(32), [60])
        for f, out in ((vectors, found), (plain, wanted)):
            out.set_min([start])
            f.realize(out)
        np.testing.assert_array_equal(np.array(found), np.array(wanted))
