"""Shapes that are data: read from inputs and from what kernels compute, while the model runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from halo.errors import BufferError
from onnx_frontend import CompiledModel, UnsupportedOp, compile

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
Array = np.ndarray[Any, np.dtype[Any]]


def compiled(text: str) -> CompiledModel:
    return compile(onnx.parser.parse_model(HEAD + text))


def integers(*values: int) -> Array:
    return np.array(values, np.int64)


X = np.arange(12, dtype=np.float32).reshape(3, 4)


def test_a_shape_that_is_an_input_serves_every_reshape() -> None:
    model = compiled(
        "r (float[3, 4] x, int64[2] s) => (float[a, b] y) { z = Relu(x) y = Reshape(z, s) }"
    )
    for target in ([4, 3], [2, 6], [0, -1], [-1, 12], [12, 1]):
        (made,) = model.run({"x": X, "s": integers(*target)}).values()
        shape = [3 if n == 0 else n for n in target]
        np.testing.assert_array_equal(made, X.reshape(shape))


def test_a_shape_that_does_not_fit_is_refused_when_the_model_runs() -> None:
    model = compiled("r (float[3, 4] x, int64[2] s) => (float[a, b] y) { y = Reshape(x, s) }")
    with pytest.raises(BufferError, match="which must be equal"):
        model.run({"x": X, "s": integers(5, 2)})


def test_starts_and_ends_that_are_inputs_may_leave_nothing() -> None:
    model = compiled(
        "s (float[h, 4] x, int64[1] from, int64[1] to) => (float[a, 4] y) "
        "{ y = Slice(x, from, to) }"
    )
    for start, end in ((1, 3), (-2, 100), (2, 1), (-(1 << 63), (1 << 63) - 1)):
        (made,) = model.run({"x": X, "from": integers(start), "to": integers(end)}).values()
        np.testing.assert_array_equal(made, X[max(start, -9) : min(end, 9)])


def test_a_size_that_a_kernel_computes_comes_in_a_second_phase() -> None:
    model = compiled(
        "p (float[h, w] x, int64[n] counts) => (float[a] y, float[h, w] z) {"
        " most = ReduceMax<keepdims = 1>(counts)"
        " zeros = ConstantOfShape(most)"
        " total = ReduceSum<keepdims = 0>(x)"
        " y = Add(zeros, total)"
        " z = Neg(x) }"
    )
    for counts in (integers(2, 5, 3), integers(0)):
        made = model.run({"x": X, "counts": counts})
        np.testing.assert_array_equal(made["y"], np.full(counts.max(), X.sum(), np.float32))
        np.testing.assert_array_equal(made["z"], -X)
        assert model.workspace_bytes({"x": X, "counts": counts}) > 0


def test_sizes_found_in_turn_have_a_phase_each() -> None:
    model = compiled(
        "q (int64[n] a, int64[1] b) => (int64[k] y) {"
        " one = ReduceMax<keepdims = 1>(a)"
        " two = Expand(b, one)"
        " three = ReduceSum<keepdims = 1>(two)"
        " y = Expand(b, three) }"
    )
    (made,) = model.run({"a": integers(1, 3), "b": integers(2)}).values()
    np.testing.assert_array_equal(made, np.full(6, 2))


def test_arithmetic_on_a_shape_that_is_an_input_is_followed() -> None:
    model = compiled(
        "t (float[1, 4] x, int64[1] n) => (float[a, 4] y) {"
        " four = Constant<value_ints = [4]>()"
        " s = Concat<axis = 0>(n, four)"
        " y = Expand(x, s) }"
    )
    for rows in (1, 3, 0):
        (made,) = model.run({"x": X[:1], "n": integers(rows)}).values()
        np.testing.assert_array_equal(made, np.broadcast_to(X[:1], (rows, 4)))


def test_a_rank_that_data_would_tell_is_refused() -> None:
    with pytest.raises(UnsupportedOp, match="a shape of few integers, how many being known"):
        compiled("u (float[3, 4] x, int64[k] s) => (float[a, b] y) { y = Reshape(x, s) }")


@pytest.mark.parametrize("keep", [0, 1])
def test_axes_that_are_an_input_are_reduced(keep: int) -> None:
    model = compiled(
        f"a (float[2, 3, 4] x, int64[2] axes) => (float y, float z) {{"
        f" y = ReduceSum<keepdims = {keep}>(x, axes)"
        f" e = Exp(x)"
        f" z = ReduceSum<keepdims = {keep}>(e, axes) }}"
    )
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / np.float32(24)
    for axes in ((0, 1), (2, 0), (-1, -2)):
        made = model.run({"x": x, "axes": integers(*axes)})
        np.testing.assert_allclose(made["y"], x.sum(axis=axes, keepdims=bool(keep)), rtol=1e-5)
        want = np.exp(x).sum(axis=axes, keepdims=bool(keep))
        np.testing.assert_allclose(made["z"], want, rtol=1e-5)


def test_axes_that_are_an_input_are_sliced_dropped_and_added() -> None:
    model = compiled(
        "b (float[1, 5, 1] x, int64[2] axes, int64[2] from, int64[2] to, int64[2] by) =>"
        " (float[a, b, c] cut, float[n] flat, float[p, q, r, s, t] tall) {"
        " cut = Slice(x, from, to, axes, by)"
        " flat = Squeeze(x, axes)"
        " tall = Unsqueeze(x, axes) }"
    )
    x = np.arange(5, dtype=np.float32).reshape(1, 5, 1)
    feeds = {"from": integers(0, -1), "to": integers(1, -9), "by": integers(1, -2)}
    made = model.run({"x": x, "axes": integers(0, 2), **feeds})
    np.testing.assert_array_equal(made["cut"], x[:1, :, -1::-2])
    np.testing.assert_array_equal(made["flat"], x[0, :, 0])
    np.testing.assert_array_equal(made["tall"], x.reshape(1, 1, 1, 5, 1))
    with pytest.raises(BufferError, match="must be equal"):
        model.run({"x": x, "axes": integers(0, 1), **feeds})


def test_what_data_tell_broadcasts_when_it_turns_out_to_be_1() -> None:
    model = compiled(
        "c (float[3, 4] x, int64[2] s, float[1, 1] one) => (float[a, b] y) {"
        " z = Expand(one, s)"
        " y = Add(x, z) }"
    )
    one = np.ones((1, 1), np.float32)
    for target in ((1, 1), (3, 1), (1, 4), (3, 4)):
        (made,) = model.run({"x": X, "s": integers(*target), "one": one}).values()
        np.testing.assert_array_equal(made, X + 1)
    with pytest.raises(BufferError, match="must be equal"):
        model.run({"x": X, "s": integers(2, 4), "one": one})


def test_a_size_may_tell_which_cell_of_a_table_is_read() -> None:
    model = compiled(
        "t (int64[1] i) => (float[a] x, int64[1] y, float[b] z) {"
        " x = ConstantOfShape(i)"
        " table = Constant<value = int64[3] {5, 7, 9}>()"
        " y = Gather(table, i)"
        " z = ConstantOfShape(y) }"
    )
    for place, found in ((0, 5), (2, 9)):
        made = model.run({"i": integers(place)})
        assert made["x"].shape == (place,)
        np.testing.assert_array_equal(made["y"], [found])
        assert made["z"].shape == (found,)


def test_a_constant_may_be_called_as_the_argument_of_the_function_that_tells_sizes() -> None:
    model = compiled(
        "s (int64[1] i) => (float[a] y) {"
        " sizes = Constant<value = int64[3] {5, 7, 9}>()"
        " n = Gather(sizes, i)"
        " y = ConstantOfShape(n) }"
    )
    assert model.run({"i": integers(1)})["y"].shape == (7,)
