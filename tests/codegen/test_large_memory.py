"""Memory of megabytes comes in large pages, so it begins with one; small memory does not."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

PAGE = 2 << 20


@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize("megabytes", [1, 3, 4, 9])
def test_large_memory_begins_with_a_large_page(megabytes: int, target: str) -> None:
    x, i = hl.Var("x"), hl.Var("i")
    cells = megabytes << 20
    seen: list[int] = []

    def look(source: hl.Buffer, out: hl.Buffer) -> None:
        bytes_ = np.asarray(source)
        seen.append(bytes_.ctypes.data)
        np.asarray(out)[...] = bytes_[-1]

    def whole(_: object) -> list[list[tuple[int, int]]]:
        return [[(0, cells)]]

    f, g = hl.Func("f"), hl.Func("g")
    f[x] = hl.u8(x % 251)
    g.define_extern("look", [f], hl.UInt(8), [i], implementation=look, bounds=whole)
    f.compute_root().vectorize(x, 32)
    for _ in range(3):
        assert int(np.array(g.realize([1], hl.Target(target)))[0]) == (cells - 1) % 251
    unit = PAGE if megabytes >= 4 else 64
    assert len(seen) == 3 and all(at % unit == 0 for at in seen)
