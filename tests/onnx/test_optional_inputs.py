"""Inputs of which only a run tells whether they are there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from c_programs import answer, build_c_program, run_c_program
from sequences import TARGETS, floats, items, made, model_of, same

from halo.errors import BufferError
from onnx_frontend import compile, load

CHOSEN = """(optional(float[r, 3]) x, float[r, 3] w) => (bool there, float y) {
  there = OptionalHasElement(x) y = If (there) <
    then_branch = p () => (u) { u = OptionalGetElement(x) },
    else_branch = q () => (v) { v = Neg(w) } > }"""


@TARGETS
def test_an_optional_tensor_is_there_or_not(target: str) -> None:
    model = made(CHOSEN, target)
    assert [p.name for p in model.signature.inputs] == ["x", "x[there]", "w"]
    x, w = floats(2, 3), floats(1, 3)
    for given in (x, x[:1], x[:0]):
        results = model.run({"x": given, "w": w})
        same(results["y"], given)
        assert results["there"]
    for absent in ({"x": None, "w": w}, {"w": w}, {"x": x, "x[there]": np.array(False), "w": w}):
        results = model.run(absent)
        same(results["y"], -w)
        assert not results["there"]


@TARGETS
def test_an_optional_sequence_is_there_or_not(target: str) -> None:
    text = """(optional(seq(float[p, q])) x) => (int64 n, optional(seq(float)) y) {
      there = OptionalHasElement(x) y = Identity(x) n = If (there) <
        then_branch = t () => (u) { s = OptionalGetElement(x) u = SequenceLength(s) },
        else_branch = e () => (v) { v = Constant<value = int64 {-1}>() } > }"""
    model = made(text, target)
    for given in (items((2, 3), (0, 1)), []):
        results = model.run({"x": given})
        same(results["n"], np.array(len(given)))
        same(results["y"], given)
    for absent in ({"x": None}, {}):
        results = model.run(absent)
        same(results["n"], np.array(-1))
        assert results["y"] is None


def test_reading_one_that_is_not_there_is_an_error_of_the_run() -> None:
    model = made("(optional(float[2, 3]) x) => (float[2, 3] y) { y = OptionalGetElement(x) }")
    same(model.run({"x": floats(2, 3)})["y"], floats(2, 3))
    with pytest.raises(BufferError, match="OptionalGetElement node #0: its operand is absent"):
        model.run({})
    with pytest.raises(BufferError, match="dim 1: got 2, expected 3"):
        model.run({"x": floats(2, 2)})


def test_shapes_settle_it_when_the_model_is_compiled() -> None:
    model = compile(model_of(CHOSEN), shapes={"x": ["k", 3]})
    assert [p.name for p in model.signature.inputs] == ["x", "w"]
    model = compile(model_of(CHOSEN), shapes={"x": None})
    assert [p.name for p in model.signature.inputs] == ["w"]


def test_a_saved_library_takes_it_from_python_and_c(tmp_path: Path) -> None:
    made(CHOSEN).save(tmp_path / "saved")
    x, w = floats(2, 3), floats(1, 3)
    loaded = load(tmp_path / "saved")
    same(loaded.run({"x": x, "w": w})["y"], x)
    same(loaded.run({"w": w})["y"], -w)
    program = build_c_program(tmp_path / "saved", tmp_path)
    for there, wanted in ((True, x), (False, -w)):
        done = run_c_program(program, tmp_path, x, np.array(there), w)
        assert done.returncode == 0, done.stderr
        np.testing.assert_array_equal(answer(tmp_path, wanted, 1), wanted)
