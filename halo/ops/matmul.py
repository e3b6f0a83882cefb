"""Matrix products, batched and broadcast as numpy's ``matmul``, and ONNX's Gemm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, const
from halo.ir.operators import cast_to
from halo.ir.types import Type
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.ops.broadcast import Requirement, broadcast_at, broadcast_shapes, shape_text
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import ZERO, known, same
from halo.ops.tensor import OpInfo, OpKind, Shape, Tensor

_Read = Callable[..., Expr]


@dataclass(frozen=True, slots=True)
class Sums:
    """What the sum of a column begins with, and how a cell of each operand is added to it."""

    start: Callable[[Any], Expr]
    combine: Callable[[Expr, Expr, Expr], Expr]


def matmul(
    name: str, a: Tensor, b: Tensor, type: Type | None = None, sums: Sums | None = None
) -> Tensor:
    """Return the product of `a` (..., M, K) and `b` (..., K, N), as numpy's matmul.

    Its Func ``acc`` has the result's dimensions, with a row or a column left out if `a` or `b` is
    a vector, and adds over an RDom of one dimension, K. The attributes ``batch``, ``m``, ``n``,
    ``k`` give the sizes (``m`` or ``n`` is 1 for a vector); ``b_batch`` tells whether `b` differs
    between batches.

    Parameters
    ----------
    type
        In which products are formed and added, and of the result; by default that of `a`, and
        sums of halves are formed in float32.
    sums
        What a sum begins with, and how two cells are added to it, if not as their product.
    """
    if a.rank == 0 or b.rank == 0:
        raise DefinitionError(f"a scalar among the operands {a.name} and {b.name} of a product")
    batch, requires = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    k, needs = _inner_size(a, b, a.shape[-1], b.shape[-2 if b.rank > 1 else -1])
    rows = a.shape[-2:-1]
    columns = b.shape[-1:] if b.rank > 1 else ()
    shape = (*batch, *rows, *columns)
    count = len(batch)

    def combine(total: Expr, coords: tuple[Any, ...], r: Any) -> Expr:
        outer = coords[:count]
        left = _batched(a, outer, (*coords[count : count + len(rows)], r))
        right = _batched(b, outer, (r, *coords[count + len(rows) :]))
        if sums is not None:
            return sums.combine(total, left, right)
        return total + cast_to(wide, left) * cast_to(wide, right)

    wide = type or sum_type(a.type)
    start: Any = const(wide, 0) if sums is None else lambda *at: sums.start(at[-1])
    acc = _accumulate(f"{name}_acc", len(shape), start, combine, k)
    attrs = {
        "batch": batch,
        "m": rows[0] if rows else 1,
        "n": columns[0] if columns else 1,
        "k": k,
        "b_batch": any(known(d) != 1 for d in b.shape[:-2]),
        "transpose_a": False,
        "transpose_b": False,
    }
    op = OpInfo(OpKind.MATMUL, (a, b), {"acc": acc}, attrs, requires + needs)
    return computed(name, type or a.type, shape, lambda *coords: call(acc, *coords), op)


def _batched(x: Tensor, outer: tuple[Any, ...], inner: tuple[Any, ...]) -> Expr:
    own = outer[len(outer) - (x.rank - len(inner)) :] if x.rank > len(inner) else ()
    sizes = x.shape[: x.rank - len(inner)]
    places = [ZERO if known(d) == 1 else c for c, d in zip(own, sizes, strict=True)]
    return x.at(*places, *inner)


def _accumulate(
    name: str,
    rank: int,
    start: Any,
    combine: Callable[[Expr, tuple[Any, ...], Any], Expr],
    k: Expr,
) -> Func:
    coords = axis_vars(rank)
    acc = Func(name)
    target = tuple(reversed(coords))
    acc[target] = start(*coords) if callable(start) else start
    r = RDom([(0, k)])
    acc[target] = combine(call(acc, *coords), coords, r[0])
    return acc


def _inner_size(a: Tensor, b: Tensor, m: Expr, n: Expr) -> tuple[Expr, tuple[Requirement, ...]]:
    if same(m, n):
        return m, ()
    if known(m) is not None and known(n) is not None:
        raise DefinitionError(
            f"{a.name} of shape {shape_text(a.shape)} and {b.name} of shape "
            f"{shape_text(b.shape)} cannot be multiplied: {known(m)} columns against "
            f"{known(n)} rows"
        )
    return (m if known(m) is not None else n), ((m, n),)


def gemm(
    name: str,
    a: Tensor,
    b: Tensor,
    c: Tensor | None,
    alpha: float = 1.0,
    beta: float = 1.0,
    transpose_a: bool = False,
    transpose_b: bool = False,
) -> Tensor:
    """Return ``alpha * A @ B + beta * C`` of matrices, A and B transposed first if so told.

    ``acc`` begins with `c` where `alpha` is 1; otherwise `c` is added behind it.
    """
    if a.rank != 2 or b.rank != 2:
        raise DefinitionError(f"{a.name} and {b.name} must be matrices")
    (m, k), (k_b, n) = _matrix(a, transpose_a), _matrix(b, transpose_b)
    k, requires = _inner_size(a, b, k, k_b)
    shape: Shape = (m, n)
    wide = sum_type(a.type)
    if c is not None:
        fitted, needs = broadcast_shapes(shape, c.shape)
        requires += needs
        if len(fitted) != 2 or not all(same(p, q) for p, q in zip(fitted, shape, strict=True)):
            raise DefinitionError(
                f"{c.name} of shape {shape_text(c.shape)} does not fit the product "
                f"{shape_text(shape)}"
            )

    def addend(*coords: Any) -> Expr:
        assert c is not None
        cell = cast_to(wide, broadcast_at(c, coords))
        return cell if beta == 1 else cell * const(wide, beta)

    def combine(total: Expr, coords: tuple[Any, ...], r: Any) -> Expr:
        y, x = coords
        left = a.at(r, y) if transpose_a else a.at(y, r)
        right = b.at(x, r) if transpose_b else b.at(r, x)
        return total + cast_to(wide, left) * cast_to(wide, right)

    early = c is not None and alpha == 1 and beta != 0
    start: Any = addend if early else const(wide, 0)
    acc = _accumulate(f"{name}_acc", 2, start, combine, k)

    def cell(*coords: Any) -> Expr:
        result = call(acc, *coords)
        if alpha != 1:
            result = result * const(wide, alpha)
        return result if early or c is None or beta == 0 else result + addend(*coords)

    attrs = {"batch": (), "m": m, "n": n, "k": k, "b_batch": False}
    attrs |= {"transpose_a": transpose_a, "transpose_b": transpose_b, "bias": c}
    inputs = (a, b) if c is None or beta == 0 else (a, b, c)
    op = OpInfo(OpKind.MATMUL, inputs, {"acc": acc}, attrs, requires)
    return computed(name, a.type, shape, cell, op)


def _matrix(x: Tensor, transposed: bool) -> Shape:
    return tuple(reversed(x.shape)) if transposed else x.shape
