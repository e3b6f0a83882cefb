"""Where a vector would be gathered cell by cell, plain loops are better."""

from __future__ import annotations

import dataclasses
from typing import Any

from halo.ir.expr import Div, Expr, Let, Load, Max, Min, Mod
from halo.ir.stmt import For, ForKind, LetStmt
from halo.ir.substitute import uses_variable, walk


def serialize_gathers(node: Any) -> Any:
    """Run VECTORIZED loops serially if they read at a clamped or wrapped index.

    For the few iterations outside the steady state: as a serial loop, all but the cells that are
    really outside can be partitioned off again, whereas a vector of clamped indices is read lane
    by lane as a whole.

    Requires: flat stage, before vectorising. Ensures: the same stores.

        vectorized x in 0..64 { out[x] = in[max(x - 1, 0)] }  ->  for x in 0..64 { ... }
    """
    if isinstance(node, Expr):
        return node
    made = node.map_children(serialize_gathers)
    if isinstance(made, For) and made.kind is ForKind.VECTORIZED and _gathers(made):
        return dataclasses.replace(made, kind=ForKind.SERIAL)
    return made


def _gathers(loop: For) -> bool:
    varying = {loop.name}
    for n in walk(loop.body):  # a let is met before what it binds is used
        if isinstance(n, (LetStmt, Let)) and _depends(n.value, varying):
            varying.add(n.name)
    return any(isinstance(n, Load) and _is_bent(n.index, varying) for n in walk(loop.body))


def _is_bent(index: Expr, varying: set[str]) -> bool:
    """Whether `index` moves along with the loop otherwise than by a constant step."""
    bends = (Min, Max, Div, Mod)
    return any(isinstance(n, bends) and _depends(n, varying) for n in walk(index))


def _depends(e: Expr, varying: set[str]) -> bool:
    return any(uses_variable(e, name) for name in varying)
