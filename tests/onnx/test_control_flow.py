"""If, Loop and Scan."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from halo import HaloError
from onnx_frontend import CompiledModel, ModelError, UnsupportedOp, compile

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
Array = np.ndarray[Any, np.dtype[Any]]
X = np.arange(12, dtype=np.float32).reshape(3, 4)


def model_of(text: str, opset: int = 17) -> onnx.ModelProto:
    return onnx.parser.parse_model(HEAD.replace("17", str(opset)) + text)


def compiled(text: str) -> CompiledModel:
    return compile(model_of(text))


def check(text: str, *expected: Array) -> None:
    """Compare the outputs of a model of `X`; onnx's reference runs bodies otherwise."""
    made = compiled(text).run({"x": X})
    for value, want in zip(made.values(), expected, strict=True):
        np.testing.assert_allclose(value, want, rtol=1e-6)
        assert value.shape == want.shape


IF = """i (bool c, float[3, 4] x) => (float[a, b] y) {
  k = Constant<value = int64[1] {1}>()
  y = If (c) <
    then_branch = t () => (yt) { z = Neg(x) yt = Exp(z) },
    else_branch = e () => (ye) { s = ReduceSum<keepdims = 1>(x, k) ye = Add(s, s) }
  > }"""


@pytest.mark.parametrize("taken", [False, True])
def test_which_branch_is_taken_may_be_data(taken: bool) -> None:
    (made,) = compiled(IF).run({"c": np.array(taken), "x": X}).values()
    np.testing.assert_allclose(made, np.exp(-X) if taken else 2 * X.sum(1, keepdims=True), 1e-6)


def test_a_branch_that_is_known_is_the_only_one_translated() -> None:
    check(
        """i (float[3, 4] x) => (float[3, 4] y) {
          n = Size(x) twelve = Constant<value = int64 {12}>() c = Equal(n, twelve)
          y = If (c) < then_branch = t () => (yt) { yt = Neg(x) },
            else_branch = e () => (ye) { ye = StringSplit(x) } > }""",
        -X,
    )


def test_what_a_branch_not_taken_requires_does_not_count() -> None:
    model = compiled(
        """i (bool c, float[n] x, float[m] z) => (float[k] y) {
          y = If (c) < then_branch = t () => (yt) { yt = Add(x, z) },
            else_branch = e () => (ye) { ye = Neg(x) } > }"""
    )
    a, b = np.ones(3, np.float32), np.ones(2, np.float32)
    made = model.run({"c": np.array(False), "x": a, "z": b})
    np.testing.assert_array_equal(made["y"], -a)
    with pytest.raises(ModelError.__mro__[1], match="which must be equal"):
        model.run({"c": np.array(True), "x": a, "z": b})


SQUEEZED = """i (float[n, m] x, float[m] bias) => (float[k] y) {
  sizes = Shape(x)
  zero = Constant <value_ints = [0]> ()
  one = Constant <value_ints = [1]> ()
  first = Gather(sizes, zero)
  single = Equal(first, one)
  z = If (single) < then_branch = t () => (zt) { zt = Squeeze(x, zero) },
    else_branch = e () => (ze) { ze = Identity(x) } >
  y = Concat <axis = 0> (z, bias) }"""


def test_of_branches_of_unlike_ranks_the_one_that_can_go_on_is_required() -> None:
    model = compiled(SQUEEZED)
    x, bias = np.float32([[1, 2, 3]]), np.float32([4, 5, 6])
    made = model.run({"x": x, "bias": bias})
    np.testing.assert_array_equal(made["y"], np.float32([1, 2, 3, 4, 5, 6]))
    with pytest.raises(HaloError, match=r"the sizes 2 and 1, which must be equal"):
        model.run({"x": np.ones((2, 3), np.float32), "bias": bias})


def test_a_size_that_must_be_a_number_is_that_number() -> None:
    model = compiled(
        """i (float[n, m] x, float[1, 4] w) => (float[k] y) {
          zero = Constant <value_ints = [0]> ()
          both = Concat <axis = 1> (x, w)
          y = Squeeze(both) }"""
    )
    x, w = np.float32([[1, 2]]), np.float32([[3, 4, 5, 6]])
    np.testing.assert_array_equal(model.run({"x": x, "w": w})["y"], np.float32([1, 2, 3, 4, 5, 6]))
    with pytest.raises(HaloError, match="input 'x' dim 0: got 2, expected 1"):
        model.run({"x": np.ones((2, 2), np.float32), "w": w})


def test_branches_of_unlike_ranks_are_refused() -> None:
    with pytest.raises(UnsupportedOp, match="one type and one number of axes"):
        compiled(
            """i (bool c, float[3, 4] x) => (float[a] y) {
              y = If (c) < then_branch = t () => (yt) { yt = Neg(x) },
                else_branch = e () => (ye) { ye = Squeeze(x) } > }""".replace(
                "Squeeze(x)", "ReduceSum<keepdims = 0>(x)"
            )
        )


