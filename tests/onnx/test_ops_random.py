"""Random tensors: the numbers of onnx's reference, or what is as probable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

import onnx_frontend
from halo.target import Target
from onnx_frontend.errors import ModelError, UnsupportedOp

Array = np.ndarray[Any, np.dtype[Any]]
TARGETS = pytest.mark.parametrize("target", ["host", "host-llvm"])
FLOATS = [TensorProto.FLOAT16, TensorProto.FLOAT, TensorProto.DOUBLE]
SHAPES = [(0, 3), (1, 1), (1, 7), (12, 26), (1, 623), (25, 25), (3, 417), (50, 40)]
"""Nothing, one number, odd numbers, all that 624 words give, one more, some times that."""
ATTRIBUTES: dict[str, dict[str, float]] = {
    "RandomUniform": {"low": -2.0, "high": 3.5},
    "RandomNormal": {"mean": 1.5, "scale": 0.25},
}


def model_of(op: str, dims: Sequence[int | str] | None, **attributes: Any) -> Any:
    names = [] if dims is None else ["x"]
    node = helper.make_node(op, names, ["y"], name="dice", **attributes)
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)] if names else []
    out = helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)
    graph = helper.make_graph([node], "random", given, [out])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])


def both(model: Any, feeds: dict[str, Array]) -> tuple[Array, Array]:
    """Return what halo and the reference give."""
    (wanted,) = ReferenceEvaluator(model).run(None, feeds)
    return onnx_frontend.compile(model).run(feeds)["y"], np.asarray(wanted)


def of_shapes(
    op: str, target: str, attributes: dict[str, Any]
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield an input of each shape, and what halo and the reference give for it."""
    model = model_of(op, ["n", "m"], **attributes)
    compiled = onnx_frontend.compile(model, target=Target(target))
    reference = ReferenceEvaluator(model)
    for shape in SHAPES:
        x = np.zeros(shape, np.float32)
        (wanted,) = reference.run(None, {"x": x})
        yield x, compiled.run({"x": x})["y"], np.asarray(wanted)


@pytest.mark.parametrize("shape", [(3, 5), (1,), (2, 0, 3)])
@pytest.mark.parametrize("dtype", [*FLOATS, TensorProto.BFLOAT16])
@pytest.mark.parametrize("op", ATTRIBUTES)
def test_numbers_are_those_of_the_reference(op: str, dtype: int, shape: Sequence[int]) -> None:
    more = {**ATTRIBUTES[op], "dtype": dtype, "seed": 11.0}
    made, wanted = both(model_of(op, None, shape=shape, **more), {})
    assert made.dtype == wanted.dtype and made.shape == wanted.shape
    np.testing.assert_array_equal(made.astype(np.float64), wanted.astype(np.float64))


@pytest.mark.parametrize("dtype", [None, *FLOATS])
@pytest.mark.parametrize("op", ATTRIBUTES)
def test_a_tensor_like_another_one(op: str, dtype: int | None) -> None:
    more: dict[str, Any] = {**ATTRIBUTES[op], "seed": 3.0}
    if dtype is not None:
        more["dtype"] = dtype
    model, x = model_of(f"{op}Like", [4, 6], **more), np.zeros((4, 6), np.float32)
    made, wanted = both(model, {"x": x})
    assert made.dtype == wanted.dtype
    np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.INT32, TensorProto.BOOL])
def test_ones_come_as_often_as_they_are_probable(dtype: int) -> None:
    shares = np.array([0.0, 0.25, 0.9, 1.0], np.float32)
    model = onnx_frontend.compile(model_of("Bernoulli", [20000, 4], seed=5.0, dtype=dtype))
    feeds = {"x": np.broadcast_to(shares, (20000, 4)).copy()}
    made = model.run(feeds)["y"]
    assert made.dtype == helper.tensor_dtype_to_np_dtype(dtype)
    assert set(np.unique(made).tolist()) == {0, 1}
    # Four deviations of a share.
    np.testing.assert_allclose(made.mean(0), shares, atol=4 * 0.5 / np.sqrt(20000))
    assert not made[:, 0].any() and made[:, 3].all()
    np.testing.assert_array_equal(made, model.run(feeds)["y"])


def test_choices_are_those_of_the_reference() -> None:
    shares = np.random.default_rng(2).random((50, 40), np.float32)
    made, wanted = both(model_of("Bernoulli", [50, 40], seed=9.0), {"x": shares})
    np.testing.assert_array_equal(made, wanted)


