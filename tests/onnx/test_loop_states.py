"""States of loops that are optional values or sequences, where only a run tells how many steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

import halo as hl
from halo.errors import BufferError
from onnx_frontend import CompiledModel, UnsupportedOp, compile
from onnx_frontend.reference_optional import OPERATORS, OptionalValue

HEAD = '<ir_version: 8, opset_import: ["" : 18]>\n'
X = np.arange(6, dtype=np.float32).reshape(2, 3)
COUNTS = [0, 1, 4]


def model_of(text: str, opset: int = 18) -> onnx.ModelProto:
    return onnx.parser.parse_model(HEAD.replace("18", str(opset)) + text)


def check(text: str, target: hl.Target | None = None, **inputs: Any) -> CompiledModel:
    """Compare the outputs of a model with those of the standard's evaluator; return it."""
    model = model_of(text)
    arrays = {name: np.asarray(x) for name, x in inputs.items()}
    wanted = ReferenceEvaluator(model, new_ops=OPERATORS).run(None, arrays)
    compiled = compile(model, target=target)
    made = compiled.run(arrays)
    for output, want in zip(model.graph.output, wanted, strict=True):
        name = output.name
        if isinstance(want, OptionalValue):
            want = want.content
            assert (made[name] is not None) == (want is not None)
        if isinstance(want, list):
            items = made.get(name, [made[n] for n in made if n.startswith(f"{name}[")])
            for value, item in zip(items, want, strict=True):
                np.testing.assert_allclose(value, item, rtol=1e-6, strict=True)
        elif want is not None:
            np.testing.assert_allclose(made[name], want, rtol=1e-6, strict=True)
    return compiled


LOOP = """m (float[k, 3] x, int64 n, bool c) => (optional(float[k, 3]) o) {
  nothing = Optional<type = float[k, 3]>() on = Constant<value = bool {1}>()
  thing = Optional(x) NODES
  o = Loop (n, on, BEGIN) < body = b (int64 i, bool go, optional(float[k, 3]) s) => (g, r) {
    g = Identity(go) f = Cast<to = 1>(i) v = Add(x, f) BODY } > }"""


def loop(begin: str, body: str, nodes: str = "") -> str:
    return LOOP.replace("BEGIN", begin).replace("BODY", body).replace("NODES", nodes)


@pytest.mark.parametrize("target", [None, hl.Target("host-llvm")], ids=["c", "llvm"])
@pytest.mark.parametrize("n", COUNTS)
def test_a_state_that_is_absent_at_first_may_be_set(n: int, target: hl.Target | None) -> None:
    check(loop("nothing", "r = Optional(v)"), target, x=X, n=n, c=True)


@pytest.mark.parametrize("n", COUNTS)
def test_a_state_that_is_there_at_first_may_go(n: int) -> None:
    check(loop("thing", "r = Optional<type = float[k, 3]>()"), x=X, n=n, c=True)


@pytest.mark.parametrize("n", COUNTS)
def test_a_state_that_stays_absent_needs_no_size(n: int) -> None:
    check(loop("nothing", "r = Identity(s)"), x=X, n=n, c=True)


@pytest.mark.parametrize("c", [False, True])
@pytest.mark.parametrize("n", COUNTS)
def test_a_state_may_be_absent_at_first_or_in_the_end_by_data(n: int, c: bool) -> None:
    either = """If (c) < then_branch = t () => (a) { a = Identity(thing) },
      else_branch = e () => (d) { d = Identity(nothing) } >"""
    check(loop("first", "r = Identity(s)", f"first = {either}"), x=X, n=n, c=c)
    check(loop("first", "r = Optional(v)", f"first = {either}"), x=X, n=n, c=c)
    check(loop("nothing", f"r = {either}"), x=X, n=n, c=c)
    check(loop("thing", f"r = {either}"), x=X, n=n, c=c)


