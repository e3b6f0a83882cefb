"""Parallel loops inside one another: one loop over the tasks of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.ir.equality import equal
from halo.ir.expr import GE, LE, Add, And, Div, Expr, Mod, Mul, Select, Variable, as_const, i32
from halo.ir.simplify import simplify
from halo.ir.stmt import For, ForKind, IfThenElse, LetStmt, Stmt
from halo.ir.substitute import free_variables
from halo.ir.types import Int
from halo.lowering.lets import with_lets

MOST = 1 << 15
"""Iterations of a loop that is fused with another, so that their product fits an int32."""

_EACH, _COUNT = ".each", ".count"
"""Ends of the names of an outer loop's tasks for one iteration, and of what each of them runs."""


def fuse_parallel_loops(s: Stmt) -> Stmt:
    """Run the iterations of a parallel loop that is all of another's body as tasks of that one.

    Threads take iterations of the outermost parallel loop only; where it has few, as the channels
    of a picture, some would wait for the last. If either loop has more than `MOST` iterations,
    each task runs the whole inner loop as before.

    Requires: bounds of the inner loop that the outer does not change, else the loops stay.
    Ensures: the same iterations, none of which waits for another.

        parallel c in 0..n { parallel y in 0..h { body } }
        ->  let each = h, count = 1    (or each = 1, count = h)
            parallel t in 0..n*each {
                let c = t / each
                for y in t % each * count .. + count { body } }
    """
    made: Stmt = _fused(s)
    return made


def _fused(node: Any) -> Any:
    if isinstance(node, Expr):
        return node
    made = node.map_children(_fused)
    if not isinstance(made, For) or made.kind is not ForKind.PARALLEL:
        return made
    lets, body = _lifted(made)
    inner = _only_loop(body, frozenset([made.name]))
    return made if inner is None else with_lets(lets, _one(replace(made, body=body), inner))


def _lifted(loop: For) -> tuple[list[tuple[str, Expr]], Stmt]:
    """Return the lets of loops fused before that begin the body, which `loop` does not change."""
    lets: list[tuple[str, Expr]] = []
    body = loop.body
    while isinstance(body, LetStmt) and body.name.endswith((_EACH, _COUNT)):
        if loop.name in free_variables(body.value):
            break
        lets.append((body.name, body.value))
        body = body.body
    return lets, body


def _only_loop(s: Stmt, bound: frozenset[str]) -> For | None:
    """Return the parallel loop that is all of `s` but for lets and branches on it, else None.

    Branches have to have loops of the same bounds, in which no name of `bound` is.
    """
    match s:
        case For(kind=ForKind.PARALLEL):
            return None if (free_variables((s.min, s.extent)) & bound) else s
        case LetStmt():
            return _only_loop(s.body, bound | {s.name})
        case IfThenElse() if s.else_case is not None:
            a, b = _only_loop(s.then_case, bound), _only_loop(s.else_case, bound)
            same = a and b and equal(a.min, b.min) and equal(a.extent, b.extent)
            return a if same else None
    return None


def _one(outer: For, inner: For) -> Stmt:
    task = Variable(Int(32), f"{outer.name}.task")
    few = And(LE(outer.extent, i32(MOST)), LE(inner.extent, i32(MOST)))
    apart = And(few, And(GE(outer.extent, i32(1)), GE(inner.extent, i32(1))))
    each: Expr = simplify(Select(apart, inner.extent, i32(1)))
    count: Expr = simplify(Select(apart, i32(1), inner.extent))
    lets: list[tuple[str, Expr]] = []
    if as_const(each) is None:
        lets.append((outer.name + _EACH, each))
        each = Variable(Int(32), outer.name + _EACH)
    if as_const(count) is None:
        lets.append((outer.name + _COUNT, count))
        count = Variable(Int(32), outer.name + _COUNT)
    first = Add(inner.min, Mul(Mod(task, each), count))
    body = LetStmt(outer.name, Add(outer.min, Div(task, each)), _part(outer.body, first, count))
    extent = simplify(Mul(outer.extent, each))
    return with_lets(lets, replace(outer, name=task.name, min=i32(0), extent=extent, body=body))


def _part(s: Stmt, first: Expr, count: Expr) -> Stmt:
    """Return `s` with its only loop run, one after the other, for so many iterations."""
    match s:
        case LetStmt():
            return replace(s, body=_part(s.body, first, count))
        case IfThenElse() if s.else_case is not None:
            then, other = (_part(c, first, count) for c in (s.then_case, s.else_case))
            return replace(s, then_case=then, else_case=other)
    assert isinstance(s, For)
    return replace(s, kind=ForKind.SERIAL, min=first, extent=count)
