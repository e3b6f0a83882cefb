"""Operators as they were before version 7."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from onnx_frontend.errors import ModelError, UnsupportedOp

RNG = np.random.default_rng(6)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]


def floats(*shape: int) -> Array:
    return np.asarray(RNG.normal(size=shape), np.float32)


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((3,), 1), ((4,), 2), ((3, 4), 1), ((3, 4), -2), ((2, 3), 0), ((4,), None), ((), None)],
)
def test_the_second_operand_lies_along_axes_that_are_told(
    check_node: Check, shape: tuple[int, ...], axis: int | None
) -> None:
    a, b = floats(2, 3, 4), floats(*shape)
    first = 3 - len(shape) if axis is None else axis % 3
    spread = b.reshape((*shape, *[1] * (3 - first - len(shape))))
    given = {} if axis is None else {"axis": axis}
    for op, want in (("Add", a + spread), ("Sub", a - spread), ("Mul", a * spread)):
        check_node(op, a, b, opset=6, expected=[want], broadcast=1, **given)
    check_node("Less", a, b, opset=6, expected=[a < spread], broadcast=1, **given)


def test_without_broadcast_ranks_must_be_equal(check_node: Check) -> None:
    a = floats(2, 3)
    check_node("Add", a, a, opset=6, expected=[a + a])
    with pytest.raises(ModelError, match="broadcast only with the attribute"):
        check_node("Add", a, floats(3), opset=6, expected=[a])


def test_a_second_operand_of_too_many_axes_is_refused(check_node: Check) -> None:
    with pytest.raises(ModelError, match="more than are left"):
        check_node("Add", floats(3), floats(2, 3), opset=6, broadcast=1, expected=[floats(3)])
    with pytest.raises(ModelError, match="more than are left"):
        check_node("Mul", floats(3, 2), floats(3, 2), opset=6, broadcast=1, axis=1, expected=[])


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 4, 5)])
@pytest.mark.parametrize("count", [1, 3])
def test_prelu_has_a_slope_per_channel(
    check_node: Check, shape: tuple[int, ...], count: int
) -> None:
    x, slope = floats(*shape), floats(count)
    spread = slope.reshape(-1, *[1] * (len(shape) - 2))
    check_node("PRelu", x, slope, opset=6, expected=[np.where(x < 0, x * spread, x)])


def test_gemm_takes_broadcast_as_an_attribute(check_node: Check) -> None:
    a, b, c = floats(2, 3), floats(3, 4), floats(4)
    check_node("Gemm", a, b, c, opset=6, broadcast=1, alpha=0.5, expected=[0.5 * (a @ b) + c])


def test_batch_normalization_is_for_tests_only(check_node: Check) -> None:
    x, s, b, m = floats(2, 3, 4), floats(3), floats(3), floats(3)
    v = abs(floats(3))
    each = [p.reshape(3, 1) for p in (s, b, m, v)]
    want = (x - each[2]) / np.sqrt(each[3] + np.float32(1e-5)) * each[0] + each[1]
    check_node("BatchNormalization", x, s, b, m, v, opset=6, is_test=1, expected=[want])
    with pytest.raises(UnsupportedOp, match="is_test=1"):
        check_node("BatchNormalization", x, s, b, m, v, opset=6, expected=[want])
    with pytest.raises(UnsupportedOp, match="spatial=0"):
        check_node("BatchNormalization", x, s, b, m, v, opset=7, spatial=0, expected=[want])


def test_dropout_in_training_is_refused(check_node: Check) -> None:
    x = floats(2, 3)
    check_node("Dropout", x, opset=6, is_test=1, expected=[x])
    with pytest.raises(UnsupportedOp, match="is_test=1"):
        check_node("Dropout", x, opset=6, expected=[x])


def test_reshape_cast_pad_and_tile_take_attributes(check_node: Check) -> None:
    x = floats(2, 3)
    check_node("Reshape", x, opset=4, shape=[3, -1], expected=[x.reshape(3, 2)])
    check_node("Cast", x, opset=5, to="INT32", expected=[x.astype(np.int32)])
    check_node("Pad", x, opset=1, paddings=[0, 1, 1, 0], expected=[np.pad(x, ((0, 1), (1, 0)))])
    tiles, axis = np.array([2], np.int64), np.array([1], np.int64)
    check_node("Tile", x, tiles, axis, opset=5, constants=[1, 2], expected=[np.tile(x, (1, 2))])
    with pytest.raises(ModelError, match="no element type"):
        check_node("Cast", x, opset=5, to="NUMBER", expected=[x])


def test_selu_and_clip_have_their_first_constants(check_node: Check) -> None:
    x = floats(2, 3)
    want = np.where(x > 0, x, np.float32(1.6732) * np.expm1(x)) * np.float32(1.0507)
    check_node("Selu", x, opset=1, expected=[want])
    check_node("Clip", x, opset=1, min=-0.5, max=0.5, expected=[x.clip(-0.5, 0.5)])
