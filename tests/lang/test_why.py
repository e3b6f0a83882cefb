"""why: the chain of definitions that makes a cell needed, and how often it is computed or read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


def blur(watch: tuple[int, int] | None = None) -> tuple[hl.Func, hl.Func, hl.ImageParam]:
    """Return blur_x, blur_y of it, and the input; a print marks each computation of `watch`."""
    source = hl.ImageParam(hl.Int(32), 2, "source")
    bx, by = hl.funcs("bx by")
    value = source[x - 1, y] + source[x, y] + source[x + 1, y]
    if watch is not None:
        value = hl.print_when((x == watch[0]) & (y == watch[1]), value)
    bx[x, y] = value
    by[x, y] = bx[x, y - 1] + bx[x, y] + bx[x, y + 1]
    buffer = hl.Buffer(np.zeros((40, 40), np.int32))
    buffer.set_min([-4, -4])
    source.set(buffer)
    return bx, by, source


def test_the_chain_goes_from_an_output_to_the_cell_with_lines() -> None:
    bx, by, source = blur()
    found = hl.why(source, (3, 9), of=by, sizes=[16, 9])
    assert [(s.name, s.cell) for s in found.steps or ()] == [
        (bx.name(), (2, 9)),
        (source.name(), (3, 9)),
    ]
    first, second, third = str(found).splitlines()
    assert first == f"{source.name()}(3, 9) is read 3 times"
    at = f"test_why.py:{by.function.where.line}: {by.name()} at (x=2, y=8)"  # type: ignore[union-attr]
    assert second.strip() == f"{at} reads {bx.name()}(2, 9): {bx.name()}(x, y + 1)"
    assert third.strip().endswith(f"reads {source.name()}(3, 9): {source.name()}(x + 1, y)")


SCHEDULES: dict[str, Callable[[hl.Func, hl.Func], Any]] = {
    "inlined": lambda bx, by: None,
    "root": lambda bx, by: bx.compute_root(),
    "innermost": lambda bx, by: bx.compute_at(by, x),
    "rows": lambda bx, by: bx.compute_at(by, y),
    "slid": lambda bx, by: bx.store_root().compute_at(by, y),
    "tiles": lambda bx, by: (by.tile(x, y, "xo", "yo", "xi", "yi", 4, 4), bx.compute_at(by, "xo")),
    "vectors": lambda bx, by: (by.vectorize(x, 8), bx.compute_at(by, y).vectorize(x, 8)),
    "guarded": lambda bx, by: (
        by.split(x, "xo", "xi", 5, hl.TailStrategy.GuardWithIf),
        bx.compute_at(by, "xo"),
    ),
    "fused": lambda bx, by: (by.fuse(x, y, "t").parallel("t"), bx.compute_at(by, "t")),
}


@pytest.mark.parametrize("cell", [(0, 0), (7, 8), (12, 3), (4, -1)])
@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_cell_is_computed_as_often_as_a_print_in_it_runs(
    name: str, cell: tuple[int, int]
) -> None:
    bx, by, _ = blur(watch=cell)
    SCHEDULES[name](bx, by)
    lines: list[str] = []
    by.jit_handlers().custom_print = lines.append
    by.realize([13, 9])
    found = hl.why(bx, cell, of=by, sizes=[13, 9])
    assert found.exact and found.times == len(lines)


def test_the_cost_does_not_depend_on_the_sizes() -> None:
    bx, by, source = blur()
    by.tile(x, y, "xo", "yo", "xi", "yi", 32, 32).parallel("yo")
    bx.compute_at(by, "xo")
    assert hl.why(bx, (70_000, 64), of=by, sizes=[100_000, 100_000]).times == 2
    found = hl.why(source, (64, 99_999), of=by, sizes=[100_000, 100_000])
    assert (found.times, found.exact) == (3, True)


def test_a_constant_cell_is_read_by_everybody() -> None:
    table, f = hl.ImageParam(hl.Int(32), 1, "table"), hl.Func("f")
    f[x, y] = table[3] + x
    found = hl.why(table, 3, of=f, sizes=[1000, 2000])
    assert found.times == 2_000_000
    assert found.steps is not None and found.steps[0].iteration == {"x": 0, "y": 0}


def test_a_cell_that_nobody_asks_for_is_computed_no_time() -> None:
    bx, by, _ = blur()
    bx.compute_root()
    found = hl.why(bx, (100, 0), of=by, sizes=[16, 9])
    assert (found.steps, found.times) == (None, 0)
    assert str(found).endswith("(100, 0) is computed 0 times; no cell that is asked for needs it")


def test_a_cell_in_the_box_around_needed_ones_is_computed_too() -> None:
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    f[x] = g[x, x]
    g.compute_root()
    found = hl.why(g, (1, 3), of=f, sizes=[5])
    assert (found.steps, found.times) == (None, 1)
    assert "being in the box around" in str(found)
    assert hl.why(g, (3, 3), of=f, sizes=[5]).steps != ()


def test_an_output_cell_needs_no_chain() -> None:
    _, by, _ = blur()
    found = hl.why(by, (2, 2), sizes=[16, 9])
    assert (found.steps, found.times) == ((), 1)


def test_an_index_that_is_data_may_read_a_cell() -> None:
    where = hl.Buffer(np.array([5, 1, 2], np.int32))
    table, f = hl.ImageParam(hl.Int(32), 1, "table"), hl.Func("f")
    f[x] = table[hl.clamp(where[x], 0, 9)]
    found = hl.why(table, (4,), of=f, sizes=[3])
    assert found.steps is not None and not found.steps[0].certain
    assert (found.times, found.exact) == (3, False)
    assert "at most 3 times" in str(found) and "may read" in str(found)
    assert hl.why(table, (11,), of=f, sizes=[3]).steps is None


def test_an_update_reads_for_the_cells_around_it() -> None:
    source, f, out = hl.ImageParam(hl.Int(32), 2, "source"), hl.Func("f"), hl.Func("out")
    r = hl.RDom([(0, 10)], "r")
    f[x, y] = 0
    f[x, y] += source[x + r.x, y]
    out[x, y] = f[x, y + 2]
    f.compute_root()
    found = hl.why(source, (5, 4), of=out, sizes=[4, 4])
    assert [s.reader for s in found.steps or ()] == [out.name(), f"{f.name()}.update(0)"]
    assert found.steps is not None and found.steps[1].iteration == {"x": 0, "y": 4, r.x.name(): 5}
    assert found.times == 4


def test_what_an_update_reads_of_its_own_func_is_followed() -> None:
    source, f = hl.ImageParam(hl.Int(32), 1, "source"), hl.Func("f")
    r = hl.RDom([(0, 3)], "r")
    f[x] = source[x]
    f[r.x] = f[r.x + 8] + 1
    found = hl.why(source, 9, of=f, sizes=[4])
    assert [(s.name, s.cell) for s in found.steps or ()] == [
        (f.name(), (9,)),
        (source.name(), (9,)),
    ]


def test_several_outputs_are_asked_together() -> None:
    g, a, b = hl.funcs("g a b")
    g[x] = x
    a[x], b[x] = g[x], g[x + 100]
    g.compute_root()
    found = hl.why(g, (103,), of=hl.Pipeline([a, b]), sizes=[8])
    assert found.steps is not None and found.steps[0].reader == b.name()
    assert found.times == 1


def test_buffers_say_where_the_output_begins() -> None:
    bx, by, _ = blur()
    out = hl.Buffer(hl.Int(32), [4, 4])
    out.set_min([10, -3])
    assert hl.why(bx, (10, -4), of=by, sizes=out).times == 1
    assert hl.why(bx, (9, -4), of=by, sizes=out).times == 0


def test_parameters_count_with_the_values_they_have() -> None:
    n, source, f = hl.Param(hl.Int(32), "n"), hl.ImageParam(hl.Int(32), 1, "source"), hl.Func("f")
    f[x] = source[x + n]
    n.set(7)
    assert hl.why(source, (7,), of=f, sizes=[3]).times == 1
    assert hl.why(source, (3,), of=f, sizes=[3]).times == 0


def test_an_extern_stage_may_read_the_box_it_asks_for() -> None:
    g, f, h = hl.funcs("g f h")
    g[x] = x
    f.define_extern("sides", [g], hl.Int(32), [x], bounds=lambda b: [[(b[0] - 1, b[1] + 1)]])
    h[x] = f[x]
    h.split(x, "xo", "xi", 4)
    f.compute_at(h, "xo")
    g.compute_root()
    found = hl.why(g, 4, of=h, sizes=[8])
    assert [(s.reader, s.name, s.certain) for s in found.steps or ()] == [
        (h.name(), f.name(), True),
        (f.name(), g.name(), False),
    ]
    assert found.times == 1
    assert "may read" in str(found) and "extern stage sides" in str(found)
    assert hl.why(f, 5, of=h, sizes=[8]).times == 1
    assert hl.why(g, 12, of=h, sizes=[8]).times == 0


def copied(how: str) -> tuple[hl.Func, hl.Func, hl.Func]:
    """Return f, g that reads it, and the Func between the two that `how` makes."""
    f, g = hl.funcs("f g")
    f[x, y] = x + y
    g[x, y] = f[x, y] + f[x, y + 1]
    f.compute_root()
    return f, g, getattr(f, how)(g)


def test_the_chain_goes_through_wrappers() -> None:
    f, g, wrapper = copied("in_")
    wrapper.compute_at(g, y)
    found = hl.why(f, (3, 4), of=g, sizes=[8, 8])
    assert [(s.reader, s.name, s.cell) for s in found.steps or ()] == [
        (g.name(), wrapper.name(), (3, 4)),
        (wrapper.name(), f.name(), (3, 4)),
    ]
    assert (found.verb, found.times) == ("computed", 1)
    of_wrapper = hl.why(wrapper, (3, 4), of=g, sizes=[8, 8])
    assert [s.reader for s in of_wrapper.steps or ()] == [g.name()]
    assert (of_wrapper.verb, of_wrapper.times) == ("computed", 2)
    with pytest.raises(hl.DefinitionError, match="has 2 dimensions"):
        hl.why(wrapper, (3,), of=g, sizes=[8, 8])


def test_a_wrapper_that_is_inlined_is_a_link_and_not_counted() -> None:
    _, g, wrapper = copied("in_")
    found = hl.why(wrapper, (3, 4), of=g, sizes=[8, 8])
    assert (found.verb, found.times) == ("inlined", None) and found.steps
    assert "computed inside its users, as often as they read it" in str(found)


def test_the_chain_goes_through_wrappers_of_inputs() -> None:
    bx, by, source = blur()
    wrapper = source.in_(bx).compute_root()
    found = hl.why(source, (3, 9), of=by, sizes=[16, 9])
    names = [(s.reader, s.name) for s in found.steps or ()]
    assert names[-2:] == [(bx.name(), wrapper.name()), (wrapper.name(), source.name())]
    assert (found.verb, found.times) == ("read", 1)


def test_what_only_a_clone_computes_is_not_needed() -> None:
    f, g, clone = copied("clone_in")
    clone.compute_root()
    assert hl.why(clone, (3, 4), of=g, sizes=[8, 8]).times == 1
    found = hl.why(f, (3, 4), of=g, sizes=[8, 8])
    assert (found.steps, found.times) == (None, 0)


def test_the_chain_goes_through_the_parts_of_a_reduction() -> None:
    f, total = hl.funcs("f total")
    r = hl.RDom([(0, 8), (0, 8)], "r")
    f[x, y] = x * y
    total[()] = 0
    total[()] += f[r.x, r.y]
    f.compute_root()
    part = total.update(0).rfactor(r.y, y).compute_root()
    found = hl.why(f, (3, 4), of=total, sizes=[])
    readers = [s.reader for s in found.steps or ()]
    assert readers[-1] == f"{part.name()}.update(0)" and f"{total.name()}.update(0)" in readers
    assert found.times == 1
