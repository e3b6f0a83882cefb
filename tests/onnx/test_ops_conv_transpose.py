"""Transposed convolutions, norms of windows, and what moves numbers towards zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from onnx_frontend import ModelError

RNG = np.random.default_rng(19)
Check = Callable[..., Any]


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(RNG.normal(size=shape), np.float32)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"strides": [2, 3]},
        {"strides": [2, 2], "pads": [1, 0, 1, 2]},
        {"strides": [3, 2], "output_padding": [1, 1]},
        {"dilations": [2, 1]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
        {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
    ],
)
def test_transposed_convolutions(check_node: Check, attributes: dict[str, Any]) -> None:
    x, w, b = floats(2, 2, 3, 4), floats(2, 3, 3, 2), floats(3)
    check_node("ConvTranspose", x, w, b, constants=[1, 2], rtol=1e-4, atol=1e-5, **attributes)


def test_transposed_convolutions_in_groups_and_one_axis(check_node: Check) -> None:
    x, w = floats(1, 4, 5), floats(4, 3, 2)
    whole = [floats(1, 2, 5), floats(2, 3, 2)]
    check_node("ConvTranspose", *whole, constants=[1], strides=[2], rtol=1e-4, atol=1e-5)
    want = [
        sum(np.convolve(x[0, 2 * (m // 3) + c], w[2 * (m // 3) + c, m % 3]) for c in range(2))
        for m in range(6)
    ]
    options = {"expected": [np.array([want], np.float32)], "rtol": 1e-4, "atol": 1e-5}
    check_node("ConvTranspose", x, w, constants=[1], group=2, **options)


def test_the_adjoint_of_a_convolution_is_its_transpose(check_node: Check) -> None:
    x, w = floats(1, 2, 3, 3), floats(2, 1, 3, 3)
    want = np.zeros((1, 1, 7, 7), np.float32)
    for c in range(2):
        for i in range(3):
            for j in range(3):
                want[0, 0, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += x[0, c, i, j] * w[c, 0]
    options = {"strides": [2, 2], "rtol": 1e-4, "atol": 1e-5}
    check_node("ConvTranspose", x, w, constants=[1], expected=[want], **options)
    options |= {"output_shape": [6, 6]}
    check_node("ConvTranspose", x, w, constants=[1], expected=[want[:, :, 1:, 1:]], **options)


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("pads", [[0, 0], [1, 1]])
def test_norms_of_windows(check_node: Check, p: int, pads: list[int]) -> None:
    x = floats(2, 3, 7)
    moved = np.pad(np.abs(x) ** p, [(0, 0), (0, 0), tuple(pads)])
    windows = np.lib.stride_tricks.sliding_window_view(moved, 3, axis=2)[:, :, ::2]
    options = {"kernel_shape": [3], "strides": [2], "p": p, "pads": pads}
    check_node("LpPool", x, rtol=1e-4, expected=[windows.sum(-1) ** np.float32(1 / p)], **options)


@pytest.mark.parametrize("p", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_norms_of_channels(check_node: Check, p: int, dtype: type) -> None:
    x = floats(2, 3, 7, 5).astype(dtype)
    norms = np.linalg.norm(x.astype(np.float64).reshape(2, 3, 35), p, axis=2)
    rtol = 1e-3 if dtype is np.float16 else 1e-6
    check_node("GlobalLpPool", x, rtol=rtol, p=p, expected=[norms[..., None, None].astype(dtype)])


def test_a_norm_of_no_order_is_refused(check_node: Check) -> None:
    with pytest.raises(ModelError, match="LpPool node 'under_test': p is 0"):
        check_node("LpPool", floats(1, 1, 4), kernel_shape=[2], p=0, expected=[floats(1)])
    with pytest.raises(ModelError, match="GlobalLpPool node 'under_test': p is 0"):
        check_node("GlobalLpPool", floats(1, 1, 4), p=0, expected=[floats(1)])


def test_shrink_moves_numbers_towards_zero(check_node: Check) -> None:
    check_node("Shrink", floats(3, 5), lambd=0.4, bias=0.3)
    check_node("Shrink", RNG.integers(-4, 5, (2, 3)).astype(np.int32), lambd=1.0, bias=1.0)
