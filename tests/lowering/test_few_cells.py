"""The loops for fewer cells than a step has are small code, and right for any number of cells."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl
from halo.ir.stmt import For, ForKind, IfThenElse, ProducerConsumer, Stmt
from halo.lowering import Request, loops_of

x, y, yi, xi = hl.vars("x y yi xi")
source = hl.Buffer(np.random.default_rng(2).integers(0, 99, (80, 80)).astype(np.int32))


def chain(stored: str | None) -> hl.Func:
    """Return a chain of two Funcs in the rows of a third, which is cut into strips."""
    f, g, h = hl.funcs("f g h")
    f[x, y] = source[x, y] * 3 + source[x + 1, y]
    g[x, y] = f[x, y] - f[x, y + 1] + f[x, y + 2]
    h[x, y] = g[x, y] + 2 * g[x, y + 3]
    if stored is not None:
        h.split(y, y, yi, 16).vectorize(x, 8)
        for p in (f, g):
            p.compute_at(h, yi).store_at(h, y if stored == "strip" else yi).vectorize(x, 8)
        if stored == "one deeper":
            f.store_at(h, y)
    return h


def few(f: hl.Func) -> Stmt:
    """Return the loops of `f` for few cells."""
    loops = loops_of(Request("f", [f.function], f.schedule()))
    (test,) = [s for s in found(loops) if isinstance(s, IfThenElse) and s.else_case][:1]
    assert test.else_case is not None
    return test.else_case


def found(s: Stmt) -> list[Stmt]:
    """Return `s` and all statements in it, the outermost first."""
    return [s, *(n for c in s.children() if isinstance(c, Stmt) for n in found(c))]


@pytest.mark.parametrize("stored", ["strip", "one deeper", "row"])
def test_any_number_of_cells_is_right(stored: str) -> None:
    for size in ([1, 1], [7, 40], [40, 7], [3, 16], [8, 15], [40, 40]):
        plain, scheduled = (np.asarray(chain(s).realize(size)) for s in (None, stored))
        np.testing.assert_array_equal(plain, scheduled)


def test_what_slides_is_computed_where_it_is_stored() -> None:
    loops = few(chain("strip"))
    strip = next(s for s in found(loops) if isinstance(s, For))
    made = [s for s in found(strip) if isinstance(s, ProducerConsumer) and s.is_producer]
    assert [s.name.split("$")[0] for s in made] == ["f", "g"]
    inner = next(s for s in found(strip) if isinstance(s, For) and s.name.endswith(".yi"))
    assert not any(isinstance(s, ProducerConsumer) and s.is_producer for s in found(inner))


def test_what_is_stored_elsewhere_stays_in_its_loop() -> None:
    loops = few(chain("one deeper"))
    inner = next(s for s in found(loops) if isinstance(s, For) and s.name.endswith(".yi"))
    made = [s for s in found(inner) if isinstance(s, ProducerConsumer) and s.is_producer]
    assert [s.name.split("$")[0] for s in made] == ["f", "g"]


def test_what_is_computed_inside_has_a_loop_for_each_variable() -> None:
    loops = few(chain("row"))
    made = [s for s in found(loops) if isinstance(s, ProducerConsumer) and s.is_producer]
    for name in ("f", "g"):
        (first,) = [s for s in made if s.name.split("$")[0] == name]
        inside = [s for s in found(first.body) if isinstance(s, For)]
        assert [s.name.split(".")[-1] for s in inside] == ["y", "x"]
        assert {s.kind for s in inside} == {ForKind.SERIAL}
