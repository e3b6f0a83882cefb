"""Graph passes, local functions, and operators that others add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from halo.ops.elementwise import elementwise
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend import compile, registry
from onnx_frontend.context import NodeContext
from onnx_frontend.drop_dead_nodes import drop_dead_nodes
from onnx_frontend.fold_batch_norm import fold_batch_norm
from onnx_frontend.fold_constants import fold_constants
from onnx_frontend.graph import Graph, read_graph
from onnx_frontend.importer import import_graph

Run = Callable[..., list[Any]]


def model(body: str, opset: int = 17) -> onnx.ModelProto:
    return parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{body}')


def graph_of(body: str) -> Graph:
    return read_graph(model(body))


def names(graph: Graph) -> list[str]:
    return [n.op_type for n in graph.nodes]


def test_nodes_of_constants_are_evaluated() -> None:
    folded = fold_constants(
        graph_of("""agraph (float[2] x) => (float[2] y) {
        n = Constant <value_ints = [2]> ()
        w = ConstantOfShape <value = float[1] {3}> (n)
        v = Sqrt(w)
        y = Mul(x, v) }""")
    )
    assert names(folded) == ["Mul"]
    np.testing.assert_allclose(folded.constants["v"], np.sqrt([3, 3]), rtol=1e-6)


def test_random_nodes_are_not_evaluated() -> None:
    body = """agraph (float[2] x) => (float[2] y) {
    r = RandomUniform <shape = [2]> ()
    y = Mul(x, r) }"""
    graph = graph_of(body)
    assert fold_constants(graph) is graph


def test_what_no_output_needs_is_dropped() -> None:
    graph = graph_of("""agraph (float[2] x) => (float[2] y) {
    a = NonZero(x)
    y, unused = Dropout(x) }""")
    kept = drop_dead_nodes(graph)
    assert names(kept) == ["Dropout"] and kept.nodes[0].outputs == ("y", "")
    assert drop_dead_nodes(kept) is kept


def test_an_operand_left_out_is_not_an_output_that_nobody_reads() -> None:
    made = model("""agraph (float[3] x) => (float[3] z) {
        two = Constant <value_ints = [2]> ()
        most, unread = TopK(x, two)
        sum = ReduceSum <keepdims = 0> (most)
        z = Clip(x, sum, sum) }""")
    made.graph.node[3].input[1] = ""
    z = compile(made).run({"x": np.float32([5, -1, -3])})["z"]
    np.testing.assert_array_equal(z, np.float32([4, -1, -3]))


CONV_AND_NORM = """agraph (float[1, 2, 4, 4] x) => (float[1, 3, 4, 4] z OTHER) {
y = Conv <kernel_shape = [1, 1]> (x, w, b)
z = BatchNormalization <epsilon = 0.01> (y, s, o, m, v)
}"""


def conv_and_norm(other: str = "") -> onnx.ModelProto:
    made = model(
        CONV_AND_NORM.replace("OTHER", other).replace(
            "x)", "x, float w, float b, float s, float o, float m, float v)", 1
        )
    )
    del made.graph.input[1:]
    rng = np.random.default_rng(3)
    shapes = {"w": (3, 2, 1, 1), "b": (3,), "s": (3,), "o": (3,), "m": (3,), "v": (3,)}
    for name, shape in shapes.items():
        values = np.abs(rng.normal(size=shape)).astype(np.float32)
        made.graph.initializer.append(numpy_helper.from_array(values, name))
    return made


def test_a_batch_normalization_goes_into_its_convolution(run_imported: Run) -> None:
    made = conv_and_norm()
    assert names(fold_batch_norm(read_graph(made))) == ["Conv"]
    graph = import_graph(made)
    assert graph.outputs[0][1].kind is OpKind.CONV
    x = np.random.default_rng(4).normal(size=(1, 2, 4, 4)).astype(np.float32)
    (want,) = onnx.reference.ReferenceEvaluator(made).run(None, {"x": x})
    np.testing.assert_allclose(run_imported(graph, {"x": x})[0], want, rtol=1e-4, atol=1e-5)


def test_a_convolution_that_others_read_keeps_its_weights() -> None:
    graph = read_graph(conv_and_norm(", float[1, 3, 4, 4] y"))
    assert fold_batch_norm(graph) is graph


def test_local_functions_are_expanded(run_imported: Run) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
    agraph (float[2] x) => (float[2] y) { y = local.twice(x) }
    <domain: "local", opset_import: ["" : 17]>
    twice (a) => (b) { b = Add(a, a) }"""
    graph = import_graph(parser.parse_model(text))
    (y,) = run_imported(graph, {"x": np.array([1, 2], np.float32)})
    assert y.tolist() == [2, 4]


TRIPLE = """<ir_version: 8, opset_import: ["" : 17, "org.example" : 3]>
agraph (float[2] x) => (float[2] y) { y = org.example.Times(x) }"""


@pytest.mark.usefixtures("no_plugins")
def test_an_operator_serves_until_a_newer_one_takes_over(run_imported: Run) -> None:
    for since, factor in [(1, 2.0), (3, 3.0), (4, 4.0)]:

        @registry.operator("Times", since=since, domain="org.example")
        def times(node: NodeContext, x: Tensor, factor: float = factor) -> Tensor:
            return elementwise(node.output(), lambda v: v * factor, x)

    (y,) = run_imported(import_graph(parser.parse_model(TRIPLE)), {"x": np.ones(2, np.float32)})
    assert y.tolist() == [3, 3]
    assert registry.known_versions("org.example", "Times") == (1, 3, 4)


def test_the_operators_of_the_first_models_are_known() -> None:
    known = {name for domain, name in registry.supported_operators() if domain == ""}
    assert {"Conv", "Gemm", "MatMul", "Softmax", "AveragePool", "Slice", "Expand"} <= known


def test_an_output_left_out_is_no_input_left_out() -> None:
    body = """agraph (float[2, 1, 3] x) => (float[2, 1, 1, 4] y) {
    a, , c = LSTM <hidden_size = 4> (x, w, r)
    one = Constant <value_ints = [1]> ()
    s = Squeeze(a, one)
    y = LSTM <hidden_size = 4> (s, v, r, , , , c) }"""
    made = model(body.replace("x)", "x, float w, float v, float r)", 1))
    del made.graph.input[1:]
    for name, shape in {"w": (1, 16, 3), "v": (1, 16, 4), "r": (1, 16, 4)}.items():
        made.graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32), name))
    assert import_graph(made).outputs[0][1].static_shape == (2, 1, 1, 4)
