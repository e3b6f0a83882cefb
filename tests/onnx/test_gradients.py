"""Gradient of ai.onnx.preview.training: against differences of what the model computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

import onnx_frontend
from onnx_frontend import ModelError, UnsupportedOp

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(8)
HEAD = '<ir_version: 8, opset_import: ["" : 17, "ai.onnx.preview.training" : 1]>\n'


def model(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(HEAD + text)


def run(text: str, **feeds: Array) -> dict[str, Array]:
    return onnx_frontend.compile(model(text)).run(feeds)


def differences(body: str, ports: str, feeds: dict[str, Array], of: str, step: float) -> Array:
    """Return how much the sum of y changes per change of each cell of an input."""
    compiled = onnx_frontend.compile(model(f"f ({ports}) => (double[q] y) {{ {body} }}"))
    result = np.zeros_like(feeds[of])
    for place in np.ndindex(feeds[of].shape):
        ends = []
        for sign in (1, -1):
            moved = {**feeds, of: feeds[of].copy()}
            moved[of][place] += sign * step
            ends.append(compiled.run(moved)["y"].sum())
        result[place] = (ends[0] - ends[1]) / (2 * step)
    return result


BODIES = {
    "sums": "t = Add(a, b) u = Sub(t, c) v = Neg(u) w = Sum(v, a, c) y = Identity(w)",
    "products": "t = Mul(a, b) u = Div(t, c) v = Reciprocal(c) y = Mul(u, v)",
    "powers": """t = Pow(a, c) u = Exp(b) v = Log(a) w = Sqrt(c) s = Mul(t, u) q = Add(v, w)
        y = Add(s, q)""",
    "waves": "t = Sin(a) u = Cos(b) v = Tanh(c) w = Sigmoid(t) s = Mul(w, u) y = Mul(s, v)",
    "bends": "t = Sub(a, b) u = Relu(t) v = Abs(t) w = Mul(u, c) y = Add(w, v)",
    "matrices": "s = Transpose<perm = [1, 0]>(a) t = MatMul(s, a) u = MatMul(t, b) y = Mul(u, c)",
    "reductions": """axes = Constant<value_ints = [0]>() t = ReduceSum<keepdims = 1>(a, axes)
        u = ReduceMean<keepdims = 0>(c) v = Mul(t, u) w = Mul(v, b) y = Mul(w, w)""",
    "shapes": """to = Constant<value_ints = [3, 2]>() flat = Constant<value_ints = [-1]>()
        t = Reshape(a, to) u = Transpose(t) wide = Constant<value_ints = [2, 2, 3]>()
        v = Expand(u, wide) w = Mul(v, b) y = Reshape(w, flat)""",
}
SHAPES = {"matrices": ((2, 3), (3, 1), (3, 1)), "shapes": ((2, 3), (2, 3), (1,))}


@pytest.mark.parametrize("name", BODIES)
def test_gradients_are_what_differences_are(name: str) -> None:
    shapes = SHAPES.get(name, ((2, 3), (1, 3), (1,)))
    feeds = {n: RNG.uniform(0.5, 1.5, s) for n, s in zip("abc", shapes, strict=True)}
    ports = ", ".join(f"double{list(x.shape)} {n}" for n, x in feeds.items())
    gradient = """da, db, dc = ai.onnx.preview.training.Gradient
        <xs = ["a", "b", "c"], y = "y"> (a, b, c)"""
    outputs = "double[q] y, double[r, s] da, double[t, u] db, double[v] dc"
    made = run(f"f ({ports}) => ({outputs}) {{ {BODIES[name]} {gradient} }}", **feeds)
    for n in "abc":
        want = differences(BODIES[name], ports, feeds, n, 1e-6)
        np.testing.assert_allclose(made[f"d{n}"], want, rtol=1e-6, atol=1e-8)


def test_other_values_may_be_given_and_outputs_left_out() -> None:
    text = """f (double[3] a, double[3] b, double[3] other) => (double[3] y, double[3] db) {
      t = Mul(a, b) y = Mul(t, b) , db = ai.onnx.preview.training.Gradient
        <xs = ["a", "b"], y = "y"> (other, b) }"""
    text = text.replace("y = Mul(t, b) , db", 'y = Mul(t, b)\n "", db')
    a, b, other = RNG.normal(size=(3, 3))
    made = run(text, a=a, b=b, other=other)
    np.testing.assert_allclose(made["y"], a * b * b)
    np.testing.assert_allclose(made["db"], 2 * other * b)


def test_gradients_have_gradients() -> None:
    text = """f (double[3] a, double[3] b) => (double[3] da, double[3] daa, double[3] dab) {
      c = Mul(a, a) d = Mul(c, a) y = Mul(d, b)
      da = ai.onnx.preview.training.Gradient <xs = ["a"], zs = ["b"], y = "y"> (a, b)
      daa, dab = ai.onnx.preview.training.Gradient <xs = ["a", "b"], y = "da"> (a, b) }"""
    a, b = RNG.normal(size=(2, 3))
    made = run(text, a=a, b=b)
    np.testing.assert_allclose(made["da"], 3 * a * a * b)
    np.testing.assert_allclose(made["daa"], 6 * a * b)
    np.testing.assert_allclose(made["dab"], 3 * a * a)


def test_sizes_may_be_open() -> None:
    text = """f (double[n, 3] a, double[3] b) => (double[n, 3] da, double[3] db) {
      t = Mul(a, b) y = Exp(t)
      da, db = ai.onnx.preview.training.Gradient <xs = ["a", "b"], y = "y"> (a, b) }"""
    a, b = RNG.normal(size=(4, 3)), RNG.normal(size=3)
    made = run(text, a=a, b=b)
    np.testing.assert_allclose(made["da"], np.exp(a * b) * b)
    np.testing.assert_allclose(made["db"], (np.exp(a * b) * a).sum(0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y = Erf(a) d = G <xs = ['a'], y = 'y'> (a)", "the derivative of Erf node"),
        ("y = Exp(a) d = G <xs = ['a'], y = 'z'> (a)", "no node before it makes its y, 'z'"),
        ("y = Exp(a) d = G <xs = ['a', 'b'], y = 'y'> (a)", "not those that xs and zs name"),
    ],
)
def test_what_has_no_gradient_is_refused(text: str, message: str) -> None:
    body = text.replace("G", "ai.onnx.preview.training.Gradient").replace("'", '"')
    with pytest.raises((ModelError, UnsupportedOp), match=message):
        onnx_frontend.compile(model(f"f (double[3] a) => (double[3] y, double[3] d) {{ {body} }}"))
