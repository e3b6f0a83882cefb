"""Sequences of tensors of which only a run tells the length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import halo as hl
from halo.errors import BufferError
from onnx_frontend import CompiledModel, UnsupportedOp, backend, compile, load

Array = np.ndarray[Any, np.dtype[Any]]
TARGETS = pytest.mark.parametrize("target", ["host", "host-llvm"])
ITEMS = [(2, 3), (1, 3), (0, 3), (4, 3)]


def model_of(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : 20]> s {text}')


def made(text: str, target: str = "host") -> CompiledModel:
    return compile(model_of(text), target=hl.Target.parse(target))


def check(text: str, target: str = "host", **inputs: Any) -> dict[str, Any]:
    """Compare the outputs of a model with those of the standard's evaluator."""
    model = model_of(text)
    given = {n: x if isinstance(x, list) else np.asarray(x) for n, x in inputs.items()}
    wanted = ReferenceEvaluator(model).run(None, given)
    results = compile(model, target=hl.Target.parse(target)).run(given)
    for value, want in zip(model.graph.output, wanted, strict=True):
        same(results[value.name], want)
    return results


def same(value: Any, want: Any) -> None:
    if isinstance(want, list):
        assert isinstance(value, list)
        for item, other in zip(value, want, strict=True):
            same(item, other)
    else:
        want = np.asarray(want)
        assert value.dtype == want.dtype
        assert value.shape == want.shape
        np.testing.assert_array_equal(value, want)


def floats(*shape: int, dtype: Any = np.float32) -> Array:
    return (np.arange(int(np.prod(shape))) % 7 - 2).reshape(shape).astype(dtype)


def items(*shapes: tuple[int, ...], dtype: Any = np.float32) -> list[Array]:
    return [
        floats(*shape, dtype=dtype) + np.asarray(i).astype(dtype) for i, shape in enumerate(shapes)
    ]


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


BRANCHES = """(bool c, float[2, 3] x, seq(float[p, q]) g, int64 i)
  => (seq(float) s, int64 n, float y) {{
  s = If (c) < then_branch = t () => (a) {{ {then} }}, else_branch = e () => (b) {{ {other} }} >
  n = SequenceLength(s) y = SequenceAt(s, i) }}"""


@TARGETS
@pytest.mark.parametrize("c", [False, True])
@pytest.mark.parametrize(
    ("then", "other"),
    [
        ("a = SequenceConstruct(x, x)", "b = SequenceConstruct(x, x, x)"),
        ("m = Transpose(x) a = SequenceConstruct(m, x)", "b = SequenceConstruct(x)"),
        ("a = SplitToSequence(x, )", "b = Identity(g)"),
        ("a = SequenceErase(g)", "b = SequenceInsert(g, x)"),
    ],
)
def test_branches_may_give_sequences_of_different_lengths(
    target: str, c: bool, then: str, other: str
) -> None:
    text = BRANCHES.format(then=then, other=other)
    check(text, target, c=c, x=floats(2, 3), g=items((1, 2), (2, 2)), i=-1)


@TARGETS
def test_a_branch_may_give_a_sequence_without_tensors(target: str) -> None:
    text = """(bool c, float[2, 3] x, float[2, 1] z) => (seq(float) s, seq(float) t) {
      s = If (c) < then_branch = p () => (a) { a = SequenceConstruct(x, z) },
        else_branch = q () => (b) { b = SequenceEmpty() } >
      t = SequenceInsert(s, x) }"""
    for c in (False, True):
        check(text, target, c=c, x=floats(2, 3), z=floats(2, 1))


@TARGETS
def test_what_the_other_branch_would_do_with_an_empty_sequence_does_not_count(target: str) -> None:
    text = """(seq(float[p, q]) g, float[2, 3] x, float[r, s] w) => (seq(float) s, float y) {
      n = SequenceLength(g) zero = Constant<value = int64 {0}>() c = Greater(n, zero)
      s, y = If (c) <
        then_branch = t () => (a, u) { a = SequenceErase(g) u = SequenceAt(g, zero) },
        else_branch = e () => (b, v) { p = SplitToSequence(w, ) b = SequenceInsert(p, x)
          v = Identity(x) } > }"""
    model = made(text, target)
    x, w = floats(2, 3), floats(2, 3)
    results = model.run({"g": [], "x": x, "w": w})
    same(results["s"], [w[:1], w[1:], x])
    same(results["y"], x)
    g = items((1, 2), (3, 1))
    results = model.run({"g": g, "x": x, "w": floats(0, 3)})
    same(results["s"], g[:1])
    same(results["y"], g[0])


@TARGETS
def test_a_function_is_mapped_over_a_sequence_of_any_length(target: str) -> None:
    text = """(seq(float[p, q]) x, float[1, 1] w) => (seq(float) y, seq(float) z, float j) {
      y, z = SequenceMap(x, w) <body = b (float[p, q] i, float[1, 1] k)
        => (float[p, q] o, float[q, p] t) { o = Mul(i, k) t = Transpose(o) }>
      j = ConcatFromSequence<axis = 0>(z) }"""
    for shapes in ([(2, 3), (2, 1), (2, 0)], [(1, 1)], [(3, 4)] * 9):
        check(text, target, x=items(*shapes), w=floats(1, 1))


@TARGETS
def test_a_loop_reads_and_builds_sequences(target: str) -> None:
    text = """(float[r, 3] x, int64 n) => (seq(float) s, float[1, 3] sum) {
      p = SplitToSequence(x, ) e = SequenceEmpty() go = Constant<value = bool {1}>()
      zeros = Constant<value = float[1, 3] {0, 0, 0}>()
      s, sum = Loop(n, go, e, zeros) <body = b (int64 i, bool c, seq(float) t, float[1, 3] a)
        => (bool d, seq(float) u, float[1, 3] f) {
        d = Identity(c) row = SequenceAt(p, i) f = Add(a, row)
        g = Concat<axis = 0>(a, f) u = SequenceInsert(t, g) }> }"""
    for n in (1, 2, 4):
        check(text, target, x=floats(4, 3), n=n)
    with pytest.raises(BufferError, match="its position is outside"):
        made(text, target).run({"x": floats(4, 3), "n": np.array(5)})


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


def test_the_backend_of_the_standard_takes_and_gives_lists() -> None:
    text = """(seq(float[p, q]) x, int64 by) => (seq(float) y, seq(float) z) {
      y = SequenceErase(x) one = Constant<value = int64 {0}>() e = SequenceAt(x, one)
      z = SplitToSequence(e, by) }"""
    run = backend.HaloBackend.prepare(model_of(text)).run
    x = items((3, 2), (1, 1))
    first, second = run([x, np.array(2)])
    same(first, x[:1])
    same(second, [x[0][:2], x[0][2:]])


def test_an_open_sequence_may_be_optional() -> None:
    text = """(bool c, seq(float[p, q]) x) => (bool there, optional(seq(float)) o) {
      o = If (c) < then_branch = t () => (a) { a = Optional(x) },
        else_branch = e () => (b) { b = Optional<type = seq(float[p, q])>() } >
      there = OptionalHasElement(o) }"""
    x = items((3, 2), (1, 1))
    model = made(text)
    results = model.run({"c": np.array(True), "x": x})
    same(results["o"], x)
    assert results["there"] and results["o[there]"]
    assert not model.run({"c": np.array(False), "x": x})["o[there]"]
