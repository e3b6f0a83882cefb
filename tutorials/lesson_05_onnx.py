"""Lesson 5: compile an ONNX model.

`onnx_frontend` turns a model into Funcs, gives them schedules, and builds one shared library with
a C header. This lesson makes a small classifier of pictures, compiles it, runs it on pictures of
two sizes, saves it, and loads it again as a program without a compiler would.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import halo as hl
import onnx_frontend
from halo.ops.elementwise import elementwise

# Usually the model comes from a file. This one is made by hand: convolution, activation, mean over
# the picture, and a linear layer with a softmax. Batch and size of the pictures are symbolic.
rng = np.random.default_rng(5)
weights = {
    "kernel": rng.standard_normal((8, 3, 3, 3)).astype(np.float32),
    "bias": rng.standard_normal(8).astype(np.float32),
    "classes": rng.standard_normal((8, 4)).astype(np.float32),
}
nodes = [
    helper.make_node("Conv", ["picture", "kernel", "bias"], ["c"], "conv", pads=[1, 1, 1, 1]),
    helper.make_node("Relu", ["c"], ["r"], "relu"),
    helper.make_node("GlobalAveragePool", ["r"], ["p"], "pool"),
    helper.make_node("Flatten", ["p"], ["f"], "flatten"),
    helper.make_node("MatMul", ["f", "classes"], ["m"], "linear"),
    helper.make_node("Softmax", ["m"], ["scores"], "softmax", axis=1),
]
graph = helper.make_graph(
    nodes,
    "classifier",
    [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, "h", "w"])],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 4])],
    [numpy_helper.from_array(value, name) for name, value in weights.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)


def by_hand(picture):
    """Return what the model computes, by numpy."""
    padded = np.pad(picture, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    c = np.einsum("nchwij,kcij->nkhw", windows, weights["kernel"])
    pooled = np.maximum(c + weights["bias"][:, None, None], 0).mean((2, 3))
    e = np.exp(pooled @ weights["classes"])
    return e / e.sum(1, keepdims=True)


# Compiling takes a ModelProto, the path of a file, or its bytes.
compiled = onnx_frontend.compile(model)

# Symbolic dimensions stay parameters of the compiled code: one library for all sizes.
for shape in [(1, 3, 16, 16), (2, 3, 9, 21)]:
    picture = rng.standard_normal(shape).astype(np.float32)
    scores = compiled.run({"picture": picture})["scores"]
    assert scores.shape == (shape[0], 4)
    assert np.allclose(scores, by_hand(picture), rtol=1e-3, atol=1e-4)

# Where sizes are known beforehand, fix them: constant sizes make faster code.
fixed = onnx_frontend.compile(model, shapes={"picture": (1, 3, 16, 16)})
picture = rng.standard_normal((1, 3, 16, 16)).astype(np.float32)
expected = by_hand(picture)
assert np.allclose(fixed.run({"picture": picture})["scores"], expected, rtol=1e-3, atol=1e-4)

# Input that does not fit is refused with a message.
try:
    fixed.run({"picture": picture[:, :2]})
except hl.HaloError as error:
    print(error)
    assert "picture" in str(error)
else:
    raise AssertionError("the model takes pictures of three colours")

# `save` writes the library, its C header and its source, ready for a C program. `load` needs no
# compiler.
with tempfile.TemporaryDirectory() as directory:
    compiled.save(directory)
    print(sorted(path.name for path in Path(directory).iterdir()))
    again = onnx_frontend.load(directory)
    assert np.array_equal(
        again.run({"picture": picture})["scores"], compiled.run({"picture": picture})["scores"]
    )

# An operator that halo does not know is named, with all others of the model, before anything is
# built.
odd = helper.make_model(
    helper.make_graph(
        [helper.make_node("Wobble", ["a"], ["b"], "first", domain="my.own", amount=0.25)],
        "odd",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [2, 5])],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, [2, 5])],
    ),
    opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)],
    ir_version=8,
)
try:
    onnx_frontend.compile(odd)
except onnx_frontend.UnsupportedOp as error:
    print(error)
    assert "Wobble" in str(error) and "first" in str(error)
else:
    raise AssertionError("nobody knows how to wobble")


# So tell it: an operator is a function from tensors to tensors (docs/operators.md).
@onnx_frontend.operator("Wobble", since=1, domain="my.own")
def wobble(node, x):
    """x, moved a little."""
    amount = node.number("amount", 0.5)
    return elementwise(node.output(), lambda v: v + amount * hl.sin(v), x)


a = rng.standard_normal((2, 5)).astype(np.float32)
assert np.allclose(onnx_frontend.compile(odd).run({"a": a})["b"], a + 0.25 * np.sin(a), atol=1e-5)
