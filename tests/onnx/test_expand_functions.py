"""Operators that the standard defines by others."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from onnx_frontend import backend
from onnx_frontend.expand_functions import expand_functions


def test_a_definition_sees_the_defaults_of_attributes() -> None:
    node = helper.make_node("HannWindow", ["n"], ["y"])
    (made,) = backend.run_node(node, [np.array(7)], opset_version=17)
    (want,) = ReferenceEvaluator(node).run(None, {"n": np.array(7)})
    np.testing.assert_allclose(made, want, rtol=1e-5, atol=1e-6)


def test_what_halo_has_itself_is_not_expanded() -> None:
    text = '<ir_version: 8, opset_import: ["" : 18]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    model = onnx.parser.parse_model(text)
    assert expand_functions(model) is model


def test_a_definition_may_have_operands_left_out_in_its_middle() -> None:
    text = """<ir_version: 10, opset_import: ["" : 24]>
      g (float[1, 2, 3, 4] q, float[1, 2, 5, 4] k, float[1, 2, 5, 4] v, int64[1] n)
        => (float[1, 2, 3, 4] y) { y = Attention(q, k, v, "", "", "", n) }"""
    model = onnx.parser.parse_model(text)
    rng = np.random.default_rng(3)
    sizes = {"q": 3, "k": 5, "v": 5}
    feeds = {n: rng.normal(size=(1, 2, s, 4)).astype(np.float32) for n, s in sizes.items()}
    feeds["n"] = np.array([3])
    (made,) = backend.prepare(model).run(feeds)
    scores = feeds["q"] @ feeds["k"].transpose(0, 1, 3, 2)[..., :3] / 2
    powers = np.exp(scores)
    want = powers / powers.sum(-1, keepdims=True) @ feeds["v"][:, :, :3]
    np.testing.assert_allclose(made, want, rtol=1e-5, atol=1e-6)


def test_names_inside_two_uses_do_not_meet() -> None:
    text = """<ir_version: 10, opset_import: ["" : 18]>
      g (float[2, 3] x) => (float[2, 3] z) { y = MeanVarianceNormalization<axes=[1]>(x)
        z = MeanVarianceNormalization<axes=[0]>(y) }"""
    model = onnx.parser.parse_model(text)
    x = np.random.default_rng(4).normal(size=(2, 3)).astype(np.float32)
    (made,) = backend.prepare(model).run([x])
    (want,) = ReferenceEvaluator(model).run(None, {"x": x})
    np.testing.assert_allclose(made, want, rtol=1e-4, atol=1e-5)
    assert [n.op_type for n in model.graph.node] == ["MeanVarianceNormalization"] * 2
