"""Inputs that have no buffer get one as large as is read."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


def box_of(image: hl.ImageParam) -> list[tuple[int, int]]:
    b = image.get()
    assert b is not None
    return [(b.dim(i).min(), b.dim(i).extent()) for i in range(b.dimensions())]


def stencil() -> tuple[hl.Func, hl.ImageParam]:
    image = hl.ImageParam(hl.UInt(16), 2)
    f = hl.Func("stencil")
    f[x, y] = image[x - 1, y] + image[x + 2, 2 * y]
    return f, image


def test_the_buffer_holds_what_the_sizes_need() -> None:
    f, image = stencil()
    f.infer_input_bounds([10, 20])
    assert box_of(image) == [(-1, 13), (0, 39)]
    assert not np.asarray(f.realize([10, 20])).any()


def test_the_mins_of_given_buffers_count() -> None:
    f, image = stencil()
    out = hl.Buffer(hl.UInt(16), [4, 1])
    out.set_min([100, -3])
    f.infer_input_bounds(out)
    assert box_of(image) == [(99, 7), (-6, 4)]
    f.realize(out)


def test_an_input_that_has_a_buffer_keeps_it() -> None:
    f, image = stencil()
    own = hl.Buffer(np.zeros((2, 3), np.uint16))
    image.set(own)
    f.infer_input_bounds([10, 20])
    assert image.get() is own


def test_it_is_told_anew_after_reset() -> None:
    f, image = stencil()
    f.infer_input_bounds([1, 1])
    image.reset()
    f.infer_input_bounds([2, 1])
    assert box_of(image)[0] == (-1, 5)


def test_params_and_sizes_of_other_inputs_may_decide() -> None:
    a, b, shift = hl.ImageParam(hl.Int(32), 1), hl.ImageParam(hl.Int(32), 1), hl.Param(hl.Int(32))
    f = hl.Func("moved")
    r = hl.RDom([(0, b.width())])
    f[x] = hl.sum(a[x + r + shift] * b[r])
    b.set(np.ones(5, np.int32))
    shift.set(7)
    f.infer_input_bounds([3])
    assert box_of(a) == [(7, 7)]
    a.get().fill(2)
    assert np.asarray(f.realize([3])).tolist() == [10, 10, 10]


def test_promises_say_how_large_it_is() -> None:
    f, image = stencil()
    image.dim(0).set_bounds(-2, 16)
    f.infer_input_bounds([10, 20])
    assert box_of(image) == [(-2, 16), (0, 39)]
    f.realize([10, 20])


def test_the_schedule_decides_how_much_is_read() -> None:
    image = hl.ImageParam(hl.Int(32), 1)
    f, g = hl.Func("f"), hl.Func("g")
    g[x] = image[x]
    f[x] = g[x]
    f.split(x, hl.Var("xo"), hl.Var("xi"), 8, hl.TailStrategy.RoundUp)
    f.infer_input_bounds([16])
    assert box_of(image) == [(0, 16)]


def test_an_input_whose_size_alone_is_used_is_empty() -> None:
    image = hl.ImageParam(hl.Int(32), 1)
    f = hl.Func("f")
    f[x] = x + image.width()
    f.infer_input_bounds([3])
    assert box_of(image) == [(0, 0)]
    assert np.asarray(f.realize([3])).tolist() == [0, 1, 2]


def test_empty_outputs_need_nothing() -> None:
    f, image = stencil()
    f.infer_input_bounds([0, 0])
    f.realize([0, 0])
    assert all(n >= 0 for _, n in box_of(image))


def test_a_pipeline_reads_what_all_its_outputs_read() -> None:
    image = hl.ImageParam(hl.Int(32), 1)
    f, g = hl.Func("f"), hl.Func("g")
    f[x], g[x] = image[x - 5], image[x + 5]
    hl.Pipeline([f, g]).infer_input_bounds([3])
    assert box_of(image) == [(-5, 13)]


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_the_buffer_has_the_type_of_the_input(bits: int) -> None:
    image = hl.ImageParam(hl.Int(bits), 1)
    f = hl.Func("f")
    f[x] = image[x]
    f.infer_input_bounds([2])
    assert image.get().type() == hl.Int(bits)
