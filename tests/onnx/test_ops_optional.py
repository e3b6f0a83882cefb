"""Optional values of which only a run tells whether they are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import halo as hl
from halo.errors import BufferError
from onnx_frontend import ModelError, UnsupportedOp, backend, check_model, compile, load
from onnx_frontend.reference_optional import OPERATORS, OptionalValue

HEAD = '<ir_version: 8, opset_import: ["" : 18]>\n'
X = np.arange(6, dtype=np.float32).reshape(2, 3)
FLAGS = [False, True]


def model_of(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(HEAD + text)


def check(text: str, **inputs: Any) -> None:
    """Compare the outputs of a model with those of the standard's evaluator."""
    model = model_of(text)
    arrays = {name: np.asarray(x) for name, x in inputs.items()}
    wanted = ReferenceEvaluator(model, new_ops=OPERATORS).run(None, arrays)
    made = backend.HaloBackend.prepare(model).run(arrays)
    for value, want in zip(made, wanted, strict=True):
        same(value, want.content if isinstance(want, OptionalValue) else want)


def same(value: Any, want: Any) -> None:
    if isinstance(want, list):
        assert isinstance(value, list)
        for item, other in zip(value, want, strict=True):
            same(item, other)
    elif want is None:
        assert value is None
    else:
        np.testing.assert_allclose(value, want, rtol=1e-6)
        assert value.shape == np.shape(want)


CHOSEN = """o = If (c) < then_branch = t () => (a) { n = Neg(x) a = Optional(n) },
    else_branch = e () => (b) { b = Optional<type = float[2, 3]>() } >"""
READ = """there = OptionalHasElement(o)
  y = If (there) < then_branch = p () => (yt) { yt = OptionalGetElement(o) },
    else_branch = q () => (ye) { ye = Exp(x) } >"""


@pytest.mark.parametrize("c", FLAGS)
def test_an_optional_that_data_choose_is_asked_and_read(c: bool) -> None:
    text = f"m (bool c, float[2, 3] x) => (bool there, float[k, l] y) {{ {CHOSEN} {READ} }}"
    check(text, c=c, x=X)


@pytest.mark.parametrize("c", FLAGS)
def test_the_absent_one_may_be_in_either_branch(c: bool) -> None:
    check(
        f"""m (bool c, float[2, 3] x) => (bool there, float[k, l] y) {{
          o = If (c) < then_branch = t () => (a) {{ a = Optional<type = float[2, 3]>() }},
            else_branch = e () => (b) {{ b = Optional(x) }} > {READ} }}""",
        c=c,
        x=X,
    )


@pytest.mark.parametrize("c", FLAGS)
@pytest.mark.parametrize("d", FLAGS)
def test_ifs_in_each_other_and_behind_each_other_choose_optionals(c: bool, d: bool) -> None:
    check(
        f"""m (bool c, bool d, float[2, 3] x)
          => (bool there, float[k, l] y, bool also, bool none) {{
          n = Neg(x)
          one = If (c) < then_branch = t () => (a) {{ a = Optional(n) }},
            else_branch = e () => (b) {{ b = If (d) <
              then_branch = u () => (b1) {{ b1 = Optional<type = float[2, 3]>() }},
              else_branch = f () => (b2) {{ b2 = Optional(x) }} > }} >
          nothing = Optional<type = float[2, 3]>()
          two = If (d) < then_branch = v () => (g) {{ g = Identity(one) }},
            else_branch = w () => (h) {{ h = Identity(nothing) }} >
          o = If (c) < then_branch = p () => (i) {{ i = Identity(two) }},
            else_branch = q () => (j) {{ j = Identity(one) }} >
          also = OptionalHasElement(two)
          none = Not(also)
          {READ.replace("p ()", "r ()").replace("q ()", "s ()")} }}""",
        c=c,
        d=d,
        x=X,
    )


@pytest.mark.parametrize("c", FLAGS)
@pytest.mark.parametrize("n", [0, 1, 4])
def test_both_may_have_something_and_of_unlike_sizes(c: bool, n: int) -> None:
    check(
        """m (bool c, float[n] x, float[m] z) => (float[k] y, optional(float[k]) o) {
          u = Optional(x) v = Optional(z)
          o = If (c) < then_branch = t () => (a) { a = Identity(u) },
            else_branch = e () => (b) { b = Identity(v) } >
          y = OptionalGetElement(o) }""",
        c=c,
        x=np.arange(n, dtype=np.float32),
        z=np.float32([7, 8]),
    )


