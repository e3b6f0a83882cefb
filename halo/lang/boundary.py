"""Boundary conditions: a Func that has values outside the bounds of another as well.

``halo.BoundaryConditions.repeat_edge(image)`` and the like. The source is an ImageParam or a
Buffer, or a Func (or anything indexed like one) with `bounds`: a (min, extent) pair per dimension
from the first on, ``(None, None)`` for a dimension without an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from halo.buffer import Buffer
from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Cast, Expr, Max, Min, Mod, Select
from halo.ir.intrinsics import intrinsic, likely
from halo.ir.no_expr import given
from halo.ir.operators import add, as_expr, cast_to, ge, lt, mul, sub
from halo.ir.types import Int
from halo.lang.func import Func
from halo.lang.image_param import ImageParam
from halo.lang.var import Var

Bounds = Sequence[tuple[Any, Any]]
_Edge = Callable[[Expr, Expr, Expr], Expr]


def constant_exterior(f: Any, exterior: Any, bounds: Bounds | None = None) -> Func:
    """Return a Func with the values of `f` inside its bounds and `exterior` outside.

    Parameters
    ----------
    exterior
        An expression, or a number that takes the type of `f`; a Tuple for a Func of Tuples.
    """
    pairs = _pairs(f, bounds)
    inner = repeat_edge(f, bounds)
    args = inner.args()
    outside: Expr | None = None
    for x, pair in zip(args, pairs, strict=False):
        if pair is not None:
            test = _outside(as_expr(x), *pair)
            outside = test if outside is None else outside | test
    cells = inner[tuple(args)].elements()
    values = exterior if isinstance(exterior, tuple) else (exterior,) * len(cells)
    if len(values) != len(cells):
        raise TypeMismatch(
            f"{len(values)} exterior values for {len(cells)} values of {inner.name()}",
            where=user_location(),
        )
    result = Func("constant_exterior")
    out: list[Expr] = []
    for cell, value in zip(cells, values, strict=True):
        e = as_expr(value, cell.type)
        if e.type != cell.type:
            raise TypeMismatch(
                f"the exterior value has type {e.type}, the source {cell.type}",
                where=user_location(),
            )
        out.append(cell if outside is None else Select(outside, e, likely(cell)))
    result[tuple(args)] = tuple(out)
    return result


def repeat_edge(f: Any, bounds: Bounds | None = None) -> Func:
    """Return a Func that outside the bounds has the value of the nearest cell inside."""

    def edge(x: Expr, low: Expr, extent: Expr) -> Expr:
        return _clamp(likely(x), low, extent)

    return _extend("repeat_edge", f, bounds, edge)


def repeat_image(f: Any, bounds: Bounds | None = None) -> Func:
    """Return a Func that outside the bounds repeats the inside, side by side."""

    def edge(x: Expr, low: Expr, extent: Expr) -> Expr:
        return _unless_inside(x, low, extent, add(Mod(sub(x, low), extent), low))

    return _extend("repeat_image", f, bounds, edge)


def mirror_image(f: Any, bounds: Bounds | None = None) -> Func:
    """Return a Func that outside the bounds repeats the inside mirrored, edge cells doubled."""

    def edge(x: Expr, low: Expr, extent: Expr) -> Expr:
        period = mul(extent, 2)
        m = Mod(sub(x, low), period)
        mirrored = Select(ge(m, extent), sub(sub(period, 1), m), m)
        return _unless_inside(x, low, extent, _clamp(add(mirrored, low), low, extent))

    return _extend("mirror_image", f, bounds, edge)


def mirror_interior(f: Any, bounds: Bounds | None = None) -> Func:
    """Return a Func that outside the bounds repeats the inside mirrored on the edge cells."""

    def edge(x: Expr, low: Expr, extent: Expr) -> Expr:
        last = sub(extent, 1)
        m = Mod(sub(x, low), mul(last, 2))
        distance = Cast(Int(32), intrinsic("abs", sub(m, last)))
        return _unless_inside(x, low, extent, _clamp(add(sub(last, distance), low), low, extent))

    return _extend("mirror_interior", f, bounds, edge)


def _clamp(x: Expr, low: Expr, extent: Expr) -> Expr:
    return Max(Min(x, sub(add(low, extent), 1)), low)


def _outside(x: Expr, low: Expr, extent: Expr) -> Expr:
    return lt(x, low) | ge(x, add(low, extent))


def _unless_inside(x: Expr, low: Expr, extent: Expr, outside: Expr) -> Expr:
    """Return `outside` where x is out of the bounds, else x, marked as the usual case."""
    return Select(_outside(x, low, extent), outside, likely(_clamp(likely(x), low, extent)))


def _extend(name: str, source: Any, bounds: Bounds | None, edge: _Edge) -> Func:
    pairs = _pairs(source, bounds)
    dims = source.dimensions()
    if len(pairs) > dims:
        raise DefinitionError(
            f"{len(pairs)} bounds for {source.name()}, which has {dims} dimensions",
            where=user_location(),
        )
    names = source.args() if isinstance(source, Func) else [Var.implicit(i) for i in range(dims)]
    coordinates: list[Any] = list(names)
    for i, pair in enumerate(pairs):
        if pair is not None:
            coordinates[i] = edge(as_expr(names[i]), *pair)
    result = Func(name)
    result[tuple(names)] = source[tuple(coordinates)]
    return result


def _pairs(source: Any, bounds: Bounds | None) -> list[tuple[Expr, Expr] | None]:
    if bounds is None:
        if not isinstance(source, (ImageParam, Buffer)):
            raise DefinitionError(
                f"the bounds of {source!r} are not known",
                where=user_location(),
                hint="give them: BoundaryConditions.repeat_edge(f, [(min, extent), ...])",
            )
        dims = [source.dim(i) for i in range(source.dimensions())]
        bounds = [(d.min(), d.extent()) for d in dims]
    return [_pair(p) for p in bounds]


def _pair(pair: tuple[Any, Any]) -> tuple[Expr, Expr] | None:
    if given(pair[0]) is None or given(pair[1]) is None:
        return None
    low, extent = as_expr(pair[0]), as_expr(pair[1])
    for e in (low, extent):
        if not e.type.is_int() or e.type.bits() > 32:
            raise TypeMismatch(f"a bound has type {e.type}, not int32", where=user_location())
    return cast_to(Int(32), low), cast_to(Int(32), extent)
