"""Methods of expressions, variables, domains and types, as in Halide's binding."""

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


@pytest.mark.parametrize(
    ("value", "text", "type_"),
    [
        (3, "3", hl.Int(32)),
        (2.5, "2.5f", hl.Float(32)),
        (True, "true", hl.Bool()),
        (x, "x", hl.Int(32)),
        (hl.u8(x) + 1, "uint8(x) + 1", hl.UInt(8)),
    ],
)
def test_an_expr_is_made_of_anything_that_stands_for_a_value(value, text, type_):
    e = hl.Expr(value)
    assert isinstance(e, hl.Expr)
    assert str(e) == str(hl.Expr(e)) and e.type() == e.type == type_
    assert e.defined()


def test_what_stands_for_an_expr_is_none_yet():
    assert not isinstance(x, hl.Expr)
    assert not isinstance(3, hl.Expr)
    assert isinstance(x + 1, hl.Expr)


def test_domains_cells_and_params_become_exprs():
    r, p, f = hl.RDom([(0, 3)]), hl.Param(hl.UInt(16)), hl.Func("f")
    f[x] = x * 2
    assert hl.Expr(r).type == hl.Int(32)
    assert hl.Expr(p).type == hl.UInt(16)
    assert hl.Expr(f[x]).type == hl.Int(32)


def test_handles_and_exprs_negate_bools():
    f = hl.Func("f")
    f[x] = hl.Tuple((x > 1).logical_not(), hl.logical_not(x > 1), ~(x > 1))
    for got in f.realize([3]):
        assert np.array(got).tolist() == [True, True, False]
    flag = hl.Param(hl.Bool(), "flag", True)
    assert hl.evaluate(flag.logical_not()) is False


def test_implicit_variables_know_their_number():
    assert [v.implicit_index() for v in (hl._0, hl._7, hl.Var("_3"), x)] == [0, 7, 3, -1]
    assert [v.is_implicit() for v in (hl._, hl._0, x)] == [True, True, False]


def test_an_rvar_is_made_of_a_domain_of_one_dimension():
    r = hl.RDom([(2, 4)])
    v = hl.RVar(r)
    f = hl.Func("f")
    f[x] = 0
    f[v] = v * 10
    assert v.name() == r.x.name()
    assert np.array(f.realize([7])).tolist() == [0, 0, 20, 30, 40, 50, 0]


def test_domains_are_compared_and_counted():
    r, s = hl.RDom([(0, 2), (0, 3)]), hl.RDom([(0, 2), (0, 3)])
    assert r.same_as(r) and not r.same_as(s) and r.defined()
    assert (len(r), r.dimensions()) == (2, 2)
    assert [v.name() for v in r] == [r.x.name(), r[1].name()]
    ranged = hl.RDom([hl.Range(1, 2), hl.Range(3, 4)])
    assert str(ranged.y.min()), str(ranged.y.extent()) == ("3", "4")


def test_a_domain_covers_a_buffer_or_an_image():
    image = hl.ImageParam(hl.UInt(8), 2)
    image.set(np.arange(6, dtype=np.uint8).reshape(2, 3))
    f, g = hl.Func("f"), hl.Func("g")
    r = hl.RDom(image)
    f[()] = hl.u32(0)
    f[()] += hl.u32(image[r.x, r.y])
    s = hl.RDom(hl.Buffer(np.arange(5, dtype=np.int32)))
    g[()] = hl.sum(s.x)
    assert np.array(f.realize()) == 15
    assert np.array(g.realize()) == 10


def test_types_tell_what_they_hold():
    assert hl.Int(16).with_bits(32) == hl.Int(32)
    assert hl.UInt(8, 4).element_of() == hl.UInt(8)
    assert hl.UInt(8).is_max(255) and hl.Int(8).is_min(-128)
    assert not hl.Float(32).is_max(0)
    assert hl.Int(16).can_represent(hl.UInt(8)) and not hl.Int(16).can_represent(hl.UInt(16))
    assert hl.Float(32).can_represent(hl.Int(16)) and not hl.Float(32).can_represent(hl.Int(32))
    assert hl.Float(32).can_represent(hl.BFloat(16)) and hl.Float(16).can_represent(hl.UInt(8))
    assert not hl.BFloat(16).can_represent(hl.Float(16))
    assert not hl.UInt(8).can_represent(hl.Float(16))
    assert hl.BFloat(16).can_represent(hl.UInt(8))


def test_a_lambda_is_a_func_of_its_vars():
    f = hl.lambda_func(x, y, x + y * 10)
    assert np.array(f.realize([2, 2])).tolist() == [[0, 1], [10, 11]]
    pair = hl.lambda_func(x, hl.Tuple(x, -x))
    assert [np.array(b).tolist() for b in pair.realize([2])] == [[0, 1], [0, -1]]


def test_evaluate_gives_numbers():
    p = hl.Param(hl.Int(32), "p", 20)
    assert hl.evaluate(p * 2 + 2) == 42
    assert hl.evaluate(hl.Tuple(hl.f32(0.5), p > 3, hl.u8(255) + 1)) == (0.5, True, 0)


def test_kinds_of_types_have_halides_names():
    assert hl.Int(8).code() is hl.TypeCode.Int and hl.BFloat(16).code() is hl.TypeCode.BFloat
    assert hl.Int(8).with_code(hl.TypeCode.UInt) == hl.UInt(8)
    assert hl.Type(hl.TypeCode.Float, 32, 1) == hl.Float(32)


def test_errors_can_be_caught_by_halides_name():
    with pytest.raises(hl.HalideError, match="is not an expression"):
        x + "one"


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_integer_types_give_their_limits(bits):
    for type_, dtype in ((hl.Int(bits), f"int{bits}"), (hl.UInt(bits), f"uint{bits}")):
        info = np.iinfo(dtype)
        assert hl.evaluate(hl.Tuple(type_.min(), type_.max())) == (info.min, info.max)


def test_float_types_give_their_finite_limits():
    for type_, dtype in ((hl.Float(16), "f2"), (hl.Float(32), "f4"), (hl.Float(64), "f8")):
        info = np.finfo(dtype)
        low, high = hl.evaluate(hl.Tuple(hl.f64(type_.min()), hl.f64(type_.max())))
        assert (low, high) == (float(info.min), float(info.max))
    assert hl.evaluate(hl.f32(hl.BFloat(16).max())) == 2.0**128 - 2.0**120
