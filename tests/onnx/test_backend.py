"""halo as a backend of the ONNX standard, and how its suite's outcomes are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_coverage import Outcome, outcome_of, read_json, write_json, write_page

from halo.errors import CodegenError
from onnx_frontend import ModelError, backend

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def sum_and_difference() -> backend.CompiledRep:
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2, 3]) for n in "abxy"]
    nodes = [helper.make_node("Add", ["a", "b"], ["x"]), helper.make_node("Sub", ["a", "b"], ["y"])]
    graph = helper.make_graph(nodes, "both", values[:2], values[2:])
    return backend.prepare(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]))


def test_a_prepared_model_takes_its_inputs_in_order_or_by_name() -> None:
    model = sum_and_difference()
    for inputs in ([X, 2 * X], {"b": 2 * X, "a": X}):
        total, difference = model.run(inputs)
        np.testing.assert_array_equal(total, 3 * X)
        np.testing.assert_array_equal(difference, -X)


def test_an_input_too_many_is_refused() -> None:
    with pytest.raises(ModelError, match="3 inputs are given to model both, which has 2"):
        sum_and_difference().run([X, X, X])


def test_a_node_runs_by_itself_in_the_version_asked_for() -> None:
    node = helper.make_node("Clip", ["x"], ["y"], min=1.0, max=3.0)
    (made,) = backend.run_node(node, [X], opset_version=6)
    np.testing.assert_array_equal(made, X.clip(1, 3))
    (made,) = backend.run_node(
        helper.make_node("Clip", ["x", "", "high"], ["y"]), [X, None, X[1, 0]]
    )
    np.testing.assert_array_equal(made, X.clip(None, 3))


def test_it_runs_on_processors_only() -> None:
    assert backend.supports_device("CPU") and backend.supports_device("CPU:0")
    assert not backend.supports_device("CUDA:1")
    with pytest.raises(ModelError, match="device 'CUDA' is not supported"):
        backend.run_node(helper.make_node("Abs", ["x"], ["y"]), [X], device="CUDA")


def test_kinds_of_failures_are_told_apart() -> None:
    assert outcome_of(None) == ("passed", "")
    assert outcome_of(ModelError("no\n  such thing")) == ("refused", "no such thing")
    assert outcome_of(AssertionError("1 is not 2")) == ("wrong", "1 is not 2")
    assert outcome_of(CodegenError("no compiler")) == ("crashed", "CodegenError: no compiler")
    with pytest.raises(ModelError) as refusal:
        backend.run_node(helper.make_node("Unknown", ["x"], ["y"], domain="my.own"), [X])
    assert outcome_of(refusal.value) == ("refused", "Unknown: an operator of this name")


def test_the_page_lists_every_operator_and_every_failure(tmp_path: Path) -> None:
    record, page = tmp_path / "record.json", tmp_path / "page.md"
    write_json(record, {"test_relu": Outcome("passed", "", 0.5)}, update=False)
    write_json(record, {"test_abs": Outcome("wrong", "1 < 2", 0.5)}, update=True)
    assert set(read_json(record)) == {"test_relu", "test_abs"}
    write_page(page, record, {"test_relu": "Relu", "test_abs": "Abs"})
    text = page.read_text()
    assert "Of 2 tests 1 pass, 0 are refused" in text
    assert "| Relu | 1 | 1 |  |  |  |" in text
    assert "- **Abs**, wrong: 1 \\< 2  \n  `test_abs`" in text
