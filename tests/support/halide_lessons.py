"""The matters of Halide's lessons, one after the other, in programs of our own."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np
from halide_check import GRAY, RGB, int32, products, program, same, sums


@program
def a_gradient(hl: Any) -> None:
    gradient, x, y = hl.Func("gradient"), hl.Var("x"), hl.Var("y")
    e = x + y
    assert type(e) == hl.Expr  # noqa: E721
    gradient[x, y] = e
    out = gradient.realize([8, 6])
    assert out.type() == hl.Int(32) and (out.width(), out.height()) == (8, 6)
    assert all(out[i, j] == i + j for j in range(6) for i in range(8))


@program
def an_image_made_brighter(hl: Any) -> None:
    image, brighter = hl.Buffer(RGB), hl.Func("brighter")
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    value = hl.cast(hl.Float(32), image[x, y, c])
    value = hl.min(value * 1.5, 255.0)
    brighter[x, y, c] = hl.cast(hl.UInt(8), value)
    out = brighter.realize([image.width(), image.height(), image.channels()])
    same(out, np.minimum(RGB.astype(np.float32) * np.float32(1.5), 255).astype(np.uint8))


@program
def loops_in_many_orders(hl: Any) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    xo, xi, yo, yi, t = hl.Var("xo"), hl.Var("xi"), hl.Var("yo"), hl.Var("yi"), hl.Var("t")
    guard = hl.TailStrategy.GuardWithIf
    schedules = [
        lambda f: f.reorder(y, x),
        lambda f: f.split(x, xo, xi, 2),
        lambda f: f.split(x, xo, xi, 3, guard).reorder(xi, y, xo),
        lambda f: f.split(x, xo, xi, hl.Expr(4)).vectorize(xi),
        lambda f: f.fuse(x, y, t),
        lambda f: f.fuse(x, y, t).parallel(t),
        lambda f: f.tile(x, y, xo, yo, xi, yi, 4, 4),
        lambda f: f.tile(x, y, xi, yi, 4, 2, guard).unroll(yi),
        lambda f: f.tile([x, y], [xo, yo], [xi, yi], [4, 2]).vectorize(xi),
        lambda f: f.tile([x, y], [xi, yi], [2, 2]).unroll(xi).serial(y),
        lambda f: f.tile(x, y, xo, yo, xi, yi, 4, 4).fuse(xo, yo, t).parallel(t),
        lambda f: f.vectorize(x, 4).unroll(x, 2).parallel(y, 2),
        lambda f: f.bound(x, 0, 17).bound_extent(y, 11).unroll(y),
        lambda f: f.reorder_storage(y, x).vectorize(y, 4),
        lambda f: f.partition(x, hl.Partition.Never).never_partition([y]),
    ]
    for schedule in schedules:
        f = hl.Func("f")
        f[x, y] = x + y
        schedule(f)
        same(f.realize([17, 11]), sums(17, 11))


@program
def a_schedule_of_two_levels(hl: Any) -> None:
    x, y, xo, xi, yo, yi = [hl.Var(n) for n in ("x", "y", "xo", "xi", "yo", "yi")]
    t, xio, yio, vectors, pairs = hl.Var("t"), hl.Var(), hl.Var(), hl.Var(), hl.Var()
    f = hl.Func("fast")
    f[x, y] = x + y
    f.tile(x, y, xo, yo, xi, yi, 64, 64).fuse(xo, yo, t).parallel(t)
    f.tile(xi, yi, xio, yio, vectors, pairs, 4, 2).vectorize(vectors).unroll(pairs)
    same(f.realize([350, 250]), sums(350, 250))


@program
def cells_elsewhere(hl: Any) -> None:
    f, x, y = hl.Func("f"), hl.Var("x"), hl.Var("y")
    f[x, y] = x + y
    shifted = hl.Buffer(hl.Int(32), [5, 7])
    shifted.set_min([100, 50])
    f.realize(shifted)
    assert (shifted.left(), shifted.right()) == (100, 104)
    assert (shifted.top(), shifted.bottom()) == (50, 56)
    same(shifted, sums(5, 7) + 150)


@program
def a_blur_of_two_passes(hl: Any) -> None:
    image, x, y, c = hl.Buffer(RGB), hl.Var(), hl.Var(), hl.Var()
    clamped, wide, rows, columns, out = hl.funcs("clamped wide rows columns out")
    inside_x = hl.clamp(x, 0, image.width() - 1)
    inside_y = hl.clamp(y, 0, image.height() - 1)
    clamped[x, y, c] = image[inside_x, inside_y, c]
    wide[x, y, c] = hl.cast(hl.UInt(16), clamped[x, y, c])
    rows[x, y, c] = (wide[x - 1, y, c] + 2 * wide[x, y, c] + wide[x + 1, y, c]) / 4
    columns[x, y, c] = (rows[x, y - 1, c] + 2 * rows[x, y, c] + rows[x, y + 1, c]) / 4
    out[x, y, c] = hl.cast(hl.UInt(8), columns[x, y, c])
    p = np.pad(RGB, ((0, 0), (1, 1), (1, 1)), mode="edge").astype(np.uint16)
    q = (p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:]) // 4
    want = ((q[:, :-2] + 2 * q[:, 1:-1] + q[:, 2:]) // 4).astype(np.uint8)
    same(out.realize([32, 24, 3]), want)
    part = hl.Buffer(hl.UInt(8), [30, 22, 3])
    part.set_min([1, 1])
    out.realize(part)
    same(part, want[:, 1:23, 1:31])


@program
def producers_at_every_place(hl: Any) -> None:
    x, y, yo, yi = hl.Var("x"), hl.Var("y"), hl.Var("yo"), hl.Var("yi")

    def strips(f: Any, g: Any) -> None:
        g.split(y, yo, yi, 16).parallel(yo).vectorize(x, 4)
        f.store_at(g, yo).compute_at(g, yi).vectorize(x, 4)

    places = [
        lambda f, g: None,
        lambda f, g: f.compute_root(),
        lambda f, g: f.compute_at(g, y),
        lambda f, g: f.store_root().compute_at(g, y),
        lambda f, g: f.store_root().compute_at(g, x),
        lambda f, g: f.compute_at(g, y).hoist_storage_root(),
        lambda f, g: f.compute_at(g, y).store_root().fold_storage(y, 2),
        lambda f, g: f.compute_at(g, y).store_root().async_(),
        lambda f, g: f.compute_root().memoize(),
        lambda f, g: f.compute_at(g, y).bound_storage(x, 64).store_in(hl.MemoryType.Heap),
        lambda f, g: f.compute_at(hl.LoopLevel(g, y)).store_at(hl.LoopLevel.root()),
        lambda f, g: (f.compute_root(), g.prefetch(f, y, y, 2)),
        strips,
    ]
    a = products(41, 21)
    want = int32((a[:-1, :-1] + a[1:, :-1] + a[:-1, 1:] + a[1:, 1:]) // 4)
    for place in places:
        f, g = hl.Func("producer"), hl.Func("consumer")
        f[x, y] = x * y
        g[x, y] = (f[x, y] + f[x, y + 1] + f[x + 1, y] + f[x + 1, y + 1]) / 4
        place(f, g)
        same(g.realize([40, 20]), want)


@program
def updates_of_every_kind(hl: Any) -> None:
    x, y, yo, yi = hl.Var("x"), hl.Var("y"), hl.Var("yo"), hl.Var("yi")
    r = hl.RDom([(0, 50)])
    want = sums(100, 100)
    want[7, 3] = 42
    want += 17
    want[3] = want[0] * want[10]
    want[:, 0] = want[:, 0] // want[:, 3]
    want[:50] = want[:50] ** 2
    for scheduled in (False, True):
        f = hl.Func("f")
        f[x, y] = x + y
        f[3, 7] = 42
        f[x, y] = f[x, y] + 17
        f[x, 3] = f[x, 0] * f[x, 10]
        f[0, y] = f[0, y] / f[3, y]
        f[x, r] = f[x, r] * f[x, r]
        assert f.num_update_definitions() == 5 and f.has_update_definition()
        if scheduled:
            f.update(1).vectorize(x, 4)
            f.update(2).parallel(x)
            f.update(3).split(y, yo, yi, 4).parallel(yo)
            f.update(4).vectorize(x, 8).parallel(r.x)
        same(f.realize([100, 100]), want)


@program
def a_histogram_and_a_recurrence(hl: Any) -> None:
    image, x = hl.Buffer(GRAY), hl.Var("x")
    histogram, fibonacci = hl.Func("histogram"), hl.Func("fibonacci")
    r = hl.RDom([(0, image.width()), (0, image.height())])
    histogram[x] = 0
    histogram[image[r.x, r.y]] += 1
    same(histogram.realize([256]), int32(np.bincount(GRAY.ravel(), minlength=256)))
    fibonacci[x] = 1
    r = hl.RDom([(2, 18)])
    fibonacci[r.x] = fibonacci[r.x - 1] + fibonacci[r.x - 2]
    want = [1, 1]
    while len(want) < 20:
        want.append(want[-1] + want[-2])
    same(fibonacci.realize([20]), int32(want))


@program
def the_spread_of_a_neighbourhood(hl: Any) -> None:
    x, y, spread = hl.Var("x"), hl.Var("y"), hl.Func("spread")
    clamped = hl.BoundaryConditions.repeat_edge(hl.Buffer(GRAY))
    r = hl.RDom([(-2, 5), (-2, 5)])
    near = clamped[x + r.x, y + r.y]
    spread[x, y] = hl.maximum(near) - hl.minimum(near)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(GRAY, 2, mode="edge"), (5, 5))
    same(spread.realize([32, 24]), windows.max((2, 3)) - windows.min((2, 3)))


@program
def code_for_others(hl: Any) -> None:
    image, offset = hl.ImageParam(hl.UInt(8), 2), hl.Param(hl.UInt(8))
    x, y, f = hl.Var("x"), hl.Var("y"), hl.Func("brighter")
    f[x, y] = image[x, y] + offset
    f.vectorize(x, 16).parallel(y)
    args, target = [image, offset], hl.get_host_target()
    with tempfile.TemporaryDirectory() as folder:
        p = os.path.join(folder, "code")
        f.compile_to_static_library(p, args, "brighter")
        f.compile_to_file(p + "_file", args, "brighter", target)
        f.compile_to_c(p + ".c", args, "brighter")
        f.compile_to_object(p + "1.o", args, "brighter")
        f.compile_to_header(p + "1.h", args, "brighter")
        f.compile_to_assembly(p + ".s", args, "brighter")
        f.compile_to_lowered_stmt(p + ".stmt", args, hl.StmtOutputFormat.Text)
        kinds = {hl.OutputFileType.object: p + "2.o", hl.OutputFileType.c_header: p + "2.h"}
        f.compile_to(kinds, args, "brighter")
        made = {"code.a", "code.h", "code_file.o", "code_file.h", "code.c", "code1.o"}
        made |= {"code1.h", "code.s", "code.stmt", "code2.o", "code2.h"}
        assert set(os.listdir(folder)) == made
        assert all(os.path.getsize(os.path.join(folder, name)) > 0 for name in made)


@program
def a_function_to_call(hl: Any) -> None:
    image, offset = hl.ImageParam(hl.UInt(8), 2), hl.Param(hl.UInt(8))
    x, y, f = hl.Var("x"), hl.Var("y"), hl.Func("brighter")
    f[x, y] = image[x, y] + offset
    call = f.compile_to_callable([image, offset])
    out = hl.Buffer(hl.UInt(8), [32, 24])
    call(hl.Buffer(GRAY), 7, out)
    same(out, GRAY + np.uint8(7))
    array = np.zeros((24, 32), np.uint8)
    call(GRAY, 9, array)
    same(array, GRAY + np.uint8(9))
    image.set(hl.Buffer(GRAY))
    offset.set(5)
    f.compile_jit()
    f.compile_jit(hl.get_jit_target_from_environment())
    same(f.realize([32, 24]), GRAY + np.uint8(5))
    same(f.realize([32, 24], target=hl.Target("host")), GRAY + np.uint8(5))


@program
def targets(hl: Any) -> None:
    linux, x86 = hl.TargetOS.Linux, hl.TargetArch.X86
    avx, sse41 = hl.TargetFeature.AVX, hl.TargetFeature.SSE41
    t = hl.Target(linux, x86, 64, [avx, sse41])
    assert (t.os, t.arch, t.bits) == (linux, x86, 64)
    assert t == hl.Target("x86-64-linux-sse41-avx")
    assert t.has_feature(avx) and t.features_all_of([avx, sse41])
    assert hl.Target.validate_target_string("x86-64-linux")
    assert not t.without_feature(avx).has_feature(avx)
    assert t.with_feature(hl.TargetFeature.FMA) != t
    assert t.natural_vector_size(hl.Float(32)) == 8
    assert "x86-64-linux" in str(t)
    assert hl.get_jit_target_from_environment().has_feature(hl.TargetFeature.JIT)


@program
def cells_of_several_values(hl: Any) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    a, b, c = hl.Func("a"), hl.Func("b"), hl.Func("c")
    a[x, y] = (x + y, hl.f32(x * y))
    whole, part = a.realize([8, 6])
    same(whole, sums(8, 6))
    b[x, y] = hl.Tuple((x + y, hl.f32(x * y)))
    assert b.outputs() == 2 and b.types() == [hl.Int(32), hl.Float(32)]
    left, right = hl.Buffer(hl.Int(32), [4, 4]), hl.Buffer(hl.Float(32), [4, 4])
    b.realize([left, right])
    same(right, products(4, 4).astype(np.float32))
    c[x, y] = b[x, y][0] + hl.i32(b[x, y][1])
    same(c.realize([4, 4]), sums(4, 4) + products(4, 4))
    assert len(hl.Pipeline([c, a]).realize([3, 3])) == 3
    assert np.array(part).dtype == np.float32


@program
def an_argmax_by_hand(hl: Any) -> None:
    x, best, values = hl.Var("x"), hl.Func("best"), hl.Func("values")
    values[x] = hl.sqrt(hl.f32((x * 37) % 101))
    best[()] = (0, values[0])
    r = hl.RDom([(1, 99)])
    index, top = best[()][0], best[()][1]
    new = values[r]
    best[()] = (hl.select(top < new, r, index), hl.max(new, top))
    index, top = best.realize([])
    want = np.sqrt(((np.arange(100) * 37) % 101).astype(np.float32))
    same(index, np.array(want.argmax(), np.int32))
    same(top, want.max())


class Complex:
    """A number with two parts: a class of the user's own around expressions."""

    def __init__(self, re: Any, im: Any) -> None:
        self.re, self.im = re, im

    def __add__(self, other: Complex) -> Complex:
        return Complex(self.re + other.re, self.im + other.im)

    def __mul__(self, other: Complex) -> Complex:
        re = self.re * other.re - self.im * other.im
        return Complex(re, self.re * other.im + self.im * other.re)

    def magnitude(self) -> Any:
        return self.re * self.re + self.im * self.im