@pytest.mark.parametrize("rows", [0, 1])
def test_what_is_set_may_have_no_cells(rows: int) -> None:
    check(loop("nothing", "r = Optional(v)"), x=X[:rows], n=2, c=True)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_optional_states_may_be_handed_from_one_to_the_next(n: int) -> None:
    check(
        """m (float[2, 3] x, int64 n) => (optional(float[2, 3]) last, optional(float[2, 3]) q,
              float[2, 3] p) {
          nothing = Optional<type = float[2, 3]>() on = Constant<value = bool {1}>()
          last, q, p = Loop (n, on, nothing, nothing, x) <
            body = b (int64 i, bool go, optional(float[2, 3]) s, optional(float[2, 3]) t,
                      float[2, 3] u) => (g, s2, t2, u2) {
              g = Identity(go) s2 = Identity(t) t2 = Optional(u)
              w = Constant<value = float[3, 3] {1, 2, 3, 4, 5, 6, 7, 8, 9}>()
              u2 = MatMul(u, w) } > }""",
        x=X,
        n=n,
    )


ASKED = """h = OptionalHasElement(s)
  w = If (h) < then_branch = t2 () => (a2) { e = OptionalGetElement(s) a2 = MatMul(e, m) },
    else_branch = e2 () => (d2) { d2 = Neg(v) } >
  r = Optional(w)"""
SQUARE = "m = Constant<value = float[3, 3] {1, 0, 2, 0, 1, 1, 0, 0, 1}>()"


@pytest.mark.parametrize("target", [None, hl.Target("host-llvm")], ids=["c", "llvm"])
@pytest.mark.parametrize("begin", ["nothing", "thing"])
@pytest.mark.parametrize("n", COUNTS)
def test_a_body_may_ask_and_read_its_state(n: int, begin: str, target: hl.Target | None) -> None:
    check(loop(begin, ASKED, SQUARE), target, x=X, n=n, c=True)


@pytest.mark.parametrize("begin", ["nothing", "thing"])
@pytest.mark.parametrize("n", [0, 2, 3, 5])
def test_a_step_may_decide_whether_its_state_is_there(n: int, begin: str) -> None:
    """What is set in step 2 is gone after step 4."""
    body = """two = Constant<value = int64 {2}>() four = Constant<value = int64 {4}>()
      set = Equal(i, two) clear = Equal(i, four)
      r = If (set) < then_branch = t2 () => (a2) { a2 = Optional(v) },
        else_branch = e2 () => (d2) { d2 = If (clear) <
          then_branch = t3 () => (a3) { a3 = Optional<type = float[k, 3]>() },
          else_branch = e3 () => (d3) { d3 = Identity(s) } > } >"""
    check(loop(begin, body), x=X, n=n, c=True)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_body_may_read_in_later_steps_only(n: int) -> None:
    body = """zero = Constant<value = int64 {0}>() later = Greater(i, zero)
      w = If (later) < then_branch = t2 () => (a2) { a2 = OptionalGetElement(s) },
        else_branch = e2 () => (d2) { d2 = Neg(v) } >
      p = Add(w, v) r = Optional(p)"""
    check(loop("nothing", body), x=X, n=n, c=True)


def test_reading_an_absent_state_ends_the_run_in_its_step() -> None:
    body = "w = OptionalGetElement(s) r = Optional<type = float[k, 3]>()"
    text = loop("thing", f"{body} q = Add(w, v)").replace("(g, r)", "(g, r, q)")
    text = text.replace("o = Loop", "o, all = Loop").replace(") o)", ") o, float[s, k, 3] all)")
    model = compile(model_of(text))
    made = model.run({"x": X, "n": np.array(1), "c": np.array(True)})
    np.testing.assert_array_equal(made["all"], [2 * X])
    with pytest.raises(BufferError, match="OptionalGetElement node #3: its operand is absent"):
        model.run({"x": X, "n": np.array(2), "c": np.array(True)})


def test_a_loop_whose_first_step_must_fail_may_have_no_steps() -> None:
    model = compile(model_of(loop("nothing", "w = OptionalGetElement(s) r = Optional(w)")))
    assert model.run({"x": X, "n": np.array(0), "c": np.array(True)})["o"] is None
    with pytest.raises(BufferError, match="OptionalGetElement node #3: its operand is absent"):
        model.run({"x": X, "n": np.array(1), "c": np.array(True)})


