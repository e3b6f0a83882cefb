"""Promises about the buffers of inputs and outputs: checked on entry, and used by the code."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from codegen import emit_c
from codegen.c_prelude import runtime_text
from halo.ir.lowered import LoweredModule
from halo.lowering import lower
from halo.pipeline.request import make_request
from halo.target import host_target

x, y = hl.vars("x y")
RUNTIME_LOOPS = sum(runtime_text(n).count("for (") for n in ("halo_checks.h", "halo_runtime.h"))


def copy_of(source: hl.ImageParam) -> hl.Func:
    f = hl.Func("copy")
    f[x, y] = source[x, y] * 2
    return f


def c_of(f: hl.Func) -> str:
    request = make_request([f.function], "entry", [None] * f.outputs(), None, hl.Target())
    return emit_c(LoweredModule("entry", (lower(request).func,)), host_target()).text


def placed(array: np.ndarray, mins: list[int]) -> hl.Buffer:
    b = hl.Buffer(array)
    b.set_min(mins)
    return b


GRID = np.arange(12, dtype=np.int32).reshape(3, 4)


def test_kept_promises_of_an_output_change_no_value() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    source.set(GRID)
    plain = np.asarray(f.realize([4, 3]))
    f.output_buffer().dim(0).set_bounds(0, 4).dim(1).set_bounds(0, 3).set_stride(4)
    f.output_buffer().set_host_alignment(64)
    assert np.array_equal(np.asarray(f.realize([4, 3])), plain)


def test_a_promised_extent_makes_one_vector_of_a_row() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    f.vectorize(x, 8)
    assert c_of(f).count("for (") > 1 + RUNTIME_LOOPS
    f.output_buffer().dim(0).set_bounds(0, 8)
    assert c_of(f).count("for (") == 1 + RUNTIME_LOOPS  # over the rows


def test_a_promise_may_be_an_expression_of_the_buffers_own_size() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    width = f.output_buffer().dim(0)
    width.set_extent(width.extent() / 4 * 4)
    source.set(GRID)
    assert np.array_equal(np.asarray(f.realize([4, 3])), GRID * 2)
    with pytest.raises(hl.BufferError, match="dimension 0: extent must be 0, got 3"):
        f.realize([3, 3])


def test_a_promise_may_name_another_input_and_a_param() -> None:
    a, b = hl.ImageParam(hl.Int(32), 1, "a"), hl.ImageParam(hl.Int(32), 1, "b")
    pad = hl.Param(hl.Int(32), "pad")
    f = hl.Func("sum")
    f[x] = a[x] + 1
    a.dim(0).set_extent(b.dim(0).extent() + pad)
    a.set(np.arange(7, dtype=np.int32))
    b.set(np.zeros(5, np.int32))
    pad.set(2)
    assert np.asarray(f.realize([7])).tolist() == [1, 2, 3, 4, 5, 6, 7]
    pad.set(1)
    with pytest.raises(hl.BufferError, match="extent must be 6, got 7"):
        f.realize([7])


def test_an_input_may_be_promised_as_large_as_the_output() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    source.dim(0).set_bounds(f.output_buffer().left(), f.output_buffer().width())
    source.set(GRID)
    assert np.array_equal(np.asarray(f.realize([4, 2])), GRID[:2] * 2)
    with pytest.raises(hl.BufferError, match="extent must be 3, got 4"):
        f.realize([3, 2])


def test_the_size_of_the_output_may_stand_in_its_definition() -> None:
    f = hl.Func("ramp")
    f[x] = x
    f[x] += 10 * f.output_buffer().width()
    assert np.asarray(f.realize([3])).tolist() == [30, 31, 32]


def test_promises_of_outputs_can_be_taken_back() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    source.set(GRID)
    width = f.output_buffer().dim(0)
    width.set_extent(4)
    f.realize([4, 3])
    with pytest.raises(hl.BufferError, match="extent must be 4, got 2"):
        f.realize([2, 3])
    width.set_extent(None)
    assert np.array_equal(np.asarray(f.realize([2, 3])), GRID[:, :2] * 2)


def test_a_promise_made_after_a_run_holds_from_then_on() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    source.set(GRID)
    f.realize([4, 3])
    source.dim(1).set_stride(8)
    with pytest.raises(hl.BufferError, match="dimension 1: stride must be 8, got 4"):
        f.realize([4, 3])


def test_compiled_code_is_for_outputs_of_stride_1_unless_that_is_taken_back() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    assert "stride must be 1" in c_of(f) and "output 'copy" in c_of(f)
    f.output_buffer().dim(0).set_stride(None)
    assert "output 'copy" in c_of(f)
    assert c_of(f).count("dimension 0: stride must be 1") == 1  # of the input


@pytest.mark.parametrize("promised", [False, True])
def test_an_output_of_another_stride_is_filled_unless_1_is_promised(promised: bool) -> None:
    f = hl.Func("columns")
    f[x, y] = x + 10 * y
    out = np.zeros((4, 3), np.int32).T  # dimension 0 has stride 3
    if not promised:
        f.realize(hl.Buffer(out))
        assert np.array_equal(out, [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]])
        return
    f.output_buffer().dim(0).set_stride(1)
    with pytest.raises(hl.BufferError, match="dimension 0: stride must be 1, got 3"):
        f.realize(hl.Buffer(out))


def test_mins_of_outputs_are_checked() -> None:
    f = hl.Func("shifted")
    f[x] = x
    f.output_buffer().dim(0).set_min(5)
    out = placed(np.zeros(3, np.int32), [5])
    f.realize(out)
    assert np.asarray(out).tolist() == [5, 6, 7]
    with pytest.raises(hl.BufferError, match="min must be 5, got 0"):
        f.realize([3])


def test_alignment_is_checked_and_told_to_the_compiler() -> None:
    source = hl.ImageParam(hl.UInt(8), 1, "bytes")
    assert source.host_alignment() == 1
    source.set_host_alignment(32)
    f = hl.Func("next")
    f[x] = source[x] + 1
    f.output_buffer().set_host_alignment(16)
    text = c_of(f)
    assert "__builtin_assume_aligned(bytes->host, 32)" in text.replace("bytes_1", "bytes")
    assert source.host_alignment() == 32
    aligned = hl.Buffer(hl.UInt(8), [64])
    source.set(aligned)
    assert np.asarray(f.realize([64])).tolist() == [1] * 64
    source.set(aligned.cropped(0, 4, 60))
    out = placed(np.zeros(60, np.uint8), [4])
    with pytest.raises(hl.BufferError, match="must be a multiple of 32 bytes, it is 4 past one"):
        f.realize(out)


def test_an_empty_buffer_has_any_alignment() -> None:
    source = hl.ImageParam(hl.UInt(8), 1)
    source.set_host_alignment(64)
    f = hl.Func("none")
    f[x] = source[x]
    source.set(np.zeros(0, np.uint8))
    assert f.realize([0]).width() == 0


def test_a_stride_along_one_cell_may_be_any() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    column = GRID[:, 1:2]
    source.set(hl.Buffer(np.lib.stride_tricks.as_strided(column, (3, 1), (16, 400))))
    assert np.array_equal(np.asarray(f.realize([1, 3])), column * 2)


def test_each_value_of_a_tuple_has_a_buffer_of_its_own() -> None:
    f = hl.Func("pair")
    f[x] = (x, hl.f32(x) / 2)
    first, second = f.output_buffers()
    assert (first.name(), second.name()) == (f"{f.name()}.0", f"{f.name()}.1")
    assert (first.type(), second.type()) == (hl.Int(32), hl.Float(32))
    second.dim(0).set_extent(3)
    a, b = f.realize([3])
    assert np.asarray(a).tolist() == [0, 1, 2] and np.asarray(b).tolist() == [0.0, 0.5, 1.0]
    with pytest.raises(hl.BufferError, match="extent must be 3, got 4"):
        f.realize([4])


def test_sizes_of_outputs_are_expressions() -> None:
    f = hl.Func("sized")
    f[x, y] = x
    b = f.output_buffer()
    assert b.dimensions() == 2 and b.defined()
    b.dim(0).set_bounds(1, 6)
    assert [str(e) for e in (b.left(), b.width(), b.right())] == ["1", "6", "6"]
    assert f.name() in str(b.height()) and f.name() in str(b.bottom())


def test_estimates_are_kept_and_change_nothing() -> None:
    source = hl.ImageParam(hl.Int(32), 2)
    f = copy_of(source)
    before = c_of(f)
    source.set_estimates([(0, 640), (0, 480)])
    f.set_estimate(x, 0, 640).set_estimates([(0, 600), (0, 400)])
    assert str(source.dim(1).extent_estimate()) == "480"
    assert str(f.output_buffer().dim(0).extent_estimate()) == "600"
    assert str(source.dim(0).min_estimate()) == "0"
    assert f.output_buffer().dim(1).set_estimate(2, 3).min_estimate() is not None
    assert c_of(f) == before


def test_a_pipeline_gives_the_buffers_of_all_its_outputs() -> None:
    f, g = hl.funcs("one two")
    f[x], g[x] = x, (x, x)
    names = [b.name() for b in hl.Pipeline([f, g]).output_buffers()]
    assert names == [f.name(), f"{g.name()}.0", f"{g.name()}.1"]
