"""The loops that schedules become: golden texts, and what must not be in them."""

from __future__ import annotations

from collections.abc import Callable

import halo as hl
from halo.ir.expr import Load, Ramp
from halo.ir.substitute import walk
from halo.lowering import Request, lower
from halo.pipeline import DRIVER


def blur(name: str) -> tuple[hl.Func, hl.Func]:
    x, y = hl.Var("x"), hl.Var("y")
    inp = hl.ImageParam(hl.UInt(16), 2, f"{name}_in")
    g, f = hl.Func(f"{name}_g"), hl.Func(f"{name}_f")
    g[x, y] = inp[x, y] + inp[x + 1, y]
    f[x, y] = g[x, y] + g[x, y + 1]
    return g, f


def text(f: hl.Func) -> str:
    return (
        DRIVER.print_loop_nest([f.function], None) + "\n" + DRIVER.lowered_text([f.function], None)
    )


def test_golden_sliding_window_folds_its_rows(golden: Callable[[str], None]) -> None:
    g, f = blur("slide")
    g.store_root().compute_at(f, "y").vectorize("x", 8)
    f.bound("x", 0, 64).bound("y", 0, 10)
    golden(text(f))


def test_golden_shift_inwards_has_a_way_for_few_cells(golden: Callable[[str], None]) -> None:
    _, f = blur("shift")
    f.vectorize("x", 8)
    golden(text(f))


def test_golden_guard_with_if_has_a_steady_state(golden: Callable[[str], None]) -> None:
    _, f = blur("guard")
    f.vectorize("x", 8, hl.TailStrategy.GuardWithIf)
    golden(text(f))


def test_golden_register_tile_of_a_matrix_product(golden: Callable[[str], None]) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    a = hl.ImageParam(hl.Float(32), 2, "tile_a")
    b = hl.ImageParam(hl.Float(32), 2, "tile_b")
    k = hl.RDom([(0, a.width())], name="tile_k")
    acc, c = hl.Func("tile_acc"), hl.Func("tile_c")
    acc[x, y] = hl.f32(0)
    acc[x, y] += b[x, k.x] * a[k.x, y]
    c[x, y] = acc[x, y]
    c.bound("x", 0, 64).bound("y", 0, 8)
    c.tile(x, y, "xo", "yo", "xi", "yi", 8, 2).vectorize("xi", 4).unroll("xi").unroll("yi")
    acc.compute_at(c, "xo").vectorize(x, 4).unroll(x).unroll(y)
    acc.update().reorder(x, y, k.x).vectorize(x, 4).unroll(x).unroll(y)
    golden(text(c))


def test_the_edges_of_a_clamped_row_are_not_gathered_as_vectors() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    source = hl.ImageParam(hl.UInt(8), 2, "edges_in")
    edges = hl.BoundaryConditions.repeat_edge(source)
    f = hl.Func("edges_f")
    f[x, y] = edges[x - 1, y] + edges[x + 1, y]
    f.vectorize(x, 32)
    lowered = lower(Request("edges", [f.function], f.schedule())).func.body
    loads = [n for n in walk(lowered) if isinstance(n, Load) and n.type.is_vector()]
    assert loads and all(isinstance(n.index, Ramp) for n in loads)


def test_golden_a_window_slides_over_rows_where_vectors_do_not_overlap(
    golden: Callable[[str], None],
) -> None:
    g, f = blur("rows")
    f.vectorize("x", 8)
    g.store_root().compute_at(f, "x").vectorize("x", 8)
    f.bound("x", 0, 60).bound("y", 0, 10)
    golden(text(f))
