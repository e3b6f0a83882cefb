"""TopK and NonMaxSuppression on what sorting goes wrong with: ties, NaN, runs, long rows."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession

import onnx_frontend
from halo.target import Target

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(3)
TARGETS = pytest.mark.parametrize("target", ["host", "host-llvm"])
DTYPES: list[Any] = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16]
DTYPES += [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]


def top_model(dtype: Any, rank: int, k: int | None, **attributes: int) -> onnx.ModelProto:
    """Return a model of one TopK of open sizes; `k` is an input if it is None."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    value = helper.make_tensor_value_info
    inputs = [value("x", kind, [f"n{i}" for i in range(rank)])]
    weights = []
    if k is None:
        inputs.append(value("k", onnx.TensorProto.INT64, [1]))
    else:
        weights.append(onnx.numpy_helper.from_array(np.array([k]), "k"))
    node = helper.make_node("TopK", ["x", "k"], ["values", "places"], **attributes)
    outputs = [value("values", kind, None), value("places", onnx.TensorProto.INT64, None)]
    graph = helper.make_graph([node], "top", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)])


def expected(x: Array, k: int, axis: int, largest: int) -> list[Array]:
    """The first k in the order of ranks, of equal cells those at lower places first."""
    _, ranks = np.unique(np.asarray(x, np.float64) if x.dtype.kind not in "iu" else x,
                         return_inverse=True)  # fmt: skip
    ranks = ranks.reshape(x.shape)
    order = np.argsort(-ranks if largest else ranks, axis=axis, kind="stable")
    order = np.take(order, range(k), axis=axis)
    return [np.take_along_axis(x, order, axis), order]


def check(made: dict[str, Array], want: list[Array]) -> None:
    values, exact = made["values"], want[0]
    assert values.dtype == exact.dtype
    if values.dtype == ml_dtypes.bfloat16:  # numpy does not know its NaN
        values, exact = values.astype(np.float32), exact.astype(np.float32)
    np.testing.assert_array_equal(values, exact)
    np.testing.assert_array_equal(made["places"], want[1])


def cells(dtype: Any, *shape: int) -> Array:
    """Return cells of which many are equal, with the ends of the type among them."""
    x = RNG.integers(-9, 9, shape).astype(dtype)
    flat = x.reshape(-1)
    if np.dtype(dtype).kind in "iu":
        flat[::7], flat[3::11] = np.iinfo(dtype).max, np.iinfo(dtype).min
    else:
        flat[::7], flat[3::11], flat[5::13], flat[6::13] = np.inf, -np.inf, np.nan, -np.nan
        flat[2::9] = -0.0
    return x


@TARGETS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("largest", [0, 1])
def test_cells_of_any_type_are_taken_in_order(target: str, dtype: Any, largest: int) -> None:
    few = top_model(dtype, 2, 5, largest=largest)
    any_number = top_model(dtype, 2, None, largest=largest)
    compiled = [onnx_frontend.compile(m, target=Target(target)) for m in (few, any_number)]
    for n in (5, 16, 200):
        x = cells(dtype, 3, n)
        check(compiled[0].run({"x": x}), expected(x, 5, 1, largest))
        for k in (0, 1, 40, n):
            if k <= n:
                made = compiled[1].run({"x": x, "k": np.array([k])})
                check(made, expected(x, k, 1, largest))


@TARGETS
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("k", [3, 33])
def test_rows_lie_along_any_axis_and_may_be_many(target: str, axis: int, k: int) -> None:
    compiled = onnx_frontend.compile(
        top_model(np.float32, 3, k, axis=axis, sorted=0), target=Target(target)
    )
    for shape in [(34, 35, 36), (64, 65, 66)]:
        x = cells(np.float32, *shape)
        check(compiled.run({"x": x}), expected(x, k, axis, 1))


@pytest.mark.parametrize("k", [1, 32, 33, 700])
def test_any_order_of_a_long_row_is_put_right(k: int) -> None:
    compiled = onnx_frontend.compile(top_model(np.float32, 1, k))
    up = np.arange(9000, dtype=np.float32)
    for x in (up, up[::-1].copy(), up % 50, np.zeros_like(up), RNG.permutation(up)):
        check(compiled.run({"x": x}), expected(x, k, 0, 1))


def test_what_the_reference_says_of_distinct_cells() -> None:
    for largest in (0, 1):
        model = top_model(np.float32, 2, 9, axis=0, largest=largest)
        x = RNG.permutation(60).reshape(20, 3).astype(np.float32)
        want = ReferenceEvaluator(model).run(None, {"x": x})
        check(onnx_frontend.compile(model).run({"x": x}), want)


def test_a_loop_takes_the_largest_in_each_step() -> None:
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 18]>
        l (float[n] x, int64 steps) => (float[n] y, float[s, 2] best) {
          y, best = Loop (steps, , x) < body = b (int64 i, bool go, float[n] v) => (g, w, top) {
            g = Identity(go) k = Constant<value_ints = [2]>() top, at = TopK(v, k)
            most = ReduceMax<keepdims = 0>(top) half = Constant<value = float {0.5}>()
            turned = Sub(most, v) w = Mul(turned, half) } > }"""
    )
    x = RNG.normal(size=50).astype(np.float32)
    made = onnx_frontend.compile(model).run({"x": x, "steps": np.array(4)})
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    y, best = session.run(None, {"x": x, "steps": np.array(4)})
    np.testing.assert_allclose(made["y"], y, rtol=1e-6)
    np.testing.assert_allclose(made["best"], best, rtol=1e-6)


@TARGETS
def test_boxes_are_kept_as_onnxruntime_keeps_them(target: str) -> None:
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 18]>
        n (float[b, n, 4] boxes, float[b, c, n] scores, int64[1] most, float[1] limit,
           float[1] threshold) => (int64[k, 3] kept) {
          kept = NonMaxSuppression(boxes, scores, most, limit, threshold) }"""
    )
    compiled = onnx_frontend.compile(model, target=Target(target))
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for images, classes, count, most, limit, threshold in [
        (1, 1, 300, 300, 0.5, 0.2),
        (2, 3, 100, 7, 0.3, 0.5),
        (1, 2, 40, 0, 0.3, 0.5),
        (1, 2, 40, 9, 0.9, 2.0),
        (2, 1, 17, 5, 0.0, -1.0),
    ]:
        first = RNG.uniform(0, 20, (images, count, 2))
        sides = RNG.uniform(1, 9, (images, count, 2))
        feeds = {
            "boxes": np.concatenate([first, first + sides], 2).astype(np.float32),
            # Few scores, so that many are equal.
            "scores": RNG.integers(0, 30, (images, classes, count)).astype(np.float32) / 30,
            "most": np.array([most]),
            "limit": np.float32([limit]),
            "threshold": np.float32([threshold]),
        }
        np.testing.assert_array_equal(compiled.run(feeds)["kept"], session.run(None, feeds)[0])


@TARGETS
@pytest.mark.parametrize(("rows", "size", "k"), [(7, 3, 1), (7, 5, 2), (9, 8, 3)])
def test_a_gate_takes_few_of_few_in_each_row(target: str, rows: int, size: int, k: int) -> None:
    model = top_model(np.float32, 2, k)
    compiled = onnx_frontend.compile(model, shapes={"x": (rows, size)}, target=Target(target))
    for _ in range(40):
        x = RNG.normal(size=(rows, size)).astype(np.float32)
        check(compiled.run({"x": x}), expected(x, k, 1, 1))
