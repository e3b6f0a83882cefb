"""Loops whose bodies are kernels: of any operators, of which data tell how long they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from c_programs import answer, build_c_program, run_c_program

from halo.errors import HaloError
from halo.target import Target
from onnx_frontend import CompiledModel, UnsupportedOp, compile
from onnx_frontend.importer import import_graph

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
Array = np.ndarray[Any, np.dtype[Any]]
X = np.float32([[0.5, -1, 0.25], [1, 0.5, -0.5], [-0.25, 0.75, 1]])


def model_of(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(HEAD + text)


def check(text: str, **feeds: Any) -> CompiledModel:
    """Compare all outputs with onnxruntime's; return the model."""
    model = model_of(text)
    arrays = {n: np.asarray(x) for n, x in feeds.items()}
    made = compile(model)
    got = made.run(arrays)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for output, want in zip(session.get_outputs(), session.run(None, arrays), strict=True):
        value = got[output.name]
        assert value.dtype == want.dtype and value.shape[:1] == want.shape[:1]
        if value.size:  # of what is never gathered onnxruntime knows no sizes
            np.testing.assert_allclose(value, want, rtol=1e-5, atol=1e-6, strict=True)
    return made


LOOP = """l (float[a, b] x, int64 n INPUTS) => (float[a, b] y OUTPUTS) {
  NODES y TARGETS = Loop (n, GO, x STATE) < body = b (int64 i, bool go, float[a, b] v PORTS)
    => (g, w RESULTS) { BODY } > }"""


def loop(body: str, **parts: str) -> str:
    text = LOOP.replace("BODY", body)
    names = ("INPUTS", "OUTPUTS", "NODES", "TARGETS", "GO", "STATE", "PORTS", "RESULTS")
    for name in names:
        text = text.replace(name, parts.get(name.lower(), ""))
    return text


@pytest.mark.parametrize("count", [0, 1, 5, -3])
@pytest.mark.parametrize(
    "body",
    ["w = MatMul(v, x)", "w = Transpose(v)", "s = Softmax(v) t = MatMul(s, x) w = Add(t, v)"],
)
def test_a_body_may_do_anything(body: str, count: int) -> None:
    check(loop(f"g = Identity(go) {body}"), x=X, n=np.int64(count))


@pytest.mark.parametrize("count", [0, 4])
def test_what_a_body_gives_in_each_step_is_gathered(count: int) -> None:
    text = loop(
        "g = Identity(go) f = Cast<to = 1>(i) m = MatMul(v, x) w = Add(m, f) "
        "p = Neg(w) q = Relu(w)",
        outputs=", float[s, a, b] all, float[s, a, b] more, float[s, a, b] same",
        targets=", all, more, same",
        results=", p, q, w",
    )
    check(text, x=X, n=np.int64(count))


def test_a_long_loop_has_its_body_compiled_once() -> None:
    text = loop(
        "g = Identity(go) m = MatMul(v, x) t = Tanh(m) w = Add(t, x)",
        nodes="many = Constant<value = int64 {5000}>()",
    ).replace("Loop (n", "Loop (many")
    made = check(text, x=X, n=np.int64(0))
    assert made.report is not None and made.report.distinct < 10


ENDING = loop(
    "m = MatMul(v, x) w = Add(m, one) p = Transpose(w) f = Add(i, two) g = Less(f, last)",
    inputs=", int64 last, bool starts",
    nodes="one = Constant<value = float {1}>() two = Constant<value = int64 {2}>()",
    go="starts",
    outputs=", float[s, b, a] all",
    targets=", all",
    results=", p",
)


@pytest.mark.parametrize(("n", "last", "starts"), [(9, 4, True), (3, 8, True), (5, 5, False)])
def test_a_loop_may_end_by_what_its_body_computes(n: int, last: int, starts: bool) -> None:
    feeds = {"n": np.int64(n), "last": np.int64(last), "starts": np.array(starts)}
    check(ENDING, x=X, **feeds)


