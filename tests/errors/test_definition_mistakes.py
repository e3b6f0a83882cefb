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
    with refused(hl.HaloError, "x < y", "halo.select", here=False):
        if x < y:
            pytest.fail("an expression is neither true nor false")
