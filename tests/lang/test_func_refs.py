"""Cells of Funcs that have no definition yet, Funcs of a given type, and what a cell is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import halo as hl


@pytest.mark.parametrize(
    "update, expected",
    [
        (lambda cell: cell + 3, 3),
        (lambda cell: cell - 3, -3),
        (lambda cell: cell * 3, 3),
        (lambda cell: cell / 2, 0),
        (lambda cell: cell / 2.0, 0.5),
    ],
)
def test_an_update_of_a_cell_without_a_definition_starts_from_nothing(
    update: Callable[[Any], Any], expected: float
) -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = update(f[x])
    assert f.num_update_definitions() == 1
    assert list(f.realize([2])) == [expected] * 2


def test_an_update_may_be_kept_before_it_is_assigned() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    cell = f[x]
    cell += 1
    assert not f.defined()
    f[x] = cell
    assert list(f.realize([2])) == [1, 1]


def test_a_kept_update_has_no_operators() -> None:
    cell = hl.Func("f")[hl.Var("x")] + 1
    with pytest.raises(TypeError, match="unsupported operand"):
        cell + 1


def test_a_cell_that_is_added_to_on_the_side_adds_no_update() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = 1
    cell = f[2 * x]
    cell += 5
    assert not f.has_update_definition()
    g = hl.Func("g")
    g[x] = cell
    assert list(g.realize([3])) == [6, 6, 6]


def test_the_first_update_may_be_of_single_cells_and_of_all_of_them() -> None:
    x = hl.Var("x")
    f, g, h, k = hl.funcs("f g h k")
    f[0] += 1
    assert list(f.realize([3])) == [1, 0, 0]
    g[x] = 2
    h[g[0]] += 1
    assert list(h.realize([3])) == [0, 0, 1]
    k[hl._] += g[hl._]
    assert list(k.realize([2])) == [2, 2]


def test_a_tuple_accumulates_element_by_element() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    r = hl.RDom([(0, 4)])
    f[x] += (r, hl.f32(x))
    sums, products = f.realize([2])
    assert (list(sums), list(products)) == ([6, 6], [0, 4])


def test_a_func_of_a_type_says_what_it_will_be() -> None:
    f = hl.Func(hl.Int(32), 2, "f")
    assert not f.defined()
    assert (f.type(), f.types(), f.outputs(), f.dimensions()) == (
        hl.Int(32),
        [hl.Int(32)],
        1,
        2,
    )
    g = hl.Func([hl.Int(32), hl.Float(64)], 3, "g")
    assert (g.types(), g.outputs(), g.dimensions()) == ([hl.Int(32), hl.Float(64)], 2, 3)


def test_a_func_of_a_type_is_defined_as_it_says() -> None:
    x = hl.Var("x")
    f = hl.Func(hl.UInt(8), 1, "f")
    f[x] = hl.u8(x)
    assert list(f.realize([3])) == [0, 1, 2]


def test_an_element_of_a_cell_knows_its_number() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = (x, 2 * x)
    assert isinstance(f[x], hl.FuncRef)
    assert type(f[x][1]) is hl.FuncTupleElementRef
    assert f[x][1].index() == 1
    assert list(hl.lambda_func(x, f[x][1] + 1).realize([3])) == [1, 3, 5]


def test_the_type_of_every_expression_is_expr() -> None:
    x = hl.Var("x")
    assert type(x + 1) == hl.Expr  # noqa: E721
    assert type(x) != hl.Expr  # noqa: E721
    assert type(hl.Expr(3)) == hl.Expr  # noqa: E721


def test_numbers_that_do_not_fit_32_bits_widen_what_they_meet() -> None:
    assert (hl.i32(0) + 0x7FFFFFFF).type == hl.Int(32)
    assert (hl.i32(0) + 0x80000000).type == hl.Int(64)
    assert (hl.u8(0) + (1 << 40)).type == hl.Int(64)
    assert (hl.u32(0) + 0x80000000).type == hl.UInt(32)
    assert (hl.f32(0) + (1 << 40)).type == hl.Float(32)


def test_a_buffer_of_one_dimension_is_gone_through_from_its_min() -> None:
    b = hl.Buffer(hl.Int(32), [3])
    b.set_min([5])
    for i in range(3):
        b[5 + i] = i * i
    assert list(b) == [0, 1, 4]
    assert list(hl.Buffer(hl.Int(32), [0])) == []


def test_an_rdom_of_one_dimension_names_its_loop() -> None:
    x = hl.Var("x")
    squares, f = hl.funcs("squares f")
    squares[x] = x * x % 5
    r = hl.RDom([(0, 100)])
    f[x] = 0
    f[hl.Expr(squares[r])] += 1
    f.update().atomic().parallel(r)
    assert list(f.realize([5])) == [20, 40, 0, 0, 40]


def test_a_reduction_takes_its_arguments_by_name() -> None:
    r = hl.RDom([(1, 3)])
    values = hl.Buffer(hl.Int(32), [5])
    for i in range(5):
        values[i] = (i * 3) % 5
    assert hl.evaluate(hl.sum(expr=values[r])) == 3 + 1 + 4
    assert hl.evaluate(hl.maximum(rdom=r, expr=values[r], name="most")) == 4
    assert hl.evaluate(hl.argmin(r, expr=values[r])) == (2, 1)


def test_boundary_conditions_take_their_arguments_by_name() -> None:
    x = hl.Var("x")
    b = hl.Buffer(hl.Int(32), [2])
    b.fill(7)
    f = hl.BoundaryConditions.constant_exterior(f=b, exterior=1, bounds=[(0, 1)])
    assert list(hl.lambda_func(x, f[x - 1]).realize([4])) == [1, 7, 1, 1]
