"""DFT, STFT, MelWeightMatrix against numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(24)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]


def pair(x: Array, dtype: Any = np.float32) -> Array:
    """Return complex numbers as real and imaginary parts along a new axis."""
    return np.stack([x.real, x.imag], axis=-1).astype(dtype)


def complexes(*shape: int) -> Array:
    return np.asarray(RNG.normal(size=shape) + 1j * RNG.normal(size=shape))


def scalar(n: int) -> Array:
    return np.array(n, np.int64)


@pytest.mark.parametrize("axis", [0, 1, -2])
@pytest.mark.parametrize("length", [None, 1, 3, 9])
@pytest.mark.parametrize("inverse", [0, 1])
def test_a_transform_along_an_axis_of_any_length(
    check_node: Check, axis: int, length: int | None, inverse: int
) -> None:
    z = complexes(5, 1, 6)
    place = {0: 0, 1: 1, -2: 2}[axis]
    function = np.fft.ifft if inverse else np.fft.fft
    want = pair(function(z, n=length, axis=place))
    check_node(
        "DFT",
        pair(z),
        None if length is None else scalar(length),
        scalar(axis),
        opset=20,
        constants=[1, 2] if length is not None else [2],
        symbolic=False,
        expected=[want],
        rtol=1e-4,
        atol=1e-5,
        inverse=inverse,
    )


@pytest.mark.parametrize("count", [1, 2, 7, 8])
def test_half_of_the_transform_of_a_real_signal_tells_all(check_node: Check, count: int) -> None:
    x = RNG.normal(size=(2, count, 1)).astype(np.float32)
    half = np.fft.rfft(x[..., 0], axis=1)
    known = {"opset": 17, "symbolic": False, "rtol": 1e-4, "atol": 1e-5, "onesided": 1}
    check_node("DFT", x, expected=[pair(half)], axis=1, **known)
    back = [np.fft.irfft(half, n=count, axis=1)[..., None].astype(np.float32)]
    length = scalar(count)
    check_node("DFT", pair(half), length, constants=[1], expected=back, axis=1, inverse=1, **known)


def test_axis_and_length_may_be_data(check_compiled: Check) -> None:
    z = complexes(4, 3, 5)
    for axis in (0, 1, -2):
        place = {0: 0, 1: 1, -2: 2}[axis]
        for length in (2, 7):
            want = [pair(np.fft.fft(z, n=length, axis=place))]
            given = pair(z), scalar(length), scalar(axis)
            check_compiled("DFT", *given, symbolic=False, expected=want, rtol=1e-4, atol=1e-5)


def test_a_transform_in_float64_is_exact(check_node: Check) -> None:
    z = complexes(1, 50)
    want = [pair(np.fft.fft(z), np.float64)]
    check_node("DFT", pair(z, np.float64), opset=17, symbolic=False, expected=want, rtol=1e-10)


def test_what_is_no_signal_is_refused(check_node: Check) -> None:
    x = np.zeros((2, 3, 3), np.float32)
    with pytest.raises(ModelError, match="the real part"):
        check_node("DFT", x, opset=17, expected=[])
    with pytest.raises(ModelError, match="a complex signal"):
        check_node("DFT", x[..., :2], opset=17, expected=[], symbolic=False, onesided=1)


@pytest.mark.parametrize("onesided", [0, 1])
@pytest.mark.parametrize("windowed", [False, True])
def test_pieces_of_a_signal(check_compiled: Check, onesided: int, windowed: bool) -> None:
    x = RNG.normal(size=(2, 20, 1)).astype(np.float32)
    window = RNG.uniform(size=6).astype(np.float32)
    starts = range(0, 20 - 6 + 1, 4)
    pieces = np.stack([x[:, s : s + 6, 0] for s in starts], axis=1)
    pieces = pieces * window if windowed else pieces
    want = np.fft.rfft(pieces) if onesided else np.fft.fft(pieces)
    check_compiled(
        "STFT",
        x,
        scalar(4),
        window if windowed else None,
        None if windowed else scalar(6),
        opset=17,
        expected=[pair(want)],
        rtol=1e-4,
        atol=1e-5,
        onesided=onesided,
    )


def test_mel_weights(check_compiled: Check) -> None:
    edges = [np.array(v, np.float32) for v in (20.0, 4000.0)]
    check_compiled("MelWeightMatrix", scalar(8), scalar(64), scalar(8000), *edges, opset=17)
    check_compiled(
        "MelWeightMatrix", scalar(3), scalar(9), scalar(8000), *edges, opset=17, output_datatype=11
    )