LOOP = """l (float[3, 4] x) => (float[3, 4] y, float[s, 3, 4] all) {
  n = Constant<value = int64 {COUNT}>()
  y, all = Loop (n, , x) < body = b (int64 i, bool go, float[3, 4] v) => (g, w, out) {
    g = Identity(go) f = Cast<to = 1>(i) w = Add(v, f) out = Mul(w, x) } > }"""


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_loop_hands_on_its_state_and_gathers(count: int) -> None:
    state, pieces = X, []
    for i in range(count):
        state = state + i
        pieces.append(state * X)
    check(LOOP.replace("COUNT", str(count)), state, np.stack(pieces))


def test_a_loop_may_end_by_its_condition() -> None:
    check(
        """l (float[3, 4] x) => (float[3, 4] y, float[s, 3, 4] all) {
          three = Constant<value = int64 {3}>()
          go = Constant<value = bool {1}>()
          y, all = Loop ( , go, x) < body = b (int64 i, bool c, float[3, 4] v) => (g, w, out) {
            g = Less(i, three) w = Add(v, x) out = Neg(w) } > }""",
        5 * X,
        np.stack([-2 * X, -3 * X, -4 * X, -5 * X]),
    )


RUNNING = """l (float[a, 4] x, float[a, 4] z, int64 n, bool go)
    => (float[a, 4] y, float[a, 4] w, float[s, a, 4] all, float[s] steps) {
  y, w, all, steps = Loop (n, go, x, z) <
    body = b (int64 i, bool c, float[3, 4] v, float[3, 4] u) => (c2, v2, u2, out, step) {
      c2 = Identity(c) step = Cast<to = 1>(i) t = Add(v, step) v2 = Mul(t, z) u2 = Sub(v, u)
      out = Neg(v2) } > }"""


@pytest.mark.parametrize("count", [0, 1, 4, -2])
@pytest.mark.parametrize("going", [True, False])
def test_how_often_a_loop_runs_may_be_data(count: int, going: bool) -> None:
    v, u, z = X, X / 4 + 1, X / 4 + 1
    pieces = []
    for i in range(count if going else 0):
        v, u = (v + i) * z, v - u
        pieces.append(-v)
    model = compiled(RUNNING)
    made = model.run({"x": X, "z": X / 4 + 1, "n": np.array(count), "go": np.array(going)})
    np.testing.assert_allclose(made["y"], v, rtol=1e-6)
    np.testing.assert_allclose(made["w"], u, rtol=1e-6)
    assert made["all"].shape == (len(pieces), 3, 4)
    np.testing.assert_allclose(made["all"], np.reshape(pieces, (-1, 3, 4)), rtol=1e-6)
    np.testing.assert_array_equal(made["steps"], np.arange(len(pieces)))


def test_a_loop_may_broadcast_what_stays_the_same() -> None:
    model = compiled(
        """l (float[1, 4] x, float[4] z, int64 n) => (float[1, 4] y) {
          r = Relu(z) y = Loop (n, , x) < body = b (int64 i, bool c, float[1, 4] v) => (c2, w) {
            c2 = Identity(c) e = Exp(r) w = Add(v, e) } > }"""
    )
    x, z = np.ones((1, 4), np.float32), np.array([-1, 0, 1, 2], np.float32)
    made = model.run({"x": x, "z": z, "n": np.array(3)})
    np.testing.assert_allclose(made["y"], x + 3 * np.exp(np.maximum(z, 0)), rtol=1e-6)


def test_a_loop_of_no_iterations_gathers_nothing() -> None:
    check(LOOP.replace("COUNT", "0"), X, np.zeros((0, 3, 4), np.float32))


SCAN = """s (float[4] start, float[3, 4] x) => (float[4] y, OUT z) {
  y, z = Scan <num_scan_inputs = 1, ATTRIBUTES body = b (float[4] v, float[4] e) => (w, out) {
    w = Add(v, e) out = Mul(w, v) } > (start, x) }"""


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ("", "float[3, 4]"),
        ("scan_input_directions = [1],", "float[3, 4]"),
        ("scan_output_directions = [1],", "float[3, 4]"),
        ("scan_output_axes = [-1],", "float[4, 3]"),
        ("scan_input_axes = [-2], scan_output_axes = [1],", "float[4, 3]"),
    ],
)
def test_a_scan_runs_along_an_axis(attributes: str, shape: str) -> None:
    text = SCAN.replace("ATTRIBUTES", attributes).replace("OUT", shape)
    made = compiled(text).run({"start": X[0] + 1, "x": X})
    rows = X[::-1] if "input_directions" in attributes else X
    state, pieces = X[0] + 1, []
    for row in rows:
        pieces.append((state + row) * state)
        state = state + row
    if "output_directions" in attributes:
        pieces.reverse()
    np.testing.assert_allclose(made["y"], state)
    np.testing.assert_allclose(made["z"], np.stack(pieces, axis=1 if "4, 3" in shape else 0))


def test_bodies_stand_inside_bodies() -> None:
    check(
        """l (float[3, 4] x) => (float[3, 4] y) {
          n = Constant<value = int64 {2}>() one = Constant<value = int64 {1}>()
          y = Loop (n, , x) < body = b (int64 i, bool go, float[3, 4] v) => (g, w) {
            g = Identity(go) first = Equal(i, one)
            w = If (first) < then_branch = t () => (wt) { wt = Add(v, x) },
              else_branch = e () => (we) { we = Exp(v) } > } > }""",
        np.exp(X) + X,
    )
