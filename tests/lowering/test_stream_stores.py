"""Streamed stores: around the caches where that can be, fenced, and the same values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_table import TYPES

import halo as hl
from halo.interpret import interpret
from halo.ir.stmt import For, ForKind, Stmt, Store, StreamFence
from halo.ir.substitute import walk
from halo.lowering import Request, lower

x, y = hl.vars("x y")
GUARD = hl.TailStrategy.GuardWithIf
INT = hl.Int(32)


def filled(type_: hl.Type = INT, lanes: int = 16) -> hl.Func:
    f = hl.Func("f")
    f[x, y] = hl.cast(type_, x * 3 - y)
    return f.vectorize(x, lanes, GUARD).stream_stores()


def body(f: hl.Func) -> Stmt:
    return lower(Request("f", [f.function], f.schedule())).func.body


def receipt(f: hl.Func) -> tuple[str, str]:
    (found,) = [r for r in f.receipts() if r.entry.directive.method == "stream_stores"]
    return found.status.value, found.reason


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("lanes", [4, 8, 16, 32, 24])
def test_streamed_vectors_of_every_type_hold_the_same_values(type_: hl.Type, lanes: int) -> None:
    f = filled(type_, lanes)
    for width in (lanes, 101):  # of aligned rows, and of rows that begin anywhere
        out = hl.Buffer(type_, [width, 5])
        out.set_min([-7, 3])
        f.realize(out)
        np.testing.assert_array_equal(np.array(out), interpret(f, (width, 5), (-7, 3)))


@pytest.mark.parametrize("shift", [*range(5), 8, 12])
def test_streams_begin_at_any_address(shift: int) -> None:
    f = filled()
    memory = np.zeros(200, np.int32)
    out = hl.Buffer(memory[shift : shift + 160].reshape(2, 80))
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), interpret(f, (80, 2)))
    assert not memory[:shift].any() and not memory[shift + 160 :].any()


@pytest.mark.parametrize(
    ("give", "loop"),
    [
        (lambda f: f, ForKind.SERIAL),
        (lambda f: f.parallel(y), ForKind.PARALLEL),
    ],
)
def test_a_fence_stands_where_others_may_read(give: Callable[[hl.Func], Any], loop: object) -> None:
    f = filled()
    give(f)
    s = body(f)
    fences = [n for n in walk(s) if isinstance(n, StreamFence)]
    threads = [n for n in walk(s) if isinstance(n, For) and n.kind is ForKind.PARALLEL]
    inside = [n for t in threads for n in walk(t) if isinstance(n, StreamFence)]
    assert len(fences) == 1
    assert len(inside) == (1 if loop is ForKind.PARALLEL else 0)


def test_what_is_streamed_is_read_by_other_threads() -> None:
    g, f = hl.funcs("g f")
    g[x, y] = x * y + 1
    f[x, y] = g[x, y] + g[x, 63 - y]
    g.compute_root().align_storage(x, 16).stream_stores().vectorize(x, 16).parallel(y)
    f.vectorize(x, 16).parallel(y)
    f.bound(y, 0, 64)
    for _ in range(20):
        np.testing.assert_array_equal(np.array(f.realize([256, 64])), interpret(f, (256, 64)))


def test_the_c_streams_and_fences(tmp_path: Path) -> None:
    filled().compile_to_c(str(tmp_path / "f.c"), [], "f")
    text = (tmp_path / "f.c").read_text()
    assert "halo_stream_i32x16(&" in text
    assert "_mm512_stream_si512" in text and "__builtin_nontemporal_store" in text
    assert "halo_stream_fence();" in text


def test_marks_are_printed() -> None:
    f = filled()
    f.bound(x, 0, 32).bound(y, 0, 2)
    loops = str(lower(Request("f", [f.function], f.schedule())).loops)
    assert ", streamed" in loops
    assert "fence" in str(body(f)).splitlines()[-1]


def test_dense_vectors_are_streamed() -> None:
    f = filled()
    f.bound(x, 0, 64)
    assert receipt(f) == ("applied", "")
    assert all(n.streamed for n in walk(body(f)) if isinstance(n, Store))


def test_tails_are_plain_and_the_receipt_says_so() -> None:
    status, reason = receipt(filled())
    assert status == "applied"
    assert "of 2 stores are no dense vectors" in reason


@pytest.mark.parametrize(
    "make",
    [
        lambda f: f,
        lambda f: f.vectorize(x, 3),
        lambda f: f.reorder(y, x).vectorize(y, 4),
    ],
    ids=["scalars", "odd", "strided"],
)
def test_what_cannot_be_streamed_is_without_effect(make: Callable[[hl.Func], hl.Func]) -> None:
    f = hl.Func("f")
    f[x, y] = x + y
    make(f).stream_stores()
    status, reason = receipt(f)
    assert status == "without effect"
    assert "16 bytes" in reason
    np.testing.assert_array_equal(np.array(f.realize([13, 5])), interpret(f, (13, 5)))


def test_registers_are_not_streamed_to() -> None:
    g, f = hl.funcs("g f")
    g[x] = x * 2
    f[x] = g[x] + 1
    f.bound(x, 0, 32)
    f.vectorize(x, 8)
    g.compute_at(f, x).vectorize(x).stream_stores()
    assert receipt(f)[0] == "without effect"
    np.testing.assert_array_equal(np.array(f.realize([32])), interpret(f, (32,)))


def test_tuples_are_streamed_value_by_value() -> None:
    f = hl.Func("f")
    f[x] = (x, hl.f32(x) * 0.5)
    f.vectorize(x, 8).stream_stores()
    a, b = f.realize([64])
    np.testing.assert_array_equal(np.array(a), np.arange(64))
    np.testing.assert_array_equal(np.array(b), np.arange(64, dtype=np.float32) / 2)
