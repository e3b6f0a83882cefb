"""undef: what is not stored leaves the cell as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret

x, y = hl.vars("x y")
NOTHING = hl.undef(hl.Int(32))


def filled(n: int = 12) -> hl.Buffer:
    return hl.Buffer(np.arange(n, dtype=np.int32) - 100)


def every_third() -> hl.Func:
    f, r = hl.Func("f"), hl.RDom([(0, 4)])
    f[x] = hl.undef(hl.Int(32))
    f[r * 3] = r * 10
    return f


def test_an_output_keeps_the_cells_that_no_update_writes() -> None:
    out = filled()
    every_third().realize(out)
    exact = np.arange(12) - 100
    exact[::3] = np.arange(4) * 10
    np.testing.assert_array_equal(np.array(out), exact)


def test_a_func_of_undef_alone_stores_nothing() -> None:
    f, out = hl.Func("f"), filled()
    f[x] = hl.undef(hl.Int(32))
    f.vectorize(x, 4).realize(out)
    np.testing.assert_array_equal(np.array(out), np.arange(12) - 100)


def test_an_update_in_place_reads_what_the_buffer_holds() -> None:
    f, out = hl.Func("f"), filled()
    f[x] = hl.undef(hl.Int(32))
    f[x] += 1
    f.update(0).vectorize(x, 4)
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), np.arange(12) - 99)


@pytest.mark.parametrize("where", ["root", "at"])
def test_other_funcs_begin_as_0(where: str) -> None:
    f, g = every_third(), hl.Func("g")
    g[x, y] = f[x] + y
    if where == "root":
        f.compute_root()
    else:
        f.compute_at(g, y)
    exact = np.zeros(12, np.int32)
    exact[::3] = np.arange(4) * 10
    got = np.array(g.realize([12, 2]))
    np.testing.assert_array_equal(got, [exact, exact + 1])
    np.testing.assert_array_equal(got, interpret(g, (12, 2)))


UPDATES: dict[str, Callable[[hl.Func], Any]] = {
    "default": lambda f: f,
    "vectors": lambda f: f.update(0).vectorize(x, 4),
    "odd vectors": lambda f: f.update(0).vectorize(x, 3),
    "parallel": lambda f: f.update(0).parallel(x),
}


@pytest.mark.parametrize("schedule", list(UPDATES))
@pytest.mark.parametrize("size", [0, 1, 13])
def test_the_other_values_of_a_tuple_are_stored(schedule: str, size: int) -> None:
    f = hl.Func("f")
    f[x] = hl.Tuple(x, hl.f32(x) / 2, hl.u8(x))
    f[x] = hl.Tuple(hl.undef(hl.Int(32)), f[x][1] + hl.f32(f[x][0]), hl.undef(hl.UInt(8)))
    UPDATES[schedule](f)
    a, b, c = (np.array(v) for v in f.realize([size]))
    n = np.arange(size)
    np.testing.assert_array_equal(a, n)
    np.testing.assert_array_equal(b, (n * 1.5).astype(np.float32))
    np.testing.assert_array_equal(c, n.astype(np.uint8))
    for got, exact in zip((a, b, c), interpret(f, (size,)), strict=True):
        np.testing.assert_array_equal(got, exact)


def test_a_tuple_may_begin_half_undefined() -> None:
    f = hl.Func("f")
    f[x] = hl.Tuple(hl.undef(hl.Int(32)), x)
    one, two = filled(4), filled(4)
    f.realize([one, two])
    assert np.array(one).tolist() == [-100, -99, -98, -97]
    assert np.array(two).tolist() == [0, 1, 2, 3]


def test_the_defined_half_of_a_tuple_can_be_read() -> None:
    f, g = hl.funcs("f g")
    f[x] = hl.Tuple(hl.undef(hl.Int(32)), x)
    g[x] = f[x][1] * 2
    assert np.array(g.realize([3])).tolist() == [0, 2, 4]


@pytest.mark.parametrize("schedule", list(UPDATES))
def test_a_branch_of_a_select_keeps_the_cell(schedule: str) -> None:
    f, out = hl.Func("f"), filled(13)
    f[x] = hl.undef(hl.Int(32))
    f[x] = hl.select(x % 2 == 0, x, x % 3 == 0, -x, NOTHING)
    UPDATES[schedule](f)
    f.realize(out)
    n = np.arange(13)
    exact = np.where(n % 2 == 0, n, np.where(n % 3 == 0, -n, n - 100))
    np.testing.assert_array_equal(np.array(out), exact)


def test_the_value_may_stand_on_either_side_of_a_select() -> None:
    f, r = hl.Func("f"), hl.RDom([(0, 5)])
    f[x] = x
    f[r] = hl.select(r > 2, NOTHING, 100)
    assert np.array(f.realize([6])).tolist() == [100, 100, 100, 3, 4, 5]