def test_a_loop_may_run_as_long_as_a_condition_holds() -> None:
    text = """l (float[a, a] x, float limit) => (float[a, a] y, int64 steps) {
      zero = Constant<value = int64 {0}>() one = Constant<value = int64 {1}>()
      go = Constant<value = bool {1}>()
      y, steps = Loop ( , go, x, zero) <
        body = b (int64 i, bool c, float[a, a] v, int64 k) => (g, w, k2) {
          t = Transpose(v) w = Add(v, t) k2 = Add(k, one)
          top = ReduceMax<keepdims = 0>(w) g = Less(top, limit) } > }"""
    check(text, x=X, limit=np.float32(3000))


@pytest.mark.parametrize("starts", [True, False])
def test_without_a_bound_on_the_steps_as_much_is_gathered_as_there_is(starts: bool) -> None:
    text = ENDING.replace("Loop (n, starts", "Loop ( , starts")
    for last in (1, 4, 40):
        feeds = {"n": np.int64(0), "last": np.int64(last), "starts": np.array(starts)}
        check(text, x=X / 3, **feeds)


def test_a_loop_without_an_end_is_refused() -> None:
    with pytest.raises(UnsupportedOp, match="a number of iterations, or a condition"):
        compile(model_of(loop("g = Identity(go) w = MatMul(v, x)").replace("Loop (n", "Loop (")))


def test_an_attempt_to_unroll_a_loop_leaves_no_sizes_behind() -> None:
    text = """l (float[n] x, float[2] v0) => (float[2] y) {
      trips = Constant<value = int64 {4}>() go = Constant<value = bool {1}>()
      y = Loop (trips, go, v0) < body = b (int64 i, bool g, float[2] v) => (on, w) {
        zero = Constant<value = int64[1] {0}>()
        most = ReduceMax<keepdims = 0>(x) count = Cast<to = 7>(most)
        size = Unsqueeze(count, zero) ones = Expand(most, size) sum = ReduceSum<keepdims = 0>(ones)
        w = Add(v, sum) total = ReduceSum<keepdims = 0>(w) limit = Constant<value = float {70.0}>()
        on = Less(total, limit) } > }"""
    made = import_graph(model_of(text))
    assert len(made.sizes) == 1
    check(text, x=np.float32([1, 3, 2]), v0=np.float32([0.5, 0.25]))


def test_states_may_change_places_or_never_change() -> None:
    text = loop(
        "g = Identity(go) m = MatMul(u, k) w = Identity(m) u2 = Identity(v) k2 = Identity(k)",
        outputs=", float[a, b] z, float[c, d] still",
        targets=", z, still",
        state=", r, x",
        nodes="r = Relu(x)",
        ports=", float[a, b] u, float[c, d] k",
        results=", u2, k2",
    )
    check(text, x=X, n=np.int64(3))


def test_a_step_reads_a_row_of_what_lies_outside() -> None:
    text = """l (float[t, b, c] x, float[c, d] k, float[d, d] r)
      => (float[b, d] y, float[s, b, d] all) {
      zero = Constant<value = int64 {0}>() size = Shape(x) n = Gather(size, zero)
      d = Shape<start = 1, end = 2>(k) bs = Shape<start = 1, end = 2>(x)
      shape = Concat<axis = 0>(bs, d) h0 = ConstantOfShape(shape)
      y, all = Loop (n, , h0) < body = b (int64 i, bool go, float[b, d] h) => (g, h2, h3) {
        g = Identity(go) row = Gather(x, i) a = MatMul(row, k) e = MatMul(h, r)
        s = Add(a, e) h2 = Tanh(s) h3 = Identity(h2) } > }"""
    rng = np.random.default_rng(0)
    for steps, batch in ((1, 1), (6, 3)):
        x = rng.normal(size=(steps, batch, 4)).astype(np.float32)
        k, r = (rng.normal(size=s).astype(np.float32) for s in ((4, 5), (5, 5)))
        check(text, x=x, k=k, r=r)


