"""Trained models, compiled from symbolic shapes, give the answers of onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from c_programs import answer, build_c_program, run_c_program
from onnx import numpy_helper
from real_models import LIGHT_CASES, TESTED, cases_of, draw_inputs, model_path

import onnx_frontend


def with_random_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace weights that a node fills with one value: with these every answer is the same."""
    rng = np.random.default_rng(7)
    constants = {a.name: tuple(numpy_helper.to_array(a).tolist()) for a in model.graph.initializer}
    keep = []
    for node in model.graph.node:
        if node.op_type != "ConstantOfShape":
            keep.append(node)
            continue
        shape = constants[node.input[0]]
        fan_in = max(1, int(np.prod(shape[1:])))
        low = 0.5 if len(shape) == 1 else 0.0  # variances must be positive
        data = (low + np.abs(rng.normal(size=shape))) if low else rng.normal(size=shape)
        scale = 1.0 if low else 1.4 / np.sqrt(fan_in)
        made = numpy_helper.from_array((data * scale).astype(np.float32), node.output[0])
        model.graph.initializer.append(made)
    del model.graph.node[:]
    model.graph.node.extend(keep)
    return model


@pytest.mark.parametrize("name", (*TESTED, *LIGHT_CASES))
def test_a_trained_model_answers_as_onnxruntime_does_and_in_c_to_the_bit(
    name: str, tmp_path: Path
) -> None:
    model = onnx.load(model_path(name))
    if name in LIGHT_CASES:
        model = with_random_weights(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    compiled = onnx_frontend.compile(model, name="trained")
    compiled.save(tmp_path / "trained")
    program = build_c_program(tmp_path / "trained", tmp_path)
    for number in range(len(cases_of(name))):
        feeds = draw_inputs(name, number, model)
        got = compiled.run(feeds)
        want = session.run(None, feeds)
        for output, expected in zip(session.get_outputs(), want, strict=True):
            np.testing.assert_allclose(got[output.name], expected, rtol=1e-3, atol=1e-4)
            np.testing.assert_array_equal(got[output.name].argmax(-1), expected.argmax(-1))
        done = run_c_program(program, tmp_path, *feeds.values(), threads=2)
        assert done.returncode == 0, done.stderr
        first = got[session.get_outputs()[0].name]
        assert answer(tmp_path, first).tobytes() == first.tobytes()
