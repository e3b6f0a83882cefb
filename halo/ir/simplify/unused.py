"""Dropping lets and allocations that nothing uses."""

from __future__ import annotations

import dataclasses
from typing import Any

from halo.ir.expr import Call, Expr, Let, Load, Variable
from halo.ir.growing import Grow, Growing
from halo.ir.node import map_tuple
from halo.ir.stmt import (
    Allocate,
    Atomic,
    Block,
    For,
    Fork,
    IfThenElse,
    LetStmt,
    Memoize,
    PrefetchLine,
    ProducerConsumer,
    Realize,
    Stmt,
    Store,
    TraceScope,
    block,
)
from halo.ir.substitute import free_variables, walk


def drop_unused(s: Stmt) -> Stmt:
    """Return `s` without the LetStmts whose name, and the arrays whose memory, is not used.

    Requires: no name is bound inside its own scope again.
    Ensures: `s` itself when all is used.

        let a = x * y; f[0] = 1  ->  f[0] = 1
    """
    made: Stmt = _Sweep().run(s)
    return made


_HOLDERS = (Atomic, For, Fork, IfThenElse, Memoize, ProducerConsumer, Realize, TraceScope)
"""Statements around others."""


class _Sweep:
    """Goes through the statements from the inside out, noting the names that are used."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.free: dict[int, frozenset[str]] = {}

    def run(self, s: Any) -> Any:
        if isinstance(s, LetStmt):
            return self._lets(s)
        if isinstance(s, Block):
            return self._block(s)
        if isinstance(s, (Allocate, Growing)):
            return self._allocate(s)
        if isinstance(s, _HOLDERS):
            made = s.map_children(lambda c: self.run(c) if isinstance(c, Stmt) else self._note(c))
            if isinstance(s, For):
                self.used.discard(s.name)
                self._note(s.min)
                self._note(s.extent)
            return made
        for child in s.children():
            self._note(child)
        if isinstance(s, (Store, PrefetchLine, Grow)):
            self.used.add(s.name)
        return s

    def _note(self, e: Expr) -> Expr:
        names = self.free.get(id(e))
        if names is None:
            names = self.free[id(e)] = _names_in(e)
        self.used |= names
        return e

    def _lets(self, s: LetStmt) -> Stmt:
        chain: list[LetStmt] = []
        inner: Stmt = s
        while isinstance(inner, LetStmt):
            chain.append(inner)
            inner = inner.body
        body: Stmt = self.run(inner)
        for let in reversed(chain):
            if let.name in self.used:
                self.used.discard(let.name)
                self._note(let.value)
                body = let if body is let.body else LetStmt(let.name, let.value, body)
        return body

    def _block(self, s: Block) -> Stmt:
        stmts = map_tuple(self.run, s.stmts)
        return s if stmts is s.stmts else block(*stmts)

    def _allocate(self, s: Allocate | Growing) -> Stmt:
        body: Stmt = self.run(s.body)
        if s.name not in self.used:
            return body
        self.used.discard(s.name)
        for child in s.children():
            if isinstance(child, Expr):
                self._note(child)
        return s if body is s.body else dataclasses.replace(s, body=body)


def _names_in(e: Expr) -> frozenset[str]:
    """Return the names of the variables that are free in `e` and of what it reads and calls."""
    variables: set[str] = set()
    others: set[str] = set()
    has_lets = False
    for n in walk(e):
        cls = n.__class__
        if cls is Variable:
            variables.add(n.name)  # type: ignore[attr-defined]
        elif cls is Load or cls is Call:
            others.add(n.name)  # type: ignore[attr-defined]
        elif cls is Let:
            has_lets = True
    return free_variables(e) | others if has_lets else frozenset(variables | others)
