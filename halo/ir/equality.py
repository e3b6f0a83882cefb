"""Structural equality, and a table that gives structurally equal nodes one number."""

from __future__ import annotations

import dataclasses
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
        known = self._keys.get(id(node))
        if known is not None:
            return known[0]
        keys, table = self._keys, self._table
        stack = [node]
        while stack:
            top = stack[-1]
            children = top.children()
            found = [keys.get(id(c)) for c in children]
            if None in found:
                stack.extend([c for c, k in zip(children, found, strict=True) if k is None])
                continue
            stack.pop()
            if id(top) not in keys:
                cls = top.__class__
                sign = _SIGNATURES.get(cls) or _signature(cls)
                kids = tuple([k[0] for k in found if k is not None])
                keys[id(top)] = (table.setdefault((cls, sign(top), kids), len(table)), top)
        return keys[id(node)][0]


def _signature(cls: type[Node]) -> Signature:
    """Return the function that gives what a node of `cls` holds beside its children.

    That is its plain fields, and for fields with children how many there are of them.
    """
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    found = [_getter(f.name, str(f.type)) for f in fields if f.init and f.compare]
    getters = [g for g in found if g is not None]
    made: Signature
    if cls is FloatImm:
        made = _float_signature
    elif not getters:
        made = _nothing
    else:
        made = _combine(getters)
    _SIGNATURES[cls] = made
    return made


def _getter(name: str, kind: str) -> Signature | None:
    if kind in ("Expr", "Stmt"):
        return None
    if kind in ("Expr | None", "Stmt | None"):
        return lambda n: getattr(n, name) is None
    if kind == "tuple[str | Expr, ...]":
        return lambda n: tuple([None if isinstance(p, Expr) else p for p in getattr(n, name)])
    if "Expr" in kind or "Stmt" in kind:
        return lambda n: len(getattr(n, name))
    return lambda n: getattr(n, name)


def _combine(getters: list[Signature]) -> Signature:
    if len(getters) == 1:
        return getters[0]
    return lambda n: tuple([g(n) for g in getters])


def _nothing(node: Node) -> None:
    return None


def _float_signature(node: FloatImm) -> tuple[Any, str]:
    return node.type, node.value.hex()


_SIGNATURES: dict[type[Node], Signature] = {}
