"""Operators that move cells: reshaping, slicing, joining, gathering, padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

RNG = np.random.default_rng(8)
Check = Callable[..., Any]
FAR = (1 << 63) - 1


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(RNG.normal(size=shape), np.float32)


def ints(values: Sequence[int]) -> np.ndarray[Any, Any]:
    return np.array(values, np.int64)


@pytest.mark.parametrize(
    ("shape", "target"),
    [
        ((2, 3, 4), (6, 4)),
        ((2, 3, 4), (-1,)),
        ((2, 3, 4), (0, -1)),
        ((2, 3, 4), (4, 3, 2)),
        ((2, 3, 4), (2, 1, 12)),
        ((6, 4), (3, 0, -1)),
        ((1, 6), (2, 3)),
        ((1, 1), ()),
        ((6, 35), (10, 21)),
    ],
)
def test_reshape_keeps_the_order_of_cells(
    check_node: Check, shape: tuple[int, ...], target: tuple[int, ...]
) -> None:
    check_node("Reshape", floats(*shape), ints(target), constants=[1])


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_flatten_makes_a_matrix(check_node: Check, axis: int) -> None:
    check_node("Flatten", floats(2, 3, 4), axis=axis)


def test_squeeze_takes_axes_as_attribute_or_input(check_node: Check) -> None:
    x = floats(1, 3, 1, 4)
    check_node("Squeeze", x, axes=[0, 2], opset=11)
    check_node("Squeeze", x, ints([-2]), constants=[1])
    check_node("Squeeze", x, symbolic=False)


def test_unsqueeze_takes_axes_as_attribute_or_input(check_node: Check) -> None:
    x = floats(3, 4)
    check_node("Unsqueeze", x, axes=[0, 3], opset=11)
    check_node("Unsqueeze", x, ints([-1, 1]), constants=[1])


@pytest.mark.parametrize("perm", [None, [0, 2, 1], [2, 0, 1]])
def test_transpose_orders_the_axes(check_node: Check, perm: list[int] | None) -> None:
    check_node("Transpose", floats(2, 3, 4), **({} if perm is None else {"perm": perm}))


def test_expand_broadcasts_both_ways(check_node: Check) -> None:
    check_node("Expand", floats(3, 1), ints([2, 1, 5]), constants=[1])
    check_node("Expand", floats(3, 4), ints([1, 1]), constants=[1])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concat_joins_along_an_axis(check_node: Check, axis: int) -> None:
    parts = [floats(*[n if a == axis % 3 else 2 for a in range(3)]) for n in (1, 3, 2)]
    check_node("Concat", *parts, axis=axis)


def test_concat_of_one_input_copies_it(check_node: Check) -> None:
    check_node("Concat", floats(2, 3), axis=0)


def test_split_takes_sizes_as_attribute_input_or_evenly(check_node: Check) -> None:
    x = floats(2, 7)
    check_node("Split", x, axis=1, split=[2, 5], outputs=2, opset=11)
    check_node("Split", x, ints([1, 4, 2]), axis=1, outputs=3, constants=[1], opset=13)
    check_node("Split", floats(6, 2), axis=0, outputs=3, opset=13)
    check_node("Split", x, axis=1, outputs=3, num_outputs=3, opset=18)


@pytest.mark.parametrize(
    ("starts", "ends", "axes", "steps"),
    [
        ([1], [4], [0], [1]),
        ([0, 1], [FAR, -1], [0, 1], [1, 1]),
        ([-3], [FAR], [1], [2]),
        ([-1], [-FAR - 1], [0], [-1]),
        ([-2], [0], [1], [-2]),
        ([100], [-100], [1], [-3]),
        ([2], [1], [0], [1]),
    ],
)
def test_slice_counts_from_both_ends(
    check_node: Check, starts: list[int], ends: list[int], axes: list[int], steps: list[int]
) -> None:
    arguments = [ints(v) for v in (starts, ends, axes, steps)]
    check_node("Slice", floats(5, 7), *arguments, constants=[1, 2, 3, 4])


def test_slice_before_version_10_has_attributes(check_node: Check) -> None:
    x = floats(5, 7)
    want = x[1:, 2:-1]
    check_node("Slice", x, starts=[1, 2], ends=[9, -1], axes=[0, 1], opset=9, expected=[want])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gather_takes_slices_at_known_and_at_computed_places(check_node: Check, axis: int) -> None:
    x, places = floats(4, 3, 5), ints([[0, 2], [-1, 1]])
    check_node("Gather", x, places, axis=axis)
    check_node("Gather", x, places, axis=axis, constants=[1])
    check_node("Gather", x, np.array(-2, np.int64), axis=axis, constants=[1])


def test_gather_elements_moves_along_an_axis(check_node: Check) -> None:
    check_node("GatherElements", floats(3, 4), ints([[0, 1, 2, 0], [-1, 0, 1, 2]]), axis=0)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
def test_pad_adds_cells_around(check_node: Check, mode: str) -> None:
    check_node("Pad", floats(4, 5), ints([0, 2, 3, 1]), constants=[1], mode=mode, opset=18)


def test_pad_adds_a_given_value_to_given_axes_and_cuts(check_node: Check) -> None:
    value = np.array(2.5, np.float32)
    check_node("Pad", floats(4, 5), ints([1, 2, 0, 3]), value, constants=[1])
    x = floats(4, 5)
    want = np.pad(x, [(0, 0), (2, 1)])
    axes = ints([-1])
    check_node("Pad", x, ints([2, 1]), None, axes, constants=[1, 3], opset=18, expected=[want])
    cut = np.pad(x[1:], [(0, 1), (0, 0)])
    check_node("Pad", x, ints([-1, 0, 1, 0]), constants=[1], expected=[cut])


def test_pad_before_version_11_has_attributes(check_node: Check) -> None:
    x = floats(2, 3)
    want = np.pad(x, [(0, 1), (2, 0)], constant_values=1.5)
    check_node("Pad", x, pads=[0, 2, 1, 0], value=1.5, opset=10, expected=[want])


def test_tile_repeats_along_each_axis(check_node: Check) -> None:
    check_node("Tile", floats(2, 3), ints([2, 1]), constants=[1])


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space_moves_channels_into_the_plane(check_node: Check, mode: str) -> None:
    check_node("DepthToSpace", floats(1, 8, 2, 3), blocksize=2, mode=mode, symbolic=False)


def test_space_to_depth_moves_blocks_into_channels(check_node: Check) -> None:
    check_node("SpaceToDepth", floats(1, 2, 4, 6), blocksize=2, symbolic=False)


def test_shape_and_size_give_sizes(check_node: Check) -> None:
    x = floats(2, 3, 4)
    check_node("Shape", x)
    check_node("Shape", x, start=1)
    check_node("Shape", x, start=-2, end=-1)
    check_node("Size", x)


def test_eye_like_puts_ones_on_a_diagonal(check_node: Check) -> None:
    check_node("EyeLike", floats(3, 4), k=1)


def test_space_to_depth_puts_blocks_or_channels_first(check_node: Check) -> None:
    x = floats(2, 3, 4, 6)
    blocks = x.reshape(2, 3, 2, 2, 3, 2)
    for mode, order in (("DCR", (0, 3, 5, 1, 2, 4)), ("CRD", (0, 1, 3, 5, 2, 4))):
        want = blocks.transpose(order).reshape(2, 12, 2, 3)
        check_node(
            "SpaceToDepth", x, expected=[want], symbolic=False, blocksize=2, mode=mode, opset=28
        )
