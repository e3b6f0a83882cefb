"""Where the cells of a Function or image lie: the flat index of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from halo.ir.expr import (
    Add,
    Call,
    Cast,
    Div,
    Expr,
    IntImm,
    Load,
    Max,
    Min,
    Mod,
    Mul,
    Sub,
    Variable,
    as_const,
    i32,
    i64,
)
from halo.ir.lowered import Field, buffer_field
from halo.ir.memory import MemoryDim, plain_layout
from halo.ir.simplify import simplify
from halo.ir.stmt import HoistedStorage, Realize
from halo.ir.types import Int

_ZERO = i64(0)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the cells of one Function or image lie.

    Attributes
    ----------
    buffers
        One for each value of a cell.
    mins, folds
        For each dimension of the Function: its first cell kept, and the number of cells of a
        circular buffer, 0 where there is none.
    dims, strides
        The dimensions of memory, and how far apart the places along each lie.
    first
        Where in the memory the cells begin.
    """

    buffers: tuple[str, ...]
    mins: tuple[Expr, ...]
    folds: tuple[int, ...]
    dims: tuple[MemoryDim, ...]
    strides: tuple[Expr, ...]
    first: Expr = _ZERO

    def index(self, args: Sequence[Expr]) -> Expr:
        """Return the int64 index of cell `args`."""
        total = self.first
        for dim, stride in zip(self.dims, self.strides, strict=True):
            d = dim.dimension
            place: Expr = Sub(args[d], self.mins[d])
            if self.folds[d]:
                place = Mod(args[d], i32(self.folds[d]))
            if dim.divisor != 1:
                place = Div(place, i32(dim.divisor))
            if dim.modulus:
                place = Mod(place, i32(dim.modulus))
            place = widened(place)
            if as_const(stride) != 1:
                place = Mul(place, stride)
            total = Add(total, place)
        return total


def layout_of_buffer(buffers: tuple[str, ...], dimensions: int) -> Layout:
    """Return the layout of an argument of the compiled function, or of several alike."""
    first, over = buffers[0], range(dimensions)
    return Layout(
        buffers,
        tuple(buffer_field(first, Field.MIN, d) for d in over),
        (0,) * dimensions,
        plain_layout([str(d) for d in over]),
        tuple(buffer_field(first, Field.STRIDE, d) for d in over),
    )


Lets = list[tuple[str, Expr]]


def layout_of_realize(s: Realize, buffers: tuple[str, ...]) -> tuple[Layout, list[Expr], Lets]:
    """Return the layout of what `s` realizes, its int64 extents in memory, and lets it needs."""
    dims = s.layout or plain_layout([str(d) for d in range(len(s.bounds))])
    folds = s.folds or (0,) * len(s.bounds)
    extents = places(s, [e for _, e in s.bounds])
    strides: list[Expr] = []
    lets: Lets = []
    size: Expr = i64(1)
    for dim, extent in zip(dims, extents, strict=True):
        if size.children():
            lets.append((f"{s.name}.stride.{dim.name}", size))
            size = Variable(Int(64), lets[-1][0])
        strides.append(size)
        size = simplify(Mul(size, extent))
    mins = tuple(low for low, _ in s.bounds)
    first: Expr = _ZERO
    if s.slot is not None:
        first = Mul(Cast(Int(64), s.slot), Variable(Int(64), slot_size(s.name)))
    return Layout(buffers, mins, folds, dims, tuple(strides), first), extents, lets


def slot_size(name: str) -> str:
    """Return what the number of elements in one part of the memory for `name` is called."""
    return f"{name}.part"


def places(s: Realize | HoistedStorage, cells: Sequence[Expr]) -> list[Expr]:
    """Return the int64 extents in memory for so many cells along each dimension of the Func."""
    dims = s.layout or plain_layout([str(d) for d in range(len(cells))])
    folds = s.folds or (0,) * len(cells)
    return [_places(dim, cells[dim.dimension], folds[dim.dimension]) for dim in dims]


def _places(dim: MemoryDim, extent: Expr, fold: int) -> Expr:
    """Return how many places there are along `dim` for `extent` cells of its dimension."""
    n: Expr = i64(fold) if fold else widened(extent)
    if dim.modulus:
        n = i64(dim.modulus)
    elif dim.divisor != 1:
        n = _ceil_div(n, dim.divisor)
    if dim.align != 1:
        n = Mul(_ceil_div(n, dim.align), i64(dim.align))
    return simplify(n)


def _ceil_div(n: Expr, by: int) -> Expr:
    return Div(Add(n, i64(by - 1)), i64(by))


def widened(e: Expr) -> Expr:
    """Return the int32 index expression `e` computed in int64.

    Indices do not overflow, so a sum may be widened before it is formed; data wraps, so its sums
    are formed first.
    """
    return _Widening().of(e)


class _Widening:
    """Widens one expression; parts that are shared stay so."""

    def __init__(self) -> None:
        self._wide: dict[int, Expr] = {}
        self._index: dict[int, bool] = {}

    def of(self, e: Expr) -> Expr:
        known = self._wide.get(id(e))
        if known is None:
            known = self._wide[id(e)] = self._widened(e)
        return known

    def _widened(self, e: Expr) -> Expr:
        match e:
            case IntImm():
                return i64(e.value)
            case Min() | Max():
                return type(e)(self.of(e.a), self.of(e.b))
            case Add() | Sub() | Mul() if self._is_index(e):
                return type(e)(self.of(e.a), self.of(e.b))
            case _:
                return Cast(Int(64).with_lanes(e.type.lanes()), e)

    def _is_index(self, e: Expr) -> bool:
        if isinstance(e, Variable):
            return e.param is None
        if isinstance(e, (Load, Call)):
            return False
        if isinstance(e, Cast) and not (e.type.is_int() and e.type.bits() >= e.value.type.bits()):
            return False
        known = self._index.get(id(e))
        if known is None:
            known = self._index[id(e)] = all([self._is_index(c) for c in e.children()])
        return known
