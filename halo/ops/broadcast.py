"""Multidirectional broadcasting, as numpy and ONNX define it, on symbolic shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr
from halo.ops.index import ONE, ZERO, known, same
from halo.ops.tensor import Shape, Tensor

Requirement = tuple[Expr, Expr]


def broadcast_shapes(*shapes: Sequence[Expr]) -> tuple[Shape, tuple[Requirement, ...]]:
    """Return the common shape of `shapes`, and which sizes must then be equal at run time.

    A size known to be 1 stretches; of others a known one decides, else the first. A symbolic size
    is never taken to be 1, so that an access does not depend on it.

    Raises
    ------
    DefinitionError
        Two known sizes other than 1 differ.
    """
    rank = max((len(s) for s in shapes), default=0)
    result: list[Expr] = []
    requires: list[Requirement] = []
    for axis in range(rank):
        sizes = [s[axis - rank + len(s)] for s in shapes if axis - rank + len(s) >= 0]
        size, needs = _common_size(sizes, shapes)
        result.append(size)
        requires += needs
    return tuple(result), tuple(requires)


def _common_size(
    sizes: Sequence[Expr], shapes: Sequence[Sequence[Expr]]
) -> tuple[Expr, list[Requirement]]:
    stretched = [s for s in sizes if known(s) != 1]
    if not stretched:
        return ONE, []
    result = next((s for s in stretched if known(s) is not None), stretched[0])
    requires: list[Requirement] = []
    for size in stretched:
        if size is result:
            continue
        if known(size) is not None and known(size) != known(result):
            text = " and ".join(shape_text(s) for s in shapes)
            raise DefinitionError(
                f"shapes {text} do not broadcast: {known(size)} against {known(result)}"
            )
        if not same(size, result):
            requires.append((size, result))
    return result, requires


def broadcast_at(x: Tensor, coords: Sequence[Any]) -> Expr:
    """Return the cell of `x` that broadcasting puts at `coords` of a result of rank >= its own."""
    own = coords[len(coords) - x.rank :]
    return x.at(*[ZERO if known(d) == 1 else c for c, d in zip(own, x.shape, strict=True)])


def shape_text(shape: Sequence[Expr]) -> str:
    """Return `shape` for a message: ``1x3xHxW``, ``scalar`` for rank 0."""
    return "x".join(str(d) if known(d) is None else str(known(d)) for d in shape) or "scalar"
