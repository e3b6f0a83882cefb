"""Sorting along an axis: Batcher's bitonic network (1968) on places, by the cells there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from halo.ir.expr import FALSE, Expr, Max, Not, Select, const, i32
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.lang.tuple import Tuple
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


@dataclass(frozen=True, slots=True)
class Network:
    """The size of a network: a power of two (int32) that is not less than the axis, and which."""

    cells: Expr
    levels: Expr


def network_for(size: int) -> Network:
    """Return the network that sorts `size` cells."""
    levels = max(size - 1, 0).bit_length()
    return Network(i32(1 << levels), i32(levels))


def levels_of(size: Expr) -> Expr:
    """Return the levels of a network that sorts `size` cells, not known before a run."""
    total: Expr = i32(0)
    for k in range(31):
        total = total + cast_to(Int(32), size > (1 << k))
    return total


def sorted_places(
    name: str, x: Tensor, axis: int, count: Expr, before: Less, network: Network
) -> Tensor:
    """Return the places along `axis` of the first `count` cells of `x` (int32) in an order.

    Of equal cells the one at the lower place comes first. ``acc`` has the places before and after
    a step of the network in turn; its RDom runs over them, the steps of a level and the levels.
    """
    size, last = x.shape[axis], minus(x.shape[axis], 1)
    coords = axis_vars(x.rank)
    turn = axis_vars(x.rank + 1)[0]
    outer = [*coords[:axis], *coords[axis + 1 :]]
    acc = Func(f"{name}_acc")
    place = coords[axis]
    acc[(place, turn, *reversed(outer))] = as_expr(place)
    r = RDom([(0, network.cells), (0, network.levels), (1, network.levels)])
    i, step, level = as_expr(r[0]), as_expr(r[1]), as_expr(r[2])
    r.where(step < level)
    now = (level * (level - 1) / 2 + step) % 2

    def held(turn: Any, at: Any) -> Expr:
        return call(acc, *outer, turn, clamp(at, 0, network.cells - 1))

    def key(at: Expr) -> Expr:
        return x.at(*coords[:axis], clamp(at, 0, last), *coords[axis + 1 :])

    def comes_first(a: Expr, b: Expr) -> Expr:
        u, v = key(a), key(b)
        decided = before(u, v) | (Not(before(v, u)) & (a < b))
        return (a < size) & ((b >= size) | decided)

    distance = i32(1) << (level - 1 - step)
    own, other = held(now, i), held(now, i ^ distance)
    low = eq(i & distance, 0)
    up = eq(i & (i32(1) << level), 0)
    smaller = comes_first(other, own)
    taken = Select(eq(low, up), Select(smaller, other, own), Select(smaller, own, other))
    acc[(r[0], (now + 1) % 2, *reversed(outer))] = taken
    levels = network.levels
    final = levels * (levels + 1) / 2 % 2

    def cell(*at: Any) -> Expr:
        return call(acc, *at[:axis], *at[axis + 1 :], final, at[axis])

    shape = [count if a == axis else d for a, d in enumerate(x.shape)]
    info = OpInfo(OpKind.SCAN, (x,), {"acc": acc})
    return computed(name, Int(32), shape, cell, info)


def first_places(name: str, x: Tensor, axis: int, count: Expr, before: Less) -> Tensor:
    """Return the same as `sorted_places`, for a small `count`.

    ``acc`` is the list of the first cells and their places so far; its RDom goes through the list
    from its end for each cell of `x`, which is put in where it belongs.
    """
    size = x.shape[axis]
    coords = axis_vars(x.rank)
    outer = [*coords[:axis], *coords[axis + 1 :]]
    slot = coords[axis]
    acc = Func(f"{name}_acc")
    # A place that is not there is behind all others.
    acc[(slot, *reversed(outer))] = Tuple(const(x.type, 0), size)
    r = RDom([(0, count), (0, size)])
    own, at = count - 1 - as_expr(r[0]), as_expr(r[1])
    new = x.at(*coords[:axis], at, *coords[axis + 1 :])

    def listed(place: Expr) -> tuple[Expr, Expr]:
        made = acc[(place, *reversed(outer))]
        return as_expr(made[0]), as_expr(made[1])

    key, place = listed(own)
    above, its_place = listed(as_expr(clamp(own - 1, 0, Max(count - 1, i32(0)))))

    def comes_first(old: Expr, place: Expr) -> Expr:
        return (place >= size) | before(new, old)

    r.where(comes_first(key, place))
    moves = (own > 0) & comes_first(above, its_place)
    acc[(own, *reversed(outer))] = Tuple(Select(moves, above, new), Select(moves, its_place, at))

    def cell(*where: Any) -> Expr:
        return as_expr(acc[(where[axis], *reversed([*where[:axis], *where[axis + 1 :]]))][1])

    shape = [count if a == axis else d for a, d in enumerate(x.shape)]
    info = OpInfo(OpKind.SCAN, (x,), {"acc": acc})
    return computed(name, Int(32), shape, cell, info)


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
