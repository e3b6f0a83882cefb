"""Lets around a statement: taking them off, and putting them around another."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Expr
from halo.ir.stmt import LetStmt, Stmt


def split_lets(s: Stmt) -> tuple[list[tuple[str, Expr]], Stmt]:
    """Return the lets that `s` begins with, the first outermost, and what is inside them."""
    lets: list[tuple[str, Expr]] = []
    while isinstance(s, LetStmt):
        lets.append((s.name, s.value))
        s = s.body
    return lets, s


def with_lets(lets: Sequence[tuple[str, Expr]], body: Stmt) -> Stmt:
    """Return `body` inside `lets`, the first outermost."""
    for name, value in reversed(lets):
        body = LetStmt(name, value, body)
    return body
