"""Models that contradict themselves are refused by name; odd ones that do not are compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from onnx_frontend import ModelError, compile
from onnx_frontend.importer import import_graph

F, I64 = TensorProto.FLOAT, TensorProto.INT64


def value(name: str, dims: Sequence[Any] | None, type: int = F) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, type, dims)


def node(op: str, inputs: Sequence[str], outputs: Sequence[str], **more: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs, outputs, **more)


RELU = node("Relu", ["x"], ["y"])
ADD = node("Add", ["x", "w"], ["y"], name="sum")


def model(
    *nodes: onnx.NodeProto,
    inputs: Sequence[onnx.ValueInfoProto] = (value("x", [2, 3]),),
    outputs: Sequence[onnx.ValueInfoProto] = (value("y", None),),
    weights: Sequence[TensorProto] = (),
    opsets: Sequence[tuple[str, int]] = (("", 17),),
    functions: Sequence[onnx.FunctionProto] = (),
    name: str = "odd",
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    imports = [helper.make_opsetid(*o) for o in opsets]
    return helper.make_model(graph, opset_imports=imports, ir_version=10, functions=functions)


def tensor(**fields: Any) -> TensorProto:
    made = TensorProto(name="w")
    for key, given in fields.items():
        if isinstance(given, list):
            getattr(made, key).extend(given)
        else:
            setattr(made, key, given)
    return made


def refused(proto: onnx.ModelProto, *texts: str) -> None:
    with pytest.raises(ModelError) as caught:
        import_graph(proto)
    message = str(caught.value)
    assert [text for text in texts if text not in message] == [], message
    assert len(message) < 2000


W = numpy_helper.from_array(np.array([1, 2, 3], np.float32), "w")
SEGMENT = tensor(dims=[3], data_type=F, float_data=[1.0, 2.0, 3.0])
SEGMENT.segment.end = 3


@pytest.mark.parametrize(
    ("proto", "text"),
    [
        (model(node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["y"])), "reads 'b'"),
        (model(node("Add", ["x", "y"], ["y"])), "reads 'y'"),
        (model(RELU, RELU), "makes 'y', which exists already"),
        (model(node("Relu", ["x"], ["x"]), outputs=[value("x", None)]), "makes 'x'"),
        (model(RELU, outputs=[value("y", None)] * 2), "two outputs called 'y'"),
        (model(RELU, inputs=[value("x", [2])] * 2), "two inputs called 'x'"),
        (model(ADD, weights=[W, W]), "two initializers called 'w'"),
        (model(RELU, outputs=[value("", None)]), "an output without a name"),
        (model(RELU, inputs=[value("x", [2]), value("", [2])]), "an input without a name"),
        (model(RELU, outputs=[]), "outputs or opset versions are missing"),
        (model(RELU, outputs=[value("y", [2, 3], I64)]), "'y' has elements of type float"),
        (model(RELU, opsets=[]), "opset versions are missing"),
        (model(RELU, opsets=[("", 13), ("ai.onnx", 17)]), "two versions of 'ai.onnx', 13 and 17"),
        (model(RELU, opsets=[("", 0)]), "version 0 of 'ai.onnx'"),
        (model(RELU, opsets=[("", 1 << 62)]), "newer ones with a newer onnx package"),
        (model(RELU, opsets=[("org.example", 1)]), "imports no version of 'ai.onnx'"),
        (model(RELU, inputs=[value("x", [1 << 31])]), "input 'x'"),
        (model(RELU, inputs=[value("x", [1 << 20, 1 << 20])]), "2147483647 cells at most"),
        (model(RELU, inputs=[value("x", [1] * 1000)]), "input 'x'"),
    ],
)
def test_a_graph_that_contradicts_itself_is_refused(proto: onnx.ModelProto, text: str) -> None:
    refused(proto, text)


def test_a_declaration_of_another_type_is_refused() -> None:
    proto = model(node("Relu", ["x"], ["t"]), node("Relu", ["t"], ["y"]))
    proto.graph.value_info.append(value("t", [2, 3], TensorProto.INT32))
    refused(proto, "Relu node #0: 't' has elements of type float", "declares int32")


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        (tensor(dims=[3], data_type=F, raw_data=b"1234"), "4 bytes are given, float[3] has 12"),
        (tensor(dims=[3], data_type=F, raw_data=b"1234567"), "7 bytes"),
        (tensor(dims=[3], data_type=F), "0 elements are given in float_data, float[3] has 3"),
        (tensor(dims=[3], data_type=F, int64_data=[1, 2, 3]), "has it in float_data"),
        (
            tensor(dims=[3], data_type=F, raw_data=b"1234" * 3, float_data=[1.0, 2.0, 3.0]),
            "given twice, in raw_data and in float_data",
        ),
        (tensor(dims=[-3], data_type=F, raw_data=b"1234" * 3), "-3: none can be negative"),
        (tensor(dims=[1 << 32, 1 << 32], data_type=F), "elements at most"),
        (tensor(dims=[1 << 62, 0], data_type=F), "elements at most"),
        (tensor(dims=[1] * 100, data_type=F, float_data=[1.0]), "100 dimensions"),
        (tensor(dims=[3], data_type=0, raw_data=b"1234" * 3), "element type is undefined"),
        (tensor(dims=[3], data_type=99, raw_data=b"1234" * 3), "element type is 99"),
        (tensor(dims=[1], data_type=8, raw_data=b"text"), "strings are given as raw bytes"),
        (tensor(dims=[1], data_type=8, string_data=[b"\xff"]), "cannot be read"),
        (SEGMENT, "one of several segments"),
    ],
)
def test_weights_that_are_not_what_they_say_are_named(weights: TensorProto, text: str) -> None:
    refused(model(ADD, weights=[weights]), "tensor 'w'", text)


def sparse(indices: Any, dims: Sequence[int] = (2, 3)) -> onnx.SparseTensorProto:
    values = numpy_helper.from_array(np.array([5, 7], np.float32), "w")
    places = numpy_helper.from_array(np.asarray(indices, np.int64))
    return helper.make_sparse_tensor(values, places, dims)


@pytest.mark.parametrize("indices", [[1, 5], [[0, 1], [1, 2]]])
def test_sparse_weights_are_the_dense_ones(indices: Any) -> None:
    proto = model(ADD)
    proto.graph.sparse_initializer.append(sparse(indices))
    y = compile(proto).run({"x": np.zeros((2, 3), np.float32)})["y"]
    assert y.tolist() == [[0, 5, 0], [0, 0, 7]]


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        (sparse([1, 6]), "lies outside of its 2x3 elements"),
        (sparse([-1, 5]), "lies outside"),
        (sparse([[0, 1], [2, 2]]), "lies outside"),
        (sparse([1, 2, 3]), "2 values are given at places of shape (3,)"),
        (sparse([1, 2], [30_000, 30_000]), "too many to be stored all"),
    ],
)
def test_sparse_weights_that_do_not_fit_are_named(
    weights: onnx.SparseTensorProto, text: str
) -> None:
    proto = model(ADD)
    proto.graph.sparse_initializer.append(weights)
    refused(proto, "sparse tensor 'w'", text)


NAMES = ["int", 'a"b', "a\nb", "a\\b", "*/ x /*", "ünï☃", "a\0b", "%s", "??/", "n" * 1_000_000]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:8]))
def test_names_may_be_anything(name: str) -> None:
    proto = model(
        node("Neg", [f"{name}1"], [name], name=name),
        inputs=[value(f"{name}1", [name, 3])],
        outputs=[value(name, None)],
        name=name,
    )
    x = np.ones((2, 3), np.float32)
    assert compile(proto).run({f"{name}1": x})[name].tolist() == (-x).tolist()


def test_names_that_are_equal_as_identifiers_stay_apart() -> None:
    names = ["a.b", "a/b", "a b", "a:b"]
    total = node("Sum", names, ["a-b"])
    proto = model(total, inputs=[value(n, [1]) for n in names], outputs=[value("a-b", None)])
    feeds = {n: np.array([10.0**i], np.float32) for i, n in enumerate(names)}
    assert compile(proto).run(feeds)["a-b"].tolist() == [1111]


def test_names_that_are_no_text_are_refused() -> None:
    data = model(node("Relu", ["x"], ["y"], name="AAAA")).SerializeToString()
    with pytest.raises(ModelError, match="a name that is not UTF-8"):
        import_graph(data.replace(b"AAAA", b"A\xff\xfeA"))


def test_a_message_shows_the_beginning_of_a_long_name() -> None:
    refused(model(node("Relu", ["n" * 100_000], ["y"], name="m" * 100_000)), "nnn...")


def run_and_compare(proto: onnx.ModelProto, **feeds: Any) -> None:
    found = compile(proto).run(feeds)
    wanted = ReferenceEvaluator(proto).run(None, feeds)
    for output, expected in zip(proto.graph.output, wanted, strict=True):
        np.testing.assert_allclose(found[output.name], expected, rtol=1e-6)


def test_odd_but_valid_models_give_what_the_reference_gives() -> None:
    x = np.array([[-1, 0, 1], [2, 3, 4]], np.float32)
    given = [value("x", [2, 3]), value("w", [3])]
    run_and_compare(model(ADD, inputs=given, weights=[W]), x=x)
    both = [value("y", None), value("x", None), value("w", None)]
    run_and_compare(model(ADD, outputs=both, weights=[W]), x=x)
    run_and_compare(model(outputs=[value("x", None)]), x=x)
    high = numpy_helper.from_array(np.array(2, np.float32), "high")
    run_and_compare(model(node("Clip", ["x", "", "high"], ["y"]), weights=[high]), x=x)
    run_and_compare(model(RELU, outputs=[value("y", [7, 7, 7])]), x=x)
    run_and_compare(model(RELU, inputs=[value("x", [-5, 3])]), x=x)
    run_and_compare(model(RELU, inputs=[value("x", [0, 3])]), x=x[:0])


def test_hundreds_of_nodes_one_after_the_other_are_compiled() -> None:
    nodes = []
    for i in range(300):
        last, new = f"t{i}" if i else "x", f"t{i + 1}" if i < 299 else "y"
        nodes.append(node("Add", [last, "w"], [new]) if i % 2 else node("Tanh", [last], [new]))
    run_and_compare(model(*nodes, weights=[W]), x=np.ones((2, 3), np.float32))


def test_ten_thousand_unknown_nodes_are_told_in_one_message() -> None:
    unknown = [node("Swirl", ["x"], [f"t{i}"]) for i in range(10_000)]
    outputs = [value(f"t{i}", None) for i in range(10_000)]
    refused(model(*unknown, outputs=outputs), "10000 nodes of model odd", "and 9980 more")


def nested(depth: int) -> onnx.ModelProto:
    """Return a model of an If in an If in an If."""
    leaf = helper.make_graph([node("Neg", ["x"], ["e"])], "leaf", [], [value("e", None)])
    body = leaf
    for level in range(depth):
        branch = node("If", ["c"], [f"o{level}"], then_branch=body, else_branch=leaf)
        body = helper.make_graph([branch], "body", [], [value(f"o{level}", None)])
    made = model(inputs=[value("x", [2]), value("c", [], TensorProto.BOOL)])
    made.graph.node.extend(body.node)
    made.graph.output[0].name = body.output[0].name
    return made


def test_bodies_stand_deep_in_each_other() -> None:
    proto = nested(12)
    run_and_compare(proto, x=np.ones(2, np.float32), c=np.array(True))


def test_bodies_that_stand_deeper_than_protobuf_reads_are_refused() -> None:
    def field(number: int, data: bytes) -> bytes:
        return number_of(number << 3 | 2) + number_of(len(data)) + data

    def number_of(n: int) -> bytes:
        low = bytes([n & 127 | (128 if n > 127 else 0)])
        return low + number_of(n >> 7) if n > 127 else low

    graph = field(1, RELU.SerializeToString())
    for _ in range(1000):
        attribute = field(1, b"then_branch") + field(6, graph) + number_of(20 << 3) + number_of(5)
        graph = field(1, field(2, b"y") + field(4, b"If") + field(5, attribute))
    with pytest.raises(ModelError, match="more than 32 deep in each other"):
        import_graph(model(outputs=[value("y", None)]).SerializeToString() + field(7, graph))


def function(name: str, *nodes: onnx.NodeProto) -> onnx.FunctionProto:
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    return helper.make_function("own", name, ["a"], ["b"], list(nodes), imports)


def call(name: str, *names: str) -> onnx.NodeProto:
    return helper.make_node(name, names[:-1], names[-1:], domain="own")


OWN = [("", 17), ("own", 1)]
F_OF_G, G_OF_F = function("f", call("g", "a", "b")), function("g", call("f", "a", "b"))


@pytest.mark.parametrize(
    ("functions", "text"),
    [
        ([function("f", call("f", "a", "b"))], "calls itself: 'f' calls 'f'"),
        ([F_OF_G, G_OF_F], "calls itself: 'f' calls 'g' calls 'f'"),
        ([function("f", node("Relu", ["a"], ["b"]))] * 2, "two functions called 'f'"),
        ([function("f", node("Relu", ["z"], ["b"]))], "reads"),
        ([function("f", node("Relu", ["a"], ["z"]))], "no node makes the output 'y'"),
    ],
)
def test_functions_that_make_no_sense_are_refused(
    functions: list[onnx.FunctionProto], text: str
) -> None:
    refused(model(call("f", "x", "y"), functions=functions, opsets=OWN), text)


def test_a_call_with_too_many_operands_is_refused() -> None:
    functions = [function("f", node("Relu", ["a"], ["b"]))]
    proto = model(call("f", "x", "x", "y"), functions=functions, opsets=OWN)
    refused(proto, "has 2 inputs, the function 'f' that it calls has 1")


def test_functions_that_double_in_each_other_are_refused() -> None:
    functions = [function("f0", node("Relu", ["a"], ["b"]))]
    for i in range(1, 60):
        name = f"f{i - 1}"
        functions.append(function(f"f{i}", call(name, "a", "t"), call(name, "t", "b")))
    refused(model(call("f59", "x", "y"), functions=functions, opsets=OWN), "nodes when each")


def test_functions_are_put_in_place_of_their_calls() -> None:
    functions = [
        function("twice", call("half", "a", "t"), call("half", "t", "b")),
        function("half", node("Add", ["a", "a"], ["b"])),
    ]
    proto = model(call("twice", "x", "y"), functions=functions, opsets=OWN)
    assert compile(proto).run({"x": np.ones((2, 3), np.float32)})["y"].tolist() == [[4] * 3] * 2
