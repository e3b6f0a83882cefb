"""From boxes to be prefetched to the cache lines that they lie in."""

from __future__ import annotations

from halo.ir.expr import Add, Div, Expr, Min, Mul, Sub, Variable, i32
from halo.ir.simplify import simplify
from halo.ir.stmt import For, ForKind, Prefetch, PrefetchLine, Stmt, block
from halo.ir.types import Int
from halo.lowering.memory_layout import Layout


def prefetch_lines(s: Prefetch, layout: Layout) -> Stmt:
    """Return loops over the cache lines of the box of `s`, which lies as `layout` says.

    The last cell along each dimension is among what is touched, wherever lines begin.
    """
    cells: list[Expr] = []
    loops: list[tuple[str, Expr]] = []
    for d, ((low, extent), step) in enumerate(zip(s.bounds, s.steps, strict=True)):
        loop = Variable(Int(32), f"{s.name}.line.{d}")
        count = extent if step == 1 else Div(Add(extent, i32(2 * step - 2)), i32(step))
        cell = Add(low, loop if step == 1 else Mul(loop, i32(step)))
        cells.append(cell if step == 1 else Min(cell, Sub(Add(low, extent), i32(1))))
        loops.append((loop.name, simplify(count)))
    index = layout.index(cells)
    made = block(*(PrefetchLine(b, index) for b in layout.buffers))
    for name, count in loops:
        made = For(name, i32(0), count, ForKind.SERIAL, made)
    return made