@pytest.mark.parametrize("c", FLAGS)
@pytest.mark.parametrize("n", [0, 3])
def test_what_is_there_may_be_as_long_as_data_tell(c: bool, n: int) -> None:
    x = np.arange(5, dtype=np.float32)
    check(
        """m (bool c, float[5] x, bool[5] keep) => (float[k] y, optional(float[k]) o) {
          s = Compress<axis = 0>(x, keep)
          o = If (c) < then_branch = t () => (a) { a = Optional(s) },
            else_branch = e () => (b) { b = Optional<type = float[k]>() } >
          there = OptionalHasElement(o)
          y = If (there) < then_branch = p () => (yt) { yt = OptionalGetElement(o) },
            else_branch = q () => (ye) { ye = Neg(x) } > }""",
        c=c,
        x=x,
        keep=x < n,
    )


@pytest.mark.parametrize("c", FLAGS)
def test_an_optional_may_be_a_sequence(c: bool) -> None:
    check(
        """m (bool c, float[2, 3] x) => (optional(seq(float[2, 3])) o, float[k, l] y) {
          n = Neg(x)
          o = If (c) < then_branch = t () => (a) { s = SequenceConstruct(x, n) a = Optional(s) },
            else_branch = e () => (b) { b = Optional<type = seq(float[2, 3])>() } >
          y = If (c) < then_branch = p () => (yt) {
              r = OptionalGetElement(o) yt = ConcatFromSequence<axis = 0>(r) },
            else_branch = q () => (ye) { ye = Exp(x) } > }""",
        c=c,
        x=X,
    )


@pytest.mark.parametrize("c", FLAGS)
def test_an_optional_may_be_of_strings(c: bool) -> None:
    model = backend.HaloBackend.prepare(
        model_of(
            """m (bool c, string[2] x, string[3] z) => (optional(string[k]) o, string[l] y) {
              o = If (c) < then_branch = t () => (a) { a = Optional(x) },
                else_branch = e () => (b) { b = Optional<type = string[k]>() } >
              y = If (c) < then_branch = p () => (yt) { yt = OptionalGetElement(o) },
                else_branch = q () => (ye) { ye = Identity(z) } > }"""
        )
    )
    x, z = np.array(["Wald", ""], object), np.array(["a", "Übung", "b"], object)
    o, y = model.run({"c": np.array(c), "x": x, "z": z})
    np.testing.assert_array_equal(y, x if c else z)
    np.testing.assert_array_equal(o, x if c else None)


@pytest.mark.parametrize("target", [None, hl.Target("host-llvm")], ids=["c", "llvm"])
@pytest.mark.parametrize("c", FLAGS)
def test_an_output_says_whether_it_is_there(c: bool, target: hl.Target | None) -> None:
    text = f"m (bool c, float[2, 3] x) => (optional(float[2, 3]) o) {{ {CHOSEN} }}"
    model = compile(model_of(text), target=target)
    assert [p.describe() for p in model.signature.outputs] == [
        "o: float32[2, 3]",
        "o[there]: bool[]",
    ]
    inputs = {"c": np.array(c), "x": X}
    ports = model.run_ports(inputs)
    assert ports.keys() == {"o", "o[there]"}
    assert ports["o[there]"] == c
    made = model.run(inputs)
    assert made.keys() == {"o"}
    same(made["o"], -X if c else None)


def test_outputs_come_in_the_order_of_the_model_also_from_a_saved_one(tmp_path: Path) -> None:
    text = """m (bool c, float[2, 3] x) =>
        (optional(seq(float[2, 3])) o, float[2, 3] y, optional(float[2, 3]) p, bool d) {
      o = If (c) < then_branch = t () => (a) { s = SequenceConstruct(x, x) a = Optional(s) },
        else_branch = e () => (b) { b = Optional<type = seq(float[2, 3])>() } >
      p = Optional<type = float[2, 3]>() y = Neg(x) d = Not(c) }"""
    compile(model_of(text)).save(tmp_path)
    model = load(tmp_path)
    for c in FLAGS:
        made = model.run({"c": np.array(c), "x": X})
        assert list(made) == ["o", "y", "p", "d"]
        same(made["o"], [X, X] if c else None)
        assert made["p"] is None


def test_an_output_that_is_never_there_only_says_so() -> None:
    model = model_of(
        "m (float[2] x) => (optional(float[2]) o, float[2] y) "
        "{ o = Optional<type = float[2]>() y = Neg(x) }"
    )
    x = np.float32([1, 2])
    assert [p.name for p in compile(model).signature.outputs] == ["o[there]", "y"]
    o, y = backend.HaloBackend.prepare(model).run([x])
    assert o is None
    np.testing.assert_array_equal(y, -x)


