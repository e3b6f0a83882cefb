"""Symbols for unknown sizes, and shapes computed from shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

from halo.ops.index import known
from halo.ops.tensor import OpKind
from onnx_frontend import compile
from onnx_frontend.errors import ModelError
from onnx_frontend.importer import ImportedGraph, import_graph

Run = Callable[..., list[Any]]


def model(body: str, opset: int = 17) -> onnx.ModelProto:
    """Return the model ``agraph`` written in ONNX's text form."""
    return parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{body}')


def shape_of(graph: ImportedGraph, output: int = 0) -> list[str]:
    return [str(d) for d in graph.outputs[output][1].shape]


ADD = model("agraph (float[N, 3, W] a, float[N, 3, W] b) => (float[N, 3, W] y) { y = Add(a, b) }")


def test_dimensions_of_one_name_are_one_symbol() -> None:
    graph = import_graph(ADD)
    assert graph.symbols == ("N", "W")
    assert graph.inputs[0].shape[0] is graph.inputs[1].shape[0]
    assert not graph.requires
    assert shape_of(graph) == ["N", "3", "W"]


def test_unknown_dimensions_get_symbols_named_after_input_and_axis() -> None:
    graph = import_graph(model("agraph (float[?, 3, ?] a) => (float[?, 3, ?] y) { y = Relu(a) }"))
    assert graph.symbols == ("a_dim_0", "a_dim_2")


def test_unknown_sizes_that_meet_must_be_equal() -> None:
    graph = import_graph(model("agraph (float[?] a, float[?] b) => (float[?] y) { y = Add(a, b) }"))
    (need,) = graph.requires
    assert {str(need.a), str(need.b)} == {"a_dim_0", "b_dim_0"}
    assert "Add" in need.why


def test_a_shape_given_for_one_input_fixes_the_name_everywhere() -> None:
    graph = import_graph(ADD, {"a": [2, 3, "?"]})
    assert graph.symbols == ("W",)
    assert shape_of(graph) == ["2", "3", "W"]


def test_a_given_name_replaces_the_models_own() -> None:
    assert import_graph(ADD, {"a": ["batch", 3, -1]}).symbols == ("batch", "W")


