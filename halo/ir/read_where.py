"""Expressions whose cells are read only where a condition holds."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import And, Broadcast, Call, CallKind, Expr, is_true
from halo.ir.intrinsics import intrinsic, is_intrinsic

_CELLS = frozenset({CallKind.FUNC, CallKind.IMAGE})


def read_only_where(exprs: Sequence[Expr], condition: Expr) -> list[Expr]:
    """Return `exprs` with every cell in them read only where `condition` holds; 0 elsewhere.

    A cell that stands under a condition already is read where both hold.

        f(x) + 1, c   ->   predicated(f(x), c) + 1
        predicated(f(x), a), c   ->   predicated(f(x), a && c)
    """
    if is_true(condition):
        return list(exprs)
    memo: dict[int, Expr] = {}

    def visit(e: Expr) -> Expr:
        made = memo.get(id(e))
        if made is None:
            made = memo[id(e)] = _under(e.map_children(visit), condition)
        return made

    return [visit(e) for e in exprs]


def _under(e: Expr, condition: Expr) -> Expr:
    if isinstance(e, Call) and e.kind in _CELLS:
        return intrinsic("predicated", e, condition)
    return settled(e)


def settled(e: Expr) -> Expr:
    """Return `e`; if it is `predicated` and not of a cell, because that was replaced, of the cells.

    predicated(f(x) + 1, c)   ->   predicated(f(x), c) + 1
    predicated(predicated(f(x), a), c)   ->   predicated(f(x), c && a)
    """
    if not is_intrinsic(e, "predicated"):
        return e
    cell, condition = e.children()
    if isinstance(cell, Call) and cell.kind in _CELLS and not is_true(condition):
        return e
    if is_intrinsic(cell, "predicated"):
        inner, other = cell.children()
        return intrinsic("predicated", inner, And(condition, other))
    return read_only_where([cell], condition)[0]


def uniform(predicate: Expr | None) -> Expr | None:
    """Return the one condition that a predicate of a vector has for all lanes, if it has one."""
    if predicate is None or predicate.type.is_scalar():
        return predicate
    return predicate.value if isinstance(predicate, Broadcast) else None