@pytest.mark.parametrize("c", FLAGS)
def test_the_check_of_a_model_compares_what_is_there(c: bool) -> None:
    model = model_of(
        f"""m (bool c, float[2, 3] x) => (bool there, float[k, l] y, optional(float[2, 3]) z) {{
          {CHOSEN} {READ} z = Identity(o) }}"""
    )
    report = check_model(model, {"c": np.array(c), "x": X})
    assert report.first_wrong is None
    values = ["there", "y", "z[there]", *(["z"] if c else [])]
    assert [v.value for v in report.outputs] == values


def test_what_is_absent_cannot_be_read() -> None:
    model = compile(
        model_of(
            f"m (bool c, float[2, 3] x) => (float[2, 3] y) {{ {CHOSEN} y = OptionalGetElement(o) }}"
        )
    )
    np.testing.assert_array_equal(model.run({"c": np.array(True), "x": X})["y"], -X)
    with pytest.raises(BufferError, match=r"OptionalGetElement node #1: its operand is absent"):
        model.run({"c": np.array(False), "x": X})


def test_reading_what_is_absent_counts_only_in_a_branch_that_is_taken() -> None:
    model = compile(
        model_of(
            f"""m (bool c, bool d, float[2, 3] x) => (float[2, 3] y) {{ {CHOSEN}
              y = If (d) < then_branch = p () => (yt) {{ yt = OptionalGetElement(o) }},
                else_branch = q () => (ye) {{ ye = Exp(x) }} > }}"""
        )
    )
    for c, d, want in ((True, True, -X), (True, False, np.exp(X)), (False, False, np.exp(X))):
        made = model.run({"c": np.array(c), "d": np.array(d), "x": X})
        np.testing.assert_allclose(made["y"], want, rtol=1e-6)
    with pytest.raises(BufferError, match="its operand is absent"):
        model.run({"c": np.array(False), "d": np.array(True), "x": X})


@pytest.mark.parametrize("opposite", FLAGS)
def test_a_branch_that_reads_what_is_never_there_must_not_be_taken(opposite: bool) -> None:
    reads = "p () => (yt) { yt = OptionalGetElement(o) }"
    other = "q () => (ye) { ye = Exp(x) }"
    then, no = (other, reads) if opposite else (reads, other)
    text = f"""m (bool c, float[2, 3] x) => (float[2, 3] y) {{ o = Optional<type = float[2, 3]>()
      y = If (c) < then_branch = {then}, else_branch = {no} > }}"""
    model = compile(model_of(text))
    made = model.run({"c": np.array(opposite), "x": X})
    np.testing.assert_allclose(made["y"], np.exp(X), rtol=1e-6)
    with pytest.raises(BufferError, match="OptionalGetElement node #0: its operand is absent"):
        model.run({"c": np.array(not opposite), "x": X})
    with pytest.raises(ModelError, match="its operand is absent"):
        compile(model_of(text.replace(other, reads.replace("p ()", "q ()").replace("yt", "yu"))))


@pytest.mark.parametrize("c", FLAGS)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_short_loop_hands_on_what_may_be_absent(c: bool, count: int) -> None:
    first = CHOSEN.replace("o =", "first =")
    check(
        f"""m (bool c, float[2, 3] x) => (bool there, float[k, l] y) {{ {first}
          n = Constant<value = int64 {{{count}}}>() on = Constant<value = bool {{1}}>()
          o = Loop (n, on, first) <
            body = b (int64 i, bool go, optional(float[2, 3]) s) => (g, r) {{
            g = Identity(go) h = OptionalHasElement(s)
            f = If (h) < then_branch = v () => (k) {{ k = OptionalGetElement(s) }},
              else_branch = w () => (l) {{ l = Abs(x) }} >
            m = Add(f, x) r = Optional(m) }} >
          {READ} }}""",
        c=c,
        x=X,
    )


def test_what_an_optional_is_must_not_depend_on_data() -> None:
    text = """m (bool c, float[2, 3] x) => (optional(float[2, 3]) y) {
      y = If (c) < then_branch = t () => (a) { a = Optional(x) },
        else_branch = e () => (b) { z = OTHER b = Optional(z) } > }"""
    with pytest.raises(UnsupportedOp, match="one type and one number of axes"):
        compile(model_of(text.replace("OTHER", "ReduceSum<keepdims = 0>(x)")))
    with pytest.raises(UnsupportedOp, match="values of one kind"):
        compile(model_of(text.replace("OTHER", "SequenceConstruct(x)")))
    with pytest.raises(ModelError, match="not a tensor"):
        compile(model_of(f"m (bool c, float[2, 3] x) => (float[2, 3] y) {{ {CHOSEN} y = Neg(o) }}"))
