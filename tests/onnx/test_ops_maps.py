"""Maps of ai.onnx.ml: as dicts through the standard's backend, as keys and values for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import onnx_frontend
from onnx_frontend import ModelError, backend

Array = np.ndarray[Any, np.dtype[Any]]
ML = "ai.onnx.ml"
INT, FLOAT, DOUBLE, STRING = (
    getattr(TensorProto, name) for name in ("INT64", "FLOAT", "DOUBLE", "STRING")
)


def map_model(op: str, key: int, value: int, result: int, **attributes: Any) -> onnx.ModelProto:
    """Return a model of one node that reads a map."""
    node = helper.make_node(op, ["x"], ["y"], domain=ML, **attributes)
    tensor = helper.make_tensor_type_proto(value, [])
    x = helper.make_value_info("x", helper.make_map_type_proto(key, tensor))
    y = helper.make_tensor_value_info("y", result, None)
    graph = helper.make_graph([node], "maps", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(ML, 1)], ir_version=8)


def onnxruntime_gives(model: onnx.ModelProto, feeds: Mapping[str, Any]) -> Any:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, dict(feeds))[0]


def check_map(
    model: onnx.ModelProto, *maps: Mapping[Any, Any], wanted: Sequence[Any] | None = None
) -> None:
    """Compare with onnxruntime, which takes maps to floats only, or with what is `wanted`."""
    prepared = backend.prepare(model)
    for number, given in enumerate(maps):
        (made,) = prepared.run([given])
        if wanted is None:
            want = np.asarray(onnxruntime_gives(model, {"x": given}))
        else:
            type = model.graph.output[0].type.tensor_type.elem_type
            want = np.array(wanted[number], helper.tensor_dtype_to_np_dtype(type))
        assert made.shape == want.shape
        assert made.dtype == want.dtype
        np.testing.assert_array_equal(made, want)


@pytest.mark.parametrize(("value", "many"), [(INT, 3), (FLOAT, 1.5), (DOUBLE, 0.1)])
def test_a_map_of_strings_in_the_order_of_a_vocabulary(value: int, many: float) -> None:
    words = ["a", "long word", "é", "b"]
    model = map_model("DictVectorizer", STRING, value, value, string_vocabulary=words)
    maps = [{"b": many, "a": -many}, {"é": many, "other": 7}, {"long word": many}, {"a": many}]
    if value == FLOAT:
        check_map(model, *maps)
    check_map(model, *maps, wanted=[[[m.get(w, 0) for w in words]] for m in maps])


@pytest.mark.parametrize(
    ("value", "many", "none"),
    [(FLOAT, (1.5, -2.0), 0), (DOUBLE, (0.1, 3.0), 0), (STRING, ("x", "a é"), "")],
)
def test_a_map_of_numbers_in_the_order_of_a_vocabulary(value: int, many: Any, none: Any) -> None:
    numbers = [9, -3, 1 << 40]
    model = map_model("DictVectorizer", INT, value, value, int64_vocabulary=numbers)
    maps = [{9: many[0], 1 << 40: many[1]}, {-3: many[0], 5: many[1]}]
    if value == FLOAT:
        check_map(model, *maps)
    check_map(model, *maps, wanted=[[[m.get(k, none) for k in numbers]] for m in maps])


def test_an_empty_map_gives_zeros() -> None:
    model = map_model("DictVectorizer", STRING, FLOAT, FLOAT, string_vocabulary=["a", "b"])
    (made,) = backend.prepare(model).run([{}])
    np.testing.assert_array_equal(made, [[0, 0]])


@pytest.mark.parametrize("to", ["TO_FLOAT", "TO_INT64"])
def test_the_values_of_a_map_in_the_order_of_its_keys(to: str) -> None:
    result = FLOAT if to == "TO_FLOAT" else INT
    maps = [{5: 1.5, -2: -7.75, 9: 3.0}, {1: 2.0}, {7: 1.0, 6: 2.0, 5: 3.0, 0: -4.5}]
    check_map(map_model("CastMap", INT, FLOAT, result, cast_to=to), *maps)
    sparse = map_model("CastMap", INT, FLOAT, result, cast_to=to, map_form="SPARSE", max_map=6)
    check_map(sparse, {5: 1.5, 0: 2.5}, {2: -3.0, 1: 4.0, 3: 1.0, 7: 8.0})


def test_the_strings_of_a_map_in_the_order_of_its_keys() -> None:
    model = map_model("CastMap", INT, STRING, STRING, cast_to="TO_STRING")
    maps = [{5: "five", -2: "", 3: "drei é"}, {1: "one"}]
    check_map(model, *maps, wanted=[[["", "drei é", "five"]], [["one"]]])


def zipped(strings: bool) -> onnx.ModelProto:
    labels: dict[str, Any] = {"classlabels_int64s": [7, -1, 4]}
    if strings:
        labels = {"classlabels_strings": ["no", "ja", "é"]}
    node = helper.make_node("ZipMap", ["x"], ["y"], domain=ML, **labels)
    x = helper.make_tensor_value_info("x", FLOAT, ["rows", 3])
    tensor = helper.make_tensor_type_proto(FLOAT, [])
    maps = helper.make_map_type_proto(STRING if strings else INT, tensor)
    y = helper.make_value_info("y", helper.make_sequence_type_proto(maps))
    graph = helper.make_graph([node], "zipped", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(ML, 1)], ir_version=8)


@pytest.mark.parametrize("strings", [False, True])
def test_rows_become_maps(strings: bool) -> None:
    model = zipped(strings)
    prepared = backend.prepare(model)
    for rows in (4, 1):
        x = np.random.default_rng(1).normal(size=(rows, 3)).astype(np.float32)
        assert list(prepared.run([x])[0]) == onnxruntime_gives(model, {"x": x})
    assert list(prepared.run([np.zeros((0, 3), np.float32)])[0]) == []


def test_a_library_has_the_keys_and_the_values_as_arrays(tmp_path: Path) -> None:
    compiled = onnx_frontend.compile(zipped(True))
    compiled.save(tmp_path)
    x = np.array([[1, 2, 3]], np.float32)
    made = onnx_frontend.load(tmp_path).run({"x": x})
    assert made["y[keys]"].tolist() == ["no", "ja", "é"]
    np.testing.assert_array_equal(made["y[values]"], x)
    model = map_model("DictVectorizer", INT, FLOAT, FLOAT, int64_vocabulary=[4, 2])
    keys, values = np.array([2, 3]), np.array([0.5, 0.25], np.float32)
    made = onnx_frontend.compile(model).run({"x[keys]": keys, "x[values]": values})
    np.testing.assert_array_equal(made["y"], [[0, 0.5]])


def test_a_whole_classifier_of_scikit_learn_s_form() -> None:
    """Scores that a classifier gives become maps, as converters write it."""
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["x"],
            ["label", "scores"],
            domain=ML,
            coefficients=[1.0, -1.0, 0.5, 0.25],
            intercepts=[0.0, 0.5],
            classlabels_strings=["no", "yes"],
            post_transform="SOFTMAX",
        ),
        helper.make_node("Normalizer", ["scores"], ["parts"], domain=ML, norm="L1"),
        helper.make_node("ZipMap", ["parts"], ["y"], domain=ML, classlabels_strings=["no", "yes"]),
    ]
    tensor = helper.make_tensor_type_proto(FLOAT, [])
    maps = helper.make_sequence_type_proto(helper.make_map_type_proto(STRING, tensor))
    outputs = [
        helper.make_tensor_value_info("label", STRING, ["rows"]),
        helper.make_value_info("y", maps),
    ]
    x = helper.make_tensor_value_info("x", FLOAT, ["rows", 2])
    graph = helper.make_graph(nodes, "classifier", [x], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(ML, 1)], ir_version=8)
    label, made = backend.prepare(model).run([np.array([[2, 0], [0, 3]], np.float32)])
    assert label.tolist() == ["no", "yes"]
    assert [round(sum(row.values()), 5) for row in made] == [1, 1]
    assert made[0]["no"] > made[0]["yes"]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (map_model("CastMap", INT, STRING, FLOAT), "strings to be cast to strings"),
        (
            map_model("CastMap", INT, STRING, STRING, cast_to="TO_STRING", map_form="SPARSE"),
            "map_form DENSE of strings",
        ),
        (map_model("CastMap", INT, FLOAT, FLOAT, cast_to="TO_BOOL"), "cast_to 'TO_BOOL'"),
        (map_model("DictVectorizer", INT, FLOAT, FLOAT), "its vocabulary"),
        (
            map_model("DictVectorizer", INT, FLOAT, FLOAT, string_vocabulary=["a"]),
            "its vocabulary",
        ),
        (map_model("Scaler", INT, FLOAT, FLOAT), "not a tensor"),
    ],
)
def test_maps_that_cannot_be_read_are_refused(model: onnx.ModelProto, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        onnx_frontend.compile(model)


def test_a_row_must_have_as_many_cells_as_there_are_labels() -> None:
    model = zipped(False)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 4
    with pytest.raises(ModelError, match="4 and 3, which must be equal"):
        onnx_frontend.compile(model)
