"""Structural equality, and a table that gives structurally equal nodes one number."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from typing import Any

from halo.ir.expr import Expr, FloatImm
from halo.ir.node import Node

Signature = Callable[[Any], Any]


def equal(a: Node, b: Node) -> bool:
    """Whether `a` and `b` have the same structure, names and constants.

    Bound names count: two lets that differ in their names only are different. Floats are equal
    when their bits are (all NaNs count as one). Linear in pairs of distinct nodes.
    """
    stack: list[tuple[Node, Node]] = [(a, b)]
    seen: set[tuple[int, int]] = set()
    while stack:
        x, y = stack.pop()
        if x is y or (id(x), id(y)) in seen:
            continue
        cls = x.__class__
        if cls is not y.__class__:
            return False
        sign = _SIGNATURES.get(cls) or _signature(cls)
        if sign(x) != sign(y):
            return False
        seen.add((id(x), id(y)))
        stack.extend(zip(x.children(), y.children(), strict=True))
    return True


class StructuralKeys:
    """Numbers nodes so that structurally equal ones, and only those, have the same number.

    Linear on DAGs. The table keeps alive every node it has numbered.
    """

    __slots__ = ("_keys", "_table")

    def __init__(self) -> None:
        self._keys: dict[int, tuple[int, Node]] = {}
        self._table: dict[tuple[Any, ...], int] = {}

    def key(self, node: Node) -> int:
        """Return the number of `node`."""
        keys = self._keys
        known = keys.get(id(node))
        if known is not None:
            return known[0]
        stack = [node]
        while stack:
            top = stack[-1]
            kids: list[Any] = [top.__class__]
            for c in top.children():
                k = keys.get(id(c))
                if k is None:
                    stack.append(c)
                else:
                    kids.append(k[0])
            if top is stack[-1]:
                stack.pop()
                self._number(top, kids)
        return keys[id(node)][0]

    def _number(self, node: Node, kids: list[Any]) -> None:
        """Number `node`, given its class and the numbers of its children."""
        if id(node) in self._keys:
            return
        cls = node.__class__
        kids.append((_SIGNATURES.get(cls) or _signature(cls))(node))
        table = self._table
        self._keys[id(node)] = (table.setdefault(tuple(kids), len(table)), node)


def _signature(cls: type[Node]) -> Signature:
    """Return the function that gives what a node of `cls` holds beside its children.

    That is its plain fields, and for fields with children how many there are of them.
    """
    fields = [f for f in dataclasses.fields(cls) if f.init and f.compare]  # type: ignore[arg-type]
    kinds = {f.name: str(f.type) for f in fields if str(f.type) not in ("Expr", "Stmt")}
    made: Signature
    if cls is FloatImm:
        made = _float_signature
    elif not kinds:
        made = _nothing
    elif not any("Expr" in kind or "Stmt" in kind for kind in kinds.values()):
        made = operator.attrgetter(*kinds)
    else:
        made = _combine([_getter(name, kind) for name, kind in kinds.items()])
    _SIGNATURES[cls] = made
    return made


def _getter(name: str, kind: str) -> Signature:
    if kind in ("Expr | None", "Stmt | None"):
        return lambda n: getattr(n, name) is None
    if kind == "tuple[str | Expr, ...]":
        return lambda n: tuple([None if isinstance(p, Expr) else p for p in getattr(n, name)])
    if "Expr" in kind or "Stmt" in kind:
        return lambda n: len(getattr(n, name))
    return operator.attrgetter(name)


def _combine(getters: list[Signature]) -> Signature:
    if len(getters) == 1:
        return getters[0]
    return lambda n: tuple([g(n) for g in getters])


def _nothing(node: Node) -> None:
    return None


def _float_signature(node: FloatImm) -> tuple[Any, str]:
    return node.type, node.value.hex()


_SIGNATURES: dict[type[Node], Signature] = {}
