"""Scans of which only the inputs' shapes tell how long they run, and long ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import onnx_frontend
from halo.errors import BufferError
from halo.target import Target

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(11)


def model_of(text: str, opset: int = 17) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{text}')


def floats(*shape: int) -> Array:
    return RNG.uniform(-1, 1, shape).astype(np.float32)


def check(model: onnx.ModelProto, *cases: dict[str, Array], target: str = "host") -> None:
    """Compare all outputs with onnxruntime's."""
    compiled = onnx_frontend.compile(model, target=Target(target))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [o.name for o in session.get_outputs()]
    for feeds in cases:
        made = compiled.run(feeds)
        for name, want in zip(names, session.run(None, feeds), strict=True):
            np.testing.assert_allclose(made[name], want, rtol=1e-5, atol=1e-6, strict=True)


PLAIN = """s (float[4] start, float[n, 4] x) => (float[4] y, float[m, o] z) {
  y, z = Scan <num_scan_inputs = 1, ATTRIBUTES body = b (float[4] v, float[4] e) => (w, out) {
    w = Add(v, e) out = Mul(w, v) } > (start, x) }"""


@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize(
    "attributes",
    [
        "",
        "scan_input_directions = [1],",
        "scan_output_directions = [1],",
        "scan_output_axes = [-1], scan_output_directions = [1],",
    ],
)
def test_a_scan_runs_as_far_as_its_input_reaches(attributes: str, target: str) -> None:
    cases = [{"start": floats(4), "x": floats(n, 4)} for n in (1, 5, 9)]
    check(model_of(PLAIN.replace("ATTRIBUTES", attributes)), *cases, target=target)


def test_a_scan_over_nothing_hands_its_state_on() -> None:
    compiled = onnx_frontend.compile(model_of(PLAIN.replace("ATTRIBUTES", "")))
    start = floats(4)
    made = compiled.run({"start": start, "x": floats(0, 4)})
    np.testing.assert_array_equal(made["y"], start)
    assert made["z"].shape == (0, 4)
    none = model_of(PLAIN.replace("ATTRIBUTES", "").replace("[n, 4]", "[0, 4]"))
    made = onnx_frontend.compile(none).run({"start": start, "x": floats(0, 4)})
    np.testing.assert_array_equal(made["y"], start)
    assert made["z"].shape == (0, 4)


NETWORK = """s (float[b, 3] h0, float[b, n, 2] x, float[n, b] mask, float[3, 3] r, float[2, 3] k)
  => (float[b, 3] y, float[b, m, 3] all, float[m, b] sums) {
  y, all, sums = Scan <num_scan_inputs = 2, scan_input_axes = [1, 0], scan_output_axes = [1, 0],
      scan_input_directions = [0, 1],
      body = f (float[b, 3] h, float[b, 2] e, float[b] m) => (h2, h3, t) {
    u = MatMul(h, r) v = MatMul(e, k) a = Add(u, v) g = Tanh(a)
    last = Constant<value = int64[1] {-1}>() mm = Unsqueeze(m, last) h2 = Mul(g, mm)
    h3 = Identity(h2) t = ReduceSum<keepdims = 0>(h2, last) } > (h0, x, mask) }"""


@pytest.mark.parametrize("target", ["host", "host-llvm"])
def test_a_body_may_multiply_matrices(target: str) -> None:
    cases = [
        {
            "h0": floats(b, 3),
            "x": floats(b, n, 2),
            "mask": floats(n, b),
            "r": floats(3, 3),
            "k": floats(2, 3),
        }
        for b, n in ((1, 1), (2, 6))
    ]
    check(model_of(NETWORK), *cases, target=target)


def test_operands_must_be_of_one_length() -> None:
    compiled = onnx_frontend.compile(model_of(NETWORK.replace("[n, b] mask", "[o, b] mask")))
    feeds = {"h0": floats(2, 3), "x": floats(2, 4, 2), "r": floats(3, 3), "k": floats(2, 3)}
    assert compiled.run({**feeds, "mask": floats(4, 2)})["all"].shape == (2, 4, 3)
    with pytest.raises(BufferError, match="Scan node"):
        compiled.run({**feeds, "mask": floats(3, 2)})


def test_a_scan_without_a_state_and_a_long_one_have_their_body_compiled_once() -> None:
    text = """s (float[LENGTH, 3] x, float[3, 2] k) => (float[m, 2] z) {
      z = Scan <num_scan_inputs = 1, body = b (float[3] e) => (out) {
        o = MatMul(e, k) out = Tanh(o) } > (x) }"""
    for length in ("n", "3000"):
        model = model_of(text.replace("LENGTH", length))
        check(model, {"x": floats(3000, 3), "k": floats(3, 2)})
        report = onnx_frontend.compile(model).report
        assert report is not None and report.distinct < 5


def test_scans_stand_in_scans() -> None:
    text = """s (float[3] start, float[n, m, 3] x) => (float[3] y, float[o, p, 3] z) {
      y, z = Scan <num_scan_inputs = 1, body = b (float[3] v, float[m, 3] row) => (w, all) {
        w, all = Scan <num_scan_inputs = 1, body = c (float[3] v2, float[3] e) => (w2, e2) {
          p = Mul(v2, e) w2 = Add(p, e) e2 = Neg(w2) } > (v, row) } > (start, x) }"""
    cases = [{"start": floats(3), "x": floats(n, m, 3)} for n, m in ((1, 1), (4, 2), (2, 5))]
    check(model_of(text), *cases)


def test_the_first_version_runs_over_each_sample_of_a_batch() -> None:
    text = """s (float[b, 3] start, float[b, n, 3] x) => (float[b, 3] y, float[b, n, 3] z) {
      y, z = Scan <num_scan_inputs = 1, body = f (float[3] v, float[3] e) => (w, out) {
        w = Add(v, e) out = Mul(w, v) } > ( , start, x) }"""
    compiled = onnx_frontend.compile(model_of(text, 8))
    for b, n in ((1, 1), (3, 4)):
        start, x = floats(b, 3), floats(b, n, 3)
        sums = np.concatenate([start[:, None], start[:, None] + np.cumsum(x, 1)], 1)
        made = compiled.run({"start": start, "x": x})
        np.testing.assert_allclose(made["y"], sums[:, -1], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(made["z"], sums[:, 1:] * sums[:, :-1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("body", "length", "error"),
    [
        ("o = SequenceConstruct(e)", "n", "its body gives a sequence"),
        ("o = SequenceConstruct(e)", "4", "its body gives a sequence"),
        ("o = StringConcat(t, t)", "n", "strings"),
    ],
)
def test_what_a_body_gives_must_be_tensors_of_numbers(body: str, length: str, error: str) -> None:
    text = f"""s (float[{length}, 3] x, string[2] t) => (float[m, 2] z) {{
      z = Scan <num_scan_inputs = 1, body = b (float[3] e) => (o) {{ {body} }} > (x) }}"""
    with pytest.raises(onnx_frontend.ModelError, match=error) as found:
        onnx_frontend.compile(model_of(text, 20))
    assert "number of iterations" not in str(found.value)
