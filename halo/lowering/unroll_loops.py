"""Unrolling: a loop of constant extent becomes its bodies, one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.ir.expr import Expr, IntImm, Variable, i32
from halo.ir.operators import add
from halo.ir.stmt import For, ForKind, LetStmt, Stmt, block, flattened
from halo.ir.substitute import substitute
from halo.ir.types import Int
from halo.lowering.affine import constant_of
from halo.lowering.copies import key_of
from halo.lowering.outcome import NOT_CONSTANT, Outcome


def unroll_loops(s: Stmt, outcome: Outcome | None = None) -> Stmt:
    """Replace each UNROLLED loop of constant extent by copies of its body.

    Requires: flat stage. Ensures: no UNROLLED loop is left; one whose extent is not a constant
    runs serially, as `outcome` says then. Names bound inside a body are bound again in each copy,
    in scopes side by side.

        unrolled x in 0..2 { out[x] = 7 }   ->   out[0] = 7; out[1] = 7
    """
    made: Stmt = _Pass(outcome or Outcome()).rewrite(s)
    return made


class _Pass:
    """Finds the loops, and records what became of each."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def rewrite(self, node: Any) -> Any:
        if isinstance(node, Expr):
            return node
        if isinstance(node, For) and node.kind is ForKind.UNROLLED:
            return self._copies(node)
        return flattened(node.map_children(self.rewrite))

    def _copies(self, loop: For) -> Stmt:
        extent = constant_of(loop.extent)
        if extent is None:
            self._outcome.serial[key_of(loop)] = NOT_CONSTANT
            body = self.rewrite(loop.body)
            return replace(loop, kind=ForKind.SERIAL, body=body)
        self._outcome.done.add(key_of(loop))
        start = loop.min
        if not isinstance(start, (IntImm, Variable)) and extent > 1:
            start = Variable(Int(32), f"{loop.name}.base")
        # From the outside in: a loop's extent may be constant only once `loop.name` is.
        places = (add(start, i32(i)) for i in range(extent))
        bodies = block(*(self.rewrite(substitute(loop.body, {loop.name: p})) for p in places))
        return bodies if start is loop.min else LetStmt(f"{loop.name}.base", loop.min, bodies)
