"""Unrolling: a loop of constant extent becomes its bodies, one after the other."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, IntImm, Variable, i32
from halo.ir.operators import add
from halo.ir.stmt import For, ForKind, LetStmt, Stmt, block, flattened
from halo.ir.substitute import substitute
from halo.ir.types import Int
from halo.lowering.affine import constant_of


def unroll_loops(s: Stmt) -> Stmt:
    """Replace each UNROLLED loop of constant extent by copies of its body.

    Requires: flat stage. Ensures: no UNROLLED loop is left; one whose extent is not a constant
    runs serially. Names bound inside a body are bound again in each copy, in scopes side by side.

        unrolled x in 0..2 { out[x] = 7 }   ->   out[0] = 7; out[1] = 7
    """
    made: Stmt = _unroll(s)
    return made


def _unroll(node: Any) -> Any:
    if isinstance(node, Expr):
        return node
    if isinstance(node, For) and node.kind is ForKind.UNROLLED:
        return _copies(node)
    return flattened(node.map_children(_unroll))


def _copies(loop: For) -> Stmt:
    extent = constant_of(loop.extent)
    if extent is None:
        return For(loop.name, loop.min, loop.extent, ForKind.SERIAL, _unroll(loop.body), loop.note)
    start = loop.min
    if not isinstance(start, (IntImm, Variable)) and extent > 1:
        start = Variable(Int(32), f"{loop.name}.base")
    # From the outside in: the extent of a loop inside may be constant only once `loop.name` is.
    bodies = block(
        *(_unroll(substitute(loop.body, {loop.name: add(start, i32(i))})) for i in range(extent))
    )
    return bodies if start is loop.min else LetStmt(f"{loop.name}.base", loop.min, bodies)
