"""Products of 8-bit numbers of com.microsoft, and the LSTM of 8-bit weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from runtime_nodes import RNG, Case, check_cases, codes, floats, same_numbers, zero

numbers_begin_anew = same_numbers(29)
Array = np.ndarray[Any, np.dtype[Any]]


def steps(*shape: int) -> Array:
    return np.asarray(RNG.random(shape) * 0.02 + 0.01, np.float32)


def test_gemm_of_codes_is_scaled_or_a_float() -> None:
    a, b = codes(np.uint8, 5, 7), codes(np.int8, 7, 4)
    bias = RNG.integers(-5000, 5000, (4,)).astype(np.int32)
    own = (a, steps(), zero(np.uint8, 113), b, steps(4), codes(np.int8, 4))
    made = (np.array(0.37, np.float32), zero(np.uint8, 90))
    turned = (a.T.copy(), *own[1:3], b.T.copy(), *own[4:])
    fixed = (1, 2, 3, 4, 5, 6, 7, 8)
    check_cases(
        Case("QGemm", (*own, bias, *made), {"alpha": 0.75}, fixed),
        Case("QGemm", (*turned, bias, *made), {"transA": 1, "transB": 1}, fixed),
        Case("QGemm", (*own, None), {}, fixed),
        Case("QGemm", (*turned[:3], *own[3:], bias), {"transA": 1, "alpha": 2.0}),
        Case(
            "QGemm",
            (
                codes(np.uint8, 1, 1),
                steps(),
                zero(np.uint8, 1),
                codes(np.uint8, 1, 1),
                steps(),
                zero(np.uint8, 3),
                None,
                *made,
            ),
        ),
    )


@pytest.mark.parametrize("types", [(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)])
def test_products_become_floats(types: tuple[Any, Any]) -> None:
    a, b = codes(types[0], 2, 3, 6), codes(types[1], 6, 4)
    zeros = (zero(types[0], 77), codes(types[1], 4))
    deep = codes(types[1], 2, 6, 4)
    check_cases(
        Case("MatMulIntegerToFloat", (a, b, steps(), steps(4), *zeros, floats(4)), {}, (1, 3, 5)),
        Case("MatMulIntegerToFloat", (a, b, steps(1), steps(1), *zeros[:1], zero(types[1], 9))),
        Case("MatMulIntegerToFloat", (a, deep, steps(), steps())),
        Case(
            "MatMulIntegerToFloat", (codes(types[0], 1, 1), codes(types[1], 1, 1), steps(), steps())
        ),
    )


@pytest.mark.parametrize("type", [np.uint8, np.int8])
def test_floats_are_brought_to_codes_by_their_range(type: Any) -> None:
    a, b = floats(2, 3, 6), codes(type, 6, 5)
    zeros = codes(type, 5)
    check_cases(
        Case("DynamicQuantizeMatMul", (a, b, steps(5), zeros, floats(5)), {}, (1, 2, 3, 4)),
        Case("DynamicQuantizeMatMul", (a, b, steps(1)), {}, (1, 2)),
        Case("DynamicQuantizeMatMul", (np.zeros((2, 6), np.float32), b, steps(1))),
        Case("DynamicQuantizeLinear", (floats(3, 4),), outputs=3, domain=""),
        Case("DynamicQuantizeLinear", (np.zeros((1, 2), np.float32),), outputs=3, domain=""),
        Case("DynamicQuantizeLinear", (np.abs(floats(7)),), outputs=3, domain=""),
    )


def test_products_of_16_bit_integers() -> None:
    check_cases(Case("MatMulInteger16", (codes(np.int16, 3, 5) // 64, codes(np.int16, 5, 4) // 64)))


@pytest.mark.parametrize("last", [0, 1])
def test_convolutions_whose_channels_may_be_last(last: int) -> None:
    x, w = codes(np.uint8, 1, 5, 6, 4), codes(np.int8, 3, 4 if last else 5, 3, 2)
    bias = RNG.integers(-900, 900, 3).astype(np.int32)
    scales = (steps(), zero(np.uint8, 100), w, steps(3), np.zeros(3, np.int8))
    inputs = (x, *scales, np.array(0.31, np.float32), zero(np.uint8, 120), bias)
    fixed = (1, 2, 3, 4, 5, 6, 7, 8)
    pads = {"channels_last": last, "pads": [1, 0, 1, 1], "strides": [2, 1]}
    check_cases(
        Case("QLinearConv", inputs, pads, fixed),
        Case("QLinearConv", inputs[:8], {"channels_last": last}, fixed),
    )


def lstm(
    directions: int, batch: int, type: Any, per_gate: bool, *more: Array | None, **attributes: Any
) -> Case:
    units, size = 8, 6
    zeros = 0 if type is np.int8 else 128
    weights = codes(type, directions, size, 4 * units), codes(type, directions, units, 4 * units)
    shape = (directions, 4 * units) if per_gate else (directions,)
    scales = [t for _ in weights for t in (steps(*shape) / 3, np.full(shape, zeros, type))]
    x = floats(5, batch, size)
    optional = (*more, None, None, None, None, None)[:5]
    return Case(
        "DynamicQuantizeLSTM",
        (x, *weights, *optional, *scales),
        {"hidden_size": units, **attributes},
        (1, 2, 3, 8, 9, 10, 11),
        3,
        rtol=1e-4,
        atol=1e-5,
    )


def test_states_of_an_lstm_are_brought_to_codes_at_each_step() -> None:
    bias = floats(1, 64)
    state = floats(1, 1, 8) / 2, floats(1, 1, 8)
    lengths = np.array([3], np.int32)
    check_cases(
        lstm(1, 1, np.int8, False, bias),
        lstm(1, 1, np.uint8, True, bias, None, *state, direction="reverse"),
        lstm(2, 1, np.int8, True, None, lengths, direction="bidirectional"),
        lstm(1, 1, np.int8, False, bias, None, None, None, floats(1, 24), clip=2.0),
    )


def test_samples_of_a_batch_have_ranges_of_their_own() -> None:
    # onnxruntime takes one range for all samples; a code of either is 1/128 of the state's range.
    case = lstm(1, 3, np.int8, False, floats(1, 64))
    check_cases(Case(**{**vars(case), "rtol": 0.05, "atol": 0.05}))
