"""Checking models with sequences of which only a run tells the length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from onnx_frontend import ModelError, check_model, cli
from onnx_frontend.example_inputs import example_inputs

X = np.arange(24, dtype=np.float32).reshape(4, 6)


def model(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 18]> s {text}')


SPLIT = model("""(float[r, m] x, int64 by) => (seq(float) s, seq(float) t, float y) {
  s = SplitToSequence<axis = 1>(x, by) t = SequenceErase(s)
  y = ConcatFromSequence<axis = 1>(t) }""")
TAKEN = model("""(seq(float[r, 2]) x) => (seq(float[r, 2]) s, float y) {
  s = Identity(x) y = ConcatFromSequence<axis = 0>(s) }""")


def checked(proto: onnx.ModelProto, inputs: dict[str, Any] | None = None) -> list[str]:
    """Return what was compared, none of which may differ."""
    report = check_model(proto, inputs)
    assert report.first_wrong is None
    assert not report.problem
    return [check.value for check in report.layers]


def test_sequences_are_compared() -> None:
    parts = [f"{name}[{part}]" for name in "st" for part in ("shapes", "data")]
    assert checked(SPLIT, {"x": X, "by": np.array(4)}) == [*parts, "y"]
    assert checked(SPLIT, {"x": X[:, :3], "by": np.array(1)}) == [*parts, "y"]


def test_a_sequence_of_known_length_is_compared_tensor_by_tensor() -> None:
    proto = model("""(float[2, 4] x) => (seq(float) s, float y) {
      s = SplitToSequence(x, ) y = ConcatFromSequence<axis = 1>(s) }""")
    assert checked(proto) == ["s[0]", "s[1]", "y"]


def test_an_input_that_is_a_sequence_is_drawn_or_given() -> None:
    drawn = example_inputs(TAKEN, {}, {"r": (5,)}, parts=True)
    np.testing.assert_array_equal(drawn["x[shapes]"], [[5, 2]] * 3)
    assert drawn["x[data]"].shape == (30,)
    assert checked(TAKEN) == ["s[shapes]", "s[data]", "y"]
    given = {"x[data]": X.ravel()[:6], "x[shapes]": np.array([[1, 2], [2, 2]])}
    assert checked(TAKEN, given) == ["s[shapes]", "s[data]", "y"]
    with pytest.raises(ModelError, match=r"give both: x\[data\] and x\[shapes\]"):
        check_model(TAKEN, {"x[data]": X.ravel()})


def test_the_command_line_takes_and_gives_the_parts(tmp_path: Path) -> None:
    path = tmp_path / "taken.onnx"
    onnx.save(TAKEN, path)
    np.save(tmp_path / "data.npy", X.ravel()[:6])
    np.save(tmp_path / "shapes.npy", np.array([[1, 2], [2, 2]]))
    given = [f"--input=x[{part}]={tmp_path / part}.npy" for part in ("data", "shapes")]
    assert cli.run(["run", str(path), *given, "--output", str(tmp_path / "out")]) == 0
    made = {p.stem: np.load(p) for p in (tmp_path / "out").iterdir()}
    np.testing.assert_array_equal(made["y"], X.ravel()[:6].reshape(3, 2))
    assert any(np.array_equal(x, [[1, 2], [2, 2]]) for x in made.values())
    assert cli.run(["check", str(path)]) == 0
