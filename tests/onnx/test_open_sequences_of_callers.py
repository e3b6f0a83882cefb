"""Sequences of any length that a model takes and gives, from Python and from C."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from c_programs import answer, build_c_program, run_c_program
from sequences import TARGETS, floats, items, made, model_of, same

from halo.errors import BufferError
from onnx_frontend import backend, load


def test_what_a_caller_gives_is_checked() -> None:
    model = made("(seq(float[p, q]) x) => (seq(float) y) { y = SequenceErase(x) }")
    with pytest.raises(BufferError, match="'x' is a sequence, got ndarray"):
        model.run({"x": floats(2, 2)})
    with pytest.raises(BufferError, match="array 1 has elements of type float64"):
        model.run({"x": [floats(2, 2), np.zeros((1, 1))]})
    with pytest.raises(BufferError, match="array 0 has 1 dimensions"):
        model.run({"x": [floats(2)]})
    with pytest.raises(BufferError, match=r"s: input 'x' is missing\n"):
        model.run({})
    with pytest.raises(BufferError, match=r"input 'x\[shapes\]' is missing\n"):
        model.run_ports({"x[data]": floats(2)})


@pytest.mark.parametrize(
    ("cells", "shapes"),
    [
        (4, [[1, 2], [1, 3]]),
        (6, [[1, 2], [1, 3]]),
        (0, [[-1, 2], [1, 2]]),
        (4, [[-2, -2]]),
        (0, [[1 << 32, 1 << 32]]),
        (0, [[1 << 40, 0]]),
        (1, [[1 << 62, 4], [1, 1]]),
    ],
)
def test_shapes_that_do_not_fit_the_cells_are_refused(cells: int, shapes: list[list[int]]) -> None:
    model = made("(seq(float[p, q]) x) => (seq(float) y) { y = Identity(x) }")
    with pytest.raises(BufferError, match="input 'x': its shapes are not"):
        model.run({"x[data]": floats(cells), "x[shapes]": np.array(shapes)})


def test_sizes_that_the_model_gives_to_the_tensors_of_an_input_are_known_and_checked() -> None:
    model = made("(seq(float[2, q]) x, int64 i) => (float y) { y = SequenceAt(x, i) }")
    assert model.signature.outputs[0].shape[0] == 2
    x = items((2, 3), (2, 1))
    same(model.run({"x": x, "i": np.array(1)})["y"], x[1])
    with pytest.raises(BufferError, match="input 'x': its shapes are not the model's"):
        model.run({"x": items((2, 3), (1, 2)), "i": np.array(0)})


@TARGETS
def test_a_sequence_passes_through_a_saved_library(target: str, tmp_path: Path) -> None:
    text = """(seq(float[p, q]) x, float[r, s] y) => (seq(float) z, float last) {
      end = Constant<value = int64 {-1}>() z = SequenceInsert(x, y, end)
      last = SequenceAt(x, end) }"""
    model = made(text, target)
    assert [p.name for p in model.signature.inputs] == ["x[data]", "x[shapes]", "y"]
    assert [p.name for p in model.signature.outputs] == ["z[data]", "z[shapes]", "last"]
    model.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    x, y = items((2, 3), (1, 4)), floats(2, 2)
    for own in (model, loaded):
        results = own.run({"x": x, "y": y})
        same(results["z"], [x[0], y, x[1]])
        same(results["last"], x[1])
        ports = own.run_ports({"x": x, "y": y})
        same(ports["z[shapes]"], np.array([[2, 3], [2, 2], [1, 4]]))
        same(ports["z[data]"], np.concatenate([x[0].ravel(), y.ravel(), x[1].ravel()]))


def test_a_c_program_takes_and_gives_the_cells_and_the_shapes(tmp_path: Path) -> None:
    text = """(seq(float[p, q]) x, float[r, s] y, int64 i) => (seq(float) z, float e) {
      z = SequenceInsert(x, y, i) e = SequenceAt(x, i) }"""
    made(text).save(tmp_path / "saved")
    program = build_c_program(tmp_path / "saved", tmp_path)
    x, y, place = items((2, 3), (1, 4)), floats(2, 2), np.array(-1)
    cells, shapes = np.concatenate([a.ravel() for a in x]), np.array([a.shape for a in x])
    done = run_c_program(program, tmp_path, cells, shapes, y, place)
    assert done.returncode == 0, done.stderr
    wanted = [x[0], y, x[1]]
    data = np.concatenate([a.ravel() for a in wanted])
    np.testing.assert_array_equal(answer(tmp_path, data), data)
    rows = np.array([a.shape for a in wanted])
    np.testing.assert_array_equal(answer(tmp_path, rows, 1), rows)
    np.testing.assert_array_equal(answer(tmp_path, x[1], 2), x[1])
    done = run_c_program(program, tmp_path, cells, shapes + 1, y, place)
    assert "error 9: input 'x': its shapes are not the model's" in done.stderr


def test_the_backend_of_the_standard_takes_and_gives_lists() -> None:
    text = """(seq(float[p, q]) x, int64 by) => (seq(float) y, seq(float) z) {
      y = SequenceErase(x) one = Constant<value = int64 {0}>() e = SequenceAt(x, one)
      z = SplitToSequence(e, by) }"""
    run = backend.HaloBackend.prepare(model_of(text)).run
    x = items((3, 2), (1, 1))
    first, second = run([x, np.array(2)])
    same(first, x[:1])
    same(second, [x[0][:2], x[0][2:]])