@program
def the_mandelbrot_set(hl: Any) -> None:
    x, y, t, steps = hl.Var("x"), hl.Var("y"), hl.Var("t"), hl.Func("steps")
    start = Complex(hl.i32(x) * 4 - 160, hl.i32(y) * 8 - 80)  # in units of 1/64
    steps[x, y, t] = hl.Tuple((hl.i32(0), hl.i32(0)))
    r = hl.RDom([(1, 12)])
    old = Complex(steps[x, y, r - 1][0], steps[x, y, r - 1][1])
    square = old * old
    new = Complex(square.re / 64, square.im / 64) + start
    steps[x, y, r] = (hl.clamp(new.re, -9999, 9999), hl.clamp(new.im, -9999, 9999))
    escape = hl.Func("escape")
    reached = Complex(steps[x, y, r][0], steps[x, y, r][1])
    escape[x, y] = hl.argmin(reached.magnitude() < 4 * 64 * 64)[0]
    re0, im0 = np.arange(50) * 4 - 160, np.arange(21)[:, None] * 8 - 80
    re, im = np.zeros((21, 50), np.int64), np.zeros((21, 50), np.int64)
    want = np.zeros((21, 50), np.int32)
    for step in range(1, 13):
        square_re, square_im = re * re - im * im, 2 * re * im
        re = np.clip(square_re // 64 + re0, -9999, 9999)
        im = np.clip(square_im // 64 + im0, -9999, 9999)
        want[(want == 0) & (re * re + im * im >= 4 * 64 * 64)] = step
    same(escape.realize([50, 21]), want)


@program
def rules_of_types(hl: Any) -> None:
    assert hl.UInt(8).bits() == 8 and hl.Int(16).is_int() and hl.Float(32).is_float()
    assert hl.UInt(8).with_bits(16).with_code(hl.TypeCode.Int) == hl.Int(16)
    x = hl.Var("x")
    u8, u16, u32 = (hl.cast(hl.UInt(n), x) for n in (8, 16, 32))
    i8, i16 = (hl.cast(hl.Int(n), x) for n in (8, 16))
    real = hl.cast(hl.Float(32), x)
    for e, wanted in (
        (u8 + u8, hl.UInt(8)),
        (u8 + i8, hl.Int(8)),
        (u8 + 3, hl.UInt(8)),
        (3 + u8, hl.UInt(8)),
        (u8 + real, hl.Float(32)),
        (u16 + u8, hl.UInt(16)),
        (i16 + u8, hl.Int(16)),
        (u8 == i8, hl.Bool()),
        (u32 + i8, hl.Int(32)),
        (real * 2, hl.Float(32)),
        (hl.f64(x) + real, hl.Float(64)),
        (hl.select(x > 0, u8, hl.cast(hl.UInt(8), 3)), hl.UInt(8)),
    ):
        assert e.type() == wanted
    assert hl.Float(32).can_represent(hl.Int(16)) and not hl.UInt(8).can_represent(hl.Int(8))
    assert hl.Bool().is_bool() and hl.Handle().is_handle()
    assert hl.Int(32).is_max(2**31 - 1) and hl.UInt(8).is_min(0)
    assert hl.Int(32, 4).lanes() == 4 and hl.Int(32, 4).element_of() == hl.Int(32)
    assert hl.Type(hl.TypeCode.Int, 32, 1) == hl.Int(32) and hl.Int(32).bytes() == 4
    for t, dtype in (
        (hl.UInt(8), np.uint8),
        (hl.UInt(64), np.uint64),
        (hl.Int(16), np.int16),
        (hl.Float(64), np.float64),
        (hl.Bool(), np.bool_),
    ):
        f = hl.Func()
        f[x] = hl.cast(t, x % 2)
        same(f.realize([3]), np.array([0, 1, 0]).astype(dtype))
