"""Nested vectorised loops: the innermost becomes vectors, those around it copies of these."""

from __future__ import annotations

import dataclasses
from typing import Any

from halo.ir.expr import Expr, IntImm, Load, Variable, i32
from halo.ir.operators import add
from halo.ir.stmt import (
    Block,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    ProducerConsumer,
    Stmt,
    block,
    flattened,
)
from halo.ir.substitute import substitute, uses_variable, walk
from halo.ir.types import Int
from halo.lowering.affine import constant_of


def jam_vectors(s: Stmt) -> Stmt:
    """Write the iterations of a VECTORIZED loop around another inside the loops it encloses.

    The iterations of such a loop may run in any order and at the same time, so the loops inside
    stay one, and their body holds a copy for each iteration: a tile of vectors. Where what is
    inside depends on the iteration (a loop's bounds, an allocation), whole copies follow one
    another.

    Requires: flat stage, no name bound again in its own scope.
    Ensures: no VECTORIZED loop of constant extent is inside another one of constant extent.

        vectorized y in 0..2 { for r in 0..n { vectorized x in 0..8 { out[y*8 + x] += in[r] } } }
        ->  for r in 0..n { vectorized x in 0..8 { out[x] += in[r]; out[8 + x] += in[r] } }
    """
    made: Stmt = _jam(s)
    return made


def encloses_vectors(loop: For) -> bool:
    """Whether `loop` is to be vectorised and has such a loop inside, extents being constant."""
    return _is_vector(loop) and any(_is_vector(n) for n in walk(loop.body))


def _is_vector(node: Any) -> bool:
    if not isinstance(node, For) or node.kind is not ForKind.VECTORIZED:
        return False
    return constant_of(node.extent) is not None


def _jam(node: Any) -> Any:
    if isinstance(node, Expr):
        return node
    made = flattened(node.map_children(_jam))
    return _spread(made) if isinstance(made, For) and encloses_vectors(made) else made


def _spread(loop: For) -> Stmt:
    extent = constant_of(loop.extent)
    assert extent is not None
    start = loop.min
    if not isinstance(start, (IntImm, Variable)):
        start = Variable(Int(32), f"{loop.name}.base")
    body = _Copies(loop.name, [add(start, i32(i)) for i in range(extent)]).of(loop.body)
    return body if start is loop.min else LetStmt(f"{loop.name}.base", loop.min, body)


class _Copies:
    """Writes a statement once for each value of a variable, as far inside as can be."""

    def __init__(self, name: str, values: list[Expr]) -> None:
        self._name = name
        self._values = values

    def of(self, s: Stmt) -> Stmt:
        match s:
            case For() if not self._in(s.min, s.extent):
                return dataclasses.replace(s, body=self.of(s.body))
            case IfThenElse() if not self._in(s.condition):
                rest = None if s.else_case is None else self.of(s.else_case)
                return IfThenElse(s.condition, self.of(s.then_case), rest)
            case LetStmt() if not self._in(s.value):
                return LetStmt(s.name, s.value, self.of(s.body))
            case LetStmt() if not any(isinstance(n, Load) for n in walk(s.value)):
                return self.of(substitute(s.body, {s.name: s.value}))
            case ProducerConsumer():
                return ProducerConsumer(s.name, s.is_producer, self.of(s.body))
            case Block():
                return block(*(self.of(x) for x in s.stmts))
            case _:
                return block(*(substitute(s, {self._name: v}) for v in self._values))

    def _in(self, *es: Expr) -> bool:
        return any(uses_variable(e, self._name) for e in es)
