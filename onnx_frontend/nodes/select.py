"""Cells picked by their values: TopK, NonZero, Compress, Unique."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.ir.expr import Expr, Not, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Bool, Int
from halo.lang.operators import clamp
from halo.ops import gather, sort
from halo.ops.build import computed
from halo.ops.elementwise import elementwise
from halo.ops.index import ONE, choose, index, known, less, minus, product, row_major_strides
from halo.ops.reshape import reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.first_places import first_places
from onnx_frontend.registry import operator


def count(node: NodeContext, flags: Tensor, role: str = "count") -> Expr:
    """Return how many of `flags`, a vector, hold."""
    return node.content(sort.count_of(node.inner(role), flags), "a count")[0]


def _wide(name: str, places: Tensor) -> Tensor:
    return elementwise(name, lambda v: cast_to(Int(64), v), places, type=Int(64))


def _top(node: NodeContext, x: Tensor, k: Expr, largest: bool) -> Tensor | tuple[Tensor, ...]:
    axis = normal_axis(node.integer("axis", -1), x.rank)
    size = x.shape[axis]
    fixed, wanted = known(size), known(k)
    if fixed is not None and wanted is not None and not 0 <= wanted <= fixed:
        node.fail(f"it takes the first {wanted} of {fixed} cells")
    places = first_places(node.inner("places"), x, axis, k, largest=largest)
    if fixed is None or wanted is None:
        # No more than there are.
        too_many = choose(less(size, k), ONE, index(0))
        places.op = replace(places.op, requires=((too_many, index(0)),))
    values = gather.gather_elements(node.output(0), x, places, axis)
    return (values, _wide(node.output(1), places)) if node.outputs > 1 else values


@operator("TopK", since=1)
def top_attribute(node: NodeContext, x: Tensor) -> Tensor | tuple[Tensor, ...]:
    """The largest cells along an axis, how many being an attribute."""
    return _top(node, x, index(node.integer("k")), True)


@operator("TopK", since=10)
def top(node: NodeContext, x: Tensor, k: Tensor) -> Tensor | tuple[Tensor, ...]:
    """The largest or smallest cells along an axis, in order."""
    return _top(node, x, node.scalar(k, "a number of cells"), node.flag("largest", True))


def chosen(node: NodeContext, flags: Tensor, role: str) -> Tensor:
    """Return the places of those of `flags` that hold."""
    ranks = sort.ranks_of(node.inner(f"{role}_ranks"), flags)
    size = count(node, flags, f"{role}_count")
    return sort.places_where(node.inner(f"{role}_places"), flags, ranks, size)


@operator("NonZero", since=9)
def non_zero(node: NodeContext, x: Tensor) -> Tensor:
    """The coordinates of the cells that are not zero."""
    flat = reshape(node.inner("flat"), x, (product(x.shape),))

    def holds(v: Expr) -> Expr:
        return v if v.type.is_bool() else Not(eq(v, const(v.type, 0)))

    flags = elementwise(node.inner("flags"), holds, flat, type=Bool())
    places = chosen(node, flags, "hit")
    strides = row_major_strides(x.shape)

    def cell(axis: Any, i: Any) -> Expr:
        # Chosen among all axes; the rank is small.
        place = as_expr(places.at(i))
        made: Expr = index(0)
        for a, (stride, size) in enumerate(zip(strides, x.shape, strict=True)):
            here = place / stride % size
            made = here if a == 0 else choose(eq(axis, a), here, made)
        return cast_to(Int(64), made)

    op = OpInfo(OpKind.STENCIL, (places,))
    return computed(node.output(), Int(64), (index(x.rank), places.shape[0]), cell, op)


@operator("Compress", since=9)
def compress(node: NodeContext, x: Tensor, condition: Tensor) -> Tensor:
    """The slices, or cells, for which a condition holds."""
    if condition.rank != 1:
        node.fail(f"its condition has {condition.rank} axes, not 1")
    if not node.has("axis"):
        x = reshape(node.inner("flat"), x, (product(x.shape),))
    axis = normal_axis(node.integer("axis", 0), x.rank)
    size, count = x.shape[axis], condition.shape[0]
    longer = choose(less(size, count), ONE, index(0))
    if known(longer) == 1:
        node.fail(f"its condition has {known(count)} cells for {known(size)}")
    places = chosen(node, condition, "hit")
    if known(longer) is None:
        places.op = replace(places.op, requires=(*places.op.requires, (longer, index(0))))
    return gather.gather(node.output(), x, places, axis)


@operator("Unique", since=11)
def unique(node: NodeContext, x: Tensor) -> tuple[Tensor, ...]:
    """What differs among cells or slices, where it is first, which it is, and how often."""
    if node.has("axis"):
        axis = normal_axis(node.integer("axis"), x.rank)
        size = x.shape[axis]
        order, compared = sort.order_of_slices(node.inner("order"), x, axis)
        begins = sort.begins_group(
            node.inner("begins"),
            order,
            size,
            lambda a, b: eq(compared.at(_held(a, size), _held(b, size)), 0),
        )
        begins.op = replace(begins.op, inputs=(order, compared))
    else:
        axis = 0
        x = reshape(node.inner("flat"), x, (product(x.shape),))
        size = x.shape[0]
        order = first_places(node.inner("order"), x, 0, size, largest=False)

        def same(a: Expr, b: Expr) -> Expr:
            u, v = x.at(_held(a, size)), x.at(_held(b, size))
            return Not(sort.less_than(u, v) | sort.less_than(v, u))

        begins = sort.begins_group(node.inner("begins"), order, size, same)
        begins.op = replace(begins.op, inputs=(order, x))
    return _groups(node, x, axis, order, begins)


def _held(place: Expr, size: Expr) -> Expr:
    return as_expr(clamp(place, 0, minus(size, 1)))


def _groups(
    node: NodeContext, x: Tensor, axis: int, order: Tensor, begins: Tensor
) -> tuple[Tensor, ...]:
    """Return the outputs of Unique: `begins` tells where in `order` what is equal begins."""
    size = x.shape[axis]
    ranks = sort.ranks_of(node.inner("ranks"), begins)
    number = count(node, begins)
    starts = sort.places_where(node.inner("starts"), begins, ranks, number)
    firsts = _taken(node, "firsts", order, starts)
    # The group of each cell: how many groups begin up to where it stands.
    standing = sort.inverse_of(node.inner("standing"), order, size)

    def group_at(i: Any) -> Expr:
        place = _held(standing.at(i), size)
        return ranks.at(place) + cast_to(Int(32), begins.at(place)) - 1

    groups = _table(node, "groups", (size,), group_at, standing, ranks, begins)

    def many(i: Any) -> Expr:
        following = starts.at(_held(as_expr(i) + 1, number))
        end = choose(less(as_expr(i) + 1, number), following, size)
        return end - starts.at(i)

    counts = _table(node, "counts", (number,), many, starts)
    if not node.flag("sorted", True):
        firsts, groups, counts = _by_appearance(node, size, number, firsts, groups, counts)
    outputs = [gather.gather(node.output(0), x, firsts, axis)]
    outputs += [_wide(node.output(i + 1), t) for i, t in enumerate((firsts, groups, counts))]
    return tuple(outputs[: node.outputs])


def _by_appearance(
    node: NodeContext, size: Expr, number: Expr, firsts: Tensor, groups: Tensor, counts: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the same with groups in the order in which they appear."""

    def is_first(i: Any) -> Expr:
        return eq(firsts.at(_held(groups.at(i), number)), as_expr(i))

    op = OpInfo(OpKind.TABLE, (firsts, groups))
    flags = computed(node.inner("first"), Bool(), (size,), is_first, op)
    ranks = sort.ranks_of(node.inner("numbers"), flags)
    places = sort.places_where(node.inner("appearing"), flags, ranks, number)

    def renumbered(i: Any) -> Expr:
        return ranks.at(_held(firsts.at(_held(groups.at(i), number)), size))

    moved = _table(node, "renumbered", (size,), renumbered, ranks, firsts, groups)

    def many(i: Any) -> Expr:
        return counts.at(_held(groups.at(_held(places.at(i), size)), number))

    return places, moved, _picked(node, "many", (number,), many, counts, groups, places)


def _taken(node: NodeContext, role: str, x: Tensor, places: Tensor) -> Tensor:
    """Return the cells of a vector at `places`."""

    def cell(i: Any) -> Expr:
        return x.at(_held(places.at(i), x.shape[0]))

    return _picked(node, role, places.shape, cell, x, places)


def _picked(node: NodeContext, role: str, shape: Any, cell: Any, *inputs: Tensor) -> Tensor:
    """Return cells of others, of which there are none where these have none."""
    return computed(node.inner(role), Int(32), shape, cell, OpInfo(OpKind.GATHER, inputs))


def _table(node: NodeContext, role: str, shape: Any, cell: Any, *inputs: Tensor) -> Tensor:
    return computed(node.inner(role), Int(32), shape, cell, OpInfo(OpKind.TABLE, inputs))
