"""Sizes of 0: what is joined, picked, padded and cut where there is nothing, read by nobody."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession

import onnx_frontend
from halo.errors import BufferError
from halo.target import Target
from onnx_frontend import ModelError

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(5)
TARGETS = pytest.mark.parametrize("target", ["host", "host-llvm"])


def model(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 20]> {text}')


def floats(*shape: int) -> Array:
    return RNG.normal(size=shape).astype(np.float32)


@pytest.fixture
def unreadable() -> mmap.mmap:
    """Return memory that no one may read: whoever reads it ends the process."""
    return mmap.mmap(-1, 1 << 16, prot=0)


def nothing(memory: mmap.mmap, *shape: int) -> Array:
    """Return an array of no cells in the middle of `memory`."""
    assert 0 in shape
    return np.ndarray(shape, np.float32, buffer=memory, offset=1 << 15)


STEP = """
step (float[b, 2, p, 8] past, float[b, 2, s, 8] new, float[b, 2, s, 8] q)
  => (float[b, 2, t, 8] keys, float[b, 2, s, t] weights, float[b, 2, t, 8] grown) {
  keys = Concat<axis = 2>(past, new)
  turned = Transpose<perm = [0, 1, 3, 2]>(keys)
  scores = MatMul(q, turned)
  weights = Softmax<axis = -1>(scores)
  larger = Concat<axis = 2>(past, new)
  grown = Exp(larger)
}"""


@TARGETS
def test_the_first_step_of_a_cache_has_no_past(target: str, unreadable: mmap.mmap) -> None:
    compiled = onnx_frontend.compile(model(STEP), target=Target(target))
    for b, p, s in [(1, 0, 3), (2, 0, 1), (2, 5, 1), (1, 3, 0), (0, 2, 1), (1, 0, 0)]:
        past, new, q = floats(b, 2, p, 8), floats(b, 2, s, 8), floats(b, 2, s, 8)
        if not past.size:
            past = nothing(unreadable, *past.shape)
        made = compiled.run({"past": past, "new": new, "q": q})
        keys = np.concatenate([np.zeros(past.shape) if 0 in past.shape else past, new], 2)
        powers = np.exp(q @ keys.swapaxes(2, 3))
        np.testing.assert_array_equal(made["keys"], keys)
        np.testing.assert_allclose(
            made["weights"], powers / powers.sum(-1, keepdims=True), rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(made["grown"], np.exp(keys), rtol=1e-5)


@TARGETS
@pytest.mark.parametrize("axis", [0, 1])
def test_any_part_of_what_is_joined_may_be_empty(
    target: str, axis: int, unreadable: mmap.mmap
) -> None:
    dims = "[{0}, 40]" if axis == 0 else "[3, {0}]"
    inputs = ", ".join(f"float{dims.format(name)} {name}" for name in "abe")
    text = f"""j ({inputs}) => (float[m, n] y) {{
        u = Concat<axis = {axis}>(a, b, e) d = Sqrt(b) v = Concat<axis = {axis}>(d, a)
        w = Concat<axis = {axis}>(u, v) y = Abs(w) }}"""
    compiled = onnx_frontend.compile(model(text), target=Target(target))
    for sizes in [(0, 40, 3), (33, 0, 1), (5, 7, 0), (0, 0, 20), (0, 0, 0)]:
        given = [np.abs(floats(*((n, 40) if axis == 0 else (3, n)))) for n in sizes]
        feeds = {
            name: x if x.size else nothing(unreadable, *x.shape)
            for name, x in zip("abe", given, strict=True)
        }
        a, b, e = given
        want = np.concatenate([a, b, e, np.sqrt(b), a], axis)
        np.testing.assert_array_equal(compiled.run(feeds)["y"], want)


def test_parts_that_are_known_to_be_empty_are_left_out() -> None:
    text = "j (float[2, 0, 3] a, float[2, n, 3] b) => (float[o] y) { y = Concat<axis = 1>(a, b) }"
    compiled = onnx_frontend.compile(model(text))
    for n in (0, 4):
        b = floats(2, n, 3)
        made = compiled.run({"a": np.zeros((2, 0, 3), np.float32), "b": b})["y"]
        np.testing.assert_array_equal(made, b)


@TARGETS
def test_a_size_that_data_tell_may_be_0_where_parts_are_joined(target: str) -> None:
    text = """j (float[n] x, int64[1] count, float[m] b) => (float[o] y) {
        zero = Constant<value_ints = [0]>() part = Slice(x, zero, count)
        y = Concat<axis = 0>(part, b, part) }"""
    compiled = onnx_frontend.compile(model(text), target=Target(target))
    x, b = floats(9), floats(20)
    for count in (0, 4, 9):
        made = compiled.run({"x": x, "count": np.array([count]), "b": b})["y"]
        np.testing.assert_array_equal(made, np.concatenate([x[:count], b, x[:count]]))


@TARGETS
def test_padding_surrounds_nothing(target: str, unreadable: mmap.mmap) -> None:
    text = """p (float[n, m] x) => (float[o] y) {
        pads = Constant<value_ints = [1, 20, 0, 17]>() two = Constant<value_float = 2.0>()
        y = Pad(x, pads, two) }"""
    compiled = onnx_frontend.compile(model(text), target=Target(target))
    for shape in [(0, 3), (2, 0), (0, 0), (2, 3)]:
        x = floats(*shape) if 0 not in shape else nothing(unreadable, *shape)
        source = np.zeros(shape, np.float32) if 0 in shape else x
        want = np.pad(source, [(1, 0), (20, 17)], constant_values=2)
        np.testing.assert_array_equal(compiled.run({"x": x})["y"], want)


@TARGETS
def test_of_nothing_nothing_is_picked(target: str, unreadable: mmap.mmap) -> None:
    text = "g (float[n, m] x, int64[k] i) => (float[o] y) { y = Gather<axis = 0>(x, i) }"
    compiled = onnx_frontend.compile(model(text), target=Target(target))
    none = np.zeros(0, np.int64)
    for shape, i in [((0, 5), none), ((4, 0), np.array([1, 3])), ((4, 5), none)]:
        x = np.zeros(shape, np.float32) if 0 not in shape else nothing(unreadable, *shape)
        assert compiled.run({"x": x, "i": i})["y"].shape == (len(i), shape[1])
    with pytest.raises(BufferError, match="Gather node"):
        compiled.run({"x": nothing(unreadable, 0, 5), "i": np.array([0])})


def test_indices_into_an_axis_that_is_known_to_be_empty_are_refused() -> None:
    text = "g (float[0, m] x, int64[2] i) => (float[o] y) { y = Gather<axis = 0>(x, i) }"
    with pytest.raises(ModelError, match="has no cells"):
        onnx_frontend.compile(model(text))


@pytest.mark.parametrize(
    ("start", "end", "step", "cut"),
    [
        (2, 9, 1, slice(2, 9)),
        (-3, 99, 1, slice(-3, None)),
        (0, 99, 2, slice(0, None, 2)),
        (-1, -99, -1, slice(None, None, -1)),
    ],
)
def test_cuts_of_nothing_are_nothing(start: int, end: int, step: int, cut: slice) -> None:
    values = {"start": start, "end": end, "axis": 1, "step": step}
    made = " ".join(f"{k} = Constant<value_ints = [{v}]>()" for k, v in values.items())
    text = f"s (float[2, n] x) => (float[o] y) {{ {made} y = Slice(x, start, end, axis, step) }}"
    compiled = onnx_frontend.compile(model(text))
    for n in (0, 4, 12):
        x = floats(2, n)
        np.testing.assert_array_equal(compiled.run({"x": x})["y"], x[:, cut])


@TARGETS
def test_of_nothing_nothing_is_sorted_pooled_or_scattered(
    target: str, unreadable: mmap.mmap
) -> None:
    text = """m (float[a, 5] x, float[a, 2, 6] p, float[a, 3, 3] d, float[4, a] s, float[1, a] u)
      => (float[o] top, int64[o] places, float[o] pool, float[o] det, float[o] put, int64[o] full) {
        k = Constant<value_ints = [3]>() top, places = TopK(x, k)
        pool = MaxPool<kernel_shape = [2]>(p) det = Det(d)
        i = Constant<value = int64[1, 1] {2}>() put = ScatterND(s, i, u) full = NonZero(x) }"""
    compiled = onnx_frontend.compile(model(text), target=Target(target))
    for a in (0, 3):
        shapes = {"x": (a, 5), "p": (a, 2, 6), "d": (a, 3, 3), "s": (4, a), "u": (1, a)}
        feeds = {k: floats(*v) if a else nothing(unreadable, *v) for k, v in shapes.items()}
        made = compiled.run(feeds)
        assert made["places"].shape == made["top"].shape == (a, 3)
        assert made["pool"].shape == (a, 2, 5)
        assert made["det"].shape == (a,)
        assert made["put"].shape == (4, a)
        assert made["full"].shape == (2, 5 * a)
        if a:
            np.testing.assert_array_equal(made["put"][2], feeds["u"][0])
            np.testing.assert_array_equal(made["top"], -np.sort(-feeds["x"], 1)[:, :3])


def test_nothing_is_put_into_an_axis_without_cells() -> None:
    text = """s (float[n, 3] x, float[1, 3] u) => (float[o] y) {
        i = Constant<value = int64[1, 1] {0}>() y = ScatterND(x, i, u) }"""
    compiled = onnx_frontend.compile(model(text))
    assert compiled.run({"x": floats(2, 3), "u": floats(1, 3)})["y"].shape == (2, 3)
    with pytest.raises(BufferError, match="'x' dim 0: got 0, expected at least 1"):
        compiled.run({"x": floats(0, 3), "u": floats(1, 3)})


@TARGETS
@pytest.mark.parametrize("attributes", ["", "<sorted = 0>", "<axis = 0>", "<axis = 0, sorted = 0>"])
def test_nothing_has_no_unique_cells(target: str, attributes: str, unreadable: mmap.mmap) -> None:
    text = f"""u (float[n, 3] x) => (float[a, b] y, int64[c] i, int64[d] j, int64[e] k) {{
        y, i, j, k = Unique{attributes}(x) }}"""
    if "axis" not in attributes:
        text = text.replace("float[a, b]", "float[a]")
    made = model(text)
    compiled = onnx_frontend.compile(made, target=Target(target))
    got = compiled.run({"x": nothing(unreadable, 0, 3)})
    assert got["y"].shape == ((0, 3) if "axis" in attributes else (0,))
    assert all(got[name].shape == (0,) for name in "ijk")
    x = RNG.integers(0, 2, (5, 3)).astype(np.float32)
    got = compiled.run({"x": x})
    session = InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    for value, want in zip(got.values(), session.run(None, {"x": x}), strict=True):
        np.testing.assert_array_equal(value, want)


@TARGETS
@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_nothing_resized_is_nothing(target: str, mode: str, unreadable: mmap.mmap) -> None:
    text = f"""r (float[n, 2, h, w] x) => (float[a, b, c, d] y) {{
        by = Constant<value = float[4] {{1, 1, 2, 1.5}}>()
        y = Resize<mode = "{mode}">(x, , by) }}"""
    compiled = onnx_frontend.compile(model(text), target=Target(target))
    for n, h, w in [(0, 3, 4), (1, 0, 4), (2, 3, 0), (0, 0, 0)]:
        made = compiled.run({"x": nothing(unreadable, n, 2, h, w)})["y"]
        assert made.shape == (n, 2, 2 * h, w * 3 // 2)
    x = floats(1, 2, 3, 4)
    (want,) = ReferenceEvaluator(model(text)).run(None, {"x": x})
    np.testing.assert_allclose(compiled.run({"x": x})["y"], want, rtol=1e-5, atol=1e-6)


def test_of_nothing_no_cells_are_made_by_resizing() -> None:
    text = """r (float[1, 2, SIZE] x) => (float[a, b, c] y) {
        to = Constant<value_ints = [1, 2, 4]>() y = Resize(x, , , to) }"""
    compiled = onnx_frontend.compile(model(text.replace("SIZE", "n")))
    assert compiled.run({"x": floats(1, 2, 3)})["y"].shape == (1, 2, 4)
    with pytest.raises(BufferError, match="Resize node"):
        compiled.run({"x": floats(1, 2, 0)})
    with pytest.raises(ModelError, match="4 cells are to be made of axis 2, which has none"):
        onnx_frontend.compile(model(text.replace("SIZE", "0")))


@TARGETS
def test_of_nothing_nothing_is_kept_found_or_suppressed(target: str, unreadable: mmap.mmap) -> None:
    text = """m (float[n, 3] x, bool[n] c, float[b, m, 4] boxes, float[b, s, m] scores,
          int64[1] most)
      => (float[o] some, int64[o, p] full, float[o, p] top, int64[o, p] places, int64[o, p] kept) {
        some = Compress<axis = 0>(x, c) full = NonZero(x)
        zero = Constant<value_ints = [0]>() top, places = TopK<axis = 0>(x, zero)
        kept = NonMaxSuppression(boxes, scores, most) }"""
    compiled = onnx_frontend.compile(model(text), target=Target(target))
    for n, b, s, m, most in [(0, 0, 1, 2, 1), (0, 1, 0, 2, 1), (2, 1, 2, 0, 1), (2, 1, 1, 3, 0)]:
        shapes = {"x": (n, 3), "boxes": (b, m, 4), "scores": (b, s, m)}
        feeds: dict[str, Any] = {
            k: nothing(unreadable, *v) if 0 in v else floats(*v) for k, v in shapes.items()
        }
        feeds |= {"c": np.ones(n, bool), "most": np.array([most])}
        made = compiled.run(feeds)
        assert made["some"].shape == (n, 3)
        assert made["full"].shape == (2, 3 * n)
        assert made["top"].shape == made["places"].shape == (0, 3)
        assert made["kept"].shape == (0, 3)


@pytest.mark.parametrize("op", ["GlobalMaxPool", "MaxPool<kernel_shape = [2], pads = [1, 1]>"])
def test_of_nothing_nothing_is_the_largest(op: str) -> None:
    text = f"p (float[n, 2, SIZE] x) => (float[a, b, c] y) {{ y = {op}(x) }}"
    compiled = onnx_frontend.compile(model(text.replace("SIZE", "w")))
    assert compiled.run({"x": floats(0, 2, 3)})["y"].shape[:2] == (0, 2)
    assert compiled.run({"x": floats(1, 2, 3)})["y"].shape[:2] == (1, 2)
    with pytest.raises(BufferError, match=r"MaxPool node|'x' dim 2: got 0"):
        compiled.run({"x": floats(1, 2, 0)})
    fixed = text.replace("SIZE", "0").replace("[n, 2", "[1, 2")
    with pytest.raises(ModelError, match="axis 2 of its input has no cells"):
        onnx_frontend.compile(model(fixed))


@pytest.mark.parametrize(
    ("op", "want"),
    [
        ("Conv<pads = [1, 1]>(x, w)", [[[0], [0], [0]]]),
        ("AveragePool<kernel_shape = [2], pads = [1, 1]>(x)", [[[np.nan], [np.nan]]]),
        ("AveragePool<kernel_shape = [2], pads = [1, 1], count_include_pad = 1>(x)", [[[0], [0]]]),
        ("ConvTranspose(x, v)", [[[0], [0], [0]]]),
        ("GlobalAveragePool(x)", [[[np.nan], [np.nan]]]),
    ],
)
def test_windows_over_an_axis_that_is_empty_see_what_surrounds_it(op: str, want: Any) -> None:
    text = f"""p (float[1, 2, 0] x, float[3, 2, 2] w, float[2, 3, 2] v) => (float[a, b, c] y) {{
        y = {op} }}"""
    feeds = {"x": floats(1, 2, 0), "w": floats(3, 2, 2), "v": floats(2, 3, 2)}
    made = onnx_frontend.compile(model(text)).run(feeds)["y"]
    np.testing.assert_array_equal(made, np.float32(want))


@TARGETS
@pytest.mark.parametrize("steps", [0, 2])
def test_a_loop_hands_on_a_state_without_cells(target: str, steps: int) -> None:
    text = """l (float[n, 3] x, int64 steps) => (float[n, 3] y, float[s, n, 3] all) {
      y, all = Loop (steps, , x) < body = b (int64 i, bool go, float[n, 3] v) => (g, w, out) {
        g = Identity(go) w = Softmax(v) out = Add(w, x) } > }"""
    made = onnx_frontend.compile(model(text), target=Target(target))
    for rows in (0, 2):
        x = floats(rows, 3)
        found = made.run({"x": x, "steps": np.array(steps)})
        assert found["y"].shape == x.shape
        assert found["all"].shape == (steps, *x.shape)
        if rows and steps:
            once = np.exp(x) / np.exp(x).sum(1, keepdims=True)
            np.testing.assert_allclose(found["all"][0], once + x, rtol=1e-5)
