"""Vectors that are loaded once and used several times."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from codegen.c_keep import MOST

TYPES = [hl.Float(32), hl.Float(64), hl.Int(16), hl.UInt(8)]


def products(cells: Any, reach: int) -> hl.Func:
    """Return the sum of the squares of `reach` neighbours, times the sum of their products."""
    x, f = hl.Var("x"), hl.Func("f")
    near = [cells[x + i] for i in range(reach)]
    squares, both = near[0] * near[0], near[0] * near[1]
    for i in range(1, reach):
        squares = squares + near[i] * near[i]
        both = both + near[i] * near[(i + 2) % reach]
    f[x] = squares * both
    return f


@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize("reach", [3, 9, MOST, MOST + 6])
@pytest.mark.parametrize("t", TYPES, ids=str)
def test_loads_that_several_uses_share_keep_their_values(
    t: hl.Type, reach: int, target: str
) -> None:
    count, rng = 217, np.random.default_rng(reach)
    cells = hl.Buffer(rng.integers(0, 100, count + reach).astype(t.dtype))
    plain = np.array(products(cells, reach).realize([count]))
    for lanes in (16, 32):
        f = products(cells, reach).vectorize(hl.Var("x"), lanes)
        found = np.array(f.realize([count], hl.Target(target)))
        np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize(("reach", "stay"), [(9, True), (MOST + 6, False)])
def test_what_does_not_fit_into_registers_is_loaded_again(
    reach: int, stay: bool, tmp_path: Path
) -> None:
    cells = hl.ImageParam(hl.Float(32), 1, "cells")
    f = products(cells, reach).vectorize(hl.Var("x"), 16)
    path = tmp_path / "f.c"
    f.compile_to_c(str(path), [cells], "f", hl.Target("x86-64-v4"))
    assert bool(re.search(r"= halo_keep_f32x16\(halo_load_f32x16\(", path.read_text())) == stay
