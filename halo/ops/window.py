"""Sliding windows: where convolutions and pools read, and how many places they visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import TRUE, Expr, Select
from halo.ir.intrinsics import likely
from halo.ir.operators import as_expr
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.ops.build import call, define
from halo.ops.index import (
    ZERO,
    ceil_div,
    floor_div,
    greatest,
    index,
    known,
    least,
    minus,
    plus,
    times,
)
from halo.ops.tensor import LARGEST, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class WindowAxis:
    """How a window moves along one spatial axis.

    Window cell k of place i stands at ``i*stride + k*dilation - before`` of the input.

    Attributes
    ----------
    kernel, stride, dilation
        Size of the window, step between places, step between its cells.
    before, after
        Cells of padding.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: Expr = ZERO
    after: Expr = ZERO

    @property
    def span(self) -> int:
        """How many cells lie from the window's first to its last."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def is_padded(self) -> bool:
        return known(self.before) != 0 or known(self.after) != 0

    def places(self, size: Expr, ceil_mode: bool = False) -> Expr:
        """Return how many places the window has on an axis of `size` cells.

        In ceil mode the last window may stick out, but must begin inside the input or the padding
        before it.

        Raises
        ------
        DefinitionError
            There are cells, and it is known to fit nowhere.
        """
        room = plus(size, minus(plus(self.before, self.after), self.span))
        if not ceil_mode:
            return self._fitting(floor_div(plus(room, self.stride), self.stride), size)
        places = plus(ceil_div(room, self.stride), 1)
        begins = ceil_div(plus(size, self.before), self.stride)
        return self._fitting(least(places, begins), size)

    def _fitting(self, places: Expr, size: Expr) -> Expr:
        number, cells = known(places), known(size)
        if number is not None and number < 1 and cells is not None and cells > 0:
            around = (known(self.before) or 0) + (known(self.after) or 0)
            raise DefinitionError(
                f"a window that spans {self.span} cells does not fit into an axis of {cells}"
                + (f" with padding of {around}" if around else "")
            )
        return places

    def at(self, place: Any, k: Any) -> Expr:
        """Return the input coordinate of window cell `k` of `place`."""
        moved = as_expr(place) * self.stride if self.stride != 1 else as_expr(place)
        inner = as_expr(k) * self.dilation if self.dilation != 1 else as_expr(k)
        where = inner if known(moved) == 0 else moved if known(inner) == 0 else moved + inner
        return where if known(self.before) == 0 else where - self.before

    def same(self, size: Expr, lower: bool) -> WindowAxis:
        """Return this window padded so that it has ``ceil(size / stride)`` places."""
        places = ceil_div(size, self.stride)
        reach = plus(times(minus(places, 1), self.stride), self.span)
        total = greatest(minus(reach, size), 0)
        small = floor_div(total, 2)
        large = minus(total, small)
        return replace(self, before=large if lower else small, after=small if lower else large)


def window_axes(
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    pads: Sequence[int],
) -> tuple[WindowAxis, ...]:
    """Return a window per spatial axis; `pads` has all the sizes before, then all those after.

    Raises
    ------
    DefinitionError
        A list has not one entry per axis, a stride or dilation is not positive, or a number is
        larger than axes can be.
    """
    rank = len(kernel)
    if len(strides) != rank or len(dilations) != rank or len(pads) != 2 * rank:
        raise DefinitionError(
            f"a kernel of {rank} axes needs {rank} strides and dilations and {2 * rank} pads, "
            f"got {len(strides)}, {len(dilations)} and {len(pads)}"
        )
    if min([*kernel, *strides, *dilations], default=1) < 1:
        raise DefinitionError("kernel sizes, strides and dilations must be positive")
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    largest = max([*spans, *strides, *map(abs, pads)], default=0)
    if largest > LARGEST:
        raise DefinitionError(
            f"its kernel, strides or pads reach {largest} cells, axes have {LARGEST} at most"
        )
    return tuple(
        WindowAxis(k, s, d, index(pads[i]), index(pads[i + rank]))
        for i, (k, s, d) in enumerate(zip(kernel, strides, dilations, strict=True))
    )


def padded(name: str, x: Tensor, axes: Sequence[WindowAxis], value: Expr, past: bool) -> Func:
    """Return `x` with `value` all around its spatial axes (the last ones), at its own coordinates.

    Parameters
    ----------
    past
        Whether windows reach past the padding (ceil mode), so that every axis needs a guard.
    """
    first = x.rank - len(axes)

    def cell(*coords: Any) -> Expr:
        inside: Expr = TRUE
        where = list(coords)
        for i, window in enumerate(axes):
            axis = first + i
            coord, size = as_expr(coords[axis]), x.shape[axis]
            if not (window.is_padded or past):
                continue
            within = likely(coord >= 0) & likely(coord < size)
            inside = within if inside is TRUE else inside & within
            where[axis] = clamp(coord, 0, minus(size, 1))
        return Select(inside, x.at(*where), value)

    return define(name, x.rank, cell)


def source(
    name: str, x: Tensor, axes: Sequence[WindowAxis], value: Expr, past: bool = False
) -> tuple[Any, dict[str, Func]]:
    """Return a function that reads `x` where a window may reach outside, and the Func it needs."""
    if not past and not any(a.is_padded for a in axes):
        return x.at, {}
    func = padded(f"{name}_padded", x, axes, value, past)
    return lambda *coords: call(func, *coords), {"padded": func}
