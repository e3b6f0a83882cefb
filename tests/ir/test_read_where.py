"""Cells that are read only where a condition holds."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.expr import Expr, const
from halo.ir.operators import as_expr
from halo.ir.read_where import read_only_where
from halo.ir.types import Bool
from halo.target import Target


def cells() -> tuple[Expr, Expr, Expr]:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = hl.i32(x)
    return as_expr(f[x]), as_expr(x) > 3, as_expr(x) < 9


def test_every_cell_stands_under_the_condition() -> None:
    cell, c, _ = cells()
    (made,) = read_only_where([cell + cell * 2], c)
    assert str(made) == "predicated(f(x), x > 3) + predicated(f(x), x > 3)*2"


def test_conditions_are_joined() -> None:
    cell, a, b = cells()
    (inner,) = read_only_where([cell + 1], a)
    (made,) = read_only_where([inner], b)
    assert str(made) == "predicated(f(x), x > 3 && x < 9) + 1"


def test_a_condition_that_always_holds_is_none() -> None:
    cell, _, _ = cells()
    assert read_only_where([cell], const(Bool(), 1)) == [cell]


@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize("lanes", [1, 8])
def test_what_is_inlined_under_a_condition_stays_under_it(target: str, lanes: int) -> None:
    x, limit = hl.Var("x"), hl.Param(hl.Int(32), "limit", 0)
    image = hl.ImageParam(hl.Float(32), 1, "image")
    inside, out = hl.Func("inside"), hl.Func("out")
    inside[x] = image[x] * 2.0 + 1.0
    (read,) = read_only_where([as_expr(inside[x])], as_expr(limit) > 0)
    out[x] = read
    if lanes > 1:
        out.vectorize(x, lanes)
    image.set(hl.Buffer(np.arange(20, dtype=np.float32)))
    for value in (0, 1):
        limit.set(value)
        want = np.arange(20) * 2 * value + 1
        # Under the condition are the cells, not what is made of them.
        np.testing.assert_array_equal(np.asarray(out.realize([20], target=Target(target))), want)
    inside.compute_root()
    np.testing.assert_array_equal(interpret(out, [20]), np.arange(20) * 2 + 1)
