"""Resampling along an axis: where an output cell lies in the input, and the weights around it.

Coordinates are computed in float64, into tables with an entry per cell of the axis, so that what
is computed for each cell of the result are sums of products only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import FALSE, Expr, Max, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Bool, Float, Int, Type
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.elementwise import elementwise
from halo.ops.index import index, known, minus
from halo.ops.reduce import reduce
from halo.ops.tensor import OpInfo, OpKind, Tensor

WIDE = Float(64)

NEAREST: dict[str, Callable[[Expr], Expr]] = {
    "floor": lambda x: intrinsic("floor", x),
    "ceil": lambda x: intrinsic("ceil", x),
    "round_prefer_floor": lambda x: intrinsic("ceil", x - 0.5),
    "round_prefer_ceil": lambda x: intrinsic("floor", x + 0.5),
}
"""Which cell is taken for a coordinate between two."""

COORDINATES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_crop_and_resize",
)


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis that is resampled.

    Attributes
    ----------
    number
        Which axis.
    before, after
        Its sizes in the input and in the result.
    scale
        Cells of the result per cell of the input (float64).
    mode
        One of `COORDINATES`.
    roi
        The part of the axis that is taken, as fractions of it (float64), for tf_crop_and_resize.
    """

    number: int
    before: Expr
    after: Expr
    scale: Expr
    mode: str
    roi: tuple[Expr, Expr] | None = None

    def coordinate(self, place: Any) -> Expr:
        """Return where cell `place` of the result lies in the input (float64)."""
        x, cells = cast_to(WIDE, as_expr(place)), cast_to(WIDE, self.before)
        wide = self.scale * cells
        match self.mode:
            case "half_pixel":
                return (x + 0.5) / self.scale - 0.5
            case "half_pixel_symmetric":
                shift = cells / 2.0 * (const(WIDE, 1) - cast_to(WIDE, self.after) / wide)
                return shift + (x + 0.5) / self.scale - 0.5
            case "pytorch_half_pixel":
                return Select(wide > 1.0, (x + 0.5) / self.scale - 0.5, const(WIDE, -0.5))
            case "align_corners":
                return Select(wide > 1.0, x * (cells - 1.0) / (wide - 1.0), const(WIDE, 0))
            case "asymmetric":
                return x / self.scale
            case "tf_crop_and_resize" if self.roi is not None:
                start, end = self.roi
                part = (end - start) * (cells - 1.0)
                inside = Select(wide > 1.0, x * part / (wide - 1.0), part / 2.0)
                return inside + start * (cells - 1.0)
        raise DefinitionError(f"coordinates {self.mode!r}: known are {', '.join(COORDINATES)}")

    def outside(self, place: Any) -> Expr:
        """Return whether cell `place` of the result lies outside the input."""
        x = self.coordinate(place)
        return (x < 0.0) | (x > cast_to(WIDE, self.before) - 1.0)


def linear_weight(distance: Expr) -> Expr:
    """The weight of a cell at a distance, for linear interpolation."""
    type = distance.type
    return Max(const(type, 1) - intrinsic("abs", distance), const(type, 0))


def cubic_weight(distance: Expr, a: float) -> Expr:
    """The weight of a cell at a distance, for cubic interpolation (Keys, 1981)."""
    x = intrinsic("abs", distance)
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    far = ((x - 5.0) * x + 8.0) * x * a - 4.0 * a
    return Select(x <= 1.0, near, Select(x < 2.0, far, const(x.type, 0)))


def table(name: str, type: Type, shape: Sequence[Expr], cell: Any, *inputs: Tensor) -> Tensor:
    """Return a small tensor that is stored by itself."""
    return computed(name, type, shape, cell, OpInfo(OpKind.TABLE, inputs))


def nearest(name: str, x: Tensor, axis: Axis, mode: str, *data: Tensor) -> Tensor:
    """Return `x` with the nearest cells along `axis`.

    `data` are the tensors that the scale and the region are read from.
    """
    if mode not in NEAREST:
        raise DefinitionError(f"nearest mode {mode!r}: known are {', '.join(NEAREST)}")

    def place(i: Any) -> Expr:
        return clamp(NEAREST[mode](axis.coordinate(i)), 0.0, cast_to(WIDE, axis.before) - 1.0)

    places = table(f"{name}_places", Int(32), (axis.after,), place, *data)

    def cell(*coords: Any) -> Expr:
        where = list(coords)
        where[axis.number] = places.at(coords[axis.number])
        return x.at(*where)

    shape = [axis.after if a == axis.number else d for a, d in enumerate(x.shape)]
    return computed(name, x.type, shape, cell, OpInfo(OpKind.GATHER, (x, places)))


