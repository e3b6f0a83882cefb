"""The functions of the user that a running pipeline calls."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


class Pool:
    """Memory from ctypes, and a record of what was asked for."""

    def __init__(self) -> None:
        self.live: dict[int, ctypes.Array[ctypes.c_char]] = {}
        self.sizes: list[int] = []

    def malloc(self, size: int) -> int:
        block = ctypes.create_string_buffer(size + 64)
        address = (ctypes.addressof(block) + 63) // 64 * 64
        self.live[address] = block
        self.sizes.append(size)
        return address

    def free(self, address: int) -> None:
        del self.live[address]


def pair() -> tuple[hl.Func, hl.Func]:
    g, h = hl.Func("g"), hl.Func("h")
    g[x, y] = x * 3 + y
    h[x, y] = g[x, y] + g[x, y + 1]
    return g, h


@pytest.mark.parametrize("parallel", [False, True])
def test_memory_comes_from_the_handlers_and_goes_back(parallel: bool) -> None:
    g, h = pair()
    g.compute_at(h, y).store_in(hl.MemoryType.Heap)
    if parallel:
        h.parallel(y)
    pool = Pool()
    h.jit_handlers().custom_malloc = pool.malloc
    h.jit_handlers().custom_free = pool.free
    np.testing.assert_array_equal(np.array(h.realize([9, 6])), np.array(pair()[1].realize([9, 6])))
    assert (len(pool.sizes), pool.live) == (6, {})
    assert min(pool.sizes) >= 9 * 2 * 4


def test_no_memory_is_an_allocation_error() -> None:
    g, h = pair()
    g.compute_root()
    h.jit_handlers().custom_malloc = lambda size: 0
    h.jit_handlers().custom_free = lambda address: None
    with pytest.raises(MemoryError, match="no memory for"):
        h.realize([400, 400])


def test_what_an_allocator_raises_realize_raises() -> None:
    def refuse(size: int) -> int:
        raise OverflowError(size)

    g, h = pair()
    g.compute_root()
    h.jit_handlers().custom_malloc = refuse
    h.jit_handlers().custom_free = lambda address: None
    with pytest.raises(OverflowError):
        h.realize([400, 400])


def test_an_error_handler_takes_the_error_and_realize_returns() -> None:
    told: list[str] = []
    f = hl.Func("f")
    f[x] = hl.require(x < 3, x, "x is", x)
    f.jit_handlers().custom_error = told.append
    f.realize([5])
    assert len(told) == 1 and "x is 3" in told[0]
    f.realize([3])
    assert len(told) == 1


def test_a_pipeline_has_the_handlers_of_its_first_output() -> None:
    f, g = hl.Func("f"), hl.Func("g")
    f[x] = x
    g[x] = hl.print(x)
    lines: list[str] = []
    pipeline = hl.Pipeline([f, g])
    pipeline.jit_handlers().custom_print = lines.append
    pipeline.realize([2])
    assert lines == ["0\n", "1\n"]
    assert f.jit_handlers() is pipeline.jit_handlers()