def test_a_loop_with_an_optional_state_gathers() -> None:
    text = loop("nothing", "r = Optional(v) w = Neg(v)").replace("(g, r)", "(g, r, w)")
    text = text.replace("o = Loop", "o, all = Loop").replace(") o)", ") o, float[s, k, 3] all)")
    made = compile(model_of(text)).run({"x": X, "n": np.array(3), "c": np.array(True)})
    np.testing.assert_array_equal(made["o"], X + 2)
    np.testing.assert_array_equal(made["all"], np.stack([-X, -X - 1, -X - 2]))


@pytest.mark.parametrize("n", COUNTS)
def test_a_state_may_be_a_sequence_that_keeps_its_length(n: int) -> None:
    check(
        """m (float[2, 3] x, float[1, 3] y, int64 n) => (seq(float[a, 3]) o, float[b, 3] z) {
          on = Constant<value = bool {1}>() s0 = SequenceConstruct(x, y)
          o = Loop (n, on, s0) < body = b (int64 i, bool go, seq(float[a, 3]) s) => (g, r) {
            zero = Constant<value = int64 {0}>() one = Constant<value = int64 {1}>()
            g = Identity(go)
            p = SequenceAt(s, zero) q = SequenceAt(s, one) p2 = Add(p, q) q2 = Neg(q)
            r = SequenceConstruct(p2, q2) } >
          z = ConcatFromSequence<axis = 0>(o) }""",
        x=X,
        y=np.float32([[3, 2, 1]]),
        n=n,
    )


@pytest.mark.parametrize("n", COUNTS)
def test_what_is_set_may_have_sizes_that_a_step_tells(n: int) -> None:
    text = loop("nothing", "w = NonZero(v) h = Cast<to = 1>(w) r = Optional(h)")
    check(text, x=X, n=n, c=True)


GROWING = """m (float[k, 3] x, int64 n) => (seq(float[a, 3]) o, int64 count) {
  on = Constant<value = bool {1}>() s0 = BEGIN
  o = Loop (n, on, s0) < body = b (int64 i, bool go, seq(float[a, 3]) s) => (g, r) {
    g = Identity(go) f = Cast<to = 1>(i) v = Add(x, f) BODY } >
  count = SequenceLength(o) }"""
BEGINS = ["SequenceEmpty()", "SequenceConstruct(x)", "SequenceConstruct(x, x)"]


@pytest.mark.parametrize("begin", BEGINS)
@pytest.mark.parametrize("n", COUNTS)
def test_a_sequence_may_grow_in_each_step(n: int, begin: str) -> None:
    text = GROWING.replace("BEGIN", begin)
    check(text.replace("BODY", "r = SequenceInsert(s, v)"), x=X, n=n)


@pytest.mark.parametrize("n", COUNTS)
def test_an_empty_sequence_may_be_read_in_later_steps_only(n: int) -> None:
    body = """zero = Constant<value = int64 {0}>() later = Greater(i, zero)
      w = If (later) < then_branch = t2 () => (a2) { a2 = SequenceAt(s, zero) },
        else_branch = e2 () => (d2) { d2 = Neg(v) } >
      r = SequenceInsert(s, w)"""
    check(GROWING.replace("BEGIN", "SequenceEmpty()").replace("BODY", body), x=X, n=n)


@pytest.mark.parametrize("n", COUNTS)
def test_a_growing_sequence_may_have_tensors_of_unlike_sizes(n: int) -> None:
    body = """none = Constant<value = int64[1] {0}>() one = Constant<value = int64[1] {1}>()
      e = Unsqueeze(i, none) end = Add(e, one) part = Slice(v, none, end, none)
      first = Constant<value = int64 {0}>() r = SequenceInsert(s, part, first)"""
    text = GROWING.replace("BEGIN", "SequenceConstruct(x)").replace("BODY", body)
    check(text, x=X, n=n)


@pytest.mark.parametrize("n", COUNTS)
def test_an_optional_sequence_may_be_set_and_grow(n: int) -> None:
    """As in `test_loop16_seq_none` of the standard's suite."""
    check(
        """m (float[k, 3] x, int64 n) => (optional(seq(float[k, 3])) o) {
          on = Constant<value = bool {1}>() nothing = Optional<type = seq(float[k, 3])>()
          o = Loop (n, on, nothing) < body = b (int64 i, bool go, optional(seq(float[k, 3])) s)
            => (g, r) {
            g = Identity(go) f = Cast<to = 1>(i) v = Add(x, f) h = OptionalHasElement(s)
            t = If (h) < then_branch = t2 () => (a2) { a2 = OptionalGetElement(s) },
              else_branch = e2 () => (d2) { d2 = SequenceConstruct(x) } >
            u = SequenceInsert(t, v) r = Optional(u) } > }""",
        x=X,
        n=n,
    )