@dataclass(frozen=True, slots=True)
class Taps:
    """The cells of the input that a cell of the result is made of.

    Attributes
    ----------
    first
        The first of them, counted from the floor of the coordinate (int32).
    count
        How many there are (int32).
    weight
        The weight of a cell at a distance (float64).
    stretch
        By what a distance is multiplied first (float64).
    drop_outside
        Whether only those inside the input count; else the border is repeated.
    divide
        Whether weights are divided by their sum.
    """

    first: Expr
    count: Expr
    weight: Callable[[Expr], Expr]
    stretch: Expr
    drop_outside: bool = False
    divide: bool = False


def interpolate(name: str, x: Tensor, axis: Axis, taps: Taps, type: Type, *data: Tensor) -> Tensor:
    """Return `x` with weighted sums of its cells along `axis`, computed in `type`.

    Where the number of taps is known the sum is one expression, else ``acc`` adds over an RDom. The
    caller requires that nothing is made of an axis without cells.
    """

    def start(i: Any) -> Expr:
        return cast_to(Int(32), intrinsic("floor", axis.coordinate(i))) + taps.first

    def weight(i: Any, k: Any) -> Expr:
        place = start(i) + k
        made = taps.weight((cast_to(WIDE, place) - axis.coordinate(i)) * taps.stretch)
        if not taps.drop_outside:
            return made
        return Select((place >= 0) & (place < axis.before), made, const(WIDE, 0))

    places = table(f"{name}_places", Int(32), (axis.after,), start, *data)
    raw = table(f"{name}_raw", WIDE, (axis.after, taps.count), weight, *data)
    if taps.divide or taps.drop_outside:
        total = reduce(f"{name}_total", raw, "sum", [1], keep_axes=True)

        def share(w: Expr, t: Expr) -> Expr:
            return w / Select(t > 0.0, t, const(WIDE, 1)) if taps.drop_outside else w / t

        raw = elementwise(f"{name}_shares", share, raw, total)
    weights = table(f"{name}_weights", type, raw.shape, raw.at, raw)
    shape = tuple(axis.after if a == axis.number else d for a, d in enumerate(x.shape))
    last = minus(axis.before, 1)

    def term(coords: Sequence[Any], k: Any) -> Expr:
        where, i = list(coords), coords[axis.number]
        where[axis.number] = clamp(places.at(i) + k, 0, last)
        return cast_to(type, x.at(*where)) * weights.at(i, k)

    count = known(taps.count)
    if count is not None and count <= 4:

        def cell(*coords: Any) -> Expr:
            total = term(coords, index(0))
            for k in range(1, count):
                total = total + term(coords, index(k))
            return total

        info = OpInfo(OpKind.STENCIL, (x, places, weights), attrs={"of_none": True})
        return computed(name, type, shape, cell, info)
    coords = axis_vars(x.rank)
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    acc[target] = const(type, 0)
    r = RDom([(0, taps.count)])
    acc[target] += term(coords, r[0])
    info = OpInfo(OpKind.REDUCE, (x, places, weights), {"acc": acc})
    return computed(name, type, shape, lambda *at: call(acc, *at), info)


def fill_outside(name: str, x: Tensor, axes: Sequence[Axis], value: float, *data: Tensor) -> Tensor:
    """Return `x` with `value` where a coordinate lies outside the input."""
    flags = {
        a.number: table(f"{name}_outside_{a.number}", Bool(), (a.after,), a.outside, *data)
        for a in axes
    }

    def cell(*coords: Any) -> Expr:
        outside: Expr = FALSE
        for axis, flag in flags.items():
            here = flag.at(coords[axis])
            outside = here if outside is FALSE else outside | here
        return Select(outside, const(x.type, value), x.at(*coords))

    info = OpInfo(OpKind.ELEMENTWISE, (x, *flags.values()))
    return computed(name, x.type, x.shape, cell, info)
