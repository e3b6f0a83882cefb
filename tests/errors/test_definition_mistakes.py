"""A definition without a meaning is refused at its line."""

from __future__ import annotations

from typing import Any

import pytest

import halo as hl

x, y = hl.vars("x y")


def test_a_func_that_is_used_before_it_is_defined(refused: Any) -> None:
    g, f = hl.funcs("g f")
    with refused(hl.DefinitionError, f"{g.name()} is used before it is defined", "define"):
        f[x] = g[x] + 1


def test_a_func_that_is_realized_before_it_is_defined(refused: Any) -> None:
    g = hl.Func("g")
    with refused(hl.DefinitionError, f"{g.name()} is realized before it is defined", "define"):
        g.realize([3])


def test_a_func_with_a_wrong_number_of_coordinates(refused: Any) -> None:
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    with refused(hl.DefinitionError, g.name(), "2", "1"):
        f[x] = g[x]


def test_a_func_realized_with_a_wrong_number_of_sizes(refused: Any) -> None:
    f = hl.Func("f")
    f[x, y] = x + y
    with refused(hl.DefinitionError, "2 dimensions", "x, y"):
        f.realize([3])


def test_a_var_on_the_right_that_is_not_on_the_left(refused: Any) -> None:
    f = hl.Func("f")
    with refused(hl.DefinitionError, "y"):
        f[x] = x + y


def test_an_update_of_another_type(refused: Any) -> None:
    f = hl.Func("f")
    f[x] = hl.u8(x)
    with refused(hl.TypeMismatch, "uint8", "float32"):
        f[0] = hl.f32(1.5)


def test_a_constant_that_does_not_fit_its_type(refused: Any) -> None:
    f = hl.Func("f")
    with refused(hl.TypeMismatch, "300", "uint8", "cast"):
        f[x] = hl.u8(x) + 300


def test_something_that_is_no_expression(refused: Any) -> None:
    with refused(hl.TypeMismatch, "str"):
        x + "one"


def test_the_truth_of_an_expression(refused: Any) -> None:
    with refused(hl.TruthError, "x < y", "cannot be converted to a bool", "halo.select"):
        if x < y:
            pytest.fail("an expression is neither true nor false")


def test_arithmetic_with_an_undef(refused: Any) -> None:
    f = hl.Func("f")
    with refused(hl.DefinitionError, f"{f.name()} computes with an undef", "whole value"):
        f[x] = hl.undef(hl.Int(32)) + 1


def test_a_select_of_an_undef_in_a_first_definition(refused: Any) -> None:
    f = hl.Func("f")
    with refused(hl.DefinitionError, "computes with an undef", "in an update"):
        f[x] = hl.select(x > 3, x, hl.undef(hl.Int(32)))


def test_an_undef_as_a_coordinate(refused: Any) -> None:
    f = hl.Func("f")
    f[x] = x
    with refused(hl.DefinitionError, "computes with an undef"):
        f[hl.undef(hl.Int(32))] = 1


def test_an_undef_in_the_condition_of_a_select(refused: Any) -> None:
    f = hl.Func("f")
    f[x] = x
    with refused(hl.DefinitionError, "computes with an undef"):
        f[x] = hl.select(hl.undef(hl.Int(32)) > 0, f[x], 2)


def test_an_update_that_stores_nothing(refused: Any) -> None:
    f = hl.Func("f")
    f[x] = x
    with refused(hl.DefinitionError, f"the update of {f.name()} stores no value"):
        f[0] = hl.undef(hl.Int(32))


def test_reading_a_func_that_is_undef(refused: Any) -> None:
    g, f = hl.funcs("g f")
    g[x] = hl.undef(hl.Int(32))
    with refused(hl.DefinitionError, f"{f.name()} reads {g.name()}, which is undef"):
        f[x] = g[x] + 1


def test_an_undef_of_another_type(refused: Any) -> None:
    f = hl.Func("f")
    f[x] = hl.Tuple(x, hl.u8(x))
    with refused(hl.TypeMismatch, "float32", "int32"):
        f[0] = hl.Tuple(hl.undef(hl.Float(32)), hl.u8(1))


def test_an_undef_of_something_that_is_no_type(refused: Any) -> None:
    with refused(hl.TypeMismatch, "undef of 32, which is no type", "halo.Float(32)"):
        hl.undef(32)  # type: ignore[arg-type]


def test_a_random_seed_that_is_no_integer(refused: Any) -> None:
    with refused(hl.TypeMismatch, "a random seed needs integers, got float32"):
        hl.random_float(0.5)


def test_a_random_bound_of_a_domain(refused: Any) -> None:
    with refused(hl.DefinitionError, "a bound of an RDom may not use random"):
        hl.RDom([(0, hl.random_int(1))])
