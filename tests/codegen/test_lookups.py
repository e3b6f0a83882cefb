"""Cells of a table at places that lie in memory, or are computed, for lanes of every width."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

TABLES = ("bool", "uint8", "int16", "uint16", "float16", "float32", "float64")


@pytest.mark.parametrize("target", ["host", "host-llvm"])
@pytest.mark.parametrize("lanes", [12, 32])
def test_cells_of_a_table(lanes: int, target: str) -> None:
    rng = np.random.default_rng(lanes)
    x = hl.Var("x")
    funcs, wanted = [], []
    for name in TABLES:
        cells = rng.integers(0, 2 if name == "bool" else 200, 300).astype(name)
        table = hl.Buffer(cells)
        for places in ("uint8", "int32", "int64"):
            at = rng.integers(0, 256, 101)
            given = hl.Buffer(at.astype(places))
            index = hl.i32(given[x] if places == "uint8" else hl.clamp(given[x], 0, 255))
            near, far = table[index], table[index + 7]
            for value in (near, hl.select(far > near, near, far)):
                funcs.append(hl.Func("looked_up"))
                funcs[-1][x] = value
                funcs[-1].vectorize(x, lanes)
            wanted += [cells[at], np.minimum(cells[at], cells[at + 7])]
    found = hl.Pipeline(funcs).realize([101], hl.Target(target))
    for one, right in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(np.array(one), right)
