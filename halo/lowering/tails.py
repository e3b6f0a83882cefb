"""What an iteration beyond the end of a split still does: guarded loads, stores, and blends."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from halo.ir.expr import And, Call, CallKind, Expr, Select, is_true
from halo.ir.function import Function
from halo.ir.intrinsics import is_undefined, likely
from halo.ir.read_where import read_only_where
from halo.ir.stmt import IfThenElse, Provide, Stmt
from halo.lowering.splits import StageNest


def with_tails(function: Function, s: Provide, predicate: Expr, nest: StageNest) -> Stmt:
    """Return the update `s`, where `predicate` holds, as far as the tails of `nest` allow.

    Ensures: where a load guard does not hold no cell is read (a value is made of zeros then, and
    not stored if the cell to store to was read from another); where a store guard does not hold
    nothing is stored; where a cell is not the iteration's own it keeps its value.

        f(x) = g(x), loads only where x <= b   ->   f(x) = predicated(g(x), x <= b)
        f(x) = g(x), own where x <= b   ->   f(x) = select(likely(x <= b), g(x), f(x))
    """
    args, values, may_store = s.args, s.values, list(nest.store_guards)
    if nest.load_guards:
        may_read = reduce(And, nest.load_guards)
        predicate, *rest = read_only_where((predicate, *args, *values), may_read)
        if any(a is not b for a, b in zip(rest, args, strict=False)):
            may_store.append(may_read)
        args, values = tuple(rest[: len(args)]), tuple(rest[len(args) :])
    if nest.fresh:
        own = likely(reduce(And, nest.fresh))
        values = tuple(
            v
            if is_undefined(v)
            else Select(own, v, Call(v.type, s.name, args, CallKind.FUNC, function, i))
            for i, v in enumerate(values)
        )
    only = reduce(And, may_store) if may_store else None
    made = replace(s, values=values, args=args, predicate=only)
    return made if is_true(predicate) else IfThenElse(predicate, made)