def test_loops_stand_inside_loops() -> None:
    text = loop(
        """g = Identity(go) w = Loop (n, , v) <
             body = b2 (int64 j, bool go2, float[a, b] u) => (g2, u2) {
           g2 = Identity(go2) m = MatMul(u, x) f = Cast<to = 1>(i) u2 = Add(m, f) } >"""
    )
    check(text, x=X / 4, n=np.int64(3))


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_a_state_may_grow(count: int) -> None:
    text = """l (float[3, 3] x, int64 n) => (float[a, 3] y, float[b, 3] z) {
      y = Loop (n, , x) < body = b (int64 i, bool go, float[c, 3] v) => (g, w) {
        g = Identity(go) m = MatMul(v, x) w = Concat<axis = 0>(v, m) } >
      z = Relu(y) }"""
    check(text, x=X, n=np.int64(count))


def test_a_state_may_grow_from_nothing_along_any_axis() -> None:
    text = """l (float[a, b] x, int64 n) => (float[a, c] y, float[d] z) {
      zero = Constant<value_ints = [0]>() one = Constant<value_ints = [1]>()
      empty = Slice(x, zero, zero, one) none = Constant<value_floats = [9.0]>()
      z0 = Slice(none, zero, zero, zero)
      y, z = Loop (n, , empty, z0) < body = b (int64 i, bool go, float[a, e] v, float[k] u)
        => (g, w, u2) {
          g = Identity(go) at = Unsqueeze(i, zero) next = Add(at, one)
          column = Slice(x, at, next, one) w = Concat<axis = 1>(v, column)
          s = ReduceSum<keepdims = 0>(w) t = Unsqueeze(s, zero) u2 = Concat<axis = 0>(t, u) } > }"""
    for rows in (1, 4):
        x = np.arange(rows * 5, dtype=np.float32).reshape(rows, 5)
        for count in (0, 1, 5):
            check(text, x=x, n=np.int64(count))


def test_a_state_may_shrink_and_grow_until_a_condition_ends_it() -> None:
    text = """l (float[a] x, int64 n, bool starts) => (float[b] y, float[c] z) {
      zero = Constant<value_ints = [0]>() one = Constant<value_ints = [1]>()
      two = Constant<value = int64 {2}>()
      y, z = Loop (n, starts, x, x) < body = b (int64 i, bool go, float[d] v, float[e] u)
        => (g, w, u2) {
          size = Shape(v) w = Slice(v, one, size, zero) u2 = Concat<axis = 0>(u, v)
          left = Size(w) g = Greater(left, two) } > }"""
    for size, n, starts in ((6, 9, True), (6, 2, True), (4, 9, False), (2, 1, True)):
        x = np.linspace(-1, 1, size, dtype=np.float32)
        check(text, x=x, n=np.int64(n), starts=np.array(starts))


def test_loops_whose_states_grow_stand_inside_loops() -> None:
    text = """l (float[a] x, int64 n) => (float[b] y, float[s, k] all) {
      zero = Constant<value_ints = [0]>() one = Constant<value = int64 {1}>()
      y, all = Loop (n, , x) < body = b (int64 i, bool go, float[c] v) => (g, w, p) {
        g = Identity(go) times = Add(i, one)
        w, pieces = Loop (times, , v) < body = b2 (int64 j, bool go2, float[d] u)
          => (g2, u2, q) {
            g2 = Identity(go2) f = Cast<to = 1>(j) t = Unsqueeze(f, zero)
            u2 = Concat<axis = 0>(u, t) q = ReduceSum<keepdims = 0>(u2) } >
        s = ReduceSum<keepdims = 0>(pieces) p = Unsqueeze(s, zero) } > }"""
    for count in (0, 1, 4):
        check(text, x=X[0], n=np.int64(count))