@TARGETS
@pytest.mark.parametrize("dtype", [*FLOATS, TensorProto.BFLOAT16])
@pytest.mark.parametrize("seed", [0.0, 4294967040.0])
def test_even_numbers_of_an_open_shape_are_those_of_the_reference(
    target: str, dtype: int, seed: float
) -> None:
    more = {**ATTRIBUTES["RandomUniform"], "dtype": dtype, "seed": seed}
    for x, made, wanted in of_shapes("RandomUniformLike", target, more):
        assert made.dtype == wanted.dtype and made.shape == x.shape
        np.testing.assert_array_equal(made.astype(np.float64), wanted.astype(np.float64))


@TARGETS
@pytest.mark.parametrize("dtype", [TensorProto.FLOAT16, TensorProto.FLOAT])
def test_normal_numbers_of_an_open_shape_are_those_of_the_reference(
    target: str, dtype: int
) -> None:
    more = {**ATTRIBUTES["RandomNormal"], "dtype": dtype, "seed": 11.0}
    for x, made, wanted in of_shapes("RandomNormalLike", target, more):
        assert made.dtype == wanted.dtype and made.shape == x.shape
        np.testing.assert_array_equal(made, wanted)


@TARGETS
def test_normal_numbers_of_float64_differ_by_a_logarithm(target: str) -> None:
    more = {"dtype": TensorProto.DOUBLE, "seed": 11.0}
    for x, made, wanted in of_shapes("RandomNormalLike", target, more):
        assert made.shape == x.shape
        np.testing.assert_array_max_ulp(made, wanted, maxulp=2)


@TARGETS
def test_each_node_has_a_seed_of_its_own(target: str) -> None:
    """Also where data tell the shape, and one of them is known."""
    nodes = [
        helper.make_node("NonZero", ["x"], ["places"]),
        *(
            helper.make_node("RandomUniformLike", ["places"], [y], dtype=11, seed=seed)
            for y, seed in [("a", 1.0), ("b", 2.0)]
        ),
        helper.make_node("RandomUniform", [], ["c"], dtype=11, seed=2.0, shape=[4]),
    ]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])]
    outs = [helper.make_tensor_value_info(y, TensorProto.DOUBLE, None) for y in "abc"]
    graph = helper.make_graph(nodes, "seeds", given, outs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    x = np.ones(400, np.float32)
    x[7::9] = 0
    made = onnx_frontend.compile(model, target=Target(target)).run({"x": x})
    for name, wanted in zip("abc", ReferenceEvaluator(model).run(None, {"x": x}), strict=True):
        np.testing.assert_array_equal(made[name], wanted)
    np.testing.assert_array_equal(made["b"][0, :4], made["c"])


@TARGETS
def test_choices_of_an_open_shape_are_those_of_the_reference(target: str) -> None:
    model = model_of("Bernoulli", ["n", "m"], seed=9.0)
    compiled = onnx_frontend.compile(model, target=Target(target))
    for shape in SHAPES:
        shares = np.random.default_rng(2).random(shape, np.float32)
        (wanted,) = ReferenceEvaluator(model).run(None, {"x": shares})
        np.testing.assert_array_equal(compiled.run({"x": shares})["y"], wanted)


@pytest.mark.parametrize("op", ATTRIBUTES)
def test_many_numbers_are_drawn_when_a_model_runs(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**ATTRIBUTES[op], "seed": 3.0}
    monkeypatch.setattr("onnx_frontend.nodes.draws.LARGEST", 100)
    made, wanted = both(model_of(op, None, shape=[9, 101], **more), {})
    np.testing.assert_array_equal(made, wanted)


def test_what_is_not_reproducible_is_refused() -> None:
    with pytest.raises(UnsupportedOp, match="a seed"):
        onnx_frontend.compile(model_of("RandomNormal", None, shape=[2]))
    with pytest.raises(ModelError, match=r"its shape is \[2, -1\]"):
        onnx_frontend.compile(model_of("RandomUniform", None, shape=[2, -1], seed=1.0))
    with pytest.raises(ModelError, match="it has 2147483647 cells at most"):
        onnx_frontend.compile(model_of("RandomUniform", None, shape=[1 << 20, 1 << 11], seed=1.0))
    with pytest.raises(ModelError, match="its type is bool"):
        onnx_frontend.compile(model_of("RandomUniform", None, shape=[2], seed=1.0, dtype=9))
    with pytest.raises(ModelError, match="not a number below"):
        onnx_frontend.compile(model_of("RandomUniform", None, shape=[2], seed=-1.0))
