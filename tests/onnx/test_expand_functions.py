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
