"""Walking, searching and substituting in the IR; all of it linear in the distinct nodes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from halo.ir.expr import Call, CallKind, Expr, Let, Variable
from halo.ir.node import Node
from halo.ir.stmt import For, LetStmt

N = TypeVar("N", bound=Node)
Root = Node | tuple[Node, ...]

_BINDERS = (Let, LetStmt, For)


def substitute(node: N, mapping: Mapping[str, Expr]) -> N:
    """Return `node` with each free variable named in `mapping` replaced by its expression.

    Names that a Let, LetStmt or For binds inside `node` shadow those of `mapping`.

    Requires: no name bound inside `node` is free in an expression of `mapping`.
    Ensures: shared nodes stay shared; `node` itself when no such variable occurs.

        substitute(x + y, {"x": 3})  ->  3 + y
    """
    if not mapping:
        return node
    return cast(N, _Substitution(dict(mapping)).apply(node))


class _Substitution:
    """One mapping in force; a binder that shadows part of it opens a narrower one."""

    def __init__(self, mapping: dict[str, Expr]) -> None:
        self.mapping = mapping
        self.done: dict[int, Node] = {}
        self.narrower: dict[str, _Substitution] = {}

    def apply(self, node: Node) -> Node:
        known = self.done.get(id(node))
        if known is not None:
            return known
        if isinstance(node, Variable):
            made: Node = self.mapping.get(node.name, node)
        elif isinstance(node, _BINDERS) and node.name in self.mapping:
            made = self._apply_to_binder(node)
        elif isinstance(node, (Let, LetStmt)):
            made = self._apply_to_lets(node)
        else:
            made = node.map_children(self.apply)
        self.done[id(node)] = made
        return made

    def _apply_to_lets(self, node: Let | LetStmt) -> Node:
        """Substitute along a chain of lets without recursing once for each."""
        chain: list[Let | LetStmt] = []
        inner: Node = node
        while isinstance(inner, (Let, LetStmt)) and inner.name not in self.mapping:
            chain.append(inner)
            inner = inner.body
        body = self.apply(inner)
        for let in reversed(chain):
            value = self.apply(let.value)
            if value is not let.value or body is not let.body:
                body = type(let)(let.name, value, body)  # type: ignore[arg-type]
            else:
                body = let
        return body

    def _apply_to_binder(self, node: Let | LetStmt | For) -> Node:
        body = self._without(node.name).apply(node.body)
        if isinstance(node, For):
            low, extent = self.apply(node.min), self.apply(node.extent)
            if low is node.min and extent is node.extent and body is node.body:
                return node
            return dataclasses.replace(node, min=low, extent=extent, body=body)  # type: ignore[arg-type]
        value = self.apply(node.value)
        if value is node.value and body is node.body:
            return node
        return type(node)(node.name, value, body)  # type: ignore[arg-type]

    def _without(self, name: str) -> _Substitution:
        made = self.narrower.get(name)
        if made is None:
            rest = {n: e for n, e in self.mapping.items() if n != name}
            made = self.narrower[name] = _Substitution(rest)
        return made


def walk(root: Root) -> Iterator[Node]:
    """Yield each distinct node of `root` (a node or a tuple of nodes) once, parents first."""
    stack: list[Node] = list(reversed(root)) if isinstance(root, tuple) else [root]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            stack.extend(reversed(node.children()))


def find(root: Root, kind: type[N]) -> list[N]:
    """Return the distinct nodes of class `kind` in `root`, parents first."""
    return [n for n in walk(root) if isinstance(n, kind)]


def calls_of(root: Root) -> list[Call]:
    """Return the distinct calls in `root`, parents first."""
    return find(root, Call)


def is_cell(e: Call) -> bool:
    """Whether `e` is a cell of a Func or of an image."""
    return e.kind in (CallKind.FUNC, CallKind.IMAGE)


def uses_variable(root: Root, name: str) -> bool:
    """Whether variable `name` occurs free in `root`."""
    if not any(isinstance(n, Variable) and n.name == name for n in walk(root)):
        return False
    return name in free_variables(root)


def free_variables(root: Root) -> frozenset[str]:
    """Return the names of the variables of `root` that no Let, LetStmt or For inside it binds."""
    used: set[str] = set()
    bound: set[str] = set()
    stack: list[Node] = list(root) if isinstance(root, tuple) else [root]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        cls = node.__class__
        if cls is Variable:
            used.add(node.name)  # type: ignore[attr-defined]
            continue
        if cls in _BINDERS:
            bound.add(node.name)  # type: ignore[attr-defined]
        stack.extend(node.children())
    clash = used & bound
    if not clash:
        return frozenset(used)
    return frozenset(used - clash) | frozenset(_free_among(root, clash))


def _free_among(root: Root, names: set[str]) -> set[str]:
    """Return which of `names`, each bound somewhere in `root`, also occur free.

    A node is visited again only inside other binders, so trees cost one visit a node. A name on
    the stack says that the scope it is bound in ends.
    """
    free: set[str] = set()
    hidden: dict[str, int] = dict.fromkeys(names, 0)
    scopes: dict[tuple[int, str], int] = {}
    scope = [0]
    stack: list[Node | str] = list(root) if isinstance(root, tuple) else [root]
    seen: set[tuple[int, int]] = set()
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            hidden[node] -= 1
            scope.pop()
            continue
        if (id(node), scope[-1]) in seen:
            continue
        seen.add((id(node), scope[-1]))
        if isinstance(node, Variable):
            if hidden.get(node.name) == 0:
                free.add(node.name)
        elif isinstance(node, _BINDERS) and node.name in names:
            stack.extend((node.min, node.extent) if isinstance(node, For) else (node.value,))
            stack += [node.name, node.body]
            hidden[node.name] += 1
            scope.append(scopes.setdefault((scope[-1], node.name), len(scopes) + 1))
        else:
            stack.extend(node.children())
    return free
