"""Callables: arguments by position and by name, checked, and read at each call."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


def brighter() -> tuple[hl.Func, hl.ImageParam, hl.Param]:
    image, gain = hl.ImageParam(hl.UInt(8), 2, "picture"), hl.Param(hl.UInt(8), "lift")
    f = hl.Func("lifted")
    f[x, y] = image[x, y] + gain
    return f, image, gain


GRID = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_arguments_stand_by_position_or_by_name() -> None:
    f, image, gain = brighter()
    call = f.compile_to_callable([image, gain])
    assert call.argument_names() == ["picture", "lift", "lifted"]
    for args, named in (
        ((GRID, 5, None), {}),
        ((GRID, 5), {"lifted": None}),
        ((GRID,), {"lifted": None, "lift": 5}),
        ((), {"lifted": None, "lift": 5, "picture": GRID}),
    ):
        out = np.zeros((3, 4), np.uint8)
        placed = [out if a is None else a for a in args]
        assert call(*placed, **{n: out if a is None else a for n, a in named.items()}) is None
        assert np.array_equal(out, GRID + 5)


def test_the_order_is_that_of_the_list() -> None:
    f, image, gain = brighter()
    out = np.zeros((3, 4), np.uint8)
    f.compile_to_callable([gain, image])(7, GRID, out)
    assert np.array_equal(out, GRID + 7)


def test_without_a_list_arrays_come_first_then_scalars_by_name() -> None:
    b, a = hl.ImageParam(hl.Int(32), 1, "zb"), hl.ImageParam(hl.Int(32), 1, "za")
    k = hl.Param(hl.Int(32), "aa")
    f = hl.Func("ordered")
    f[x] = k * b[x] + a[x]
    assert f.compile_to_callable().argument_names() == ["za", "zb", "aa", "ordered"]
    inferred = f.infer_arguments()
    assert [i.name for i in inferred] == ["za", "zb", "aa"]
    assert [i.is_buffer() for i in inferred] == [True, True, False]
    assert all(i.is_input() and not i.is_output() for i in inferred)


def test_values_that_are_set_elsewhere_do_not_count() -> None:
    f, image, gain = brighter()
    image.set(GRID)
    gain.set(1)
    call = f.compile_to_callable([image, gain])
    out = np.zeros((3, 4), np.uint8)
    call(GRID, 2, out)
    assert np.array_equal(out, GRID + 2) and gain.get() == 1
    assert np.array_equal(np.asarray(f.realize([4, 3])), GRID + 1)


def test_the_schedule_at_the_time_of_compiling_is_kept() -> None:
    f, image, gain = brighter()
    plain = f.compile_to_callable([image, gain])
    f.vectorize(x, 8).parallel(y)
    fast = f.compile_to_callable([image, gain])
    a, b = np.zeros((3, 4), np.uint8), np.zeros((3, 4), np.uint8)
    plain(GRID, 250, a)
    fast(GRID, 250, b)
    assert np.array_equal(a, b) and np.array_equal(a, GRID + np.uint8(250))


def test_a_pipeline_takes_all_its_outputs_in_order() -> None:
    f, g = hl.Func("one"), hl.Func("two")
    f[x], g[x] = (x, 2 * x), 3 * x
    a, b, c = (np.zeros(3, np.int32) for _ in range(3))
    hl.Pipeline([f, g]).compile_to_callable([])(a, b, c)
    assert (a.tolist(), b.tolist(), c.tolist()) == ([0, 1, 2], [0, 2, 4], [0, 3, 6])


def test_buffers_are_part_of_the_callable() -> None:
    table = hl.Buffer(np.array([3, 1, 2], np.int32))
    f = hl.Func("looked_up")
    f[x] = table[x] * 2
    call = f.compile_to_callable([])
    table.fill(0)
    out = np.zeros(3, np.int32)
    call(out)
    assert out.tolist() == [6, 2, 4]


def test_mins_of_buffers_count() -> None:
    f, image, gain = brighter()
    call = f.compile_to_callable([image, gain])
    source = hl.Buffer(GRID)
    source.set_min([-1, 5])
    out = hl.Buffer(hl.UInt(8), [2, 1])
    out.set_min([0, 6])
    call(source, 0, out)
    assert np.array_equal(np.asarray(out), GRID[1:2, 1:3])


def test_what_is_inferred_says_what_is_known() -> None:
    f, image, gain = brighter()
    image.set_estimates([(0, 640), (0, 480)])
    gain.set_range(1, 9)
    gain.set(2)
    gain.set_estimate(3)
    first, second = f.infer_arguments()
    assert first.kind is hl.ArgumentKind.InputBuffer and first.dimensions == 2
    assert [str(n) for _, n in first.argument_estimates.buffer_estimates] == ["640", "480"]
    e = second.argument_estimates
    assert (e.scalar_def, e.scalar_min, e.scalar_max, e.scalar_estimate) == (2, 1, 9, 3)
    assert second.type == hl.UInt(8) and second.is_scalar() and gain.estimate() == 3
    assert hl.Argument(f.output_buffer()).kind is hl.ArgumentKind.OutputBuffer
    out = np.zeros((3, 4), np.uint8)
    f.compile_to_callable([second, first])(4, GRID, out)
    assert np.array_equal(out, GRID + 4)


def test_compile_jit_makes_the_code_that_realize_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    f, image, gain = brighter()
    f.compile_jit()
    monkeypatch.setattr("codegen.compile_module", None)  # nothing is compiled any more
    image.set(GRID)
    gain.set(3)
    assert np.array_equal(np.asarray(f.realize([4, 3])), GRID + 3)
