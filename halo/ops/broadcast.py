"""Multidirectional broadcasting, as numpy and ONNX define it, on symbolic shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Select
from halo.ir.operators import as_expr, eq
from halo.ops.index import ONE, ZERO, choose, known, same, sizes_in
from halo.ops.tensor import Shape, Tensor

Requirement = tuple[Expr, Expr]


def broadcast_shapes(*shapes: Sequence[Expr]) -> tuple[Shape, tuple[Requirement, ...]]:
    """Return the common shape of `shapes`, and which sizes must then be equal at run time.

    A size known to be 1 stretches; of others a known one decides, else the first. The size of an
    input is never taken to be 1, so that an access does not depend on it; one that data tell is
    asked when the model runs.

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
    if len(stretched) > 1 and any(may_stretch(s) for s in stretched):
        return _run_time_size(stretched)
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


def _run_time_size(sizes: Sequence[Expr]) -> tuple[Expr, list[Requirement]]:
    firm = [s for s in sizes if not may_stretch(s)]
    loose = [s for s in sizes if may_stretch(s) and not any(same(s, f) for f in firm)]
    result = firm[0] if firm else loose[-1]
    if known(result) is None or not firm:
        for size in loose:
            result = choose(eq(size, 1), result, size)
    requires = [(choose(eq(s, 1), result, s), result) for s in loose]
    requires += [(f, result) for f in firm[1:] if not same(f, result)]
    if firm and not same(firm[0], result):
        requires.append((firm[0], result))
    return result, [(a, b) for a, b in requires if not same(a, b)]


def may_stretch(size: Expr) -> bool:
    """Whether `size` is one that data tell, which may turn out to be 1."""
    return known(size) is None and any(s.from_data and s.min <= 1 for s in sizes_in(size).values())


def fits_into(x: Tensor, whole: Tensor) -> tuple[Requirement, ...]:
    """Return which sizes must be equal at run time so that `x` broadcasts to the shape of `whole`.

    Raises
    ------
    DefinitionError
        It does not.
    """
    shape, requires = broadcast_shapes(whole.shape, x.shape)
    grown = [a for a, b in zip(whole.shape, shape, strict=False) if known(a) == 1 != known(b)]
    if x.rank > whole.rank or grown:
        raise DefinitionError(
            f"{x.name} of shape {shape_text(x.shape)} does not broadcast to {whole.name} of "
            f"shape {shape_text(whole.shape)}"
        )
    return requires


def broadcast_at(x: Tensor, coords: Sequence[Any]) -> Expr:
    """Return the cell of `x` that broadcasting puts at `coords` of a result of rank >= its own."""
    own = coords[len(coords) - x.rank :]
    return x.at(*[_coordinate(c, d) for c, d in zip(own, x.shape, strict=True)])


def _coordinate(coord: Any, size: Expr) -> Any:
    if known(size) == 1:
        return ZERO
    return Select(eq(size, 1), ZERO, as_expr(coord)) if may_stretch(size) else coord


def shape_text(shape: Sequence[Expr]) -> str:
    """Return `shape` for a message: ``1x3xHxW``, ``scalar`` for rank 0."""
    return "x".join(str(d) if known(d) is None else str(known(d)) for d in shape) or "scalar"
