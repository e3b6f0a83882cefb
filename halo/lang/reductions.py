"""Inline reductions: a sum, product or extreme over an RDom as an expression.

Each is a Func of its own with an update definition over the RDom found in the expression. Its
arguments are the other variables of the expression. Where several RDoms meet, the one to run over
comes first: ``halo.sum(r, a[r.x, s.x])``. ``rdom=`` and ``expr=`` name the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from halo.errors import DefinitionError, user_location
from halo.ir.expr import Expr, Let, Max, Min, Variable, const, i32
from halo.ir.function import ReductionDomain
from halo.ir.operators import add, as_expr, gt, lt, mul
from halo.ir.substitute import substitute
from halo.ir.types import Int, Type
from halo.lang.choices import select
from halo.lang.definition import define_pure, define_update
from halo.lang.func import Func
from halo.lang.names import fresh_name
from halo.lang.rdom import RDom
from halo.lang.tuple import Tuple
from halo.lang.walk import is_dimension, nodes


def sum(*args: Any, name: str = "sum", rdom: Any = None, expr: Any = None) -> Expr:
    """Return the sum of an expression over its RDom: ``sum([rdom,] expression[, name])``."""
    return _fold(_given(args, rdom, expr), name, add, lambda t: const(t, 0))


def product(*args: Any, name: str = "product", rdom: Any = None, expr: Any = None) -> Expr:
    """Return the product of an expression over its RDom: ``product([rdom,] e[, name])``."""
    return _fold(_given(args, rdom, expr), name, mul, lambda t: const(t, 1))


def maximum(*args: Any, name: str = "maximum", rdom: Any = None, expr: Any = None) -> Expr:
    """Return the largest value over the RDom, the type's smallest for an empty one."""
    return _fold(_given(args, rdom, expr), name, Max, _lowest)


def minimum(*args: Any, name: str = "minimum", rdom: Any = None, expr: Any = None) -> Expr:
    """Return the smallest value over the RDom, the type's largest for an empty one."""
    return _fold(_given(args, rdom, expr), name, Min, _highest)


def argmax(*args: Any, name: str = "argmax", rdom: Any = None, expr: Any = None) -> Tuple:
    """Return where the value is largest, a coordinate per dimension of the RDom, and that value.

    Of equal values the first in the order of the RDom counts.
    """
    return _search(_given(args, rdom, expr), name, gt, _lowest)


def argmin(*args: Any, name: str = "argmin", rdom: Any = None, expr: Any = None) -> Tuple:
    """Return where the value is smallest, a coordinate per dimension of the RDom, and that value.

    Of equal values the first in the order of the RDom counts.
    """
    return _search(_given(args, rdom, expr), name, lt, _highest)


def _given(args: tuple[Any, ...], rdom: Any, expr: Any) -> tuple[Any, ...]:
    """Return the arguments in order, those that were given by their names among them."""
    return (*(() if rdom is None else (rdom,)), *args, *(() if expr is None else (expr,)))


def _lowest(t: Type) -> Expr:
    return const(t, -math.inf) if t.is_float() else const(t, t.min_value)


def _highest(t: Type) -> Expr:
    return const(t, math.inf) if t.is_float() else const(t, t.max_value)


@dataclass(frozen=True, slots=True)
class _Reduction:
    """A Func to be defined for all `args`; its cell at `outer` is the value of the reduction."""

    name: str
    domain: ReductionDomain
    value: Expr
    args: tuple[Expr, ...]
    outer: tuple[Expr, ...]


def _fold(
    args: tuple[Any, ...],
    name: str,
    op: Callable[[Expr, Expr], Expr],
    start: Callable[[Type], Expr],
) -> Expr:
    r = _reduction(args, name)
    f = Func(r.name)
    define_pure(f.function, r.args, (start(r.value.type),))
    define_update(f.function, r.args, (op(as_expr(f[r.args]), r.value),), r.domain)
    return as_expr(f[r.outer])


def _search(
    args: tuple[Any, ...],
    name: str,
    better: Callable[[Any, Any], Expr],
    start: Callable[[Type], Expr],
) -> Tuple:
    r = _reduction(args, name)
    f = Func(r.name)
    count = len(r.domain.rvars)
    here = [Variable(Int(32), v.name, source=r.domain) for v in r.domain.rvars]
    define_pure(f.function, r.args, (*[i32(0)] * count, start(r.value.type)))
    old = f[r.args].elements()
    new = select(better(r.value, old[count]), Tuple(*here, r.value), old)
    define_update(f.function, r.args, new, r.domain)
    return Tuple(f[r.outer].elements())


def _reduction(args: tuple[Any, ...], name: str) -> _Reduction:
    """Return what ``(expression[, name])`` or ``(rdom, expression[, name])`` asks for."""
    if len(args) > 1 and isinstance(args[-1], str):
        args, name = args[:-1], args[-1]
    if len(args) == 2 and isinstance(args[0], RDom):
        given, value = args[0].domain, as_expr(args[1])
        domain: ReductionDomain = given
    elif len(args) == 1:
        value = as_expr(args[0])
        domain = _only_domain(value, name)
    else:
        raise DefinitionError(
            f"{name} takes an expression over an RDom",
            where=user_location(),
            hint=f"halo.{name}(e) or halo.{name}(rdom, e)",
        )
    outer = _free_variables(domain, value)
    foreign = {v.name: Variable(v.type, fresh_name("v")) for v in outer if v.source is not None}
    inner = tuple(foreign.get(v.name, v) for v in outer)
    return _Reduction(name, domain, substitute(value, foreign), inner, outer)


def _only_domain(value: Expr, name: str) -> ReductionDomain:
    found = {
        n.source.name: n.source
        for n in nodes(value)
        if isinstance(n, Variable) and isinstance(n.source, ReductionDomain)
    }
    if len(found) != 1:
        what = f"several: {', '.join(found)}" if found else "none"
        raise DefinitionError(
            f"halo.{name} runs over the RDom in its expression, which has {what}",
            where=user_location(),
            hint=f"say which one: halo.{name}(rdom, expression)",
        )
    return next(iter(found.values()))


def _free_variables(domain: ReductionDomain, value: Expr) -> tuple[Variable, ...]:
    """Return the Vars and the foreign RVars of `value`, each once, in order of appearance."""
    found: dict[str, Variable] = {}
    bound: set[str] = set()
    for n in nodes(value, domain.predicate):
        if isinstance(n, Let):
            bound.add(n.name)
        if isinstance(n, Variable) and is_dimension(n) and n.source is not domain:
            found.setdefault(n.name, n)
    return tuple(v for v in found.values() if v.name not in bound)
