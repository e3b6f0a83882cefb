"""Simplification of expressions and statements, and proofs of conditions.

One bottom-up walk; the rules for each family of nodes are in a module of their own. Integer
arithmetic is done on linear combinations (`linear`, `expand`), conditions are decided from
constant and symbolic bounds (`constant_bounds`, `prove`). Rules that hold modulo 2**bits are used
on every integer; those that need arithmetic not to wrap only on indices, and on data whose
constant bounds show that it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

from halo.ir import expr as E
from halo.ir import stmt as S
from halo.ir.cross_lane import Shuffle, VectorReduce
from halo.ir.expr import Expr, is_true
from halo.ir.growing import Growing
from halo.ir.node import Node
from halo.ir.ranges import Interval
from halo.ir.simplify import logic, statements, values, vectors
from halo.ir.simplify.add import add_or_sub
from halo.ir.simplify.compare import comparison
from halo.ir.simplify.constant_bounds import is_index
from halo.ir.simplify.context import Context, Rule
from halo.ir.simplify.div_mod import div, mod
from halo.ir.simplify.facts import constraints
from halo.ir.simplify.linear import Linear
from halo.ir.simplify.min_max import min_or_max
from halo.ir.simplify.mul import mul
from halo.ir.simplify.settled import Settled
from halo.ir.simplify.unused import drop_unused

RULES: dict[type[Node], Rule] = {
    E.IntImm: lambda e, ctx: e,
    E.FloatImm: lambda e, ctx: e,
    E.Variable: values.variable,
    E.Cast: values.cast,
    E.Load: values.load,
    E.Call: values.call,
    E.Let: values.let,
    E.Add: add_or_sub,
    E.Sub: add_or_sub,
    E.Mul: mul,
    E.Div: div,
    E.Mod: mod,
    E.Min: min_or_max,
    E.Max: min_or_max,
    E.EQ: comparison,
    E.NE: comparison,
    E.LT: comparison,
    E.LE: comparison,
    E.GT: comparison,
    E.GE: comparison,
    E.And: logic.and_,
    E.Or: logic.or_,
    E.Not: logic.not_,
    E.Select: logic.select,
    E.Ramp: vectors.ramp,
    Shuffle: vectors.shuffle,
    VectorReduce: vectors.vector_reduce,
    S.LetStmt: statements.let_stmt,
    S.For: statements.for_,
    S.IfThenElse: statements.if_then_else,
    S.AssertStmt: statements.assert_stmt,
    S.Block: statements.block_,
    S.ProducerConsumer: statements.body_holder,
    S.Atomic: statements.body_holder,
    S.Allocate: statements.body_holder,
    Growing: statements.body_holder,
    S.Realize: statements.body_holder,
    S.HoistedStorage: statements.body_holder,
    S.Store: statements.write,
    S.Provide: statements.write,
}


@overload
def simplify(node: Expr, scope: Mapping[str, Interval] | None = None) -> Expr: ...
@overload
def simplify(
    node: S.Stmt, scope: Mapping[str, Interval] | None = None, before: S.Stmt | None = None
) -> S.Stmt: ...
def simplify(
    node: Any, scope: Mapping[str, Interval] | None = None, before: S.Stmt | None = None
) -> Any:
    """Return `node` simplified; itself when there is nothing to simplify.

    Parameters
    ----------
    scope
        What is known of free variables: index arithmetic on them stays in range.
    before
        What was simplified already: what is left of it in `node` as it was, and in a scope that
        tells no more about it, is taken as it is.

    Ensures: the same value for every value of the variables within `scope`; names bound inside
    the result are distinct from those visible where they are bound.

        simplify((x*8 + 3)/8 + min(y, y + 1))  ->  x + y
    """
    context = Context(RULES, {} if scope is None else scope, node)
    if before is not None:
        context.settled = Settled.of(before)
    made = context.visit(node)
    return drop_unused(made) if isinstance(node, S.Stmt) else made


class Simplifier:
    """Simplifies many expressions in one scope, sharing what is learnt."""

    def __init__(self, scope: Mapping[str, Interval] | None = None) -> None:
        self._context = Context(RULES, {} if scope is None else scope, E.TRUE)

    def simplify(self, e: Expr) -> Expr:
        """Return `e` simplified."""
        self._context.start(e)
        return self._context.visit(e)

    def is_index(self, e: Expr) -> bool:
        """Whether arithmetic on the simplified `e` is index arithmetic, which does not overflow."""
        return is_index(e, self._context)

    def constraints(self, e: E.Comparison) -> list[Linear]:
        """Return linear combinations, all <= 0 exactly where the simplified `e` holds; or none."""
        return constraints(e, self._context)


def can_prove(condition: Expr, scope: Mapping[str, Interval] | None = None) -> bool:
    """Whether `condition` is found to hold for every value of its variables within `scope`."""
    return is_true(simplify(condition, scope))
