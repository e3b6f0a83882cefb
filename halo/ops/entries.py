"""Entries of maps: values that belong to keys, one beside the other."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Min, Select, const, i32
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.empty import unless_empty
from halo.ops.index import minus
from halo.ops.tensor import OpInfo, OpKind, Tensor


def places_of(name: str, wanted: Tensor, keys: Tensor) -> Tensor:
    """Return at which place of the vector `keys` each cell of the vector `wanted` stands first.

    The number of keys, where it does not (int32).
    """
    (n,) = axis_vars(1)
    count = keys.shape[0]
    acc = Func(f"{name}_acc")
    acc[n] = cast_to(Int(32), count)
    r = RDom([(0, count)])
    here = Select(eq(wanted.at(n), keys.at(r[0])), as_expr(r[0]), count)
    acc[n] = Min(call(acc, n), here)
    info = OpInfo(OpKind.REDUCE, (wanted, keys), {"acc": acc})
    return computed(name, Int(32), wanted.shape, lambda *at: call(acc, *at), info)


def ranks(name: str, keys: Tensor) -> Tensor:
    """Return how many of the vector `keys` are less than each (int32)."""
    (n,) = axis_vars(1)
    acc = Func(f"{name}_acc")
    acc[n] = i32(0)
    r = RDom([(0, keys.shape[0])])
    acc[n] += cast_to(Int(32), keys.at(r[0]) < keys.at(n))
    info = OpInfo(OpKind.REDUCE, (keys,), {"acc": acc})
    return computed(name, Int(32), keys.shape, lambda *at: call(acc, *at), info)


def picked(name: str, values: Tensor, places: Tensor) -> Tensor:
    """Return the rows of `values` at the vector `places`, zeros where there is no such row."""
    count = values.shape[0]

    def cell(i: Any, *rest: Any) -> Expr:
        place = as_expr(places.at(i))
        found = values.at(clamp(place, 0, minus(count, 1)), *rest)
        there = (place >= 0) & (place < count)
        return Select(there, unless_empty(found, count), const(values.type, 0))

    shape = (*places.shape, *values.shape[1:])
    info = OpInfo(OpKind.GATHER, (values, places), attrs={"axis": 0})
    return computed(name, values.type, shape, cell, info)
