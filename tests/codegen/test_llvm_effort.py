"""Loops that stand in for vectors, for few cells or at the ends of a loop, cost LLVM little."""

from __future__ import annotations

import re

import numpy as np
import pytest

import halo as hl
from codegen.llvm_module import emit_llvm
from halo.ir.lowered import LoweredModule
from halo.lowering import Request, lower

LLVM = hl.Target("host-llvm")
x, y = hl.vars("x y")


def edges(vectors: bool) -> hl.Func:
    """Return a Func that has other loops for few cells and at its edges, and a sum on scalars."""
    total, f, r = hl.Func("total"), hl.Func("f"), hl.RDom([(0, 9)], name="r")
    source = hl.Buffer(np.arange(64, dtype=np.int32))
    near = hl.BoundaryConditions.repeat_edge(source)
    total[x] = near[x]
    total[x] += near[x + r.x] * r.x
    f[x, y] = total[x] + near[x - 1] + y
    total.compute_root()
    if vectors:
        total.vectorize(x, 8)
        f.vectorize(x, 8)
    return f


def loops_left_alone(f: hl.Func) -> tuple[set[str], set[str]]:
    """Return the loops of `f` in LLVM: those that are left as they are, and others."""
    made = lower(Request("app", [f.function], f.schedule()))
    text = emit_llvm(LoweredModule("app", (made.func,)), LLVM, in_process=True).text
    alone: set[str] = set()
    every: set[str] = set()
    for name, more in re.findall(r"br i1 %\w+, label %loop_(\w+)\.\d+, label %[\w.]+(.*)", text):
        every.add(name)
        if "!llvm.loop" in more:
            alone.add(name)
    return alone, every - alone


def test_loops_beside_vectors_are_left_as_they_are() -> None:
    alone, others = loops_left_alone(edges(True))
    assert alone == {"total_s0_x", "total_s0_x_v", "f_s0_x", "f_s0_x_v"}
    assert others == {"total_s1_x", "total_s1_r_x", "f_s0_y"}


def test_loops_of_funcs_without_vectors_are_not() -> None:
    alone, others = loops_left_alone(edges(False))
    assert not alone and others


@pytest.mark.parametrize("size", [1, 7, 8, 50])
def test_the_values_are_those_of_c(size: int) -> None:
    c, llvm = (
        np.asarray(edges(True).realize([size, 3], target)) for target in (hl.Target("host"), LLVM)
    )
    np.testing.assert_array_equal(c, llvm)


def test_what_an_outer_iteration_computed_is_not_taken_for_the_one_before() -> None:
    """Sums of windows that overlap: which of them holds a cell depends on both loops."""
    given = np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32)
    source, total, out = hl.Buffer(given), hl.Func("total"), hl.Func("out")
    r = hl.RDom([(0, 3), (0, 2)])
    row, column = y - r.y, x - r.x
    inside = (row >= 0) & (row % 2 == 0) & (column >= 0) & (column < 3)
    place = hl.max(row / 2, 0) * 3 + hl.clamp(column, 0, 2)
    total[x, y] = 0.0
    total[x, y] += hl.select(inside, source[place, r.y * 3 + r.x], 0.0)
    out[x, y] = total[x, y]
    total.compute_at(out, x)
    out.bound(x, 0, 5).bound(y, 0, 6).parallel(y)
    want = np.zeros((6, 5), np.float32)
    for i, j, u, v in np.ndindex(3, 3, 2, 3):
        want[2 * i + u, j + v] += given[3 * u + v, 3 * i + j]
    np.testing.assert_allclose(np.asarray(out.realize([5, 6], LLVM)), want, rtol=1e-6, atol=1e-6)
