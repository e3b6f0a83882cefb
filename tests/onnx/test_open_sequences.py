"""Operators on sequences of tensors of which only a run tells the length."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from sequences import TARGETS, check, floats, items, made, model_of, same

import halo as hl
from halo.errors import BufferError
from onnx_frontend import UnsupportedOp, compile

ITEMS = [(2, 3), (1, 3), (0, 3), (4, 3)]


@TARGETS
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("keep", [0, 1])
def test_an_open_axis_is_split_into_slices(target: str, axis: int, keep: int) -> None:
    text = f"""(float[r, s, t] x, int64 i) => (seq(float) p, int64 n, float y) {{
      p = SplitToSequence<axis = {axis}, keepdims = {keep}>(x, )
      n = SequenceLength(p) y = SequenceAt(p, i) }}"""
    for place in (0, 1, -2):
        check(text, target, x=floats(2, 3, 4), i=place)


@TARGETS
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_run_may_tell_how_long_pieces_are(target: str, axis: int) -> None:
    text = f"""(float[r, s, t] x, int64 by) => (seq(float) p, float first, float last, float y) {{
      p = SplitToSequence<axis = {axis}>(x, by)
      zero = Constant<value = int64 {{0}}>() end = Constant<value = int64 {{-1}}>()
      first = SequenceAt(p, zero) last = SequenceAt(p, end)
      y = ConcatFromSequence<axis = {axis}>(p) }}"""
    for by in (1, 2, 3, 5, 9):
        check(text, target, x=floats(5, 4, 3), by=by)


@TARGETS
@pytest.mark.parametrize("axis", [0, 1])
def test_a_run_may_tell_into_how_many_pieces_of_which_sizes(target: str, axis: int) -> None:
    text = f"""(float[r, s, t] x, int64[k] sizes, int64 i)
      => (seq(float) p, float y, float z) {{
      p = SplitToSequence<axis = {axis}>(x, sizes) y = SequenceAt(p, i)
      z = ConcatFromSequence<axis = {axis}>(p) }}"""
    for sizes in ([6], [0, 1, 0, 3, 2, 0], [6, 0], [1] * 6):
        for place in (0, -1):
            check(
                text,
                target,
                x=floats(*(6, 2) if axis == 0 else (2, 6), 3),
                sizes=np.array(sizes),
                i=place,
            )


def test_many_known_sizes_split_a_tensor() -> None:
    sizes = ", ".join("1" for _ in range(70))
    text = f"""(float[70, 2] x, int64 i) => (int64 n, float y) {{
      sizes = Constant<value = int64[70] {{{sizes}}}>()
      p = SplitToSequence(x, sizes) n = SequenceLength(p) y = SequenceAt(p, i) }}"""
    check(text, x=floats(70, 2), i=69)


@TARGETS
@pytest.mark.parametrize("sizes", [[1] * 12, [1, 2, 0] * 4, [2, 1] * 20])
def test_a_run_may_tell_which_of_many_known_tensors_is_meant(target: str, sizes: list[int]) -> None:
    text = f"""(float[{sum(sizes)}, 3] x, int64 i) => (float y) {{
      sizes = Constant<value = int64[{len(sizes)}] {{{", ".join(map(str, sizes))}}}>()
      p = SplitToSequence(x, sizes) y = SequenceAt(p, i) }}"""
    model = made(text, target)
    assert (model.signature.outputs[0].shape == (1, 3)) == (set(sizes) == {1})
    for place in (0, 1, 5, -1, -len(sizes)):
        check(text, target, x=floats(sum(sizes), 3), i=place)
    with pytest.raises(BufferError, match=f"outside of a sequence of {len(sizes)} tensors"):
        model.run({"x": floats(sum(sizes), 3), "i": np.array(len(sizes))})


CHANGED = """(seq({type}[p, q]) x, {type}[r, s] y, int64 i)
  => (seq({type}) a, seq({type}) b, seq({type}) c, seq({type}) d, {type} e, int64 n) {{
  a = SequenceInsert(x, y, i) b = SequenceErase(x, i) c = SequenceInsert(x, y)
  d = SequenceErase(x) e = SequenceAt(x, i) n = SequenceLength(x) }}"""


@TARGETS
def test_a_sequence_of_a_caller_is_changed_and_read(target: str) -> None:
    x, y = items((2, 3), (1, 4), (0, 3), (3, 0), (1, 1)), floats(2, 2)
    for place in range(-5, 5):
        check(CHANGED.format(type="float"), target, x=x, y=y, i=place)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("float16", np.float16),
        ("double", np.float64),
        ("int8", np.int8),
        ("uint8", np.uint8),
        ("int64", np.int64),
        ("bool", np.bool_),
        ("bfloat16", ml_dtypes.bfloat16),
        ("float8e5m2", ml_dtypes.float8_e5m2),
    ],
)
@TARGETS
def test_sequences_are_of_any_type(target: str, name: str, dtype: Any) -> None:
    text = CHANGED.format(type=name)
    x, y = items((2, 3), (1, 4), (2, 0), dtype=dtype), floats(1, 2, dtype=dtype)
    results = made(text, target).run({"x": x, "y": y, "i": np.array(1)})
    same(results["a"], [x[0], y, *x[1:]])
    same(results["b"], [x[0], x[2]])
    same(results["c"], [*x, y])
    same(results["d"], x[:-1])
    same(results["e"], x[1])
    same(results["n"], np.array(3))


@TARGETS
def test_scalars_and_vectors_stand_in_sequences(target: str) -> None:
    scalars = """(seq(int64[]) x, int64 y, int64 i)
      => (seq(int64) a, seq(int64) b, int64 e, int64[n] z) {
      a = SequenceInsert(x, y, i) b = SequenceErase(x, i) e = SequenceAt(x, i)
      z = ConcatFromSequence<axis = 0, new_axis = 1>(a) }"""
    model = model_of(scalars)
    model.graph.input[0].type.sequence_type.elem_type.tensor_type.shape.SetInParent()
    run = compile(model, target=hl.Target.parse(target)).run
    x = [np.array(k, np.int64) for k in (5, 6, 7)]
    results = run({"x": x, "y": np.array(9), "i": np.array(-1)})
    same(results["a"], [x[0], x[1], np.array(9), x[2]])
    same(results["b"], x[:2])
    same(results["e"], x[2])
    same(results["z"], np.array([5, 6, 9, 7]))


@TARGETS
def test_an_empty_sequence_is_taken_and_filled(target: str) -> None:
    text = """(seq(float[p, q]) x, float[r, s] y) => (seq(float) a, int64 n, float z) {
      n = SequenceLength(x) a = SequenceInsert(x, y)
      z = ConcatFromSequence<axis = 1>(a) }"""
    check(text, target, x=[], y=floats(2, 3))
    check("(seq(float[p, q]) x) => (seq(float) y) { y = Identity(x) }", target, x=[])


@TARGETS
@pytest.mark.parametrize(
    ("axis", "shapes"),
    [
        (0, ITEMS),
        (0, [(3, 0), (2, 0)]),
        (1, [(2, 1), (2, 0), (2, 3)]),
        (-1, [(0, 1), (0, 2)]),
        (1, [(5, 2)]),
    ],
)
def test_a_sequence_is_joined(target: str, axis: int, shapes: list[tuple[int, ...]]) -> None:
    text = f"(seq(float[p, q]) x) => (float y) {{ y = ConcatFromSequence<axis = {axis}>(x) }}"
    check(text, target, x=items(*shapes))


@TARGETS
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_a_sequence_is_stacked(target: str, axis: int) -> None:
    text = f"""(seq(float[p, q]) x) => (float y) {{
      y = ConcatFromSequence<axis = {axis}, new_axis = 1>(x) }}"""
    for shapes in ([(2, 3)] * 4, [(3, 0)] * 2, [(1, 1)]):
        check(text, target, x=items(*shapes))


def test_what_is_computed_with_an_element_has_its_sizes() -> None:
    text = """(float[k, 1, 2, 6, 6] x, float[3, 2, 3, 3] w, int64 i) => (float y) {
      p = SplitToSequence<keepdims = 0>(x, ) e = SequenceAt(p, i) y = Conv(e, w) }"""
    model = made(text)
    (port,) = model.signature.outputs
    assert port.shape == (1, 3, 4, 4)
    check(text, x=floats(3, 1, 2, 6, 6), w=floats(3, 2, 3, 3), i=1)


PLACES = """(seq(float[p, q]) x, float[r, s] y, int64 i) => ({kind} z) {{ z = {op} }}"""


@pytest.mark.parametrize(
    ("op", "kind", "places"),
    [
        ("SequenceAt(x, i)", "float", (2, -3, 1 << 40)),
        ("SequenceErase(x, i)", "seq(float)", (2, -3)),
        ("SequenceInsert(x, y, i)", "seq(float)", (3, -3, -(1 << 40))),
    ],
)
def test_a_place_outside_is_refused_when_the_model_runs(
    op: str, kind: str, places: tuple[int, ...]
) -> None:
    model = made(PLACES.format(op=op, kind=kind))
    name = op.split("(")[0]
    for place in places:
        with pytest.raises(BufferError, match=f"{name} node #0: its position is outside"):
            model.run({"x": items((1, 2), (2, 2)), "y": floats(1, 1), "i": np.array(place)})


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("y = ConcatFromSequence<axis = 0>(x)", [], "its sequence is empty"),
        ("y = ConcatFromSequence<axis = 0>(x)", [(2, 3), (2, 2)], "other sizes along axes"),
        ("y = ConcatFromSequence<axis = 1>(x)", [(2, 3), (2, 2), (1, 2)], "other sizes along axes"),
        ("y = ConcatFromSequence<axis = 0, new_axis = 1>(x)", [(2, 3), (3, 3)], "other sizes"),
        ("e = SequenceErase(x) y = SequenceLength(e)", [], "its position is outside"),
    ],
)
def test_what_makes_no_sense_is_refused_when_the_model_runs(
    text: str, given: list[tuple[int, ...]], message: str
) -> None:
    kind = "int64" if "Length" in text else "float"
    model = made(f"(seq(float[p, q]) x) => ({kind} y) {{ {text} }}")
    with pytest.raises(BufferError, match=message):
        model.run({"x": items(*given)})


@pytest.mark.parametrize("kind", ["int64[k]", "int64[3]"])
def test_sizes_of_pieces_must_come_to_that_of_the_axis(kind: str) -> None:
    text = f"(float[r, 2] x, {kind} n) => (seq(float) y) {{ y = SplitToSequence(x, n) }}"
    model = made(text)
    for sizes in ([1, 2, 1], [1, 2, 3], [-1, 3, 3], [6, 0, -1]):
        with pytest.raises(BufferError):
            model.run({"x": floats(5, 2), "n": np.array(sizes)})
    assert len(model.run({"x": floats(5, 2), "n": np.array([2, 2, 1])})) in (1, 3)


def test_pieces_have_a_place_at_least() -> None:
    model = made("(float[r, 2] x, int64 n) => (seq(float) y) { y = SplitToSequence(x, n) }")
    for size in (0, -2):
        with pytest.raises(BufferError, match="less than one place"):
            model.run({"x": floats(5, 2), "n": np.array(size)})


def test_tensors_of_different_kinds_stand_in_no_open_sequence() -> None:
    text = """(bool c, float[2] x, float[2, 2] y) => (int64 n) {
      s = If (c) < then_branch = p () => (a) { a = SequenceConstruct(x) },
        else_branch = q () => (b) { b = SequenceConstruct(x, y) } >
      n = SequenceLength(s) }"""
    with pytest.raises(UnsupportedOp, match="one type and one number of axes"):
        made(text)
    text = "(seq(float[p, q]) x, float[2] y) => (seq(float) z) { z = SequenceInsert(x, y) }"
    with pytest.raises(UnsupportedOp, match="one type and one number of axes"):
        made(text)
