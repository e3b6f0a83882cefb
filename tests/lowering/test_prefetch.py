"""Prefetches: of the lines that a later iteration reads, where there is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.stmt import For, IfThenElse, Prefetch, PrefetchLine
from halo.ir.substitute import walk
from halo.lowering import Request, lower

x, y = hl.vars("x y")
Clamp = hl.PrefetchBoundStrategy.Clamp
GuardWithIf = hl.PrefetchBoundStrategy.GuardWithIf
NonFaulting = hl.PrefetchBoundStrategy.NonFaulting


def blur(name: str) -> tuple[hl.Func, hl.ImageParam]:
    """Return f, which reads three cells of a row of an image of 8-bit integers."""
    image = hl.ImageParam(hl.UInt(8), 2, f"{name}_in")
    f = hl.Func(name)
    f[x, y] = image[x, y] + image[x + 1, y] + image[x + 2, y]
    return f, image


def lowered(f: hl.Func) -> Any:
    return lower(Request("f", [f.function], f.schedule()))


def boxes(f: hl.Func) -> list[str]:
    """Return the prefetches as text."""
    return [str(n) for n in walk(lowered(f).loops) if isinstance(n, Prefetch)]


GIVEN: dict[str, Callable[[hl.Func, Any], Any]] = {
    "guard": lambda f, d: f.prefetch(d, y, y, 2),
    "clamp": lambda f, d: f.prefetch(d, y, y, 2, Clamp),
    "anyway": lambda f, d: f.prefetch(d, y, y, 2, NonFaulting),
    "inner": lambda f, d: f.prefetch(d, x, y, 1),
    "tile": lambda f, d: (
        f.tile(x, y, "xo", "yo", "xi", "yi", 8, 4, hl.TailStrategy.GuardWithIf).vectorize("xi"),
        f.prefetch(d, "xo", "xo", 1).prefetch(d, "yo", "yo", 1, Clamp),
    ),
    "threads": lambda f, d: f.parallel(y).vectorize(x, 4).prefetch(d, y, y, 1),
    "shifted": lambda f, d: f.vectorize(x, 8).prefetch(d, x, x, 4),
}


@pytest.mark.parametrize("name", list(GIVEN))
@pytest.mark.parametrize("size", [(1, 1), (0, 3), (37, 9)])
@pytest.mark.parametrize("mins", [(0, 0), (-5, 11)])
def test_prefetching_changes_no_value(
    name: str, size: tuple[int, int], mins: tuple[int, int]
) -> None:
    f, image = blur("values")
    GIVEN[name](f, image)
    data = hl.Buffer(np.random.default_rng(2).integers(0, 256, (9, 39)).astype(np.uint8))
    data.set_min(list(mins))
    image.set(data)
    out = hl.Buffer(hl.UInt(8), list(size))
    out.set_min(list(mins))
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), interpret(f, size, mins))
    assert {r.status.value for r in f.receipts()} == {"applied"}


@pytest.mark.parametrize(
    ("give", "box"),
    [
        (lambda f, d: f.prefetch(d, y, y, 2), "[0, 66) x [box.s0.y + 2, box.s0.y + 2 + 1)"),
        (lambda f, d: f.prefetch(d, x, y, 1), "[box.s0.x, box.s0.x + 3) x [box.s0.y + 1"),
        (lambda f, d: f.prefetch(d, x, x, 8), "[box.s0.x + 8, box.s0.x + 8 + 3) x [box.s0.y"),
        (
            lambda f, d: f.split(x, "xo", "xi", 16).prefetch(d, "xo", "xo", 1),
            "[box.s0.xo*16 + 16, box.s0.xo*16 + 16 + 18) x [box.s0.y",
        ),
    ],
)
def test_the_box_is_what_the_later_iteration_reads(give: Any, box: str) -> None:
    f, image = blur("box")
    f.bound(x, 0, 64).bound(y, 0, 32)
    give(f, image)
    (text,) = boxes(f)
    plain = text.replace(f.name(), "box").replace(image.name(), "box_in")
    assert plain.startswith(f"prefetch box_in {box}"), plain


def test_one_line_of_64_bytes_is_prefetched_once() -> None:
    f, image = blur("lines")
    f.bound(x, 0, 1000).bound(y, 0, 32)
    f.prefetch(image, y, y, 1)
    body = lowered(f).func.body
    (line,) = [n for n in walk(body) if isinstance(n, PrefetchLine)]
    loops = [n for n in walk(body) if isinstance(n, For) and n.body is line]
    assert [str(n.extent) for n in loops] == ["17"]  # 1002 bytes, wherever they begin


def test_a_guard_asks_for_the_iteration() -> None:
    f, image = blur("guard")
    f.bound(x, 0, 64).bound(y, 0, 32)
    f.prefetch(image, y, y, 3)
    found = [n for n in walk(lowered(f).loops) if isinstance(n, IfThenElse)]
    assert [str(n.condition) for n in found] == [f"{f.name()}.s0.y + 3 <= 0 + 32 - 1"]


def test_nothing_asks_where_it_cannot_fault() -> None:
    f, image = blur("anyway")
    f.bound(x, 0, 64).bound(y, 0, 32)
    f.prefetch(image, y, y, 3, NonFaulting)
    assert [n for n in walk(lowered(f).loops) if isinstance(n, IfThenElse)] == []


def test_golden_prefetched_tile(golden: Callable[[str], None]) -> None:
    g, f = hl.Func("ahead_g"), hl.Func("ahead_f")
    g[x, y] = x * y
    f[x, y] = g[x, y] + g[x, y + 1]
    f.bound(x, 0, 64).bound(y, 0, 32)
    f.tile(x, y, "xo", "yo", "xi", "yi", 16, 4)
    g.compute_root().split_storage(x, "xo", "xi", 16).reorder_storage("xi", y, "xo")
    f.prefetch(g, "xo", "xo", 1, Clamp)
    made = lowered(f)
    golden(f"{made.loops}\n\n{made.func.body}")


def test_an_update_prefetches_over_its_reduction() -> None:
    image = hl.ImageParam(hl.Float(32), 2, "matrix")
    f = hl.Func("f")
    r = hl.RDom([(0, 40)])
    f[x] = hl.f32(0)
    f[x] += image[x, r.x]
    f.bound(x, 0, 32)
    f.update().reorder(x, r.x).vectorize(x, 8).prefetch(image, r.x, r.x, 4)
    image.set(np.random.default_rng(1).random((40, 32)).astype(np.float32))
    np.testing.assert_array_equal(np.array(f.realize([32])), interpret(f, (32,)))
    (text,) = boxes(f)
    assert "+ 4, " in text


def test_the_c_asks_for_the_line(tmp_path: Path) -> None:
    f, image = blur("text")
    f.prefetch(image, y, y, 1)
    f.compile_to_c(str(tmp_path / "f.c"), [image], "f")
    assert "__builtin_prefetch(text_in" in (tmp_path / "f.c").read_text()
