"""Nodes that ask for what makes no sense, as random changes in models found them: each is told."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import parser

import halo as hl
import onnx_frontend
from onnx_frontend import ModelError
from onnx_frontend.importer import import_graph

REFUSED = [
    (
        "(float[3, 4] x, float[3, 4, 4] w) => (float[?] y) { y = RMSNormalization(x, w) }",
        "RMSNormalization node #0: shapes 3x4 and 3x4x4 do not broadcast",
    ),
    (
        "(float[1, 4] x, float[3, 4] w) => (float[?] y) { y = RMSNormalization(x, w) }",
        "w of shape 3x4 does not broadcast to x of shape 1x4",
    ),
    (
        "(float16[1, 4] x, float[3, 4] w) => (float[?] y) { y = RMSNormalization(x, w) }",
        "w of shape 3x4 does not broadcast to x of shape 1x4",
    ),
    (
        "(int8[3] x) => (int8[3] y) { y = Elu(x) }",
        "Elu node #0: its input 'X' has elements of type int8, which the operator does not take",
    ),
    (
        "(float[3] x, float[2] i) => (float[2] y) { y = Gather(x, i) }",
        "its input 'indices' has elements of type float, which the operator does not take",
    ),
    (
        """(float[2] x, int64 a) => (float[?] y) { y = DFT(x, "", a) }""",
        "DFT node #0: its input has 1 axes, not one of numbers and one of their parts",
    ),
    (
        "(float[3, 4] x, int64[11] a) => (float[?] y) { y = Unsqueeze(x, a) }",
        "Unsqueeze node #0: data tell 11 of 13 axes; that they may do of up to 12",
    ),
    (
        "(float[1, 4] x, int64[3] a) => (float[?] y) { y = Squeeze(x, a) }",
        "Squeeze node #0: 3 axes cannot be taken from 2",
    ),
    (
        """(uint8[2, 2] x) => (int32[?] y) <uint8[2, 2] w = {1, 2, 3, 4}, uint8 a = {0},
            uint8[3] z = {1, 2, 3}> { y = MatMulInteger(x, w, a, z) }""",
        "do not broadcast",
    ),
    (
        "(float[3] x) => (string[3] y) { y = Cast <to = 8> (x) }",
        "Cast (ai.onnx 23), node #0: elements that are numbers, not text",
    ),
    (
        """(float[3] x) => (float[3] y) {
            = SequenceMap(x) <body = b (float i) => (float o) { o = Abs(i) }>
            y = Abs(x) }""",
        "SequenceMap",
    ),
    (
        """(float[n, 3] x) => (float[n, 3] y) {
            y = Scan(x) <num_scan_inputs = 1, body = b (float[3] e) => () { o = Abs(e) }> }""",
        "Scan node #0: its body has 1 inputs and 0 outputs, it needs 1 and 1",
    ),
    (
        "(float[3] x) => (float[3] y) { = Constant <value = int64 {3}> () y = Abs(x) }",
        "Constant node #0: it has no output",
    ),
    (
        """(float[k] x, int64 n) => (float[k] y) {
            y = Loop(n, "", x) <
                body = b (int64 i, bool g, float[k] s) => (float[k] t, float[k] u) {
                    t = Neg(s) u = CumSum(t, i) }> }""",
        "Loop node #0: its condition has elements of type float32, not bool",
    ),
    (
        """(float[k] x, int64 n) => (float[k] y) {
            y = Loop(n, "", x) <
                body = b (int64 i, bool g, float[k] s) => (bool[k] t, float[k] u) {
                    t = Less(s, x) u = CumSum(s, i) }> }""",
        "Loop node #0: its condition has the shape [k], it must be one element",
    ),
    (
        """(float[2] x) => (float[2] y) <int64 n = {3}> {
            y = Loop(n, "", x) <
                body = b (int64 i, bool g, float[2] s) => (float[2] t, float[2] u) {
                    t = Neg(s) u = Tanh(t) }> }""",
        "Loop node #0: its condition has elements of type float32, not bool",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_node_that_makes_no_sense_is_refused(body: str, message: str) -> None:
    model = parser.parse_model(f'<ir_version: 10, opset_import: ["" : 23]> g {body}')
    with pytest.raises(ModelError) as caught:
        import_graph(model)
    assert message in str(caught.value)


def test_earlier_versions_take_the_types_that_later_ones_take() -> None:
    head = '<ir_version: 8, opset_import: ["" : 11]>'
    body = "(int32[3] x) => (int32[3] y, int32[3] z) { y = Relu(x) z = Max(x, y) }"
    x = np.array([-1, 0, 5], np.int32)
    made = onnx_frontend.compile(parser.parse_model(f"{head} g {body}")).run({"x": x})
    assert made["y"].tolist() == made["z"].tolist() == [0, 0, 5]


def test_a_scale_broadcasts_to_what_it_scales() -> None:
    head = '<ir_version: 10, opset_import: ["" : 23]>'
    body = "(float[n, 4] x, float[m, 1] w) => (float[n, 4] y) { y = RMSNormalization(x, w) }"
    model = onnx_frontend.compile(parser.parse_model(f"{head} g {body}"))
    x = np.arange(1, 9, dtype=np.float32).reshape(2, 4)
    w = np.array([[2], [3]], np.float32)
    want = x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-5) * w
    np.testing.assert_allclose(model.run({"x": x, "w": w})["y"], want, rtol=1e-6)
    with pytest.raises(hl.BufferError, match="sizes 3 and 2, which must be equal"):
        model.run({"x": x, "w": np.ones((3, 1), np.float32)})


def test_a_value_without_a_type_is_told_where_an_operator_is_defined_by_others() -> None:
    model = parser.parse_model("""<ir_version: 8, opset_import: ["" : 17]>
        g (seq(float[N]) x) => (seq(float[N]) y) {
            y = SequenceMap(x) <body = b (float[N] i) => (float[N] o) { o = Abs(i) }>
        }""")
    model.graph.input[0].ClearField("type")
    with pytest.raises(ModelError, match="'x' is a value of unknown type"):
        import_graph(model)
