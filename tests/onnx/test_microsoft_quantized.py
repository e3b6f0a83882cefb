"""Operators of com.microsoft on 8-bit numbers: the codes that onnxruntime gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from runtime_nodes import RNG, Case, check_cases, codes, same_numbers, zero

numbers_begin_anew = same_numbers(23)
Array = np.ndarray[Any, np.dtype[Any]]


def step(value: float) -> Array:
    return np.array(value, np.float32)


TYPES = pytest.mark.parametrize("type", [np.uint8, np.int8])
SHAPES = [((2, 3, 5), (2, 3, 5)), ((2, 3, 5), (5,)), ((1, 1), (4, 3)), ((), (3,)), ((0, 3), (3,))]


@TYPES
def test_sums_and_products_broadcast(type: Any) -> None:
    cases = []
    for a, b in SHAPES:
        scales = (step(0.021), zero(type, 7), step(0.0173), zero(type, 100))
        inputs = (codes(type, *a), *scales[:2], codes(type, *b), *scales[2:])
        options: Any = {"constants": (1, 2, 4, 5, 6, 7), "symbolic": 0 not in a}
        cases.append(Case("QLinearAdd", (*inputs, step(0.043), zero(type, 90)), **options))
        cases.append(Case("QLinearMul", (*inputs, step(0.0551), zero(type, -9 % 128)), **options))
    x, y = codes(type, 2, 3), codes(type, 2, 3)
    flags = RNG.integers(0, 2, (4, 2, 1)).astype(bool)
    scales = (step(0.02), zero(type, 3), y, step(0.03), zero(type, 9), step(0.025), zero(type, 1))
    cases.append(Case("QLinearWhere", (flags, x, *scales)))
    check_cases(*cases)


@TYPES
def test_functions_are_looked_up(type: Any) -> None:
    every = np.arange(np.iinfo(type).min, np.iinfo(type).max + 1).astype(type)
    scales = (step(0.03), zero(type, 77), step(0.0078125), zero(type, 2))
    default = (step(0.5), zero(type, 0), step(1 / 256), zero(type, 0))
    check_cases(
        Case("QLinearSigmoid", (every, *scales), constants=(1, 2, 3, 4)),
        Case("QLinearSigmoid", (codes(type, 1, 3, 2), *default), left_out=(2, 4)),
        Case("QLinearLeakyRelu", (every, *scales), constants=(1, 2, 3, 4)),
        Case("QLinearLeakyRelu", (codes(type, 2, 1), *scales), {"alpha": 0.25}),
        Case("QLinearSigmoid", (codes(type, 0, 2), *scales), symbolic=False),
    )


@TYPES
def test_softmax_is_within_a_code(type: Any) -> None:
    # onnxruntime forms it of integers of its own, which may round the other way.
    x = codes(type, 2, 3, 7)
    made = (step(1 / 256), zero(type, 0 if type is np.uint8 else -128))
    inputs = (x, step(0.04), zero(type, 5), *made)
    kinds = [{"opset": 13, "axis": 1}, {"opset": 13}, {"opset": 12, "axis": 1}]
    check_cases(*[Case("QLinearSoftmax", inputs, kind, rtol=0, atol=1) for kind in kinds])


@TYPES
def test_parts_are_brought_to_one_scale(type: Any) -> None:
    own = (step(0.25), zero(type, 3))
    parts = (codes(type, 2, 3), *own, codes(type, 2, 1), step(0.1), zero(type, 90))
    fixed = (0, 1, 3, 4, 6, 7)
    check_cases(
        Case("QLinearConcat", (*own, *parts), {"axis": 1}, fixed),
        Case(
            "QLinearConcat",
            (*own, codes(type, 0, 3), *own, *parts[:3]),
            {"axis": -2},
            fixed,
            symbolic=False,
        ),
        Case("QLinearConcat", (*own, codes(type, 4), *own), {"axis": 0}),
    )


@TYPES
@pytest.mark.parametrize("last", [0, 1])
def test_means_of_windows_and_channels(type: Any, last: int) -> None:
    x = codes(type, 2, 5, 6, 3)
    scales = (step(0.03), zero(type, 70), step(0.0217), zero(type, 60))
    fixed = (1, 2, 3, 4)
    window = {"kernel_shape": [3, 2], "strides": [2, 1], "channels_last": last}
    padded = {**window, "pads": [1, 0, 1, 1]}
    whole = {"channels_last": last}
    check_cases(
        Case("QLinearAveragePool", (x, *scales), window, fixed),
        Case("QLinearAveragePool", (x, *scales), padded, fixed),
        Case("QLinearAveragePool", (x, *scales), {**padded, "count_include_pad": 1}, fixed),
        Case("QLinearAveragePool", (x, *scales), {**window, "ceil_mode": 1}, fixed),
        Case("QLinearGlobalAveragePool", (x, *scales), whole, fixed),
        Case("QLinearGlobalAveragePool", (codes(type, 1, 1, 1, 1), *scales), whole, fixed),
    )


@TYPES
def test_means_along_axes(type: Any) -> None:
    x, info = codes(type, 3, 4, 5), np.iinfo(type)
    own, made = (step(0.021), zero(type, 7)), (step(0.0173), zero(type, 40))
    cases = []
    for zeros in ((7, 40), (0, 0)):
        left = zeros == (0, 0)
        inputs = (x, own[0], None, made[0], None) if left else (x, *own, *made)
        for axes in ((1,), (0, 2), (-1, 0, 1), (0, 1, 2)):
            for keep in (0, 1):
                # onnxruntime has no kernel for processors.
                numbers = x.astype(np.int32) - zeros[0]
                mean = numbers.mean(axes, keepdims=bool(keep))
                moved = np.rint(mean * own[0] / made[0]) + zeros[1]
                want = np.clip(moved, info.min, info.max).astype(type)
                given = {"axes": list(axes), "keepdims": keep}
                cases.append(Case("QLinearReduceMean", inputs, given, expected=[want]))
    check_cases(*cases)
