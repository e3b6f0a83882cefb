"""Programs for Halide's binding about inputs, reductions and directives of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from halide_check import GRAY, int32, products, program, same, sums


@program
def boundary_conditions(hl: Any) -> None:
    image, conditions = hl.Buffer(GRAY), hl.BoundaryConditions
    whole = [(0, 32), (0, 24)]
    for condition, mode in (
        (conditions.repeat_edge, "edge"),
        (conditions.mirror_image, "symmetric"),
        (conditions.mirror_interior, "reflect"),
        (conditions.repeat_image, "wrap"),
    ):
        for source in ((image,), (image, whole), (hl.Func(image), whole)):
            out = hl.Buffer(hl.UInt(8), [38, 30])
            out.set_min([-3, -3])
            condition(*source).realize(out)
            same(out, np.pad(GRAY, 3, mode=mode))
    given = hl.ImageParam(hl.UInt(8), 2)
    given.set(image)
    for f in (
        conditions.constant_exterior(image, 7),
        conditions.constant_exterior(given, hl.u8(7)),
    ):
        f.realize(out)
        same(out, np.pad(GRAY, 3, constant_values=7))
    open_in_x = conditions.repeat_edge(image, [(hl.Expr(), hl.Expr()), (0, 24)])
    out = hl.Buffer(hl.UInt(8), [32, 30])
    out.set_min([0, -3])
    open_in_x.realize(out)
    same(out, np.pad(GRAY, ((3, 3), (0, 0)), mode="edge"))


@program
def parameters_of_every_form(hl: Any) -> None:
    a, b = hl.Param(hl.Int(32)), hl.Param(hl.UInt(8), "of_its_own_name")
    c, d = hl.Param(hl.UInt(8), "with_a_value", 3), hl.Param(hl.Float(32), 1.5)
    e = hl.Param(hl.Bool(), True)
    assert b.name() == "of_its_own_name" and c.type() == hl.UInt(8)
    a.set(2)
    b.set(4)
    x, f = hl.Var(), hl.Func()
    f[x] = hl.f32(x * a + hl.i32(b) * c) * d + hl.f32(hl.select(e, 1, 0))
    same(f.realize([4]), ((np.arange(4) * 2 + 12) * 1.5 + 1).astype(np.float32))
    names = [argument.name for argument in f.infer_arguments()]
    assert {"of_its_own_name", "with_a_value"} <= set(names) and len(names) == 5
    a.set_range(hl.Expr(), hl.Expr(5))
    assert not a.min_value().defined() and a.max_value().defined()
    a.set_estimate(3)
    for made in (-a, a + 1, 1 + a, a**2, a // 2, a % 3, a << 1, hl.abs(a)):
        assert made.defined()
    assert (a > 3).type() == hl.Bool()


@program
def expressions_that_are_not_there(hl: Any) -> None:
    e, x, y = hl.Expr(), hl.Var(), hl.Var()
    assert not e.defined()
    for i in range(3):
        e = e + x * i if e.defined() else x * i
    f = hl.Func()
    f[x] = e
    same(f.realize([3]), int32(np.arange(3) * 3))
    image, g = hl.ImageParam(hl.UInt(8), 2), hl.Func()
    image.dim(0).set_stride(hl.Expr())
    image.dim(1).set_bounds(0, 24)
    g[x, y] = image[x, y]
    image.set(hl.Buffer(GRAY.T.copy().T))  # x is not the dense dimension
    same(g.realize([32, 24]), GRAY)


@program
def domains_of_reductions(hl: Any) -> None:
    r = hl.RDom([(0, 3), (0, 4)], "r")
    assert len(r) == 2 and r.dimensions() == 2 and r[0].name() == r.x.name()
    assert len(hl.RDom(hl.Buffer(GRAY))) == 2
    assert len(hl.RDom(hl.ImageParam(hl.UInt(8), 3))) == 3
    assert len(hl.RDom([hl.Range(0, 3)])) == 1
    x, y, f = hl.Var("x"), hl.Var("y"), hl.Func("f")
    even = hl.RDom([(0, 10)])
    even.where(even.x % 2 == 0)
    even.where(even.x < 8)
    f[x] = 0
    f[even.x] = even.x * 1
    same(f.realize([10]), int32([0, 0, 2, 0, 4, 0, 6, 0, 0, 0]))
    n, g = hl.Param(hl.Int(32), "n", 4), hl.Func()
    g[()] = hl.sum(hl.RDom([(0, n)]).x)
    same(g.realize([]), int32(6))
    h, corner = hl.Func("h"), hl.RDom([(0, 2), (0, 2)])
    h[x, y] = x
    h[corner.x, corner.y] += corner.x * corner.y
    h.update().reorder(corner.y, corner.x)
    assert [v.name() for v in h.rvars(0)] == [corner.x.name(), corner.y.name()]
    same(h.realize([2, 2]), int32([[0, 1], [0, 2]]))


@program
def variables_without_names(hl: Any) -> None:
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y, c] = x + 10 * y + 100 * c
    g[hl._] = f[hl._] + 1
    h[x, hl._] = g[x, hl._] * 2
    cells = np.add.outer(np.arange(2) * 100, np.add.outer(np.arange(2) * 10, np.arange(2)))
    same(h.realize([2, 2, 2]), int32((cells + 1) * 2))


@program
def staged_by_wrappers(hl: Any) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x + y
    g[x, y] = f[x, y] * 2
    h[x, y] = f[x, y] + g[x, y]
    f.in_(g).compute_root()
    f.compute_root()
    same(h.realize([3, 3]), sums(3, 3) * 3)
    image, k = hl.ImageParam(hl.UInt(8), 2), hl.Func("k")
    k[x, y] = image[x, y]
    image.in_(k).compute_at(k, y)
    image.set(hl.Buffer(GRAY))
    same(k.realize([32, 24]), GRAY)
    source, a, b, out = hl.Func("source"), hl.Func("a"), hl.Func("b"), hl.Func("out")
    source[x] = x
    a[x] = source[x]
    b[x] = source[x] + 1
    out[x] = a[x] + b[x]
    source.in_([a, b]).compute_root()
    a.compute_root()
    b.compute_root()
    same(out.realize([3]), int32([1, 3, 5]))


@program
def reductions_in_parts(hl: Any) -> None:
    image, x, u = hl.Buffer(GRAY), hl.Var("x"), hl.Var("u")
    r, outer, inner = hl.RDom([(0, 32), (0, 24)]), hl.RVar("ro"), hl.RVar("ri")
    counts = int32(np.bincount(GRAY.ravel(), minlength=256))
    total = int32(GRAY.sum())

    def histogram() -> Any:
        f = hl.Func("histogram")
        f[x] = 0
        f[hl.i32(image[r.x, r.y])] += 1
        return f

    def sum_of_all() -> Any:
        f = hl.Func("total")
        f[()] = 0
        f[()] += hl.i32(image[r.x, r.y])
        return f

    f = histogram()
    rows = f.update().rfactor(r.y, u)
    rows.compute_root().update().parallel(u)
    same(f.realize([256]), counts)
    f = histogram()
    f.update().atomic().parallel(r.y)
    same(f.realize([256]), counts)
    f = sum_of_all()
    f.update().split(r.x, outer, inner, 8)
    lanes = f.update().rfactor([(inner, u)])
    lanes.compute_root().vectorize(u)
    lanes.update().vectorize(u)
    same(f.realize([]), total)
    f = sum_of_all()
    f.update().atomic().vectorize(r.x, 8)
    same(f.realize([]), total)


@program
def loops_for_special_cases(hl: Any) -> None:
    image, inverted = hl.ImageParam(hl.UInt(8), 2, "image"), hl.Param(hl.Bool(), "inverted")
    x, y, f = hl.Var("x"), hl.Var("y"), hl.Func("f")
    f[x, y] = hl.select(inverted, 255 - image[x, y], image[x, y])
    f.specialize(image.width() >= 16).vectorize(x, 16)
    f.specialize(inverted).parallel(y)
    image.set(hl.Buffer(GRAY))
    for value in (False, True):
        inverted.set(value)
        same(f.realize([32, 24]), 255 - GRAY if value else GRAY)
    g = hl.Func("g")
    g[x] = image[x, 0]
    g.specialize(image.width() == 3)
    g.specialize_fail("only for three columns")
    refused = ""
    try:
        g.realize([3])
    except hl.HalideError as error:
        refused = str(error)
    assert "only for three columns" in refused


@program
def ends_of_split_loops(hl: Any) -> None:
    x = hl.Var("x")
    names = "RoundUp GuardWithIf ShiftInwards Auto Predicate PredicateLoads PredicateStores"
    for name in (*names.split(), "ShiftInwardsAndBlend", "RoundUpAndBlend"):
        f, g = hl.Func(), hl.Func()
        f[x] = x * x
        g[x] = f[x] + 1
        f.compute_root().vectorize(x, 4, getattr(hl.TailStrategy, name))
        same(g.realize([10]), int32(np.arange(10) ** 2 + 1))


@program
def loops_that_are_shared(hl: Any) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    for align in (None, hl.LoopAlignStrategy.Auto, hl.LoopAlignStrategy.AlignStart):
        f, g, out = hl.Func("f"), hl.Func("g"), hl.Func("out")
        f[x, y] = x + y
        g[x, y] = x * y
        out[x, y] = f[x, y] - g[x, y]
        f.compute_root()
        g.compute_root().compute_with(f, y, *([] if align is None else [align]))
        same(out.realize([5, 4]), sums(5, 4) - products(5, 4))
    left, right = hl.Pipeline([f, g]).realize([3, 3])
    same(left, sums(3, 3))
    same(right, products(3, 3))


@program
def places_that_are_set_later(hl: Any) -> None:
    x, y, f, g = hl.Var("x"), hl.Var("y"), hl.Func("f"), hl.Func("g")
    f[x, y] = x * y
    g[x, y] = f[x, y] + f[x, y + 1]
    place = hl.LoopLevel()
    f.compute_at(place)
    place.set(hl.LoopLevel(g, y))
    same(g.realize([5, 4]), products(5, 5)[:-1] + products(5, 5)[1:])


@program
def fixed_point(hl: Any) -> None:
    x, f = hl.Var(), hl.Func()
    a, b, one = hl.u8(x * 17), hl.u8(x * 31), hl.u8(1)
    big, small = np.arange(16) * 17 % 256, np.arange(16) * 31 % 256
    cases = [
        (hl.widening_add(a, b), big + small, np.uint16),
        (hl.widening_sub(a, b), big - small, np.int16),
        (hl.widening_mul(a, b), big * small, np.uint16),
        (hl.widening_shift_left(a, one), big << 1, np.uint16),
        (hl.widen_right_add(hl.u16(a), b), big + small, np.uint16),
        (hl.widen_right_mul(hl.u16(a), b), big * small, np.uint16),
        (hl.halving_add(a, b), big + small >> 1, np.uint8),
        (hl.halving_sub(a, b), big - small >> 1, np.uint8),
        (hl.rounding_halving_add(a, b), big + small + 1 >> 1, np.uint8),
        (hl.rounding_shift_right(a, one), big + 1 >> 1, np.uint8),
        (hl.saturating_add(a, b), np.minimum(big + small, 255), np.uint8),
        (hl.saturating_sub(a, b), np.maximum(big - small, 0), np.uint8),
        (hl.saturating_cast(hl.Int(8), a), np.minimum(big, 127), np.int8),
        (hl.absd(a, b), abs(big - small), np.uint8),
        (hl.mul_shift_right(a, b, 8), big * small >> 8, np.uint8),
        (hl.rounding_mul_shift_right(a, b, 8), big * small + 128 >> 8, np.uint8),
    ]
    f[x] = tuple(e for e, _, _ in cases)
    for realized, (_, want, dtype) in zip(f.realize([16]), cases, strict=True):
        same(realized, want.astype(dtype))


@program
def operators_and_functions(hl: Any) -> None:
    x = hl.Var("x")
    n = np.arange(5)
    real = n.astype(np.float32)
    cases = [
        (hl.reinterpret(hl.UInt(32), hl.f32(x)), real.view(np.uint32)),
        (hl.div_round_to_zero(x - 5, 2), int32(np.trunc((n - 5) / 2))),
        (hl.mod_round_to_zero(x - 5, 2), int32(np.fmod(n - 5, 2))),
        (hl.concat_bits([hl.u8(x), hl.u8(1)]), (n + 256).astype(np.uint16)),
        (hl.extract_bits(hl.UInt(8), hl.u16(x * 300), 8), (n * 300 >> 8).astype(np.uint8)),
        (~hl.u8(x) & 0x0F | hl.u8(0x30) ^ hl.u8(1), (15 - n | 0x31).astype(np.uint8)),
        (hl.select((x > 1) & (x < 4), 1, 0), int32((n > 1) & (n < 4))),
        (hl.select(hl.logical_not(x == 2), 10, 0), int32(np.where(n != 2, 10, 0))),
        (hl.max(x, 2, 3) + hl.min(x, 1, 5), int32(np.maximum(n, 3) + np.minimum(n, 1))),
        (hl.floor(hl.f32(x) / 2) + hl.ceil(hl.f32(x) / 2), real),
        (hl.round(hl.f32(x) * 0.5), np.round(real * np.float32(0.5))),
        (hl.likely(x) + hl.unsafe_promise_clamped(x, 0, 9), int32(n * 2)),
        (hl.strict_float(hl.f32(x) + 1.5), real + np.float32(1.5)),
        (hl.mux(x, [hl.Expr(3), hl.Expr(4)]), int32([3, 4, 4, 4, 4])),
        (hl.print_when(x == 100, hl.f32(x), "never", 3), real),
        (hl.memoize_tag(x * 2, 3), int32(n * 2)),
        (hl.lerp(hl.f32(x), 0.0, 1.0), np.zeros(5, np.float32)),
    ]
    for e, want in cases:
        f = hl.Func()
        f[x] = e
        same(f.realize([5]), want)


@program
def what_is_missing_is_an_error(hl: Any) -> None:
    x, f, g, image = hl.Var("x"), hl.Func("f"), hl.Func("g"), hl.ImageParam(hl.UInt(8), 1)

    def refused(action: Any) -> bool:
        try:
            action()
        except hl.HalideError:
            return True
        return False

    assert refused(lambda: f.realize([3]))
    f[x] = x
    g[x] = image[x]
    assert refused(lambda: f.realize([3, 3]))
    assert refused(lambda: g.realize([3]))
    image.set(hl.Buffer(np.zeros(2, np.uint8)))
    assert refused(lambda: g.realize([3]))
    assert refused(lambda: f.vectorize(hl.Var("elsewhere")).realize([3]))


@program
def what_inputs_must_hold(hl: Any) -> None:
    image, x, y, f = hl.ImageParam(hl.Int(32), 2), hl.Var(), hl.Var(), hl.Func()
    f[x, y] = image[x - 1, y] + image[x + 1, y + 1]
    f.infer_input_bounds([4, 3])
    b = image.get()
    assert (b.left(), b.width(), b.top(), b.height()) == (-1, 6, 0, 4)
    image.reset()
    hl.Pipeline(f).infer_input_bounds([4, 3])
    assert image.get().width() == 6


@program
def an_equalized_picture(hl: Any) -> None:
    image, x, y, i = hl.Buffer(GRAY), hl.Var("x"), hl.Var("y"), hl.Var("i")
    counts, below, out = hl.Func("counts"), hl.Func("below"), hl.Func("out")
    r, b = hl.RDom([(0, 32), (0, 24)]), hl.RDom([(1, 255)])
    counts[i] = 0
    counts[image[r.x, r.y]] += 1
    below[i] = 0
    below[0] = counts[0]
    below[b.x] = below[b.x - 1] + counts[b.x]
    out[x, y] = hl.u8(hl.clamp(below[hl.i32(image[x, y])] * 255 // (32 * 24), 0, 255))
    counts.compute_root()
    below.compute_root()
    out.vectorize(x, 8).parallel(y)
    c = np.bincount(GRAY.ravel(), minlength=256).cumsum()
    same(out.realize([32, 24]), (c[GRAY] * 255 // 768).astype(np.uint8))


@program
def a_product_of_matrices(hl: Any) -> None:
    a, b = GRAY[:12, :20].astype(np.float32) - 128, GRAY[:20, 4:20].astype(np.float32) - 128
    left, right, product = hl.Buffer(a), hl.Buffer(b), hl.Func("product")
    x, y, xo, yo, xi, yi = hl.vars("x y xo yo xi yi")
    k = hl.RDom([(0, 20)], "k")
    product[x, y] = 0.0
    product[x, y] += left[k.x, y] * right[x, k.x]
    inner = product.update().tile(x, y, xo, yo, xi, yi, 8, 4)
    inner.reorder(xi, yi, k.x, xo, yo).vectorize(xi).unroll(yi)
    product.vectorize(x, 8)
    same(product.realize([16, 12]), a @ b)
