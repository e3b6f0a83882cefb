"""``halo check`` of models whose inputs and outputs are maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from onnx_frontend import ModelError
from onnx_frontend.checking import check_model
from onnx_frontend.example_inputs import example_inputs

pytestmark = pytest.mark.usefixtures("no_plugins")

ML = "ai.onnx.ml"
FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def model(nodes: Sequence[onnx.NodeProto], x: Any, y: Any) -> onnx.ModelProto:
    imports = [helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)]
    graph = helper.make_graph(nodes, "maps", [x], [y])
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def map_type(key: int, value: int) -> onnx.TypeProto:
    return helper.make_map_type_proto(key, helper.make_tensor_type_proto(value, []))


def vectorized(key: int, value: int, **vocabulary: Any) -> onnx.ModelProto:
    nodes = [
        helper.make_node("DictVectorizer", ["x"], ["v"], domain=ML, **vocabulary),
        helper.make_node("Identity", ["v"], ["y"]),
    ]
    x = helper.make_value_info("x", map_type(key, value))
    return model(nodes, x, helper.make_tensor_value_info("y", value, None))


WORDS = {"string_vocabulary": ["b", "d", "a", "c"]}
NUMBERS = {"int64_vocabulary": [7, -2, 40, 5]}


@pytest.mark.parametrize("reference", ["onnx", "onnxruntime"])
@pytest.mark.parametrize(("key", "vocabulary"), [(STRING, WORDS), (INT64, NUMBERS)])
def test_maps_of_keys_that_nodes_know_are_drawn_and_compared(
    reference: str, key: int, vocabulary: dict[str, Any]
) -> None:
    if reference == "onnxruntime":
        pytest.importorskip("onnxruntime")
    proto = vectorized(key, FLOAT, **vocabulary)
    report = check_model(proto, reference=reference)
    assert report.first_wrong is None
    assert [(c.value, c.shape, c.unchecked) for c in report.layers] == [
        ("v", (1, 4), ""),
        ("y", (1, 4), ""),
    ]
    drawn = example_inputs(proto, {}, {}, parts=True)
    (known,) = vocabulary.values()
    keys = drawn["x[keys]"].tolist()
    assert len(keys) == len(set(keys)) == 3 and set(keys) < set(known)
    assert drawn["x[values]"].dtype == np.float32 and drawn["x[values]"].any()


def test_a_map_that_is_given_may_have_keys_that_no_node_knows() -> None:
    proto = vectorized(INT64, FLOAT, **NUMBERS)
    given = {
        "x[keys]": np.array([40, 7, 9]),
        "x[values]": np.array([1, 2, 3], np.float32),
    }
    # The evaluator knows no key outside of the vocabulary, so halo's own result is taken.
    report = check_model(proto, given)
    assert report.first_wrong is None and "KeyError" in report.layers[0].unchecked
    report = check_model(proto, given, reference="onnxruntime")
    assert report.first_wrong is None and not report.layers[0].unchecked


def test_one_array_of_a_map_alone_is_refused() -> None:
    proto = vectorized(INT64, FLOAT, **NUMBERS)
    with pytest.raises(ModelError, match=r"'x', which is a map, one array is given\n.*x\[values\]"):
        check_model(proto, {"x[keys]": np.array([40])})


def test_values_of_maps_may_be_strings() -> None:
    report = check_model(vectorized(INT64, STRING, **NUMBERS))
    assert report.first_wrong is None
    drawn = example_inputs(vectorized(INT64, STRING, **NUMBERS), {}, {}, parts=True)
    assert all(isinstance(v, str) for v in drawn["x[values]"])


def test_keys_of_any_map_are_drawn_where_no_node_tells_them() -> None:
    nodes = [helper.make_node("CastMap", ["x"], ["y"], domain=ML, map_form="SPARSE", max_map=9)]
    x = helper.make_value_info("x", map_type(INT64, FLOAT))
    proto = model(nodes, x, helper.make_tensor_value_info("y", FLOAT, None))
    report = check_model(proto, reference="onnxruntime")
    assert report.first_wrong is None and report.outputs[0].shape == (1, 9)


def test_maps_that_come_out_are_compared_by_their_values() -> None:
    nodes = [helper.make_node("ZipMap", ["x"], ["y"], domain=ML, classlabels_strings=["p", "q"])]
    kind = helper.make_sequence_type_proto(map_type(STRING, FLOAT))
    x = helper.make_tensor_value_info("x", FLOAT, ["n", 2])
    proto = model(nodes, x, helper.make_value_info("y", kind))
    right = check_model(proto, reference="onnxruntime")
    assert [(c.value, c.shape, c.unchecked) for c in right.outputs] == [("y[values]", (2, 2), "")]
    assert right.first_wrong is None
    assert "ZipMap" in check_model(proto).outputs[0].unchecked
