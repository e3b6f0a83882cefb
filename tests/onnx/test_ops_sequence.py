"""Sequences of tensors and optional values."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from halo.errors import BufferError
from onnx_frontend import ModelError, backend, compile

HEAD = '<ir_version: 8, opset_import: ["" : 18]>\n'
Array = np.ndarray[Any, np.dtype[Any]]
X = np.arange(6, dtype=np.float32).reshape(2, 3)


def prepared(text: str) -> backend.CompiledRep:
    return backend.HaloBackend.prepare(onnx.parser.parse_model(HEAD + text))


def same(made: Any, *expected: Any) -> None:
    for value, want in zip(made, expected, strict=True):
        if isinstance(want, list):
            same(value, *want)
        else:
            np.testing.assert_array_equal(value, want)
            assert value.shape == np.shape(want)


def test_a_sequence_is_built_read_and_joined() -> None:
    model = prepared(
        """s (float[2, 3] x, float[2, 3] y) => (float[a, b] z, int64 n, float[c, d, e] w) {
          s = SequenceConstruct(x, y, x)
          one = Constant<value = int64 {1}>()
          last = Constant<value = int64 {-1}>()
          t = SequenceErase(s, one)
          u = SequenceInsert(t, y, last)
          n = SequenceLength(u)
          z = ConcatFromSequence<axis = 1>(u)
          w = ConcatFromSequence<axis = -1, new_axis = 1>(s) }"""
    )
    y = -X
    same(model.run([X, y]), np.hstack([X, y, X]), np.array(3), np.stack([X, y, X], axis=-1))


def test_an_empty_sequence_is_filled() -> None:
    model = prepared(
        """s (float[2, 3] x) => (seq(float[2, 3]) s) {
          e = SequenceEmpty() y = Neg(x) t = SequenceInsert(e, x) s = SequenceInsert(t, y) }"""
    )
    same(model.run([X]), [X, -X])


@pytest.mark.parametrize("place", [-3, -1, 0, 2])
def test_where_in_a_sequence_may_be_data(place: int) -> None:
    model = prepared(
        """s (float[n, 3] x, float[3] y, int64 i)
          => (float[k] a, seq(float[m]) s, seq(float[m]) t) {
          p = SplitToSequence<axis = 1, keepdims = 0>(x, )
          a = SequenceAt(p, i) s = SequenceInsert(p, y, i) t = SequenceErase(p, i) }"""
    )
    items = [X[:, j] for j in range(3)]
    new = np.array([7, 8, 9], np.float32)
    inserted = list(items)
    inserted.insert(place, new)
    erased = list(items)
    del erased[place]
    same(model.run([X, new, np.array(place)]), items[place], inserted, erased)


def test_a_place_outside_is_refused_when_the_model_runs() -> None:
    model = prepared(
        """s (float[2, 3] x, int64 i) => (float[3] a) {
          p = SplitToSequence<keepdims = 0>(x, ) a = SequenceAt(p, i) }"""
    )
    for place in (2, -3):
        with pytest.raises(BufferError, match="position is outside of a sequence of 2 tensors"):
            model.run([X, np.array(place)])


def test_a_tensor_is_split_into_a_sequence() -> None:
    text = "s (float[5, 2] x, int64[2] n) => (seq(float[a, 2]) s, seq(float[b, 2]) t) {"
    model = prepared(
        text
        + " two = Constant<value = int64 {2}>() s = SplitToSequence(x, n)"
        + " t = SplitToSequence(x, two) }"
    )
    x = np.arange(10, dtype=np.float32).reshape(5, 2)
    same(model.run([x, np.array([1, 4])]), [x[:1], x[1:]], [x[:2], x[2:4], x[4:]])


def test_a_model_is_compiled_for_each_length_of_its_sequences() -> None:
    model = prepared(
        """s (seq(float[n]) x, float[1] y) => (seq(float[n]) z) {
          z = SequenceMap(x, y) <body = b (float[n] i, float[1] j) => (float[n] o) {
            o = Mul(i, j) }> }"""
    )
    two = np.array([2], np.float32)
    for sizes in ((3, 1, 4), (2,), (5, 5)):
        items = [np.arange(n, dtype=np.float32) for n in sizes]
        same(model.run([items, two]), [2 * item for item in items])


OPTIONAL = """o (optional(float[2, 3]) x) => (bool there, float[2, 3] y) {
  there = OptionalHasElement(x)
  y = If (there) < then_branch = t () => (a) { a = OptionalGetElement(x) },
    else_branch = e () => (b) { b = Constant<value = float[2, 3] {9, 9, 9, 9, 9, 9}>() } > }"""


def test_an_optional_input_may_be_absent() -> None:
    model = prepared(OPTIONAL)
    same(model.run([X]), np.array(True), X)
    same(model.run([None]), np.array(False), np.full((2, 3), 9, np.float32))


def test_the_shapes_of_the_tensors_of_a_sequence_may_be_given() -> None:
    text = "s (seq(float[n]) x) => (float[m] y) { y = ConcatFromSequence<axis = 0>(x) }"
    model = onnx.parser.parse_model(HEAD + text)
    unknown = onnx.parser.parse_model(HEAD + text)
    unknown.graph.input[0].type.sequence_type.elem_type.tensor_type.ClearField("shape")
    with pytest.raises(ModelError, match="not known what it consists of"):
        compile(unknown)
    made = compile(model, shapes={"x": [[2], ["k"]]})
    assert [p.name for p in made.signature.inputs] == ["x[0]", "x[1]"]
    one, two = np.ones(2, np.float32), np.zeros(3, np.float32)
    np.testing.assert_array_equal(made.run({"x[0]": one, "x[1]": two})["y"], [1, 1, 0, 0, 0])
    with pytest.raises(ModelError, match="for the sequence"):
        compile(model, shapes={"x": [2]})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("y = ConcatFromSequence<axis = 0>(e)", "its sequence is empty"),
        ("y = SequenceAt(s, two)", "position 2 in a sequence of 2"),
        ("y = ConcatFromSequence<axis = 0>(x)", "no sequence"),
        ("y = Neg(s)", "not a tensor"),
        ("o = Optional() y = OptionalGetElement(o)", "absent"),
    ],
)
def test_what_makes_no_sense_is_refused(body: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        prepared(
            "s (float[2, 3] x) => (float[a, b] y) { e = SequenceEmpty() s = SequenceConstruct(x, x)"
            f" two = Constant<value = int64 {{2}}>() {body} }}"
        )
