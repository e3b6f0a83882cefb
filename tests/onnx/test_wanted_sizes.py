"""Sizes that a model cannot work with are refused at entry: which input, and what it should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from c_programs import build_c_program, run_c_program
from onnx import TensorProto, helper, numpy_helper

from halo.errors import BufferError
from halo.ir.expr import EQ, GE, Expr, Variable, i32
from halo.ir.types import Int
from onnx_frontend import CompiledModel, compile
from onnx_frontend.wanted_sizes import wanted_sizes

W = Variable(Int(32), "W")
BAD_SHAPE = 9


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([GE(W, i32(1))], ""),
        ([GE(W - 4, i32(1))], "at least 5"),
        ([GE(i32(9), W), GE(W, i32(3))], "3 to 9"),
        ([EQ(W / 2 * 2, W)], "a multiple of 2"),
        ([EQ(W / 2 * 2, W), EQ(W / 3 * 3, W)], "a multiple of 6"),
        ([EQ(W % 8, i32(0)), GE(W, i32(20))], "a multiple of 8, at least 24"),
        ([EQ((W - 1) % 4, i32(0))], "1 more than a multiple of 4"),
        ([EQ((W + 3) / 2, i32(4))], "5 to 6"),
        ([EQ(W, i32(5))], "5"),
        ([EQ(W, i32(0))], "a size that none from 1 to 4096 is"),
        ([EQ(W * W % 10, i32(4))], "one of 2, 8, 12, 18, 22, 28, ..."),
    ],
)
def test_sizes_are_told_in_words(conditions: list[Expr], words: str) -> None:
    assert wanted_sizes(conditions, "W") == words


def tensor(name: str, *dims: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def built(
    nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto], **weights: object
) -> CompiledModel:
    graph = helper.make_graph(
        nodes,
        "sized",
        inputs,
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in weights.items()],
    )
    imports = [helper.make_opsetid("", 17)]
    return compile(helper.make_model(graph, opset_imports=imports, ir_version=8), name="sized")


@pytest.fixture(scope="module")
def levels() -> CompiledModel:
    """Five times half the size and twice the size again, what was there before added."""
    nodes, last = [], "x"
    for i in range(5):
        nodes.append(
            helper.make_node("MaxPool", [last], [f"d{i}"], kernel_shape=[2, 2], strides=[2, 2])
        )
        last = f"d{i}"
    modes = {"nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    for i in reversed(range(5)):
        nodes.append(helper.make_node("Resize", [last, "", "twice"], [f"u{i}"], **modes))
        other = f"d{i - 1}" if i else "x"
        last = f"c{i}" if i else "y"
        nodes.append(helper.make_node("Add", [f"u{i}", other], [last], f"up{i}"))
    return built(nodes, [tensor("x", 1, 1, "H", "W")], twice=np.array([1, 1, 2, 2], np.float32))


def zeros(*shape: int) -> dict[str, np.ndarray]:
    return {"x": np.zeros(shape, np.float32)}


def test_sizes_that_halve_and_double_again_are_taken(levels: CompiledModel) -> None:
    assert levels.run(zeros(1, 1, 32, 96))["y"].shape == (1, 1, 32, 96)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 1, 7, 32), "input 'x' dim 2: got 7, the model needs a multiple of 32: "),
        (
            (1, 1, 32, 48),
            "input 'x' dim 3: got 48, the model needs a multiple of 32: Add node 'up4'",
        ),
    ],
)
def test_a_size_that_does_not_halve_is_refused_with_the_one_to_give(
    levels: CompiledModel, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(BufferError) as caught:
        levels.run(zeros(*shape))
    assert message in str(caught.value)
    with pytest.raises(BufferError, match="the model needs a multiple of 32"):
        levels.workspace_bytes(zeros(*shape))


def test_c_is_told_the_same(levels: CompiledModel, tmp_path: Path) -> None:
    levels.save(tmp_path / "model")
    program = build_c_program(tmp_path / "model", tmp_path)
    done = run_c_program(program, tmp_path, np.zeros((1, 1, 32, 48), np.float32))
    assert done.returncode == 1
    wanted = (
        f"error {BAD_SHAPE}: input 'x' dim 3: got 48, the model needs a multiple of 32: Add node"
    )
    assert wanted in done.stderr


def convolution() -> CompiledModel:
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    return built([node], [tensor("x", 1, 1, "H", "W")], w=np.ones((1, 1, 5, 3), np.float32))


def reshape() -> CompiledModel:
    node = helper.make_node("Reshape", ["x", "s"], ["y"], "fold")
    return built([node], [tensor("x", "N", 3)], s=np.array([-1, 4]))


def products() -> CompiledModel:
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "times")
    return built([node], [tensor("x", "N", "K")], w=np.ones((6, 2), np.float32))


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (convolution, (1, 1, 4, 9), "input 'x' dim 2: got 4, the model needs at least 5"),
        (convolution, (1, 1, 9, 1), "input 'x' dim 3: got 1, the model needs at least 3"),
        (reshape, (3, 3), "input 'x' dim 0: got 3, the model needs a multiple of 4"),
        (products, (2, 5), "input 'x' dim 1: got 5, the model needs 6"),
    ],
)
def test_a_size_that_an_operator_cannot_take_is_refused(
    make: Callable[[], CompiledModel], shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(BufferError) as caught:
        make().run(zeros(*shape))
    assert message in str(caught.value)


def test_sizes_that_must_go_together_are_told_as_they_are() -> None:
    node = helper.make_node("MatMul", ["x", "z"], ["y"], "times")
    model = built([node], [tensor("x", "N", "K"), tensor("z", "L", 4)])
    feeds = {"x": np.zeros((3, 4), np.float32), "z": np.zeros((5, 4), np.float32)}
    with pytest.raises(BufferError, match="MatMul node 'times': these inputs give it the sizes"):
        model.run(feeds)


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({"a": (2, 3), "b": (4, 3)}, "input 'b' dim 0: got 4, expected 2, as in input 'a' dim 0"),
        ({"a": (2, 3)}, "input 'b' is missing"),
        ({"a": (2, 3), "b": (2, 3), "c": (1,)}, "'c' is not an input"),
        ({"a": (2,), "b": (2, 3)}, "input 'a': got 1 dimensions (2,), expected 2"),
        ({"a": (2, 4), "b": (2, 3)}, "input 'a' dim 1: got 4, expected 3"),
    ],
)
def test_inputs_that_do_not_fit_are_named(feeds: dict[str, tuple[int, ...]], message: str) -> None:
    node = helper.make_node("Add", ["a", "b"], ["y"])
    model = built([node], [tensor("a", "N", 3), tensor("b", "N", 3)])
    with pytest.raises(BufferError) as caught:
        model.run({name: np.zeros(shape, np.float32) for name, shape in feeds.items()})
    assert message in str(caught.value)
