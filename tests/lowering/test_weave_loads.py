"""weave_loads: a ramp over a constant is read as neighbours, with the same values."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.ir.expr import Cast, Expr, Load, Ramp, Variable, const, i64
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
