"""Tensors: named cells with a shape, and the record of how they are computed.

Shapes and coordinates are in ONNX (numpy) order; Funcs and images take coordinates reversed, so
that the last axis is the first, innermost dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from math import prod
from typing import Any

import numpy as np

from halo.buffer import Buffer
from halo.errors import BoundsError
from halo.ir.expr import Expr, as_const, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Type
from halo.lang.func import Func
from halo.lang.image_param import ImageParam
from halo.ops.branch import Branch
from halo.ops.index import factors_in, take_no_zero

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[Expr, ...]

LARGEST = (1 << 31) - 1
"""Cells that a tensor may have: coordinates and flattened coordinates are int32."""


class OpKind(Enum):
    """What a planner may assume of how a tensor's cells depend on its inputs' cells."""

    INPUT = "input"
    """Given by the caller; `Tensor.image` is its ImageParam."""
    CONSTANT = "constant"
    """Known now: `Tensor.constant`."""
    CONTENT = "content"
    """A small integer tensor computed from the shape symbols alone; it has no inputs."""
    ELEMENTWISE = "elementwise"
    """A cell depends on the cell at its own place of each input, or the one broadcast to it."""
    VIEW = "view"
    """A cell is one cell of one of the inputs, or a constant: an index map."""
    GATHER = "gather"
    """A cell is a cell of the first input at a place the second input's data tell."""
    TABLE = "table"
    """Few cells that others read at places of their own, so that they are stored."""
    STENCIL = "stencil"
    """A cell is a weighted sum of some cells of the first input, at places that tables tell."""
    CONV = "conv"
    DEPTHWISE_CONV = "depthwise_conv"
    """A convolution of which each output channel reads one input channel."""
    MATMUL = "matmul"
    POOL = "pool"
    REDUCE = "reduce"
    ARG_REDUCE = "arg_reduce"
    SCAN = "scan"
    """A cell depends on those before it along an axis."""
    RECURRENCE = "recurrence"
    """Columns of cells, a time step after the other."""
    SCATTER = "scatter"
    """A copy of the first input with cells put in where data tell."""
    CUSTOM = "custom"
    """Anything: cells of a Func that a plugin defines."""
    EXTERN = "extern"
    """A C function computes it whole; ``attrs["call"]`` says how."""
    SOFTMAX = "softmax"
    NORMALIZATION = "normalization"


_READ_NOTHING_OF_NOTHING = frozenset(
    {
        *(OpKind.INPUT, OpKind.CONSTANT, OpKind.CONTENT, OpKind.ELEMENTWISE, OpKind.VIEW),
        *(OpKind.GATHER, OpKind.MATMUL, OpKind.REDUCE, OpKind.ARG_REDUCE, OpKind.SCAN),
        *(OpKind.SOFTMAX, OpKind.NORMALIZATION),
    }
)
"""Operations that read no cell of an input that has none."""

_DO_THEIR_OWN = frozenset({OpKind.EXTERN, OpKind.CUSTOM, OpKind.RECURRENCE})
"""Operations that may read inputs without cells even where they have no result."""


@dataclass(frozen=True, slots=True, eq=False)
class OpInfo:
    """How a tensor is computed.

    Attributes
    ----------
    kind
        The family of the operation.
    inputs
        The tensors whose cells it reads (a Reshape's shape operand is none of them).
    funcs
        Its inner Funcs by role, for example ``{"padded": ..., "acc": ...}`` of a convolution.
    attrs
        What a schedule may want to know: kernel sizes, strides, axes, ... ``joins``: the kinds of
        readers that compute each cell where they read it, because that costs less than a load.
        ``of_none``: that it has no cells where an input has none, which its shape need not tell.
    requires
        Pairs of int32 Exprs that must be equal at run time for the result to have a meaning.
    """

    kind: OpKind
    inputs: tuple[Tensor, ...] = ()
    funcs: Mapping[str, Func] = field(default_factory=dict)
    attrs: Mapping[str, Any] = field(default_factory=dict)
    requires: tuple[tuple[Expr, Expr], ...] = ()

    def reading(self, *more: Tensor) -> OpInfo:
        """Return this with further tensors that its cells read."""
        new = [t for t in more if t not in self.inputs]
        return replace(self, inputs=(*self.inputs, *new))


