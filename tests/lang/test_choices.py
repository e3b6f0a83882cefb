"""mux, select and promises: of expressions, of Tuples, of cells."""

from __future__ import annotations

import numpy as np
import pytest
from pointwise import values

import halo as hl

x = hl.Var("x")


@pytest.mark.parametrize("index", ["i1", "u1", "i4", "u8"])
def test_mux_takes_the_value_of_that_number_and_the_last_outside(index: str) -> None:
    i = np.array([0, 1, 2, 3, 100], index)
    got = values(lambda n: hl.mux(n, [10, n + 5, 30]), i)
    assert got.tolist() == [10, 6, 30, 30, 30]


def test_a_negative_index_of_mux_is_outside() -> None:
    i = np.array([-1, 0], np.int32)
    assert values(lambda n: hl.mux(n, [10, 20]), i).tolist() == [20, 10]


def test_mux_of_one_value_is_that_value() -> None:
    assert values(lambda n: hl.mux(n, [n * 2]), np.array([4, 7], np.int32)).tolist() == [8, 14]


def test_mux_takes_more_values_than_its_index_type_counts() -> None:
    i = np.array([127, -128, 3], np.int8)
    many = [3 * k for k in range(300)]
    assert values(lambda n: hl.mux(n, many), i).tolist() == [381, 897, 9]


def test_mux_of_a_tuple_and_of_a_cell_of_several_values() -> None:
    f, g, h = hl.funcs("f g h")
    f[x] = hl.Tuple(x, x * 10, x * 100)
    g[x] = hl.mux(x % 3, f[x])
    h[x] = hl.mux(x % 2, hl.Tuple(x, -x))
    assert np.array(g.realize([5])).tolist() == [0, 10, 200, 3, 40]
    assert np.array(h.realize([4])).tolist() == [0, -1, 2, -3]


def test_mux_of_tuples_is_a_tuple() -> None:
    f = hl.Func("f")
    f[x] = hl.mux(x % 2, [hl.Tuple(x, hl.f32(x) + 0.5), hl.Tuple(-x, hl.f32(0))])
    a, b = (np.array(v) for v in f.realize([4]))
    assert a.tolist() == [0, -1, 2, -3]
    assert b.tolist() == [0.5, 0, 2.5, 0]


def test_select_takes_a_condition_for_each_value_of_a_tuple() -> None:
    f = hl.Func("f")
    f[x] = hl.select(hl.Tuple(x > 1, x > 2), hl.Tuple(1, 2), hl.Tuple(x, x))
    a, b = (np.array(v) for v in f.realize([4]))
    assert a.tolist() == [0, 1, 1, 1]
    assert b.tolist() == [0, 1, 2, 2]


def test_a_promise_bounds_what_is_read_and_changes_no_value() -> None:
    table = hl.Buffer(np.arange(10, dtype=np.int32) * 3)
    where = hl.Buffer(np.array([9, 0, 4], np.int32))
    f = hl.Func("f")
    f[x] = table[hl.unsafe_promise_clamped(where[x], 0, 9)]
    assert np.array(f.realize([3])).tolist() == [27, 0, 12]


@pytest.mark.parametrize("step", [0.25, -0.5])
@pytest.mark.parametrize("ranged", [False, True])
def test_an_index_may_be_a_float_over_a_parameter_of_either_sign(step: float, ranged: bool) -> None:
    value = hl.Buffer(np.array([-3, -0.6, 0, 0.7, np.nan], np.float32))
    limits = sorted((step / 2, step * 4)) if ranged else (None, None)
    by = hl.Param(hl.Float(32), "by", step, *limits)
    table, f = hl.funcs("table f")
    table[x] = x * x
    f[x] = table[hl.i32(hl.clamp(value[x], -1.0, 1.0) / by)]
    table.compute_root()
    index = (np.clip([-3, -0.6, 0, 0.7, 1], -1, 1) / step).astype(int)
    assert np.array(f.realize([5])).tolist() == (index * index).tolist()


def test_marks_and_strict_float_change_no_value() -> None:
    a = np.array([0.1, 0.7], np.float32)
    got = values(lambda v: hl.strict_float(hl.strict_float(v) * 3) + 0.0, a)
    np.testing.assert_array_equal(got, a * np.float32(3))
    i = np.array([1, 5], np.int32)
    assert values(lambda v: hl.likely_if_innermost(v) + hl.likely(v), i).tolist() == [2, 10]
