"""Small programs of Halide's Python binding; `hl` is the package they run with.

Each says what it gives: Halide's own answer, which halo has to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Program = Callable[[Any], Any]
PROGRAMS: dict[str, tuple[Program, list[Any]]] = {}


def gives(*expected: Any) -> Callable[[Program], Program]:
    """Enter a program with the values it returns."""

    def add(program: Program) -> Program:
        PROGRAMS[program.__name__] = (program, list(expected))
        return program

    return add


def cells(realized: Any) -> Any:
    """Return a Buffer, or each of several, as lists of numbers."""
    if isinstance(realized, (tuple, list)):
        return [np.array(b).tolist() for b in realized]
    return np.array(realized).tolist()


@gives([0, 10, 20, 30], [10.0, 10.0, 10.0, 10.0])
def tuple_update(hl: Any) -> Any:
    x, r, f = hl.Var("x"), hl.RDom([(0, 5)]), hl.Func("f")
    f[x] = (0, hl.f32(0))
    f[x] = (f[x][0] + r.x * x, f[x][1] + hl.f32(r.x))
    return cells(f.realize([4]))


@gives([3, 10])
def argmax_of_a_row(hl: Any) -> Any:
    x, f, g, r = hl.Var("x"), hl.Func("f"), hl.Func("g"), hl.RDom([(0, 10)])
    f[x] = (x * 7) % 11
    f.compute_root()
    best = hl.argmax(f[r.x], "best")
    g[()] = (best[0], best[1])
    return [[int(np.array(b)) for b in g.realize([])]]


@gives(0)
def argmin_over_two_dimensions(hl: Any) -> Any:
    x, y, f, g = hl.Var("x"), hl.Var("y"), hl.Func("f"), hl.Func("g")
    f[x, y] = (x * 7 + y * 3) % 11
    r = hl.RDom([(0, 10), (0, 4)])
    best = hl.argmin(r, f[r.x, r.y])
    g[()] = best[0] * 100 + best[1] * 10 + best[2]
    return [int(np.array(g.realize([])))]


@gives([[1, 3, 5], [21, 23, 25]])
def placeholders(hl: Any) -> Any:
    x, y = hl.Var("x"), hl.Var("y")
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x + 10 * y
    g[hl._] = f[hl._] * 2
    h[x, hl._] = g[x, hl._] + 1
    return [cells(h.realize([3, 2]))]


@gives([[0, 1, 2], [3, 4, 5]])
def implicit_variables(hl: Any) -> Any:
    f = hl.Func("f")
    f[hl._0, hl._1] = hl._0 + hl._1 * 3
    return [cells(f.realize([3, 2]))]


@gives([24, 33, 42, 51])
def inline_reductions(hl: Any) -> Any:
    x, r, f = hl.Var("x"), hl.RDom([(0, 4)], "r"), hl.Func("f")
    f[x] = hl.sum(x * r.x, "total") + hl.product(r.x + 1) + hl.maximum(r.x * x)
    return [cells(f.realize([4]))]


@gives([18, 22, 26, 30])
def a_sum_inside_an_update(hl: Any) -> Any:
    x, r, s, f = hl.Var("x"), hl.RDom([(0, 4)]), hl.RDom([(0, 3)]), hl.Func("f")
    f[x] = 0
    f[x] += hl.sum(s, s.x * r.x) + x
    return [cells(f.realize([4]))]


@gives([15, 14, 7, 0, 0, 0])
def restricted_domains(hl: Any) -> Any:
    x, r, f = hl.Var("x"), hl.RDom([(0, 6), (0, 6)]), hl.Func("f")
    r.where(r.x < r.y)
    r.where(r.x + r.y < 7)
    f[x] = 0
    f[r.x] += r.y
    return [cells(f.realize([6]))]


@gives([1, 1, 5, 5, 7, 7], [1, 1, 2, 3], [2, 2, 3, 4])
def selects(hl: Any) -> Any:
    x, f, g = hl.Var("x"), hl.Func("f"), hl.Func("g")
    f[x] = hl.select(x < 2, 1, x < 4, hl.i32(5), 7)
    g[x] = hl.select(x < 2, (1, 2), (x, x + 1))
    return [cells(f.realize([6])), *cells(g.realize([4]))]


@gives([2, 6, 10, 14], "int32")
def params(hl: Any) -> Any:
    x, f = hl.Var("x"), hl.Func("f")
    p, q = hl.Param(hl.Int(32), "p", 3), hl.Param(hl.Float(32), 2.5)
    f[x] = hl.i32(p * x + q)
    p.set(4)
    return [cells(f.realize([4])), str(p.type()).split()[-1].strip(">")]


@gives([0, 3, 6, 9])
def sums_made_in_a_loop(hl: Any) -> Any:
    x, f, e = hl.Var("x"), hl.Func("f"), hl.Expr(0)
    for i in range(3):
        e = e + x * i
    f[x] = e
    return [cells(f.realize([4]))]


@gives([-190, -100, -90, 0, 10, 100])
def division_rounds_down(hl: Any) -> Any:
    x, f = hl.Var("x"), hl.Func("f")
    f[x] = (x - 3) / 2 * 100 + (x - 3) % 2 * 10
    return [cells(f.realize([6]))]


@gives([[0, 0, 0], [0, 1, 2], [0, 2, 4]])
def lambdas(hl: Any) -> Any:
    x, y = hl.Var("x"), hl.Var("y")
    return [cells(hl.lambda_func(x, y, x * y).realize([3, 3]))]


@gives(7, 3.0)
def evaluated(hl: Any) -> Any:
    return [hl.evaluate(hl.Expr(3) + 4), hl.evaluate(hl.f32(1.5) * 2)]


@gives([5, 8, 11, 14])
def augmented_assignments(hl: Any) -> Any:
    x, f = hl.Var("x"), hl.Func("f")
    f[x] = x
    f[x] += 2
    f[x] *= 3
    f[x] -= 1
    return [cells(f.realize([4]))]


@gives([3, 2, 5, 5, 5])
def chosen_by_number(hl: Any) -> Any:
    x, f = hl.Var("x"), hl.Func("f")
    f[x] = hl.mux(x, [hl.Expr(3), x * 2, hl.Expr(5)])
    return [cells(f.realize([5]))]


@gives([3100, 3001, 3001, 2902, 2901, 2902, 2902, 2803])
def bits_counted(hl: Any) -> Any:
    x, f = hl.Var("x"), hl.Func("f")
    f[x] = hl.popcount(x) + hl.count_leading_zeros(x + 1) * 100
    return [cells(f.realize([8]))]


@gives([3, 1, 2, 3])
def kinds_of_floats(hl: Any) -> Any:
    x, f = hl.Var("x"), hl.Func("f")
    z = hl.f32(x - 1)
    f[x] = hl.select(hl.is_nan(z / z), 1, hl.is_inf(1.0 / (z - 1)), 2, 3)
    return [cells(f.realize([4]))]


@gives([44, 74, 104, 127, 127], [200, 230, 4, 34])
def saturated_and_wrapped(hl: Any) -> Any:
    x, f, g = hl.Var("x"), hl.Func("f"), hl.Func("g")
    f[x] = hl.saturating_add(hl.i8(x * 30), hl.i8(44))
    g[x] = hl.u8(200) + hl.u8(x) * hl.u8(30)
    return [cells(f.realize([5])), cells(g.realize([4]))]


@gives(True, 2, 1, ["x"], False)
def questions(hl: Any) -> Any:
    f, x = hl.Func("asked"), hl.Var("x")
    f[x] = (x, x + 1)
    return [
        f.defined(),
        f.outputs(),
        f.dimensions(),
        [v.name() for v in f.args()],
        f.has_update_definition(),
    ]


@gives("x", 3, True, False, 2, 2)
def names_and_numbers(hl: Any) -> Any:
    x, r = hl.Var("x"), hl.RDom([(1, 3), (2, 5)])
    return [
        x.name(),
        hl._3.implicit_index(),
        hl._.is_placeholder(),
        x.is_implicit(),
        len(r),
        r.dimensions(),
    ]


@gives([255, -128, 3])
def limits_of_types(hl: Any) -> Any:
    x, f = hl.Var("x"), hl.Func("f")
    top, bottom = hl.cast(hl.Int(32), hl.UInt(8).max()), hl.cast(hl.Int(32), hl.Int(8).min())
    f[x] = hl.select(x == 0, top, x == 1, bottom, 3)
    return [cells(f.realize([3]))]
