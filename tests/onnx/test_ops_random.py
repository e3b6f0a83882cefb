"""Index maps that a search makes up, against numpy, with known sizes and with symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Check = Callable[..., Any]
few = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def counted(*shape: int) -> np.ndarray[Any, Any]:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@st.composite
def two_shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return two shapes of as many cells."""
    primes = draw(st.lists(st.sampled_from([2, 3, 5]), min_size=1, max_size=4))

    def shape() -> tuple[int, ...]:
        sizes = [1] * draw(st.integers(1, 4))
        for p in draw(st.permutations(primes)):
            sizes[draw(st.integers(0, len(sizes) - 1))] *= p
        return tuple(sizes)

    return shape(), shape()


@few
@given(two_shapes())
def test_any_reshape_keeps_the_order_of_cells(
    check_node: Check, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    source, target = shapes
    x = counted(*source)
    wanted = np.array(target, np.int64)
    check_node("Reshape", x, wanted, constants=[1], expected=[x.reshape(target)])


place = st.integers(-9, 9)


@few
@given(st.integers(2, 6), place, place, st.sampled_from([-3, -2, -1, 1, 2, 3]))
def test_any_slice_takes_the_cells_that_the_standard_names(
    check_node: Check, size: int, start: int, end: int, step: int
) -> None:
    x = counted(2, size)
    low, high = (0, size) if step > 0 else (-1, size - 1)
    # Where numpy gives nothing for a start before the first cell, ONNX begins at the first.
    first = np.clip(start + size if start < 0 else start, 0, high)
    last = np.clip(end + size if end < 0 else end, low, high)
    want = x[:, list(range(first, last, step))]
    arguments = [np.array([v]) for v in (start, end, 1, step)]
    check_node("Slice", x, *arguments, constants=[1, 2, 3, 4], expected=[want])


@few
@given(st.permutations(range(4)), st.permutations(range(4)))
def test_two_transpositions_are_one(check_node: Check, first: list[int], second: list[int]) -> None:
    x = counted(2, 3, 1, 4)
    (once,) = check_node("Transpose", x, perm=first, expected=[x.transpose(first)])
    check_node("Transpose", once, perm=second, expected=[once.transpose(second)])


@few
@given(
    st.lists(st.integers(-2, 3), min_size=4, max_size=4),
    st.sampled_from(["constant", "edge", "reflect"]),
)
def test_any_padding_adds_and_cuts(check_node: Check, pads: list[int], mode: Any) -> None:
    x = counted(4, 5)
    cut = x[max(-pads[0], 0) : 4 - max(-pads[2], 0), max(-pads[1], 0) : 5 - max(-pads[3], 0)]
    widths = [(max(pads[a], 0), max(pads[a + 2], 0)) for a in range(2)]
    if mode == "reflect" and any(
        p > n - 1 for w, n in zip(widths, cut.shape, strict=True) for p in w
    ):
        return
    if mode != "constant" and min(pads) < 0:
        return  # numpy mirrors what is left, ONNX leaves open what is mirrored
    want = np.pad(cut, widths, mode=mode)
    given_pads = np.array(pads, np.int64)
    check_node("Pad", x, given_pads, constants=[1], mode=mode, expected=[want])
