"""An expression whose types or values do not go together is refused where it is written."""

from __future__ import annotations

from typing import Any

import pytest

import halo as hl

x, y = hl.vars("x y")
byte, word, real = hl.u8(x), hl.i64(x), hl.f32(x)


@pytest.mark.parametrize(
    "name",
    [
        *("halving_add", "halving_sub", "rounding_halving_add", "saturating_add"),
        *("saturating_sub", "div_round_to_zero", "mod_round_to_zero"),
    ],
)
def test_integer_operators_of_floats(refused: Any, name: str) -> None:
    with refused(hl.TypeMismatch, f"{name} needs integers, got float32", "halo.cast"):
        getattr(hl, name)(real, real)


def test_integer_operators_of_bools(refused: Any) -> None:
    with refused(hl.TypeMismatch, "halving_add needs integers, got bool", "halo.cast"):
        hl.halving_add(x > 0, y > 0)


@pytest.mark.parametrize("name", ["widening_add", "widening_sub", "widening_mul"])
def test_widening_of_the_widest_type(refused: Any, name: str) -> None:
    with refused(hl.TypeMismatch, f"{name} of", "no type of 128 bits", "32 bits first"):
        getattr(hl, name)(word, word)


def test_widening_of_float64(refused: Any) -> None:
    with refused(hl.TypeMismatch, "widening_mul of float64", "128 bits"):
        hl.widening_mul(hl.f64(x), hl.f64(x))


def test_widening_of_a_float_and_an_integer(refused: Any) -> None:
    with refused(hl.TypeMismatch, "widening_add needs integers, got float32"):
        hl.widening_add(real, byte)


@pytest.mark.parametrize("name", ["widening_shift_left", "widening_shift_right"])
def test_widening_shifts_of_the_widest_type(refused: Any, name: str) -> None:
    with refused(hl.TypeMismatch, f"{name} of int64", "128 bits"):
        getattr(hl, name)(word, 3)


@pytest.mark.parametrize("name", ["mul_shift_right", "rounding_mul_shift_right"])
def test_shifted_products_of_the_widest_type(refused: Any, name: str) -> None:
    with refused(hl.TypeMismatch, f"{name} of int64", "128 bits"):
        getattr(hl, name)(word, word, 3)


def test_a_product_shifted_by_a_negative_number(refused: Any) -> None:
    with refused(hl.TypeMismatch, "mul_shift_right by -1 bits", "not negative"):
        hl.mul_shift_right(byte, byte, -1)


@pytest.mark.parametrize("name", ["widen_right_add", "widen_right_sub", "widen_right_mul"])
def test_widen_right_of_types_that_do_not_fit(refused: Any, name: str) -> None:
    with refused(hl.TypeMismatch, f"{name} of uint8 and int32", "twice as wide", "halo.cast"):
        getattr(hl, name)(byte, x)


def test_a_shift_by_a_float(refused: Any) -> None:
    with refused(hl.TypeMismatch, "rounding_shift_right needs integers, got float32"):
        hl.rounding_shift_right(byte, 0.5)


def test_bits_of_different_types_put_together(refused: Any) -> None:
    with refused(hl.TypeMismatch, "concat_bits of uint8, int32", "one type"):
        hl.concat_bits([byte, x])


def test_more_bits_than_a_type_has_put_together(refused: Any) -> None:
    with refused(hl.TypeMismatch, "concat_bits of uint8, uint8, uint8", "8, 16, 32 or 64"):
        hl.concat_bits([byte, byte, byte])


def test_no_bits_put_together(refused: Any) -> None:
    with refused(hl.DefinitionError, "concat_bits needs one part"):
        hl.concat_bits([])


def test_more_bits_taken_out_than_there_are(refused: Any) -> None:
    with refused(hl.TypeMismatch, "extract_bits of uint16 from uint8", "8 bits"):
        hl.extract_bits(hl.UInt(16), byte, 0)


def test_a_signed_weight_of_lerp(refused: Any) -> None:
    with refused(hl.TypeMismatch, "the weight of a lerp has type int32", "unsigned"):
        hl.lerp(byte, byte, x)


def test_lerp_of_the_widest_integers(refused: Any) -> None:
    with refused(hl.TypeMismatch, "a lerp of int64", "128 bits", "float64"):
        hl.lerp(word, word, real)


def test_lerp_of_bools(refused: Any) -> None:
    with refused(hl.TypeMismatch, "a lerp between bools", "halo.select"):
        hl.lerp(x > 0, y > 0, real)


def test_mux_by_a_float(refused: Any) -> None:
    with refused(hl.TypeMismatch, "the index of mux needs integers, got float32"):
        hl.mux(real, [x, y])


def test_mux_of_tuples_of_different_lengths(refused: Any) -> None:
    with refused(hl.TypeMismatch, "a select between 2 and 3 values"):
        hl.mux(x, [hl.Tuple(x, y), hl.Tuple(x, y, x)])


def test_select_with_conditions_for_some_of_the_values(refused: Any) -> None:
    with refused(hl.TypeMismatch, "between 3 and 3 values, by 2 conditions"):
        hl.select(hl.Tuple(x > 0, y > 0), hl.Tuple(1, 2, 3), hl.Tuple(x, x, x))


def test_a_promise_of_a_limit_that_the_type_does_not_hold(refused: Any) -> None:
    with refused(hl.TypeMismatch, "unsafe_promise_clamped of int32 to a limit of float32"):
        hl.unsafe_promise_clamped(x, 0, real)


def test_the_negation_of_a_number(refused: Any) -> None:
    with refused(hl.TypeMismatch, "logical_not of float32", "e != 0"):
        real.logical_not()


def test_an_rvar_of_a_domain_with_several_dimensions(refused: Any) -> None:
    with refused(hl.DefinitionError, "has 2 dimensions", "r.x, r.y"):
        hl.RVar(hl.RDom([(0, 2), (0, 2)]))


def test_a_lambda_of_something_that_is_no_var(refused: Any) -> None:
    with refused(hl.DefinitionError, "lambda_func takes Vars, then the expression"):
        hl.lambda_func(x + 1, x)


def test_a_lambda_of_nothing(refused: Any) -> None:
    with refused(hl.DefinitionError, "lambda_func takes Vars"):
        hl.lambda_func()


def test_evaluating_what_depends_on_a_var(refused: Any) -> None:
    with refused(hl.DefinitionError, "Var x is used"):
        hl.evaluate(x + 1)


def test_an_expr_of_a_text(refused: Any) -> None:
    with refused(hl.TypeMismatch, "'one' of type str is not an expression"):
        hl.Expr("one")  # type: ignore[call-arg]