def test_pieces_have_the_size_that_the_steps_tell() -> None:
    text = """l (float[a] x, int64 n, int64[1] size, int64 more) => (float y, float[s, b] all) {
      zero = Constant<value_ints = [0]>() nothing = Constant<value = float {0}>()
      y, all = Loop (n, , nothing) < body = b (int64 i, bool go, float v) => (g, w, p) {
        g = Identity(go) extra = Mul(i, more) end = Add(size, extra)
        p = Slice(x, zero, end, zero) s = ReduceSum<keepdims = 0>(p) w = Add(v, s) } > }"""
    x = np.linspace(0, 1, 7, dtype=np.float32)
    feeds = {"x": x, "size": np.int64([3])}
    for n in (0, 1, 4):
        check(text, n=np.int64(n), more=np.int64(0), **feeds)
    with pytest.raises(HaloError, match="dim 0 of a piece is 4, of others 3"):
        compile(model_of(text)).run({**feeds, "n": np.int64(2), "more": np.int64(1)})


PARTS = loop(
    "g = Identity(go) e = Add(i, one) t = Unsqueeze(e, zero) part = Slice(x, zero, t, zero) "
    "m = MatMul(part, v) s = ReduceSum<keepdims = 0>(m) w = Add(v, s)",
    nodes="zero = Constant<value_ints = [0]>() one = Constant<value = int64 {1}>()",
)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_sizes_may_change_from_step_to_step(count: int) -> None:
    check(PARTS, x=X, n=np.int64(count))


def test_sizes_may_depend_on_the_state() -> None:
    text = """l (float[a, b] x, int64 n) => (float y, int64 k) {
      zero = Constant<value_ints = [0]>() one = Constant<value = int64 {1}>()
      nothing = Constant<value = float {0}>()
      y, k = Loop (n, , nothing, one) < body = b (int64 i, bool go, float v, int64 u)
        => (g, w, u2) {
          g = Identity(go) t = Unsqueeze(u, zero) part = Slice(x, zero, t, zero)
          big = Greater(part, v) found = NonZero(big) size = Shape(found)
          second = Constant<value = int64 {1}>() count = Gather(size, second)
          u2 = Add(u, one) f = Cast<to = 1>(count) s = ReduceSum<keepdims = 0>(part)
          a = Add(v, s) w = Add(a, f) } > }"""
    for count in (0, 1, 4):
        check(text, x=X, n=np.int64(count))


def test_a_size_of_a_step_is_checked_in_the_step() -> None:
    text = loop(
        "g = Identity(go) e = Add(i, one) t = Unsqueeze(e, zero) part = Slice(x, zero, t, zero) "
        "w = Add(v, part)",
        nodes="zero = Constant<value_ints = [0]>() one = Constant<value = int64 {1}>()",
    )
    made = compile(model_of(text))
    with pytest.raises(HaloError, match="w"):
        made.run({"x": X, "n": np.int64(2)})
    made.run({"x": X, "n": np.int64(0)})


def test_c_and_llvm_run_the_same_loop(tmp_path: Path) -> None:
    made = compile(model_of(ENDING), name="ending")
    feeds = {"x": X, "n": np.array(9), "last": np.array(4), "starts": np.array(True)}
    want = made.run(feeds)
    made.save(tmp_path / "saved")
    program = build_c_program(tmp_path / "saved", tmp_path)
    done = run_c_program(program, tmp_path, *feeds.values(), threads=2, own_workspace=True)
    assert done.returncode == 0, done.stderr
    llvm = compile(model_of(ENDING), name="ending", target=Target("host-llvm")).run(feeds)
    for i, (name, value) in enumerate(want.items()):
        assert answer(tmp_path, value, i).tobytes() == value.tobytes() == llvm[name].tobytes()


def test_a_step_adds_a_row_of_what_may_have_none() -> None:
    text = """l (float[t, b] x, float[b] h0) => (float[b] y) {
      zero = Constant<value = int64 {0}>() size = Shape(x) n = Gather(size, zero)
      y = Loop (n, , h0) < body = b (int64 i, bool go, float[b] h) => (g, h2) {
        g = Identity(go) row = Gather(x, i) h2 = Add(h, row) } > }"""
    for steps in (0, 1, 5):
        check(text, x=np.ones((steps, 3), np.float32), h0=X[0])
