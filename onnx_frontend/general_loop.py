"""Loops whose bodies do more than to compute each cell by itself: the body becomes kernels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from halo.ir.expr import Expr, Min, const
from halo.ir.simplify import simplify
from halo.ir.types import Int
from halo.ops.build import call as cell_at
from halo.ops.build import define
from halo.ops.index import index, known
from halo.ops.tensor import LARGEST, OpInfo, OpKind, Tensor
from halo.ops.views import copy_of, view
from onnx_frontend.c_function import extern_tensors
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.depending import depending, sizes_of_steps
from onnx_frontend.extents import symbols_of
from onnx_frontend.loop_call import LoopCall
from onnx_frontend.run_time_sizes import RunTimeSize

CHUNK = 1024
"""Steps of a loop that ends early after which it is looked whether others are left at all."""


def stand_in(name: str, x: Tensor) -> Tensor:
    """Return a tensor like `x` that is given anew in each step; found again by its Func."""
    func = define(name, x.rank, lambda *_: const(x.type, 0))
    return Tensor(name, x.type, x.shape, OpInfo(OpKind.INPUT), func=func)


def translate_general_loop(
    node: NodeContext,
    count: Expr,
    initial: Sequence[Tensor],
    stand_ins: tuple[Tensor, Sequence[Tensor]],
    results: tuple[Tensor | None, Sequence[Tensor], Sequence[Tensor]],
    sizes: Sequence[RunTimeSize],
    *,
    bounded: bool,
) -> list[Tensor]:
    """Return the last state, and what is gathered, along a new first axis each.

    Parameters
    ----------
    count
        How often it runs at most.
    initial
        The state before the first step.
    stand_ins
        What stands in the body for the number of the step and for the state.
    results
        What the body gives: whether the next step runs (None: always), the state, the pieces.
    sizes
        The run-time sizes that the body made.
    bounded
        Whether the model gives a number of iterations.

    Raises
    ------
    Unsupported
        Sizes change from step to step, or nothing bounds how much is gathered.
    """
    (step, now), (going, following, pieces) = stand_ins, results
    if not bounded and (pieces or going is None):
        node.unsupported("a number of iterations, which bounds how much a loop gathers")
    wanted = [y for y in (*following, *pieces, going) if y is not None]
    sized = _sizes_of_steps(node, wanted, (step, *now), sizes)
    cells = [t for size in sized for t, _ in size.cells.values()]
    own = depending([*wanted, *cells], (step, *now), sized)
    names = {size.name for size in sized}
    if any(not names.isdisjoint(symbols_of(d)) for t in pieces for d in t.shape):
        node.unsupported("pieces to gather of which no size depends on the step")
    requires = _unchanged_shapes(node, initial, following)
    changed = [None if y is x else y for x, y in zip(now, following, strict=True)]
    stored = [y for y in (*changed, *pieces, going) if y is not None]
    computed = iter(_distinct(node, stored, own))
    call = LoopCall(
        str(node.node),
        count if going is None else simplify(Min(count, index(LARGEST - CHUNK))),
        step,
        tuple(now),
        tuple(initial),
        tuple(y if y is None else next(computed) for y in changed),
        tuple(next(computed) for _ in pieces),
        next(computed, None),
        sized,
    )
    return _outputs(node, call, requires)


def _sizes_of_steps(
    node: NodeContext,
    wanted: Sequence[Tensor],
    stand_ins: Sequence[Tensor],
    made: Sequence[RunTimeSize],
) -> tuple[RunTimeSize, ...]:
    """Return the sizes that differ from step to step; they are no longer those of the model."""
    found = sizes_of_steps(wanted, stand_ins, made)
    node.run_time.made = [size for size in node.run_time.made if size not in found]
    copies: dict[Tensor, Tensor] = {}

    def read_from(t: Tensor) -> Tensor:
        """Return `t`, of a state a copy: single cells are read of what lies by itself only."""
        if t not in stand_ins[1:]:
            return t
        return copies.setdefault(t, _cells_of(node.inner("cells"), t))

    return tuple(
        replace(size, cells={name: (read_from(t), i) for name, (t, i) in size.cells.items()})
        for size in found
    )


def _unchanged_shapes(
    node: NodeContext, before: Sequence[Tensor], after: Sequence[Tensor]
) -> tuple[tuple[Expr, Expr], ...]:
    """Return which sizes must be equal for each tensor to keep its shape."""
    requires: tuple[tuple[Expr, Expr], ...] = ()
    for x, y in zip(before, after, strict=True):
        if x.rank != y.rank or x.type != y.type or x.encoding or y.encoding:
            node.unsupported("a state of one type and one number of axes")
        sizes = ((known(m), known(n)) for m, n in zip(x.shape, y.shape, strict=True))
        if any(m is not None and n is not None and m != n for m, n in sizes):
            node.unsupported("a state that keeps its size, but its body changes sizes")
        requires += unequal(node, zip(x.shape, y.shape, strict=True))
    return requires


def _cells_of(name: str, stand_in: Tensor) -> Tensor:
    """Return a copy of a state, of which no cell is the size that is read from it."""
    assert stand_in.func is not None
    func = define(name, stand_in.rank, partial(cell_at, stand_in.func))
    op = OpInfo(OpKind.VIEW, (stand_in,), attrs={"what": "identity", "row_major": True})
    return Tensor(name, stand_in.type, stand_in.shape, op, func=func)


def _distinct(
    node: NodeContext, tensors: Iterable[Tensor], own: Collection[Tensor]
) -> Iterator[Tensor]:
    """Yield tensors that the body computes, each another one; those that it does not are copied."""
    seen: set[Tensor] = set()
    for t in tensors:
        given = t not in own or t.kind in (OpKind.INPUT, OpKind.EXTERN)
        made = copy_of(node.inner("next"), t) if given or t in seen else t
        seen.add(made)
        yield made


def _outputs(
    node: NodeContext, call: LoopCall, requires: tuple[tuple[Expr, Expr], ...]
) -> list[Tensor]:
    names: list[str] = []
    shaped = []
    for k, (x, following) in enumerate(zip(call.initial, call.following, strict=True)):
        if following is not None:
            names.append(node.output(k))
            shaped.append((x.type, x.shape))
    first = len(call.initial)
    for i, piece in enumerate(call.gathered):
        role = node.inner("gathered") if call.going is not None else node.output(first + i)
        names.append(role)
        shaped.append((piece.type, (call.count, *piece.shape)))
    if call.going is not None:
        names.append(node.inner("steps"))
        shaped.append((Int(64), ()))
    made = iter(extern_tensors(call, names, shaped, requires))
    outputs = [
        x if following is None else next(made)
        for x, following in zip(call.initial, call.following, strict=True)
    ]
    whole = [next(made) for _ in call.gathered]
    if call.going is None or not whole:
        return outputs + whole
    steps = node.content(next(made), "a number")[0]
    return outputs + [
        view(node.output(first + i), (steps, *x.shape[1:]), x.at, x, what="slice")
        for i, x in enumerate(whole)
    ]
