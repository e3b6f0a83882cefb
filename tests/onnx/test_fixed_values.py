"""Inputs whose values are given when a model is compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import onnx_frontend
from onnx_frontend import ModelError, UnsupportedOp, backend, cli

X = np.arange(18, dtype=np.float32).reshape(3, 6)


def model(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 20]> {text}')


SHAPED = model("s (float[3, n] x, int64[k] shape) => (float y) { y = Reshape(x, shape) }")
SCALED = model("s (float[3, n] x, float[1] by) => (float[3, n] y) { y = Mul(x, by) }")


def test_an_input_with_a_value_is_a_constant_and_no_input_any_more() -> None:
    compiled = onnx_frontend.compile(SCALED, values={"by": [2]})
    assert [p.name for p in compiled.signature.inputs] == ["x"]
    np.testing.assert_array_equal(compiled.run({"x": X})["y"], 2 * X)
    assert [v.name for v in SCALED.graph.input] == ["x", "by"]
    compiled = onnx_frontend.compile(SCALED, values={"by": [0.1]})
    np.testing.assert_array_equal(compiled.run({"x": X})["y"], np.float32(0.1) * X)


def test_what_must_be_known_before_a_run_may_be_a_given_value() -> None:
    shapes = {"x": (3, 6)}
    with pytest.raises(UnsupportedOp, match="may be the value of an input"):
        onnx_frontend.compile(SHAPED, shapes=shapes)
    made = onnx_frontend.compile(SHAPED, shapes=shapes, values={"shape": [2, 9]}).run({"x": X})
    np.testing.assert_array_equal(made["y"], X.reshape(2, 9))


def test_the_backend_compiles_for_the_values_that_it_is_given() -> None:
    prepared = backend.prepare(SHAPED)
    for shape in ([2, 9], [3, 2, 3]):
        (made,) = prepared.run([X, np.array(shape)])
        np.testing.assert_array_equal(made, X.reshape(shape))


def test_the_backend_refuses_what_no_value_helps() -> None:
    unknown = model("u (float[3] x, int64 n) => (float[3] y) { y = my.Own(x, n) }")
    unknown.opset_import.append(onnx.helper.make_opsetid("my", 1))
    with pytest.raises(UnsupportedOp, match="Own"):
        backend.prepare(unknown).run([X[0, :3], np.int64(1)])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"z": 1}, "'z', which is no input of the model"),
        ({"by": [1, 2]}, r"shape \(2,\), the model's is 1"),
        ({"by": 1}, r"shape \(\), the model's is 1"),
        ({"by": ["a"]}, "elements that are no float32"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(values: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        onnx_frontend.compile(SCALED, values=values)


def test_numbers_that_the_type_does_not_hold_are_refused() -> None:
    with pytest.raises(ModelError, match="elements that are no int64"):
        onnx_frontend.compile(SHAPED, values={"shape": [2.5, 9]})


def test_the_command_line_takes_values(tmp_path: Path) -> None:
    onnx.save(SCALED, tmp_path / "scaled.onnx")
    np.save(tmp_path / "x.npy", X)
    x = f"x={tmp_path / 'x.npy'}"
    arguments = ["run", str(tmp_path / "scaled.onnx"), "-o", str(tmp_path), "--input", x]
    assert cli.run([*arguments, "--value", "by=0.5,"]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), X / 2)
    assert cli.run([*arguments, "--value", "by=two"]) == 2
