"""Views: each cell is one cell of an input, or a constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Max, Min, Select, const
from halo.ir.operators import as_expr
from halo.ops.broadcast import Requirement, broadcast_at, broadcast_shapes
from halo.ops.build import computed, define
from halo.ops.empty import unless_empty
from halo.ops.index import ONE, ZERO, known, minus, plus, same, times
from halo.ops.tensor import OpInfo, OpKind, Tensor


def view(
    name: str,
    shape: Sequence[Expr],
    cell: Callable[..., Any],
    *inputs: Tensor,
    what: str,
    requires: tuple[Requirement, ...] = (),
    **attrs: Any,
) -> Tensor:
    """Return a tensor of kind VIEW; `what` names the operation in its attrs.

    The attribute ``row_major`` says that it has the input's cells in the input's order.
    """
    op = OpInfo(OpKind.VIEW, inputs, attrs={"what": what, **attrs}, requires=requires)
    return computed(name, inputs[0].type, shape, cell, op)


def filled(name: str, shape: Sequence[Expr], value: Expr) -> Tensor:
    """Return a tensor each of whose cells is `value`."""
    op = OpInfo(OpKind.VIEW, attrs={"what": "fill"})
    return computed(name, value.type, shape, lambda *_: value, op)


def identity(name: str, x: Tensor) -> Tensor:
    """Return the cells of `x` under another name."""
    return view(name, x.shape, x.at, x, what="identity", row_major=True)


def copy_of(name: str, x: Tensor) -> Tensor:
    """Return the cells of `x` as a tensor that is computed, even if they are known."""
    op = OpInfo(OpKind.VIEW, (x,), attrs={"what": "identity", "row_major": True})
    func = define(name, x.rank, x.at)
    return Tensor(name, x.type, x.shape, op, func=func, encoding=x.encoding)


def transpose(name: str, x: Tensor, perm: Sequence[int]) -> Tensor:
    """Return `x` with axis i of the result being axis ``perm[i]`` of `x`."""
    if sorted(perm) != list(range(x.rank)):
        raise DefinitionError(f"{tuple(perm)} is no order of the {x.rank} axes of {x.name}")
    place = [perm.index(axis) for axis in range(x.rank)]

    def cell(*coords: Any) -> Expr:
        return x.at(*[coords[p] for p in place])

    shape = [x.shape[p] for p in perm]
    return view(name, shape, cell, x, what="transpose", perm=tuple(perm))


def squeeze(name: str, x: Tensor, axes: Sequence[int]) -> Tensor:
    """Return `x` without `axes`, whose sizes are 1."""
    gone = {normal_axis(a, x.rank) for a in axes}
    for axis in gone:
        if known(x.shape[axis]) not in (None, 1):
            raise DefinitionError(
                f"axis {axis} of {x.name} has size {known(x.shape[axis])}: only 1 can be squeezed"
            )
    requires = tuple((x.shape[a], ONE) for a in sorted(gone) if known(x.shape[a]) is None)
    kept = [a for a in range(x.rank) if a not in gone]

    def cell(*coords: Any) -> Expr:
        where: list[Any] = [ZERO] * x.rank
        for axis, coord in zip(kept, coords, strict=True):
            where[axis] = coord
        return x.at(*where)

    shape = [x.shape[a] for a in kept]
    return view(name, shape, cell, x, what="squeeze", requires=requires, row_major=True)


def unsqueeze(name: str, x: Tensor, axes: Sequence[int]) -> Tensor:
    """Return `x` with axes of size 1 inserted so that they stand at `axes` of the result."""
    rank = x.rank + len(axes)
    new = {normal_axis(a, rank) for a in axes}
    if len(new) != len(axes):
        raise DefinitionError(f"axes {tuple(axes)} of the unsqueezed {x.name} repeat")
    kept = [a for a in range(rank) if a not in new]
    shape: list[Expr] = [ONE] * rank
    for axis, size in zip(kept, x.shape, strict=True):
        shape[axis] = size

    def cell(*coords: Any) -> Expr:
        return x.at(*[coords[a] for a in kept])

    return view(name, shape, cell, x, what="unsqueeze", row_major=True)


def expand(name: str, x: Tensor, target: Sequence[Expr]) -> Tensor:
    """Return `x` broadcast together with shape `target`."""
    shape, requires = broadcast_shapes(x.shape, target)

    def cell(*coords: Any) -> Expr:
        return broadcast_at(x, coords)

    return view(name, shape, cell, x, what="expand", requires=requires)


def concat(name: str, inputs: Sequence[Tensor], axis: int) -> Tensor:
    """Return `inputs` one after the other along `axis`.

    Attribute ``offsets`` gives where each begins.
    """
    first = inputs[0]
    axis = normal_axis(axis, first.rank)
    for x in inputs[1:]:
        _check_alike(first, x)
    inputs = [x for x in inputs if known(x.shape[axis]) != 0] or [first]
    requires = tuple(r for x in inputs[1:] for r in _other_axes_agree(first, x, axis))
    offsets: list[Expr] = [ZERO]
    for x in inputs:
        offsets.append(plus(offsets[-1], x.shape[axis]))
    shape = [*first.shape[:axis], offsets[-1], *first.shape[axis + 1 :]]

    def part(i: int, coords: Sequence[Any]) -> Expr:
        along = as_expr(coords[axis]) - offsets[i]
        # All branches of a select may be evaluated, so each stays inside its own input.
        if i > 0:
            along = _at_least(along, ZERO)
        if i < len(inputs) - 1:
            along = _at_most(along, minus(inputs[i].shape[axis], 1))
        found = inputs[i].at(*coords[:axis], along, *coords[axis + 1 :])
        return unless_empty(found, inputs[i].shape[axis])

    def cell(*coords: Any) -> Expr:
        result = part(len(inputs) - 1, coords)
        for i in range(len(inputs) - 2, -1, -1):
            result = _choose(as_expr(coords[axis]) < offsets[i + 1], part(i, coords), result)
        return result

    attrs = {"axis": axis, "offsets": tuple(offsets[:-1])}
    return view(name, shape, cell, *inputs, what="concat", requires=requires, **attrs)


def _check_alike(a: Tensor, b: Tensor) -> None:
    if a.rank != b.rank or a.type != b.type:
        raise DefinitionError(
            f"{a.name} ({a.rank} axes of {a.type}) and {b.name} ({b.rank} axes of {b.type}) "
            "cannot be concatenated"
        )


def _other_axes_agree(a: Tensor, b: Tensor, axis: int) -> list[Requirement]:
    requires = []
    for i, (m, n) in enumerate(zip(a.shape, b.shape, strict=True)):
        if i == axis or same(m, n):
            continue
        if known(m) is not None and known(n) is not None:
            raise DefinitionError(
                f"{a.name} and {b.name} cannot be concatenated along axis {axis}: "
                f"their sizes along axis {i} are {known(m)} and {known(n)}"
            )
        requires.append((m, n))
    return requires


def slice_axis(name: str, x: Tensor, axis: int, start: Expr, size: Expr, step: int = 1) -> Tensor:
    """Return `size` cells of `x` along `axis`: start, start + step, ..."""
    return slice_axes(name, x, {axis: (start, size, step)})


def slice_axes(name: str, x: Tensor, ranges: Mapping[int, tuple[Expr, Expr, int | Expr]]) -> Tensor:
    """Return the cells of `x` at start, start + step, ... along each axis of `ranges`.

    Parameters
    ----------
    ranges
        Per axis (start, size, step); all other axes are kept whole.
    """

    def cell(*coords: Any) -> Expr:
        where = list(coords)
        for axis, (start, _, step) in ranges.items():
            where[axis] = as_expr(coords[axis]) * step + start
        return x.at(*where)

    shape = [ranges[a][1] if a in ranges else d for a, d in enumerate(x.shape)]
    return view(name, shape, cell, x, what="slice", ranges=dict(ranges))


def tile(name: str, x: Tensor, repeats: Sequence[Expr]) -> Tensor:
    """Return `x` repeated along each axis."""
    if len(repeats) != x.rank:
        raise DefinitionError(f"{len(repeats)} repeats for the {x.rank} axes of {x.name}")

    def cell(*coords: Any) -> Expr:
        return x.at(
            *[
                c if known(n) == 1 else as_expr(c) % d
                for c, d, n in zip(coords, x.shape, repeats, strict=True)
            ]
        )

    shape = [times(d, n) for d, n in zip(x.shape, repeats, strict=True)]
    return view(name, shape, cell, x, what="tile")


def normal_axis(axis: int, rank: int) -> int:
    """Return `axis` counted from the front.

    Raises
    ------
    DefinitionError
        There is no such axis.
    """
    if not -rank <= axis < rank:
        raise DefinitionError(f"axis {axis} of a tensor with {rank} axes")
    return axis % rank


def _at_least(a: Expr, low: Expr) -> Expr:
    x, y = known(a), known(low)
    return Max(a, low) if x is None or y is None else const(a.type, max(x, y))


def _at_most(a: Expr, high: Expr) -> Expr:
    x, y = known(a), known(high)
    return Min(a, high) if x is None or y is None else const(a.type, min(x, y))


def _choose(condition: Expr, a: Expr, b: Expr) -> Expr:
    value = known(condition)
    if value is None:
        return Select(condition, a, b)
    return a if value else b