@pytest.mark.parametrize("target", [None, hl.Target("host-llvm")], ids=["c", "llvm"])
@pytest.mark.parametrize("n", COUNTS)
def test_a_state_may_be_strings(n: int, target: hl.Target | None) -> None:
    text = """m (string[k] x, int64 n) => (string[k] y, optional(string[k]) o) {
      nothing = Optional<type = string[k]>() on = Constant<value = bool {1}>()
      y, o = Loop (n, on, x, nothing) < body = b (int64 i, bool go, string[k] s,
          optional(string[k]) t) => (g, r, u) {
        g = Identity(go) r = StringConcat(s, x) u = Optional(s) } > }"""
    model = compile(model_of(text, opset=20), target=target)
    x = np.array(["ab", "", "Übung"], object)
    made = model.run({"x": x, "n": np.array(n)})
    np.testing.assert_array_equal(made["y"], x * (n + 1))
    np.testing.assert_array_equal(made["o"], x * n if n else None)


@pytest.mark.parametrize("count", ["n", "two"])
def test_strings_are_not_gathered(count: str) -> None:
    text = """m (string[k] x, int64 n) => (string[s, k] y) {
      two = Constant<value = int64 {2}>() zero = Constant<value = float {0}>()
      f, y = Loop (COUNT, , zero) < body = b (int64 i, bool go, float s) => (g, r, p) {
        g = Identity(go) r = Neg(s) p = StringConcat(x, x) } > }"""
    with pytest.raises(UnsupportedOp, match="no strings: in each step they may be longer"):
        compile(model_of(text.replace("COUNT", count), opset=20))


@pytest.mark.parametrize("kind", [17, 19, 22])
@pytest.mark.parametrize("n", COUNTS)
def test_a_state_and_what_is_gathered_may_be_of_few_bits(n: int, kind: int) -> None:
    """Floats of 8 bits in two ways, and integers of 4."""
    text = """m (float[2, 3] x, int64 n) => (float[2, 3] y, float[s, 2, 3] all) {
      begin = Cast<to = KIND>(x)
      last, pieces = Loop (n, , begin) < body = b (int64 i, bool go, float[2, 3] s) => (g, r, p) {
        g = Identity(go) f = Cast<to = 1>(s) h = Add(f, x) r = Cast<to = KIND>(h)
        p = Identity(r) } >
      y = Cast<to = 1>(last) all = Cast<to = 1>(pieces) }"""
    model = compile(model_of(text.replace("KIND", str(kind)), opset=23))
    x = np.float32([[0, 1, -2], [0.5, -1, 2]]) if kind < 20 else np.float32([[0, 1, -1], [1, 0, 1]])
    made = model.run({"x": x, "n": np.array(n)})
    np.testing.assert_array_equal(made["y"], x * (n + 1))
    steps = [x * (i + 2) for i in range(n)]
    np.testing.assert_array_equal(made["all"], np.array(steps, np.float32).reshape(n, 2, 3))


def test_a_loop_of_a_known_count_too_long_to_be_unrolled_has_optional_states() -> None:
    text = loop("nothing", "r = Optional(v)", "many = Constant<value = int64 {5000}>()")
    made = check(text.replace("Loop (n", "Loop (many"), x=X, n=0, c=True)
    assert made.report is not None and made.report.distinct < 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            loop("thing", "h = ReduceSum<keepdims = 0>(v) r = Optional(h)"),
            "a state of one type and one number of axes",
        ),
        (
            loop("thing", "r = SequenceConstruct(v)"),
            "a state of tensors that is of one kind in each step",
        ),
    ],
)
def test_what_such_a_state_must_not_do(text: str, message: str) -> None:
    with pytest.raises(UnsupportedOp, match=message):
        compile(model_of(text))


