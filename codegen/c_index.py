"""Which names stand in index arithmetic, so that their lets need not wrap."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Let, Load, Variable
from halo.ir.node import Node
from halo.ir.stmt import Allocate, AssertStmt, ErrorCode, For, IfThenElse, LetStmt, Stmt, Store


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
        elif not isinstance(x, Load):
            stack.extend(x.children())
