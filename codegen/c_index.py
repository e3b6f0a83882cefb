"""What counts as index arithmetic, which cannot overflow, and which names stand in it."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, TypeGuard

from halo.ir.expr import (
    Add,
    Binary,
    Broadcast,
    Call,
    Cast,
    Comparison,
    Expr,
    IntImm,
    Let,
    Load,
    Ramp,
    Select,
    Variable,
)
from halo.ir.growing import Grow
from halo.ir.intrinsics import LIKELY
from halo.ir.node import Node
from halo.ir.stmt import Allocate, AssertStmt, ErrorCode, For, IfThenElse, LetStmt, Stmt, Store
from halo.ir.types import Int


def is_index(e: Expr, names: Set[str]) -> bool:
    """Whether arithmetic on `e` stays in range: its leaves are constants and variables `names`."""
    if isinstance(e, IntImm):
        return True
    if isinstance(e, Variable):
        return e.param is None and e.name in names
    if isinstance(e, (Cast, Binary, Ramp, Broadcast, Select, Comparison, Call)):
        if isinstance(e, Call) and e.name not in (*LIKELY, "promise_clamped"):
            return False
        if isinstance(e, Cast) and narrows(e):
            return False
        return all(is_index(c, names) for c in e.children())
    return False


def narrows(e: Cast) -> bool:
    """Whether `e` keeps some bits of an integer only: what it is made of may wrap.

    An int64 that becomes an int32 is a coordinate, which fits.
    """
    to, source = e.type.element, e.value.type.element
    if not (to.is_integral and source.is_integral) or (source == Int(64) and to == Int(32)):
        return False
    if to.is_int() == source.is_int():
        return to.bits() < source.bits()
    return source.is_int() or to.bits() <= source.bits()


def stays_in_range(e: Binary, names: Set[str]) -> bool:
    """Whether `e`, in an index, cannot overflow."""
    t = e.type
    return t.is_int() and t.bits() >= 32 and is_index(e.a, names) and is_index(e.b, names)


def split_places(index: Expr) -> tuple[Expr | None, Expr]:
    """Return the scattered places `index` as a common base, if any, and lanes as they were made.

    ``x8(b) + int64x8(v) -> b, v``: lanes of narrower integers fill fewer registers.
    """
    if isinstance(index, Add):
        for base, lanes in ((index.a, index.b), (index.b, index.a)):
            if isinstance(base, Broadcast) and _is_widened(lanes):
                return base.value, lanes.value
    return (None, index.value) if _is_widened(index) else (None, index)


def _is_widened(e: Expr) -> TypeGuard[Cast]:
    return isinstance(e, Cast) and e.value.type.is_integral and 8 <= e.value.type.bits() < 64


def names_in_indices(s: Stmt) -> frozenset[str]:
    """Return the variables that indices, loop bounds and sizes use, also by way of lets."""
    found: set[str] = set()
    _visit(s, found, set())
    return frozenset(found)


def _visit(node: Any, found: set[str], seen: set[int]) -> None:
    """Collect below `node`; a let is looked at after its body, which tells what it is for."""
    if isinstance(node, Expr):
        if id(node) in seen:
            return
        seen.add(id(node))
    if isinstance(node, (Let, LetStmt)):
        _visit(node.body, found, seen)
        if node.name in found:
            _collect(node.value, found)
        _visit(node.value, found, seen)
        return
    for e in _index_parts(node):
        _collect(e, found)
    for child in node.children():
        _visit(child, found, seen)


def _index_parts(node: Node) -> tuple[Expr, ...]:
    if isinstance(node, (Load, Store)):
        return (node.index,) if node.predicate is None else (node.index, node.predicate)
    if isinstance(node, For):
        return node.min, node.extent
    if isinstance(node, Allocate):
        return node.extents
    if isinstance(node, Grow):
        return (node.count,)
    if isinstance(node, IfThenElse):
        return (node.condition,)
    if isinstance(node, AssertStmt) and node.code is not ErrorCode.REQUIREMENT:
        return (node.condition,)
    return ()


def _collect(e: Expr, found: set[str]) -> None:
    stack: list[Any] = [e]
    seen: set[int] = set()
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, Variable):
            found.add(x.name)
        elif isinstance(x, Let):
            stack.append(x.body)
            stack.append(x.value)
        elif not isinstance(x, Load) and not (isinstance(x, Cast) and narrows(x)):
            stack.extend(x.children())
