"""Mistakes with memoize and memoize_tag."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl

Refused = Any
x, y = hl.vars("x y")


def pair() -> tuple[hl.Func, hl.Func]:
    g, h = hl.Func("g"), hl.Func("h")
    g[x, y] = x + y
    h[x, y] = g[x, y] + g[x, y + 1]
    return g, h


@pytest.mark.parametrize("bound", [False, True])
def test_a_func_that_depends_on_an_image_is_refused(bound: bool, refused: Refused) -> None:
    data = hl.Buffer(np.zeros(9, np.int32))
    image = data if bound else hl.ImageParam(hl.Int(32), 1, "image")
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x] = image[x]
    g[x] = f[x] * 2
    h[x] = g[x]
    g.compute_root().memoize()
    with refused(hl.ScheduleError, "depends on the cells of", ", which f", "halo.memoize_tag("):
        h.receipts()


def test_a_func_that_slides_is_refused(refused: Refused) -> None:
    g, h = pair()
    g.store_root().compute_at(h, y).memoize()
    with refused(hl.ScheduleError, "is computed piece by piece inside its storage", ".store_at("):
        h.realize([3, 3])


def test_a_func_that_is_computed_with_another_is_refused(refused: Refused) -> None:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x] = x
    g[x] = x * 2
    h[x] = f[x] + g[x]
    f.compute_root().memoize()
    g.compute_root().compute_with(f, x)
    with refused(hl.ScheduleError, "is computed in one loop with", "leave compute_with or memoize"):
        h.realize([3])


@pytest.mark.parametrize("key", [-1, 1 << 64, "seven", True])
def test_an_eviction_key_is_a_number(key: Any, refused: Refused) -> None:
    g, _ = pair()
    with refused(hl.ScheduleError, "an eviction key is a number of 64 bits, not"):
        g.memoize(key)


def test_a_tag_is_needed(refused: Refused) -> None:
    with refused(hl.DefinitionError, "memoize_tag without a tag", "version"):
        hl.memoize_tag(x)


def test_a_tag_is_the_same_for_all_cells(refused: Refused) -> None:
    with refused(hl.DefinitionError, "the tag x + 1 of memoize_tag changes from cell to cell"):
        hl.memoize_tag(x, x + 1)


@pytest.mark.parametrize("size", [-1, 1.5, None])
def test_the_cache_has_a_size(size: Any, refused: Refused) -> None:
    with refused(hl.DefinitionError, f"a cache of {size!r} bytes"):
        hl.memoization_cache_set_size(size)
