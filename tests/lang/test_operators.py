"""Functions of expressions: the types they give, and what they refuse."""

import numpy as np
import pytest

import halo as hl
from halo.ir.expr import as_const
from halo.ir.operators import as_expr

x, y = hl.vars("x y")


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (hl.u8(300), "uint8(44)"),
        (hl.i32(7) / 2, "3"),
        (hl.select(x > 2, 1, x > 3, 2, 3), "select(x > 2, 1, select(x > 3, 2, 3))"),
        (hl.clamp(x, 0, 9), "max(min(x, 9), 0)"),
        (hl.min(x, 1, y), "min(x, min(1, y))"),
        (x**2, "x*x"),
        (x**0, "1"),
        (hl.mux(x, [4, 5]), "select(x == 0, 4, 5)"),
    ],
)
def test_expression_reads(e, text):
    assert str(e) == text


@pytest.mark.parametrize(
    ("e", "type"),
    [
        (x + 2.5, hl.Float(32)),
        (hl.u8(x) + hl.i8(x), hl.Int(8)),
        (hl.u8(x) + hl.u16(x), hl.UInt(16)),
        (hl.u32(x) + hl.i8(x), hl.Int(32)),
        (hl.f16(x) + hl.bf16(x), hl.Float(32)),
        (hl.select(x > 2, 1, 2.5), hl.Float(32)),
        (hl.min(hl.u8(x), 3), hl.UInt(8)),
        (hl.abs(x), hl.UInt(32)),
        (hl.abs(hl.u8(x)), hl.UInt(8)),
        (hl.absd(hl.i16(x), hl.i16(y)), hl.UInt(16)),
        (hl.exp(x), hl.Float(32)),
        (hl.exp(hl.f64(x)), hl.Float(64)),
        (hl.tanh(hl.f16(x)), hl.Float(16)),
        (hl.round(x), hl.Float(32)),
        (x**2, hl.Int(32)),
        (2**x, hl.Float(32)),
        (x**-1, hl.Float(32)),
        (hl.f64(x) ** 0.5, hl.Float(64)),
        (hl.popcount(hl.u8(x)), hl.UInt(8)),
        (hl.is_nan(hl.f32(x)), hl.Bool()),
        (~(x > 2), hl.Bool()),
        (hl.logical_and(x > 1, y > 1, x > y), hl.Bool()),
        (hl.clamp(hl.i32(x), hl.u8(y), 10), hl.Int(32)),
        (hl.fma(hl.f32(x), 2, y), hl.Float(32)),
        (hl.reinterpret(hl.UInt(32), hl.f32(x)), hl.UInt(32)),
        (hl.cast(hl.BFloat(16), x), hl.BFloat(16)),
    ],
    ids=str,
)
def test_result_type(e, type):
    assert as_expr(e).type == type


def test_select_of_tuples_chooses_element_by_element():
    a, b = hl.select(x > 2, (1, 2.0), (3, 4))
    assert str(a) == "select(x > 2, 1, 3)"
    assert b.type == hl.Float(32)


@pytest.mark.parametrize(
    ("build", "error", "match"),
    [
        (lambda: hl.select(x > 1, 2), hl.DefinitionError, "an odd number of arguments, not 2"),
        (lambda: hl.select(x, 2, 3), hl.TypeMismatch, "has type int32, not bool"),
        (lambda: hl.select(x > 1, (1, 2), (1, 2, 3)), hl.TypeMismatch, "between 2 and 3 values"),
        (lambda: hl.min(x), hl.DefinitionError, r"halo.minimum\(expression\)"),
        (lambda: hl.clamp(x, 0.5, 2), hl.TypeMismatch, "clamp of int32 to a limit of float32"),
        (lambda: hl.clamp(hl.u8(x), 0, 300), hl.TypeMismatch, "300 does not fit into uint8"),
        (lambda: hl.u8(x) + 300, hl.TypeMismatch, "300 does not fit into uint8"),
        (lambda: x & 1.5, hl.TypeMismatch, "needs integers"),
        (lambda: hl.is_nan(x), hl.TypeMismatch, "is_nan needs a float"),
        (lambda: hl.popcount(hl.f32(x)), hl.TypeMismatch, "popcount needs integers"),
        (lambda: hl.reinterpret(hl.UInt(8), x), hl.TypeMismatch, "32 bits are not 8"),
        (lambda: hl.logical_not(x), hl.TypeMismatch, "logical_not of int32"),
        (lambda: hl.logical_or(x > 1, y), hl.TypeMismatch, "logical_or of int32"),
        (lambda: hl.mux(x, []), hl.DefinitionError, "mux needs one value"),
        (lambda: hl.Tuple(), hl.TypeMismatch, "needs one value"),
    ],
)
def test_misuse_is_refused(build, error, match):
    with pytest.raises(error, match=match):
        build()


def test_number_is_rounded_once_to_the_type_it_gets():
    assert as_const(hl.f64(0.1)) == 0.1
    assert as_const(hl.f32(0.1)) == float(np.float32(0.1))
    assert as_const(hl.i64(2**40 + 1)) == 2**40 + 1


@pytest.mark.parametrize("base", [0.5, 2.0, -1.0])
@pytest.mark.parametrize("exponent", [np.inf, -np.inf, np.nan])
def test_a_power_may_be_no_number(base, exponent):
    got = hl.evaluate(hl.pow(hl.f32(base), exponent))
    np.testing.assert_array_equal(got, np.float32(base) ** np.float32(exponent))
    hl.fast_pow(hl.f32(base), exponent)  # it means nothing there, but is an expression
