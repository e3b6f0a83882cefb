"""Inlined Funcs: the values of what is stored, however long or entangled the chain."""

from __future__ import annotations

from collections.abc import Callable

import lowering_programs as programs
import numpy as np
import pytest

import halo as hl
from halo.ir.expr import Load
from halo.ir.substitute import find
from halo.lowering import lower
from halo.pipeline.request import make_request

x = hl.Var("x")


def test_a_long_chain_reads_the_cell_that_is_a_step_further_for_each_func() -> None:
    last = hl.Func("first")
    last[x] = hl.i32(x)
    for i in range(300):
        f = hl.Func(f"step{i}")
        f[x] = last[x + 1] + 2
        last = f
    found = np.asarray(last.realize([5]))
    np.testing.assert_array_equal(found, np.arange(5) + 300 * 3)


@pytest.mark.parametrize("build", [programs.squares, programs.diamonds])
def test_a_func_used_twice_at_the_same_cell_is_computed_once(
    build: Callable[[int], hl.Func],
) -> None:
    f = build(30)
    lowered = lower(make_request([f.function], "once", [None], None)).func.body
    assert len(find(lowered, Load)) < 4


def test_equal_calls_in_different_definitions_keep_their_own_variables() -> None:
    f, a, b, out = hl.funcs("f a b out")
    y = hl.Var("y")
    f[x] = x * x
    a[x, y] = f[x] + f[y]
    b[y, x] = f[x] - 2 * f[y]
    out[x, y] = a[y, x] * 100 + b[x, y]
    a.compute_root()
    row, column = np.arange(4)[None, :], np.arange(3)[:, None]
    expected = (column**2 + row**2) * 100 + column**2 - 2 * row**2
    np.testing.assert_array_equal(np.asarray(out.realize([4, 3])), expected)


def test_squares_inlined_and_stored_have_the_same_bits() -> None:
    cells = np.random.default_rng(0).uniform(0.1, 0.6, 9).astype(np.float32)
    image = hl.Buffer(cells)

    def chain(stored: bool) -> np.ndarray:
        last = hl.Func("s")
        last[x] = image[x]
        for i in range(12):
            f = hl.Func(f"s{i}")
            f[x] = last[x] * last[x] * 1.5 - 0.5
            if stored:
                last.compute_root()
            last = f
        return np.asarray(last.realize([9]))

    np.testing.assert_array_equal(chain(False).view(np.uint32), chain(True).view(np.uint32))
