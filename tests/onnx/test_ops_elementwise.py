"""Elementwise operators give what onnx's reference gives, broadcast included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

RNG = np.random.default_rng(7)
Check = Callable[..., Any]


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(RNG.normal(size=shape), np.float32)


def positive(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(np.abs(RNG.normal(size=shape)) + 0.1, np.float32)


def integers(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.integers(-9, 10, size=shape).astype(np.int64)


UNARY = """
Abs Asinh Atan Ceil Celu Cos Elu Erf Exp Floor HardSigmoid HardSwish Identity LeakyRelu Neg
Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Tanh ThresholdedRelu
"""


@pytest.mark.parametrize("op", UNARY.split())
def test_a_function_of_one_operand_is_applied_to_each_cell(check_node: Check, op: str) -> None:
    check_node(op, floats(3, 1, 5), rtol=1e-4)


@pytest.mark.parametrize("op", ["Sqrt", "Log", "Reciprocal"])
def test_a_function_of_positive_numbers_is_applied_to_each_cell(check_node: Check, op: str) -> None:
    check_node(op, positive(3, 5), rtol=1e-4)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"])
@pytest.mark.parametrize(
    ("a", "b"),
    [((2, 3, 5), (2, 3, 5)), ((2, 3, 5), (5,)), ((3, 1), (2, 1, 5)), ((), (3, 2)), ((1,), ())],
)
def test_two_operands_broadcast(
    check_node: Check, op: str, a: tuple[int, ...], b: tuple[int, ...]
) -> None:
    check_node(op, floats(*a), positive(*b))


@pytest.mark.parametrize("op", ["Max", "Min", "Sum", "Mean"])
@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_operands_is_combined(check_node: Check, op: str, count: int) -> None:
    shapes = [(2, 3), (3,), (2, 1)][:count]
    check_node(op, *[floats(*s) for s in shapes])


def test_the_mean_of_operands_that_broadcast(check_node: Check) -> None:
    a, b = floats(3, 1), floats(2, 1, 5)
    check_node("Mean", a, b, expected=[(a + b) / np.float32(2)])


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Max", "Min"])
def test_integers_stay_integers(check_node: Check, op: str) -> None:
    check_node(op, integers(4, 3), integers(3))


def test_the_quotient_of_integers_is_truncated(check_node: Check) -> None:
    a, b = np.array([7, -7, 7, -7, 0]), np.array([2, 2, -2, -2, 3])
    check_node("Div", a, b, expected=[np.array([3, -3, -3, 3, 0])])


@pytest.mark.parametrize("fmod", [0, 1])
def test_the_remainder_of_integers_has_the_sign_that_is_asked_for(
    check_node: Check, fmod: int
) -> None:
    a, b = np.array([7, -7, 7, -7, 6]), np.array([3, 3, -3, -3, 3])
    check_node("Mod", a, b, fmod=fmod)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0, 3.0, -1.0, 1.7])
def test_a_power_with_a_known_exponent(check_node: Check, exponent: float) -> None:
    check_node("Pow", positive(3, 4), np.array(exponent, np.float32), constants=[1], rtol=1e-4)


def test_a_power_with_computed_exponents(check_node: Check) -> None:
    check_node("Pow", positive(3, 4), floats(4), rtol=1e-4)


@pytest.mark.parametrize("op", ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"])
def test_a_comparison_gives_bools(check_node: Check, op: str) -> None:
    check_node(op, integers(4, 5) // 4, integers(5) // 4)


@pytest.mark.parametrize("op", ["And", "Or", "Xor"])
def test_bools_are_combined(check_node: Check, op: str) -> None:
    check_node(op, integers(4, 5) > 0, integers(5) > 0)


def test_not_negates_bools(check_node: Check) -> None:
    check_node("Not", integers(4, 5) > 0)


def test_where_chooses_between_broadcast_operands(check_node: Check) -> None:
    check_node("Where", integers(3, 1) > 0, floats(3, 5), floats(5))


@pytest.mark.parametrize("target", [np.int32, np.int64, np.float64, np.bool_, np.uint8])
def test_cast_truncates_floats_and_makes_zero_false(check_node: Check, target: Any) -> None:
    from onnx import helper

    x = np.array([0.0, 1.9, 2.0, 100.5, -0.0, 7.0], np.float32)
    number = helper.np_dtype_to_tensor_dtype(np.dtype(target))
    check_node("Cast", x, to=number, expected=[x.astype(target)])


def test_cast_of_bools_gives_zero_and_one(check_node: Check) -> None:
    check_node("Cast", integers(5) > 0, to=1)


def test_clip_before_version_11_has_attributes(check_node: Check) -> None:
    check_node("Clip", floats(3, 5), min=-0.5, max=0.25, opset=9)


@pytest.mark.parametrize("low", [None, np.array(-0.5, np.float32)])
@pytest.mark.parametrize("high", [None, np.array(0.25, np.float32)])
def test_clip_from_version_11_has_optional_inputs(check_node: Check, low: Any, high: Any) -> None:
    x = floats(3, 5)
    expected = x if low is None else np.maximum(x, low)
    expected = expected if high is None else np.minimum(expected, high)
    check_node("Clip", x, low, high, expected=[expected])


def test_prelu_broadcasts_its_slope(check_node: Check) -> None:
    check_node("PRelu", floats(2, 3, 4), floats(3, 1))


def test_gelu_is_known_in_both_forms(check_node: Check) -> None:
    x = floats(3, 5)
    check_node("Gelu", x, opset=20, rtol=1e-4)
    check_node("Gelu", x, opset=20, rtol=1e-4, approximate="tanh")


def test_nan_passes_through_relu_clip_and_maximum(check_node: Check) -> None:
    x = np.array([np.nan, -1.0, 2.0], np.float32)
    zero = np.zeros(3, np.float32)
    want = np.array([np.nan, 0.0, 2.0], np.float32)
    check_node("Relu", x, expected=[want])
    check_node("Clip", x, np.array(0, np.float32), expected=[want])
    check_node("Max", x, zero, expected=[want])
    check_node("Max", zero, x, expected=[want])


def test_infinities_and_nan_are_told(check_node: Check) -> None:
    x = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)
    check_node("IsNaN", x, opset=13)
    check_node("IsInf", x, opset=10)
    check_node("IsInf", x, opset=10, detect_negative=0)
    check_node("IsInf", x, opset=10, detect_positive=0)


def test_bits_are_shifted(check_node: Check) -> None:
    a, b = np.array([1, 6, 200], np.uint8), np.array([2, 1, 3], np.uint8)
    check_node("BitShift", a, b, direction="LEFT")
    check_node("BitShift", a, b, direction="RIGHT")


def test_dropout_keeps_its_input(check_node: Check) -> None:
    x = floats(3, 4)
    check_node("Dropout", x, opset=13, expected=[x])


@pytest.mark.parametrize("fmod", [0, 1])
def test_the_remainder_of_floats_by_zero_and_infinity(check_node: Check, fmod: int) -> None:
    a = np.array([-3.0, 3.0, 0.0, np.inf, 1.0, np.nan, -1.0, 5.5], np.float32)
    b = np.array([np.inf, np.inf, -np.inf, 2.0, 0.0, 2.0, -np.inf, -2.0], np.float32)
    with np.errstate(all="ignore"):
        want = np.fmod(a, b) if fmod else np.mod(a, b)
    check_node("Mod", a, b, fmod=fmod, expected=[want], symbolic=False)
