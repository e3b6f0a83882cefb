"""TopK, NonZero, Compress, Unique: which cells are picked, and how many, is data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from onnx import helper

from halo.errors import BufferError
from onnx_frontend import backend
from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(21)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]
NUMBERS = [np.float32, np.float64, np.float16, np.int64, np.int32, np.int8, np.uint8, np.uint64]


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def numbers(dtype: Any, *shape: int) -> Array:
    return np.asarray(RNG.integers(0, 6, size=shape)).astype(dtype)


def top(x: Array, k: int, axis: int, largest: int) -> list[Array]:
    """The first k in numpy's stable order."""
    keys = np.flip(x, axis) if largest else x
    order = np.argsort(keys, axis=axis, kind="stable")
    if largest:
        order = np.flip(x.shape[axis] - 1 - order, axis)
    order = np.take(order, range(k), axis=axis)
    return [np.take_along_axis(x, order, axis), order.astype(np.int64)]


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("largest", [0, 1])
def test_the_first_of_equal_cells_comes_first(
    check_compiled: Check, dtype: type, largest: int
) -> None:
    x = numbers(dtype, 3, 17)
    want = top(x, 9, 1, largest)
    check_compiled("TopK", x, ints(9), outputs=2, largest=largest, expected=want)
    check_compiled("TopK", x, ints(9), constants=[1], outputs=2, largest=largest, expected=want)


@pytest.mark.parametrize("shape", [(1,), (33,), (4, 6, 3)])
@pytest.mark.parametrize("axis", [0, -1])
def test_top_k_along_any_axis(check_compiled: Check, shape: tuple[int, ...], axis: int) -> None:
    x = RNG.normal(size=shape).astype(np.float32)
    for k in {1, shape[axis]}:
        want = top(x, k, axis % len(shape), 1)
        check_compiled("TopK", x, ints(k), constants=[1], outputs=2, axis=axis, expected=want)


def test_top_k_of_nothing_and_of_nan(check_compiled: Check) -> None:
    x = np.array([[1, np.nan, 3, -np.inf, np.inf]], np.float32)
    want = [np.array([[np.nan, np.inf, 3]], np.float32), np.array([[1, 4, 2]])]
    check_compiled("TopK", x, ints(3), outputs=2, expected=want)
    check_compiled("TopK", x, ints(3), constants=[1], outputs=2, expected=want)
    empty = [np.zeros((1, 0), np.float32), np.zeros((1, 0), np.int64)]
    check_compiled("TopK", x, ints(0), outputs=2, expected=empty)
    check_compiled("TopK", np.zeros((1, 0), np.float32), ints(0), outputs=2, expected=empty)


def test_top_k_took_an_attribute_once(check_compiled: Check) -> None:
    x = RNG.normal(size=(2, 5)).astype(np.float32)
    check_compiled("TopK", x, opset=1, outputs=2, k=2, expected=top(x, 2, 1, 1))


def test_more_cells_than_there_are_cannot_be_taken(check_compiled: Check) -> None:
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ModelError, match="the first 4 of 3"):
        check_compiled("TopK", x, ints(4), constants=[1], outputs=2, expected=[])
    with pytest.raises(BufferError, match="must be equal"):
        check_compiled("TopK", x, ints(4), outputs=2, expected=[])


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [*((d, (2, 3, 4)) for d in [*NUMBERS, np.bool_, ml_dtypes.bfloat16]), (np.int8, (1, 1))],
)
def test_non_zero(check_compiled: Check, dtype: type, shape: tuple[int, ...]) -> None:
    x = (numbers(np.int64, *shape) % 2).astype(dtype)
    check_compiled("NonZero", x, expected=[np.array(np.nonzero(x), np.int64)])


def test_non_zero_of_none_all_and_empty(check_compiled: Check) -> None:
    for x in (np.zeros((2, 3)), np.ones((2, 3)), np.zeros((2, 0)), np.array([[-0.0, np.nan]])):
        check_compiled("NonZero", x, expected=[np.array(np.nonzero(x), np.int64)])


@pytest.mark.parametrize("axis", [None, 0, 1, -1, -2])
@pytest.mark.parametrize("condition", [[1, 0, 1], [0, 0]])
def test_compress(check_compiled: Check, axis: int | None, condition: list[int]) -> None:
    x = RNG.normal(size=(3, 4)).astype(np.float32)
    flags = np.array(condition, np.bool_)
    given = {} if axis is None else {"axis": axis}
    want = [np.compress(flags, x, axis=axis)]
    check_compiled("Compress", x, flags, expected=want, **given)


def unique(x: Array, axis: int | None, in_order: int) -> list[Array]:
    y, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    inverse = inverse.reshape(-1)
    if not in_order:
        order = np.argsort(first)
        y = np.take(y, order, axis=axis or 0)
        first, counts = first[order], counts[order]
        inverse = np.argsort(order)[inverse]
    return [y, *(v.astype(np.int64) for v in (first, inverse, counts))]


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("in_order", [0, 1])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3)])
def test_unique(
    check_compiled: Check, axis: int | None, in_order: int, shape: tuple[int, ...]
) -> None:
    x = (numbers(np.int64, *shape) % 3).astype(np.float32)
    given = {} if axis is None else {"axis": axis}
    want = unique(x, axis, in_order)
    check_compiled("Unique", x, outputs=4, sorted=in_order, expected=want, **given)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_unique_of_any_number(check_compiled: Check, dtype: type) -> None:
    x = numbers(dtype, 12)
    check_compiled("Unique", x, outputs=4, expected=unique(x, None, 1))


def test_all_nan_are_one(check_compiled: Check) -> None:
    x = np.array([np.nan, 1, np.nan, -np.inf, 1], np.float32)
    check_compiled("Unique", x, outputs=4, expected=unique(x, None, 1))


def test_what_is_picked_can_be_computed_with() -> None:
    nodes = [
        helper.make_node("NonZero", ["x"], ["places"]),
        helper.make_node("Transpose", ["places"], ["rows"]),
        helper.make_node("GatherND", ["x", "rows"], ["cells"]),
        helper.make_node("Neg", ["cells"], ["y"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "picked", [value("x", 1, ["h", 4])], [value("y", 1, ["n"])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    x = np.array([[0, 1, 2, 0], [3, 0, 0, 4]], np.float32)
    (made,) = backend.prepare(model).run([x])
    np.testing.assert_array_equal(made, [-1, -2, -3, -4])


def test_a_condition_longer_than_its_axis_is_refused(check_compiled: Check) -> None:
    x, flags = np.ones(2, np.float32), np.array([True, False, True])
    with pytest.raises(ModelError, match="3 cells for 2"):
        check_compiled("Compress", x, flags, expected=[])
