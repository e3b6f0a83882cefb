"""Inline reductions are numpy's reductions."""

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret

x, y = hl.vars("x y")


@pytest.fixture
def data():
    return np.array([[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]], np.int32)


def along_x(reduce, data, **options):
    b = hl.Buffer(data)
    r = hl.RDom([(0, b.width())])
    f = hl.Func()
    f[y] = reduce(b[r, y], **options)
    return interpret(f, [b.height()])


@pytest.mark.parametrize(
    ("reduce", "expected"),
    [
        (hl.sum, np.sum),
        (hl.product, np.prod),
        (hl.maximum, np.max),
        (hl.minimum, np.min),
    ],
)
def test_reduction_over_one_dimension(reduce, expected, data):
    assert np.array_equal(along_x(reduce, data), expected(data, axis=1))


@pytest.mark.parametrize(("reduce", "expected"), [(hl.argmax, np.argmax), (hl.argmin, np.argmin)])
def test_argument_of_the_extreme_is_the_first(reduce, expected, data):
    where, what = along_x(reduce, data)
    assert np.array_equal(where, expected(data, axis=1))
    assert np.array_equal(what, np.take_along_axis(data, where[:, None], 1)[:, 0])


def test_argument_has_a_coordinate_for_each_dimension(data):
    b = hl.Buffer(data)
    r = hl.RDom(b)
    column, row, value = hl.argmax(b[r.x, r.y])
    f = hl.Func()
    f[()] = (column, row, value)
    assert [int(v) for v in interpret(f, [])] == [1, 1, 9]


def test_reduction_keeps_the_type_of_its_expression():
    r = hl.RDom([(0, 300)])
    total = hl.sum(hl.u8(r * 0 + 1))
    f = hl.Func()
    f[x] = total
    assert total.type == hl.UInt(8)
    assert interpret(f, [1]).tolist() == [300 % 256]


def test_empty_domain_gives_the_neutral_value():
    r = hl.RDom([(0, 0)])
    f = hl.Func()
    f[()] = (hl.sum(r.x), hl.product(r.x), hl.maximum(hl.f32(r.x)), hl.minimum(hl.u8(r.x)))
    assert [float(v) for v in interpret(f, [])] == [0, 1, -np.inf, 255]


def test_predicate_may_use_the_vars_of_the_expression():
    r = hl.RDom([(0, 5)])
    r.where(r < x)
    f = hl.Func()
    f[x, y] = hl.sum(r + y)
    assert interpret(f, [4, 2]).tolist() == [[0, 0, 1, 3], [0, 1, 3, 6]]


def test_domain_given_first_leaves_the_others_free():
    r, s = hl.RDom([(0, 3)]), hl.RDom([(0, 4)])
    f = hl.Func()
    f[x] = 0
    f[x] += hl.sum(r, r * s) + x
    assert interpret(f, [2]).tolist() == [3 * 6, 3 * 6 + 4]


def test_domain_given_first_may_be_absent_from_the_expression():
    r = hl.RDom([(0, 5)])
    f = hl.Func()
    f[x] = hl.sum(r, x)
    assert interpret(f, [3]).tolist() == [0, 5, 10]


def test_reductions_nest():
    r, s = hl.RDom([(0, 3)]), hl.RDom([(0, 4)])
    f = hl.Func()
    f[x] = hl.sum(hl.sum(s, r * s + x))
    n = np.arange(2)
    expected = [sum(a * b + v for a in range(3) for b in range(4)) for v in n]
    assert interpret(f, [2]).tolist() == expected


def test_func_behind_a_reduction_has_the_name_given():
    r = hl.RDom([(0, 3)])
    assert str(hl.sum(r + x, "my_total")) == "my_total(x)"
    assert str(hl.maximum(r + x, name="my_peak")) == "my_peak(x)"


def test_placeholder_counts_the_implicit_variables_inside():
    f, g = hl.funcs("source_of total_of")
    f[hl._0, hl._1] = hl._0 * hl._1
    r = hl.RDom([(0, 3)])
    g[hl._] = hl.sum(f[r, hl._0])
    assert interpret(g, [3]).tolist() == [0, 3, 6]


def test_misuse_says_how_to_call_it():
    with pytest.raises(hl.DefinitionError, match="takes an expression over an RDom"):
        hl.sum()
