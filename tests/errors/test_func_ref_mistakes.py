"""Cells that have no definition, and Funcs defined as something else than they were made for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import halo as hl

Refused = Callable[..., AbstractContextManager[None]]

x, y = hl.vars("x y")


def test_an_update_assigned_to_another_func(refused: Refused) -> None:
    f, g = hl.Func("f"), hl.Func("g")
    with refused(hl.DefinitionError, f"{f.name()} is used before it is defined", f"{f.name()}[x]"):
        g[x] = f[x] + 1


def test_an_update_assigned_to_another_cell(refused: Refused) -> None:
    f = hl.Func("f")
    with refused(hl.DefinitionError, "is used before it is defined", f"not to {f.name()}[0]"):
        f[0] = f[x] + 1


def test_an_update_assigned_after_the_definition(refused: Refused) -> None:
    f = hl.Func("f")
    kept = f[x] + 1
    f[x] = 0
    with refused(hl.DefinitionError, "has a definition by now", "make the update again"):
        f[x] = kept


def test_a_cell_without_a_definition_on_the_right_of_an_operator(refused: Refused) -> None:
    f = hl.Func("f")
    with refused(hl.DefinitionError, f"{f.name()} is used before it is defined"):
        f[x] = 1 + f[x]


def test_a_kept_update_used_as_a_value(refused: Refused) -> None:
    f = hl.Func("f")
    with refused(hl.DefinitionError, f"{f.name()} is used before it is defined"):
        hl.sin(f[x] + 1)


def test_a_func_made_for_another_number_of_dimensions(refused: Refused) -> None:
    f = hl.Func(hl.Int(32), 1, "f")
    with refused(hl.DefinitionError, "exactly 1 dimensions, but is defined with 2"):
        f[x, y] = hl.i32(0)


def test_a_func_made_for_another_type(refused: Refused) -> None:
    f = hl.Func(hl.Int(32), 2, "f")
    with refused(hl.TypeMismatch, "only hold values of type int32", "of type int16", "halo.i32("):
        f[x, y] = hl.i16(0)


def test_a_func_made_for_another_tuple(refused: Refused) -> None:
    f = hl.Func((hl.Int(32), hl.Float(32)), 2, "f")
    with refused(hl.TypeMismatch, "(int32, float32)", "(int16, float64)"):
        f[x, y] = (hl.i16(0), hl.f64(0))


def test_a_func_of_dimensions_without_a_type(refused: Refused) -> None:
    with refused(hl.DefinitionError, "needs the Type of its values, not 'f'", "halo.Int(32)"):
        hl.Func("f", 2)


def test_what_is_not_known_of_a_func_without_a_definition(refused: Refused) -> None:
    f = hl.Func("f")
    for question in (f.type, f.types, f.outputs, f.dimensions):
        with refused(hl.DefinitionError, f"{f.name()} is not defined"):
            question()


def test_the_type_of_a_func_of_several(refused: Refused) -> None:
    f = hl.Func([hl.Int(32), hl.Float(64)], 1, "f")
    with refused(hl.DefinitionError, "has 2 values, not one", "types()"):
        f.type()


def test_conditions_of_a_select_that_are_tuples_and_not(refused: Refused) -> None:
    with refused(hl.TypeMismatch, "may not mix conditions"):
        hl.select((x < 3, y < 3), (x, y), x + y < 9, (y, x), (0, 0))


def test_going_through_a_buffer_of_two_dimensions(refused: Refused) -> None:
    with refused(hl.BufferError, "2 dimensions has no order", "for_each_element"):
        list(hl.Buffer(hl.Int(32), [2, 2]))


def test_a_directive_for_an_rdom_of_two_dimensions(refused: Refused) -> None:
    f = hl.Func("f")
    r = hl.RDom([(0, 2), (0, 2)], "r")
    f[x] = 0
    f[r.x] += r.y
    with refused(hl.DefinitionError, "has 2 dimensions", "r.x, r.y"):
        f.update().unroll(r)
