"""Cells put in where data tell, running sums, one-hot vectors, gathered slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

RNG = np.random.default_rng(11)
Check = Callable[..., Any]


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(RNG.normal(size=shape), np.float32)


@pytest.mark.parametrize("mode", ["none", "add", "mul", "max", "min"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_scatter_elements_in_every_mode(check_node: Check, mode: str, axis: int) -> None:
    indices = np.array([[0, 2, -1], [1, 2, 0]])
    check_node(
        "ScatterElements", floats(3, 4), indices, floats(2, 3), axis=axis, reduction=mode, opset=18
    )


@pytest.mark.parametrize("mode", ["none", "add", "mul", "max", "min"])
def test_scatter_nd_in_every_mode(check_node: Check, mode: str) -> None:
    indices = np.array([[[0, 2], [1, 1]], [[0, 2], [-1, 0]]])
    options = {"reduction": mode, "opset": 18, "symbolic": False}
    check_node("ScatterND", floats(3, 4, 2), indices, floats(2, 2, 2), **options)


def test_scatter_of_nothing_changes_nothing(check_node: Check) -> None:
    x, none = floats(3, 4), np.zeros((0, 1), np.int64)
    check_node("ScatterND", x, none, floats(0, 4), opset=18, symbolic=False, expected=[x])


@pytest.mark.parametrize("op", ["CumSum"])
@pytest.mark.parametrize(("exclusive", "reverse"), [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("axis", [0, -1])
def test_running_sums(check_node: Check, op: str, exclusive: int, reverse: int, axis: int) -> None:
    options = {"exclusive": exclusive, "reverse": reverse}
    check_node(op, floats(3, 1, 4), np.array(axis), constants=[1], rtol=1e-4, **options)
    check_node(op, RNG.integers(-9, 9, (2, 5)), np.array(axis), constants=[1], **options)


def test_one_hot_counts_negative_indices_from_the_end(check_node: Check) -> None:
    indices, values = np.array([[0, -1], [9, 2]]), np.array([-1.0, 3.0], np.float32)
    for axis in (0, 1, -1):
        check_node("OneHot", indices, np.array(4), values, constants=[1], axis=axis)


def test_gather_nd_and_its_batches(check_node: Check) -> None:
    check_node("GatherND", floats(3, 4, 2), np.array([[0, 1], [-1, 3]]), symbolic=False)
    check_node("GatherND", floats(2, 4, 3), np.array([[1], [3]]), batch_dims=1)


def test_the_beginnings_of_sequences_are_reversed(check_node: Check) -> None:
    lengths = np.array([0, 1, 4])
    check_node("ReverseSequence", floats(4, 3, 2), lengths, batch_axis=1, time_axis=0)
    check_node("ReverseSequence", floats(3, 4, 2), lengths, batch_axis=0, time_axis=1)


@pytest.mark.parametrize("upper", [0, 1])
@pytest.mark.parametrize("k", [-5, -1, 0, 2, 7])
def test_triangles_of_matrices(check_node: Check, upper: int, k: int) -> None:
    check_node("Trilu", floats(2, 3, 4), np.array(k), constants=[1], upper=upper)


def test_hardmax_marks_the_first_of_the_largest(check_node: Check) -> None:
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 1.0]], np.float32)
    for axis in (0, 1):
        check_node("Hardmax", x, axis=axis)
    want = np.eye(6, dtype=np.float32)[1].reshape(1, 2, 3)
    check_node("Hardmax", x[None], axis=1, opset=11, expected=[want])


@pytest.mark.parametrize("p", [1, 2])
def test_lp_normalization(check_node: Check, p: int) -> None:
    x = floats(2, 3, 4)
    norm = np.linalg.norm(x, p, axis=1, keepdims=True)
    check_node("LpNormalization", x, p=p, axis=1, rtol=1e-4, expected=[x / norm])
