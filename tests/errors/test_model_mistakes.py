"""Models that cannot be compiled, and inputs that do not fit, are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import halo as hl
import onnx_frontend
from onnx_frontend import ModelError, PackageError, UnsupportedOp


def model(*nodes: onnx.NodeProto, result: str = "b") -> onnx.ModelProto:
    """Return a model of a 2 x 3 input a."""
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info(result, TensorProto.FLOAT, None)],
    )
    domains = [helper.make_opsetid("", 17), helper.make_opsetid("odd", 1)]
    return helper.make_model(graph, opset_imports=domains, ir_version=8)


def relu() -> onnx.ModelProto:
    return model(helper.make_node("Relu", ["a"], ["b"], "only"))


def test_a_truncated_model_file_is_named(refused: Any, tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(relu().SerializeToString()[:-20])
    with refused(ModelError, "cut.onnx", here=False):
        onnx_frontend.compile(path)


def test_a_file_that_is_no_model_is_named(refused: Any, tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    path.write_text("this is no model", encoding="ascii")
    with refused(ModelError, "text.onnx", here=False):
        onnx_frontend.compile(path)


def test_an_empty_file_is_no_model(refused: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.onnx"
    path.touch()
    with refused(ModelError, "empty.onnx", here=False):
        onnx_frontend.compile(path)


def test_a_model_file_that_does_not_exist_is_named(refused: Any, tmp_path: Path) -> None:
    with refused(ModelError, "missing.onnx", here=False):
        onnx_frontend.compile(tmp_path / "missing.onnx")


def test_all_unsupported_nodes_are_named_at_once(refused: Any) -> None:
    two = model(
        helper.make_node("Wibble", ["a"], ["m"], "first", domain="odd"),
        helper.make_node("Wubble", ["m"], ["b"], "second", domain="odd"),
    )
    texts = ("2 nodes", "Wibble", "first", "Wubble", "second", "odd 1", "can be added")
    with refused(UnsupportedOp, *texts, here=False):
        onnx_frontend.compile(two)


def test_the_error_of_unsupported_nodes_lists_them_as_data() -> None:
    with pytest.raises(UnsupportedOp) as caught:
        onnx_frontend.compile(model(helper.make_node("Wibble", ["a"], ["b"], "n", domain="odd")))
    (missing,) = caught.value.missing
    assert (missing.node, missing.operator, missing.domain) == ("'n'", "Wibble", "odd")


def test_a_node_that_reads_what_nothing_makes(refused: Any) -> None:
    with refused(ModelError, "nowhere", here=False):
        onnx_frontend.compile(model(helper.make_node("Relu", ["nowhere"], ["b"], "only")))


def test_an_input_of_a_wrong_type_is_named(refused: Any) -> None:
    compiled = onnx_frontend.compile(relu())
    with refused(hl.BufferError, "'a'", "float32", "float64", here=False):
        compiled.run({"a": np.zeros((2, 3))})


def test_an_input_of_a_wrong_shape_is_named(refused: Any) -> None:
    compiled = onnx_frontend.compile(relu())
    with refused(hl.BufferError, "'a'", "got 4", "expected 3", here=False):
        compiled.run({"a": np.zeros((2, 4), np.float32)})


def test_an_input_that_is_missing_is_named(refused: Any) -> None:
    compiled = onnx_frontend.compile(relu())
    with refused(hl.BufferError, "'a'", here=False):
        compiled.run({})


def test_an_input_that_the_model_does_not_have_is_named(refused: Any) -> None:
    compiled = onnx_frontend.compile(relu())
    a = np.zeros((2, 3), np.float32)
    with refused(hl.BufferError, "other", here=False):
        compiled.run({"a": a, "other": a})


def test_a_shape_for_an_input_that_does_not_exist(refused: Any) -> None:
    with refused(ModelError, "other", here=False):
        onnx_frontend.compile(relu(), shapes={"other": (1,)})


def test_a_shape_against_the_models_own(refused: Any) -> None:
    with refused(ModelError, "a", "2", "5", here=False):
        onnx_frontend.compile(relu(), shapes={"a": (5, 3)})


def test_a_directory_without_a_compiled_model(refused: Any, tmp_path: Path) -> None:
    with refused(PackageError, str(tmp_path), here=False):
        onnx_frontend.load(tmp_path)


def test_a_library_that_was_damaged_is_not_loaded(refused: Any, tmp_path: Path) -> None:
    onnx_frontend.compile(relu()).save(tmp_path)
    (library,) = tmp_path.glob("*.so")
    data = bytearray(library.read_bytes())
    data[len(data) // 2] ^= 0xFF
    library.write_bytes(data)
    with refused(PackageError, library.name, here=False):
        onnx_frontend.load(tmp_path)
