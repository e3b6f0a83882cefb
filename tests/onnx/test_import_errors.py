"""Models that cannot be imported: the error says what, where and how to mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, external_data_helper, helper, numpy_helper, parser

from onnx_frontend.errors import ModelError, UnsupportedOp
from onnx_frontend.importer import import_graph


def model(body: str, opset: int = 17) -> onnx.ModelProto:
    return parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{body}')


RELU = model("agraph (float[2] x) => (float[2] y) { y = Relu(x) }")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no file .*nothing\.onnx"):
        import_graph(tmp_path / "nothing.onnx")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        import_graph(tmp_path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 this is a zip file", b"\x08\x08"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"bad\.onnx.*\n.*fetch or export it again"):
        import_graph(path)


def test_a_model_cut_short_is_refused_wherever_it_is_cut() -> None:
    weights = numpy_helper.from_array(np.ones(50, np.float32), "w")
    longer = onnx.ModelProto()
    longer.CopyFrom(RELU)
    longer.graph.initializer.append(weights)
    whole = longer.SerializeToString()
    for end in range(1, len(whole), 7):
        with pytest.raises(ModelError):
            import_graph(whole[:end])


def test_weights_in_another_file_are_read_and_missed(tmp_path: Path) -> None:
    big = model(
        "agraph (float[4] x) => (float[4] y) { y = Add(x, w) }".replace("x)", "x, float[4] w)", 1)
    )
    del big.graph.input[1]
    big.graph.initializer.append(numpy_helper.from_array(np.arange(4, dtype=np.float32), "w"))
    external_data_helper.convert_model_to_external_data(big, location="w.bin", size_threshold=0)
    onnx.save(big, tmp_path / "m.onnx")
    (constant,) = [t for t in import_graph(tmp_path / "m.onnx").tensors if t.constant is not None]
    assert constant.constant is not None and constant.constant.tolist() == [0, 1, 2, 3]
    (tmp_path / "w.bin").unlink()
    with pytest.raises(ModelError, match=r"lies in .w\.bin., but there is no such file"):
        import_graph(tmp_path / "m.onnx")


def test_all_unsupported_nodes_are_listed_at_once() -> None:
    nodes = [
        helper.make_node("Gradient", ["x"], ["a"], name="first"),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Swirl", ["x"], ["c"], name="second", domain="org.example"),
        helper.make_node("Celu", ["c"], ["d"], name="third"),
    ]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "xbd"]
    graph = helper.make_graph(nodes, "mixed", values[:1], values[1:])
    opsets = [helper.make_opsetid("", 11), helper.make_opsetid("org.example", 3)]
    with pytest.raises(UnsupportedOp) as caught:
        import_graph(helper.make_model(graph, opset_imports=opsets))
    found = [(m.node, m.operator, m.domain, m.version) for m in caught.value.missing]
    assert found == [
        ("'first'", "Gradient", "ai.onnx", 11),
        ("'second'", "Swirl", "org.example", 3),
        ("'third'", "Celu", "ai.onnx", 11),
    ]
    message = str(caught.value)
    assert "3 nodes of model mixed" in message and "only known from version 12 on" in message
    assert "entry point" in message


def test_what_an_operator_does_not_do_is_named() -> None:
    body = "agraph (float[2, 3] x, int64[n] s) => (float[?, ?] y) { y = Reshape(x, s) }"
    with pytest.raises(UnsupportedOp, match="a shape of few integers, how many being known"):
        import_graph(model(body))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("agraph (float[2] a, float[3] b) => (float[2] y) { y = Add(a, b) }", "do not broadcast"),
        ("agraph (float[2, 3] a, float[2, 3] b) => (float[2, 3] y) { y = MatMul(a, b) }", "3 col"),
        ("agraph (float[2, 3] a) => (float[6] y) { y = Relu(a, a) }", "2 inputs do not fit"),
        ("agraph (float[2, 3] a) => (float[6] y) { y = Squeeze <axes = [0]> (a) }", "axis 0"),
        ("agraph (float[2, 3] a) => (float[6] y) { y = Transpose <perm = [0, 0]> (a) }", "order"),
        ("agraph (float[2, 3] a) => (float[6] y) { y = Concat <axis = 2> (a, a) }", "axis 2"),
        ("agraph (float[2, 3] a) => (float[6] y) { y = Cast (a) }", "attribute 'to' is missing"),
        ("agraph (float[1, 1, 4] a) => (float[6] y) { y = MaxPool (a) }", "kernel_shape"),
    ],
)
def test_a_node_that_makes_no_sense_is_named(body: str, message: str) -> None:
    with pytest.raises(ModelError, match=f"node #0.*{message}"):
        import_graph(model(body, opset=12))


def test_a_value_that_nothing_makes_is_named() -> None:
    with pytest.raises(ModelError, match="reads 'z'"):
        import_graph(model("agraph (float[2] x) => (float[2] y) { y = Add(x, z) }"))


def test_an_input_of_a_type_that_halo_does_not_know_is_named() -> None:
    with pytest.raises(ModelError, match="complex64"):
        import_graph(model("agraph (complex64[2] x) => (complex64[2] y) { y = Identity(x) }"))


def test_an_output_that_is_an_input_or_stands_twice_is_computed(
    run_imported: Callable[..., list[object]],
) -> None:
    same = onnx.ModelProto()
    same.CopyFrom(model("agraph (float[2] x) => (float[2] y, float[2] x) { y = Relu(x) }"))
    graph = import_graph(same)
    tensors = [t for _, t in graph.outputs]
    assert len(set(tensors)) == 2 and all(t.func is not None for t in tensors)
    x = np.array([-1, 1], np.float32)
    y, again = run_imported(graph, {"x": x})
    np.testing.assert_array_equal(np.asarray(y), [0, 1])
    np.testing.assert_array_equal(np.asarray(again), x)


def test_a_constant_output_is_computed(run_imported: Callable[..., list[object]]) -> None:
    body = """agraph (float[2, 3] x) => (int64[2] s, float[2] c) {
    s = Shape(x)
    c = Constant <value_floats = [1.5, 2.5]> () }"""
    s, c = run_imported(import_graph(model(body)), {"x": np.zeros((2, 3), np.float32)})
    assert np.asarray(s).tolist() == [2, 3] and np.asarray(c).tolist() == [1.5, 2.5]
