"""The size of an allocation is computed in 64 bits: its factors alone may fit into 32."""

from __future__ import annotations

import re

from batches import case, emit

import halo as hl


def test_sizes_of_allocations_are_products_of_64_bits() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = x + y
    f[x, y] = g[x, y] + g[x + 1, y + 1]
    g.compute_root()
    text = emit({"wide": case("wide", f, (9, 9))}).text
    (size,) = re.findall(r"= halo_allocate\(ctx, (.*), sizeof", text)
    first, *rest = size.split(" * ")
    assert rest  # one factor per dimension
    assert "(int64_t)" in first