SEQUENCE = """m (float[k, 3] x, int64 n INPUTS) => (seq(float[a, 3]) o OUTPUTS) {
  NODES o MORE = Loop (n, , BEGIN) < body = b (int64 i, bool go, seq(float[a, 3]) s)
    => (g, r PIECES) { g = Identity(go) BODY } > }"""


def sequence_loop(begin: str, body: str, **parts: str) -> str:
    text = SEQUENCE.replace("BEGIN", begin).replace("BODY", body)
    for name in ("INPUTS", "OUTPUTS", "NODES", "MORE", "PIECES"):
        text = text.replace(name, parts.get(name.lower(), ""))
    return text


def check_lists(text: str, target: hl.Target | None = None, **inputs: Any) -> None:
    """Compare outputs, some of them sequences, with onnxruntime's."""
    model = model_of(text)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    wanted = session.run(None, {name: np.asarray(x) for name, x in inputs.items()})
    made = compile(model, target=target).run(inputs)
    for output, want in zip(model.graph.output, wanted, strict=True):
        got = made[output.name]
        if not isinstance(want, list):
            np.testing.assert_allclose(got, want, rtol=1e-6, strict=True)
            continue
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, strict=True)


@pytest.mark.parametrize("target", [None, hl.Target("host-llvm")], ids=["c", "llvm"])
@pytest.mark.parametrize("n", COUNTS)
def test_a_sequence_may_get_longer_in_each_step(n: int, target: hl.Target | None) -> None:
    nodes = "empty = SequenceEmpty<dtype = 1>()"
    body = "f = Cast<to = 1>(i) v = Add(x, f) r = SequenceInsert(s, v)"
    check_lists(sequence_loop("empty", body, nodes=nodes), target, x=X, n=np.int64(n))


@pytest.mark.parametrize("n", COUNTS)
def test_tensors_of_a_growing_sequence_may_differ_in_size(n: int) -> None:
    nodes = "begin = SequenceConstruct(x) zero = Constant<value_ints = [0]>()"
    body = """last = Constant<value = int64 {-1}>() t = SequenceAt(s, last)
      both = Concat<axis = 0>(t, x) r = SequenceInsert(s, both)"""
    check_lists(sequence_loop("begin", body, nodes=nodes), x=X, n=np.int64(n))


@pytest.mark.parametrize("n", COUNTS)
def test_what_a_growing_sequence_holds_is_used_in_the_loop_and_behind_it(n: int) -> None:
    nodes = "begin = SequenceConstruct(x)"
    body = """whole = ConcatFromSequence<axis = 0>(s) p = ReduceSum<keepdims = 0>(whole)
      length = SequenceLength(s) f = Cast<to = 1>(length) v = Mul(x, f) r = SequenceInsert(s, v)"""
    text = sequence_loop(
        "begin", body, nodes=nodes, outputs=", float[q] sums", more=", sums", pieces=", p"
    )
    check_lists(text, x=X, n=np.int64(n))


def test_a_sequence_may_get_shorter_until_nothing_is_left() -> None:
    text = """m (float[k, 3] x) => (float y, seq(float[1, 3]) o) {
      axis = Constant<value = int64 {1}>() nothing = Constant<value = float {0}>()
      begin = SplitToSequence<axis = 0, keepdims = 1>(x, axis) on = Constant<value = bool {1}>()
      o, y = Loop ( , on, begin, nothing) < body = b (int64 i, bool go, seq(float[1, 3]) s, float v)
        => (g, r, w) {
          zero = Constant<value = int64 {0}>() one = Constant<value = int64 {1}>()
          t = SequenceAt(s, zero) sum = ReduceSum<keepdims = 0>(t) w = Add(v, sum)
          r = SequenceErase(s, zero) left = SequenceLength(r) g = Less(one, left) } > }"""
    for rows in (1, 2, 5):
        x = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
        check_lists(text, x=x)


def test_a_sequence_that_stays_empty_consists_of_nothing() -> None:
    text = sequence_loop("empty", "r = Identity(s)", nodes="empty = SequenceEmpty<dtype = 1>()")
    made = compile(model_of(text)).run({"x": X, "n": np.int64(2)})
    assert made == {}