@dataclass(eq=False, slots=True)
class Tensor:
    """A named array of cells.

    Attributes
    ----------
    name
        Unique identifier, valid in C.
    type
        Element type.
    shape
        int32 Exprs over the symbols of the graph, outermost axis first.
    op
        How it is computed.
    func
        Where its cells come from; None for INPUT and CONSTANT tensors, which have an `image`.
    image
        The ImageParam of an input, the Buffer of a constant.
    content
        Its elements in row-major order as Exprs over the symbols, where they are known so:
        int32 Exprs, or int64 ones for values outside int32.
    constant
        Its value, where that is known now.
    encoding
        The numpy dtype whose codes the cells are, see `halo.ops.encoded`; None: numbers.
    branch
        Where in the graph it is computed; None: in each run.
    """

    name: str
    type: Type
    shape: Shape
    op: OpInfo
    func: Func | None = None
    image: ImageParam | Buffer | None = None
    content: tuple[Expr, ...] | None = None
    constant: Array | None = field(default=None, repr=False)
    encoding: str | None = None
    branch: Branch | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the sizes that are known, and note which must not be 0.

        Raises
        ------
        BoundsError
            One is negative, or there would be more than `LARGEST` cells.
        """
        sizes = [int(s) for s in map(as_const, self.shape) if s is not None]
        if min(sizes, default=0) < 0 or max(sizes, default=0) > LARGEST:
            problem = f"a size lies between 0 and {LARGEST}"
        elif prod(sizes) > LARGEST:
            problem = f"it has {LARGEST} cells at most"
        else:
            self._note_cells_needed()
            return
        text = "x".join(str(d) if (n := as_const(d)) is None else str(n) for d in self.shape)
        raise BoundsError(f"{self.name} would have the shape {text}: {problem}")

    def _note_cells_needed(self) -> None:
        """Have no empty inputs where cells are read at places that are moved into them.

        Where a size of an input is 0, and the result has no cells then either, none is read.
        """
        if self.op.kind in _READ_NOTHING_OF_NOTHING or self.op.attrs.get("of_none"):
            return
        harmless = self._harmless_when_none()
        for source in self.op.inputs:
            take_no_zero(*source.shape, but=harmless)

    def _harmless_when_none(self) -> frozenset[str]:
        """Return the symbols that may be 0 because there is nothing to do then."""
        inputs = [factors_in(source.shape) for source in self.op.inputs]
        if self.op.kind in _DO_THEIR_OWN or not inputs:
            return frozenset()
        own = factors_in(self.shape)
        if self.op.kind is OpKind.SCATTER:
            # An update runs over the last input, whatever there is to write to.
            return (own & inputs[-1]) | frozenset.intersection(*inputs)
        return own

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def kind(self) -> OpKind:
        return self.op.kind

    @property
    def static_shape(self) -> tuple[int, ...] | None:
        """The shape as ints; None when any of it is symbolic."""
        sizes = [as_const(d) for d in self.shape]
        known = tuple(int(s) for s in sizes if s is not None)
        return known if len(known) == len(sizes) else None

    def at(self, *coords: Any) -> Expr:
        """Return the cell at `coords`, one coordinate per axis, outermost axis first."""
        assert len(coords) == self.rank, f"{self.name} has {self.rank} axes, got {len(coords)}"
        value = self._known_cell(coords)
        if value is not None:
            return value
        source = self.func if self.func is not None else self.image
        assert source is not None, self.name
        return as_expr(source[tuple(reversed(coords))])

    def _known_cell(self, coords: tuple[Any, ...]) -> Expr | None:
        if self.constant is not None and self.constant.size == 1:
            return const(self.type, self.constant.reshape(-1)[0].item())
        if self.content is None:
            return None
        flat = 0
        for coord, size in zip(coords, self.shape, strict=True):
            place, extent = as_const(as_expr(coord)), as_const(size)
            if place is None or extent is None or not 0 <= place < extent:
                return None
            flat = flat * int(extent) + int(place)
        return cast_to(self.type, self.content[flat])
