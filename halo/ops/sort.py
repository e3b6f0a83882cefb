"""Orders of cells, and places that are picked by flags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir.expr import FALSE, Expr, Not, Reinterpret, Select, const, i32
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int, Type
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.elementwise import elementwise
from halo.ops.index import minus
from halo.ops.reduce import reduce
from halo.ops.scan import running
from halo.ops.tensor import OpInfo, OpKind, Tensor

Less = Callable[[Expr, Expr], Expr]


def less_than(a: Expr, b: Expr) -> Expr:
    """Whether a comes before b in ascending order, in which NaN is the last."""
    if not a.type.is_float():
        return Not(a) & b if a.type.is_bool() else a < b
    return (a < b) | (intrinsic("is_nan", b) & Not(intrinsic("is_nan", a)))


def greater_than(a: Expr, b: Expr) -> Expr:
    """Whether a comes before b in descending order, in which NaN is the first."""
    return less_than(b, a)


def key_type(type: Type) -> Type:
    """Return the type of `order_key`: int32 for cells of at most 32 bits, else int64."""
    return Int(64 if type.bits() == 64 else 32, type.lanes())


def order_key(x: Expr, *, largest: bool) -> Expr:
    """Return an integer that is smaller the earlier a cell comes in an order.

    That is ascending, or descending if `largest`. NaN is larger than all numbers; all NaN are
    equal, and so are both zeros.
    """
    own = key_type(x.type)
    key: Expr = cast_to(own, x)
    if x.type.is_float():
        wide = cast_to(Float(own.bits(), own.lanes()), x)
        raw: Expr = Reinterpret(own, wide)
        # A negative float is smaller the larger the bits behind its sign are.
        behind = (raw >> const(own, own.bits() - 1)) & const(own, own.max_value)
        number = Select(eq(wide, const(wide.type, 0)), const(own, 0), raw ^ behind)
        key = Select(intrinsic("is_nan", wide), const(own, own.max_value), number)
    elif x.type.is_uint() and x.type.bits() == own.bits():
        key = key ^ const(own, own.min_value)
    return ~key if largest else key


def count_of(name: str, flags: Tensor) -> Tensor:
    """Return how many `flags`, a vector of bools, hold (int64, a scalar)."""
    numbers = elementwise(f"{name}_numbers", lambda v: cast_to(Int(64), v), flags, type=Int(64))
    return reduce(name, numbers, "sum", [0], keep_axes=False)


def ranks_of(name: str, flags: Tensor) -> Tensor:
    """Return for each of `flags` how many before it hold (int32)."""
    numbers = elementwise(f"{name}_numbers", lambda v: cast_to(Int(32), v), flags, type=Int(32))
    return running(name, numbers, 0, lambda a, b: a + b, 0, exclusive=True)


def places_where(name: str, flags: Tensor, ranks: Tensor, count: Expr) -> Tensor:
    """Return the places (int32) of the flags that hold, `count` of them.

    ``acc`` gets them in an update over all flags.
    """
    (k,) = axis_vars(1)
    acc = Func(f"{name}_acc")
    acc[k] = const(Int(32), 0)
    r = RDom([(0, flags.shape[0])])
    r.where(flags.at(r[0]))
    acc[clamp(ranks.at(r[0]), 0, minus(count, 1))] = as_expr(r[0])
    info = OpInfo(OpKind.SCATTER, (ranks, flags), {"acc": acc})
    return computed(name, Int(32), (count,), lambda i: call(acc, i), info)


def inverse_of(name: str, places: Tensor, size: Expr) -> Tensor:
    """Return where in `places`, an order of `size` places, each of them stands (int32)."""
    (k,) = axis_vars(1)
    acc = Func(f"{name}_acc")
    acc[k] = const(Int(32), 0)
    r = RDom([(0, size)])
    acc[clamp(places.at(r[0]), 0, minus(size, 1))] = as_expr(r[0])
    info = OpInfo(OpKind.SCATTER, (places,), {"acc": acc})
    return computed(name, Int(32), (size,), lambda i: call(acc, i), info)


def order_of_slices(name: str, x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Return the ascending order of the slices of `x` along `axis`, and how any two compare.

    Slices compare as sequences of their cells, the last axis first; the second tensor has at
    (i, j) a number less than, equal to or greater than 0 as slice i comes before j, is equal or
    comes after it. The cost is that of all pairs.
    """
    size = x.shape[axis]
    rest = [d for a, d in enumerate(x.shape) if a != axis]
    a, b = axis_vars(2)
    acc = Func(f"{name}_acc")
    acc[(b, a)] = const(Int(32), 0)
    if rest:
        r = RDom([(0, d) for d in reversed(rest)])
        cells = [r[len(rest) - 1 - i] for i in range(len(rest))]
    else:
        cells = []
    p = x.at(*cells[:axis], a, *cells[axis:])
    q = x.at(*cells[:axis], b, *cells[axis:])
    sign = Select(less_than(p, q), i32(-1), Select(less_than(q, p), i32(1), i32(0)))
    so_far = call(acc, a, b)
    acc[(b, a)] = Select(eq(so_far, 0), sign, so_far)
    info = OpInfo(OpKind.REDUCE, (x,), {"acc": acc})
    compared = computed(
        f"{name}_compared", Int(32), (size, size), lambda i, j: call(acc, i, j), info
    )

    def behind(*coords: Any) -> Expr:
        i, j = (as_expr(c) for c in coords)
        c = compared.at(i, j)
        return cast_to(Int(32), (c > 0) | (eq(c, 0) & (j < i)))

    op = OpInfo(OpKind.ELEMENTWISE, (compared,))
    flags = computed(f"{name}_behind", Int(32), (size, size), behind, op)
    ranks = reduce(f"{name}_ranks", flags, "sum", [1], keep_axes=False)
    return inverse_of(name, ranks, size), compared


def begins_group(
    name: str, order: Tensor, size: Expr, equal: Callable[[Expr, Expr], Expr]
) -> Tensor:
    """Return for each place of `order` whether what stands there differs from what is before."""

    def cell(i: Any) -> Expr:
        here = as_expr(i)
        one, other = order.at(clamp(here - 1, 0, minus(size, 1))), order.at(here)
        return eq(here, 0) | Not(equal(one, other))

    return computed(name, FALSE.type, (size,), cell, OpInfo(OpKind.TABLE, (order,)))
