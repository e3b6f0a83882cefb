"""What a definition records."""

import numpy as np
import pytest

import halo as hl
from halo.ir.equality import equal
from halo.ir.expr import Variable
from halo.ir.function import SymbolicSize
from halo.ir.operators import as_expr


@pytest.fixture
def xy():
    return hl.vars("x y")


def test_pure_definition_records_names_types_and_the_users_line(xy):
    x, y = xy
    f = hl.Func("recorded")
    f[x, y] = x + hl.f32(y)
    assert f.function.args == ("x", "y")
    assert f.types() == [hl.Float(32)]
    assert str(f.function.where).startswith("test_definitions.py:")
    assert [v.name() for v in f.args()] == ["x", "y"]


def test_second_func_of_a_name_gets_a_name_of_its_own():
    first, second = hl.Func("same_name"), hl.Func("same_name")
    assert first.name() == "same_name"
    assert second.name() == "same_name$1"


def test_python_numbers_define_int32_and_float32(xy):
    f, g = hl.funcs("ints floats")
    f[xy[0]] = 3
    g[xy[0]] = 3.5
    assert (f.type(), g.type()) == (hl.Int(32), hl.Float(32))


def test_update_runs_over_the_rdom_it_uses(xy):
    x, _ = xy
    f = hl.Func("over")
    r = hl.RDom([(0, 3), (1, 4)], "r_over")
    f[x] = 0
    f[x] += r.x * r.y
    update = f.function.definitions[1]
    assert [v.name for v in update.rvars] == ["r_over.x", "r_over.y"]
    assert [str(v.extent) for v in update.rvars] == ["3", "4"]
    assert [v.name() for v in f.rvars(0)] == ["r_over.x", "r_over.y"]


def test_where_becomes_the_predicate_of_the_update(xy):
    f = hl.Func("where")
    r = hl.RDom([(0, 9)])
    r.where(r < 5)
    r.where(r > 1)
    f[xy[0]] = 0
    f[r] += 1
    assert str(f.function.definitions[1].predicate) == f"{r.x.name()} < 5 && {r.x.name()} > 1"


@pytest.mark.parametrize(
    ("accumulate", "start"),
    [
        (lambda f, i: f.__setitem__(i, f[i].__iadd__(2)), 0),
        (lambda f, i: f.__setitem__(i, f[i].__isub__(2)), 0),
        (lambda f, i: f.__setitem__(i, f[i].__imul__(2)), 1),
        (lambda f, i: f.__setitem__(i, f[i].__itruediv__(2)), 1),
    ],
)
def test_accumulating_into_an_undefined_func_defines_its_start(accumulate, start, xy):
    f = hl.Func()
    accumulate(f, xy[0])
    assert str(f.value()) == str(start)
    assert f.num_update_definitions() == 1


def test_accumulating_at_an_rvar_makes_up_a_pure_variable():
    f = hl.Func("histogram")
    r = hl.RDom([(0, 4)])
    f[r % 2] += hl.u8(1)
    assert f.dimensions() == 1
    assert f.type() == hl.UInt(8)
    assert f.function.args[0] != r.x.name()


def test_operators_without_a_shortcut_update_as_well(xy):
    f = hl.Func("modulo")
    f[xy[0]] = 17
    f[xy[0]] %= 5
    assert f.num_update_definitions() == 1


def test_tuple_definition_has_several_values_that_unpack(xy):
    x, _ = xy
    f = hl.Func("pair")
    f[x] = (x, hl.f64(x))
    a, b = f[x]
    assert (a.type, b.type) == (hl.Int(32), hl.Float(64))
    assert equal(hl.Expr(f[x][1]), b)
    g = hl.Func("copy")
    g[x] = f[x]
    assert g.types() == f.types()


def test_placeholder_stands_for_the_dimensions_that_are_left(xy):
    f, g = hl.funcs("three_dims rest")
    f[hl._0, hl._1, hl._2] = hl._0 + hl._1 * hl._2
    g[xy[0], hl._] = f[xy[0], hl._] + 1
    assert g.function.args == ("x", "_0", "_1")


def test_func_of_an_expression_has_its_implicit_variables():
    f = hl.Func(hl._0 + hl._1)
    assert f.function.args == ("_0", "_1")


def test_func_of_an_image_reads_it():
    image = hl.ImageParam(hl.UInt(8), 2, "wrapped")
    f = hl.Func(image)
    assert str(f.value()) == "wrapped(_0, _1)"


def test_func_without_dimensions_is_defined_and_used_with_empty_brackets():
    f = hl.Func("scalar")
    f[()] = 3
    assert f.dimensions() == 0
    assert as_expr(f[()]).type == hl.Int(32)


def test_narrow_integers_are_coordinates(xy):
    f, g = hl.funcs("indexed narrow")
    f[xy[0]] = 0
    g[xy[0]] = f[hl.u8(xy[0])]
    assert str(g.value()) == f"{f.name()}(int32(uint8(x)))"


def test_update_constant_takes_the_type_of_the_func(xy):
    f = hl.Func("bytes")
    f[xy[0]] = hl.u8(0)
    f[3] = 255
    assert f.update_value().type == hl.UInt(8)


def test_rdom_over_an_image_has_its_bounds():
    image = hl.ImageParam(hl.UInt(8), 2, "bounding")
    r = hl.RDom(image)
    assert str(r.y.extent()) == "bounding.extent.1"
    s = hl.RDom(hl.Buffer(np.zeros((2, 3), np.uint8)))
    assert [str(v.extent()) for v in s] == ["3", "2"]


def test_symbolic_size_is_no_free_variable(xy):
    n = Variable(hl.Int(32), "n", source=SymbolicSize("n", 1))
    r = hl.RDom([(0, n)])
    f = hl.Func("sized")
    f[xy[0]] = hl.sum(r + xy[0]) + n
    assert f.function.args == ("x",)
    assert str(r.x.extent()) == "n"