def test_symbols_and_tensors_are_identifiers() -> None:
    odd = onnx.ModelProto()
    odd.CopyFrom(model("agraph (float[N] a) => (float[N] y) { y = Relu(a) }"))
    odd.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "p2o.Dim 0"
    odd.graph.input[0].name = odd.graph.node[0].input[0] = "gpu_0/data"
    odd.graph.output[0].name = odd.graph.node[0].output[0] = "int"
    graph = import_graph(odd)
    assert graph.symbols == ("p2o_Dim_0",)
    assert graph.input_names == ("gpu_0/data",) and graph.inputs[0].name == "gpu_0_data"
    assert graph.outputs[0][0] == "int" and graph.outputs[0][1].name == "v_int"


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"c": [1]}, "no input"),
        ({"a": [1, 3]}, "dimensions"),
        ({"a": [1, 4, 5]}, "at axis 1"),
        ({"a": [1, 3, 0]}, "dimension 0"),
        ({"a": [1, 3, 5], "b": [2, 3, 5]}, "'N' is given as 1"),
    ],
)
def test_shapes_that_make_no_sense_are_refused(
    shapes: dict[str, Sequence[int | str]], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        import_graph(ADD, shapes)


FLATTEN_BY_SHAPE = """
agraph (float[N, 4, H, W] x) => (float[?, ?] y)
{
    shape = Shape(x)
    zero = Constant <value_ints = [0]> ()
    one = Constant <value_ints = [1]> ()
    batch = Slice(shape, zero, one, zero)
    rest = Constant <value_ints = [-1]> ()
    target = Concat <axis = 0> (batch, rest)
    y = Reshape(x, target)
}
"""


def test_a_shape_computed_from_a_shape_is_followed(run_imported: Run) -> None:
    graph = import_graph(model(FLATTEN_BY_SHAPE))
    assert [t.kind for t in graph.tensors] == [OpKind.INPUT, OpKind.VIEW]
    assert shape_of(graph)[0] == "N"
    x = np.arange(2 * 4 * 3 * 5, dtype=np.float32).reshape(2, 4, 3, 5)
    (y,) = run_imported(graph, {"x": x})
    np.testing.assert_array_equal(y, x.reshape(2, -1))


ARITHMETIC = """
agraph (float[N, C] x) => (int64[3] y)
{
    shape = Shape(x)
    first = Constant <value_int = 0> ()
    last = Constant <value_int = -1> ()
    n = Gather(shape, first)
    c = Gather(shape, last)
    two = Constant <value_int = 2> ()
    double = Mul(c, two)
    half = Div(n, two)
    less = Sub(n, two)
    axes = Constant <value_ints = [0]> ()
    a = Unsqueeze(double, axes)
    b = Unsqueeze(half, axes)
    d = Unsqueeze(less, axes)
    y = Concat <axis = 0> (a, b, d)
}
"""


def test_arithmetic_on_sizes_is_data_too(run_imported: Run) -> None:
    graph = import_graph(model(ARITHMETIC))
    (y,) = run_imported(graph, {"x": np.zeros((7, 5), np.float32)})
    assert y.dtype == np.int64 and y.tolist() == [10, 3, 5]


EXPAND = """
agraph (float[N, 3] x, float[1, 3] b) => (float[N, 3] y)
{
    shape = Shape(x)
    minus = Constant <value_ints = [-1, -1]> ()
    is_open = Equal(shape, minus)
    ones = ConstantOfShape <value = int64[1] {1}> (two)
    target = Where(is_open, ones, shape)
    y = Expand(b, target)
}
"""


def test_choices_on_sizes_are_decided(run_imported: Run) -> None:
    body = EXPAND.replace("ones =", "two = Constant <value_ints = [2]> ()\n    ones =")
    graph = import_graph(model(body))
    assert shape_of(graph) == ["N", "3"]
    b = np.array([[1, 2, 3]], np.float32)
    (y,) = run_imported(graph, {"x": np.zeros((4, 3), np.float32), "b": b})
    np.testing.assert_array_equal(y, np.repeat(b, 4, axis=0))


def test_the_size_of_a_convolution_is_an_expression_of_the_symbols() -> None:
    body = """agraph (float[N, 1, H, W] x) => (float[?, ?, ?, ?] y)
    <float[1, 1, 3, 3] w = {1, 1, 1, 1, 1, 1, 1, 1, 1}>
    { y = Conv <strides = [1, 2], pads = [1, 1, 1, 1]> (x, w) }"""
    assert shape_of(import_graph(model(body))) == ["N", "1", "H", "(W + 1)/2"]


def test_a_slice_to_the_end_keeps_the_symbol() -> None:
    body = """agraph (float[N, W] x) => (float[?, ?] y) {
    s = Constant <value_ints = [0]> ()
    e = Constant <value_ints = [9223372036854775807]> ()
    a = Constant <value_ints = [1]> ()
    y = Slice(x, s, e, a) }"""
    assert shape_of(import_graph(model(body))) == ["N", "W"]


def test_a_first_slice_has_size_one_whatever_the_symbol() -> None:
    body = """agraph (float[N, W] x) => (float[?, ?] y) {
    s = Constant <value_ints = [0]> ()
    e = Constant <value_ints = [1]> ()
    y = Slice(x, s, e, s) }"""
    assert [known(d) for d in import_graph(model(body)).outputs[0][1].shape] == [1, None]


def test_a_range_over_a_size_is_computed(run_imported: Run) -> None:
    body = """agraph (float[N] x) => (int64[?] y) {
    n = Size(x)
    zero = Constant <value_int = 1> ()
    two = Constant <value_int = 2> ()
    y = Range(zero, n, two) }"""
    graph = import_graph(model(body))
    (y,) = run_imported(graph, {"x": np.zeros(8, np.float32)})
    assert y.tolist() == [1, 3, 5, 7]


def test_a_squeezed_symbol_must_be_one() -> None:
    body = """agraph (float[N, H, W] x) => (float[?, ?] y) {
    a = Constant <value_ints = [1]> ()
    y = Squeeze(x, a) }"""
    graph = import_graph(model(body))
    assert [(str(r.a), str(r.b)) for r in graph.requires] == [("H", "1")]
    assert shape_of(graph) == ["N", "W"]


@pytest.mark.parametrize("names", ["c, y, x", "n, d4, d1"])
def test_a_size_may_be_called_as_the_axes_of_funcs_are(names: str) -> None:
    body = f"""agraph (float[{names}] x) => (float[?, ?, ?] y) {{
        s = Constant <value_ints = [-1, -1, -1]> ()
        e = Constant <value_ints = [-99, -99, -99]> ()
        a = Constant <value_ints = [0, 1, 2]> ()
        y = Slice(x, s, e, a, s) }}"""
    given = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    made = compile(model(body)).run({"x": given})["y"]
    np.testing.assert_array_equal(made, given[::-1, ::-1, ::-1])
