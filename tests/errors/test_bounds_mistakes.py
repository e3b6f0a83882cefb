"""Cells outside a buffer: who needs them, through which definitions, and where that stands."""

from __future__ import annotations

from typing import Any

import numpy as np

import halo as hl

x, y = hl.vars("x y")


def image(width: int, height: int) -> hl.ImageParam:
    source = hl.ImageParam(hl.Int(32), 2, "source")
    source.set(np.zeros((height, width), np.int32))
    return source


def test_a_cell_that_an_input_lacks_is_named_with_the_chain_that_needs_it(refused: Any) -> None:
    source, (f, g) = image(6, 6), hl.funcs("f g")
    f[x, y] = source[x, y] + source[x + 1, y]
    g[x, y] = f[x, y] + f[x, y + 2]
    texts = [
        f"input '{source.name()}' dimension 0: cells 0 to 6 are needed, it has 0 to 5",
        f"{g.name()} at (x=5, y=0) reads {f.name()}(5, 0): {f.name()}(x, y)",
        f"{f.name()} at (x=5, y=0) reads {source.name()}(6, 0): {source.name()}(x + 1, y)",
        f"test_bounds_mistakes.py:{g.function.where.line}: {g.name()}",  # type: ignore[union-attr]
        f"halo.BoundaryConditions.repeat_edge({source.name()})",
    ]
    with refused(hl.BoundsError, *texts):
        g.realize([6, 4])


def test_a_cell_before_the_first_is_named(refused: Any) -> None:
    source, f = image(6, 6), hl.Func("f")
    f[x, y] = source[x, y - 1]
    with refused(hl.BoundsError, f"reads {source.name()}(0, -1): {source.name()}(x, y - 1)"):
        f.realize([6, 6])


def test_the_iteration_of_a_reduction_is_named(refused: Any) -> None:
    source, f = image(6, 6), hl.Func("f")
    r = hl.RDom([(0, 4)], "r")
    f[x, y] = 0
    f[x, y] += source[x + r.x, y]
    texts = [
        f"{f.name()}.update(0) at (x=3, y=0, {r.x.name()}=3)",
        f"reads {source.name()}(6, 0)",
    ]
    with refused(hl.BoundsError, *texts):
        f.realize([4, 6])


def test_an_index_that_is_data_may_be_the_one_outside(refused: Any) -> None:
    source, at, f = image(6, 6), hl.Buffer(np.zeros(3, np.int32)), hl.Func("f")
    f[x] = source[hl.clamp(at[x], 0, 9), 0]
    with refused(hl.BoundsError, f"may read {source.name()}(6, 0)", "min("):
        f.realize([3])


def test_an_output_that_an_update_leaves_is_named(refused: Any) -> None:
    f, r = hl.Func("f"), hl.RDom([(0, 10)], "r")
    f[x] = x
    f[r.x + 2] = 7
    text = f"{f.name()}.update(0) at ({r.x.name()}=2) writes {f.name()}(4): {f.name()}("
    with refused(hl.BoundsError, text, f"give a Buffer for {f.name()} that holds it"):
        f.realize([4])


def test_a_box_that_no_access_fills_keeps_the_plain_message(refused: Any) -> None:
    source, (f, g) = image(6, 6), hl.funcs("f g")
    g[x, y] = source[x - y, y]
    f[x] = g[x, x]
    g.compute_root()
    with refused(hl.BoundsError, "cells -5 to 5 are needed, it has 0 to 5", "give a buffer that"):
        f.realize([6])
    g.compute_inline()
    assert np.array(f.realize([6])).tolist() == [0] * 6


def test_an_input_read_where_data_says_names_the_index_and_the_way_there(refused: Any) -> None:
    source, at, (f, g) = image(6, 6), hl.ImageParam(hl.Int(32), 1, "at"), hl.funcs("f g")
    f[x, y] = source[x, y] + source[at[x] + 1, y]
    f.compute_root()
    g[x, y] = f[x, y + 1] * 2
    texts = [
        f"test_bounds_mistakes.py:{f.function.where.line}: {f.name()} reads "  # type: ignore[union-attr]
        f"{source.name()}({at.name()}(x) + 1, y), and {at.name()}(x) + 1 has no bound",
        f"{g.name()} at test_bounds_mistakes.py:{g.function.where.line} reads {f.name()}(",  # type: ignore[union-attr]
        "halo.clamp(index, low, high)",
    ]
    with refused(hl.BoundsError, *texts):
        g.realize([4, 4])


def test_a_func_read_where_data_says_may_be_bounded(refused: Any) -> None:
    at, (f, g) = hl.ImageParam(hl.Int(32), 1, "at"), hl.funcs("f g")
    f[x] = x
    f.compute_root()
    g[x] = f[at[x]]
    texts = [
        f"{g.name()} reads {f.name()}({at.name()}(x)), and {at.name()}(x) has no bound",
        f"the range of dimension x of {f.name()} is not known",
        f"give {f.name()}.bound(x, min, extent)",
    ]
    with refused(hl.BoundsError, *texts):
        g.realize([4])


def test_an_update_that_writes_where_data_says_names_the_index(refused: Any) -> None:
    at, f, r = hl.ImageParam(hl.Int(32), 1, "at"), hl.Func("f"), hl.RDom([(0, 4)], "r")
    f[x] = 0
    f[at[r.x]] += 1
    text = f"the update of {f.name()} writes at {at.name()}({r.x.name()}), which has no bound"
    with refused(hl.BoundsError, text, "halo.clamp(index, low, high)"):
        f.realize([4])


def test_why_of_something_without_cells(refused: Any) -> None:
    with refused(hl.DefinitionError, "why is asked of 3", "halo.why(f, (x, y), of=output"):
        hl.why(3, (0, 0))


def test_why_of_a_cell_with_too_few_coordinates(refused: Any) -> None:
    source, f = image(6, 6), hl.Func("f")
    f[x, y] = source[x, y]
    with refused(hl.DefinitionError, f"{source.name()} has 2 dimensions", "cell asked about is 3"):
        hl.why(source, 3, of=f, sizes=[4, 4])


def test_why_of_an_input_needs_an_output(refused: Any) -> None:
    with refused(hl.DefinitionError, "what is realized", "of=output"):
        hl.why(image(3, 3), (0, 0), sizes=[4, 4])


def test_why_with_sizes_for_another_number_of_dimensions(refused: Any) -> None:
    f = hl.Func("f")
    f[x, y] = x
    with refused(hl.DefinitionError, "2 dimensions, realized with sizes for 1"):
        hl.why(f, (0, 0), sizes=[4])
