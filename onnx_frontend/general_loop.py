"""Loops whose bodies do more than to compute each cell by itself: the body becomes kernels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from halo.ir.expr import Expr, Min, const
from halo.ir.simplify import simplify
from halo.ir.types import Int, Type
from halo.ops.build import call as cell_at
from halo.ops.build import define
from halo.ops.index import index, known
from halo.ops.tensor import LARGEST, OpInfo, OpKind, Tensor
from halo.ops.views import copy_of
from onnx_frontend.c_function import extern_tensors
from onnx_frontend.context import NodeContext
from onnx_frontend.depending import depending, sizes_of_steps
from onnx_frontend.extents import symbols_of
from onnx_frontend.loop_call import LoopCall
from onnx_frontend.run_time_sizes import RunTimeSize

CHUNK = 1024
"""Steps of a loop that ends early after which it is looked whether others are left at all."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """What stands in a body for what a step is given.

    Attributes
    ----------
    step
        The number of the step: int64.
    state
        The state before it.
    extents
        The sizes of the state, where they change; else None.
    """

    step: Tensor
    state: tuple[Tensor, ...]
    extents: tuple[Tensor | None, ...]

    @property
    def all(self) -> tuple[Tensor, ...]:
        """All of them."""
        return (self.step, *self.state, *(x for x in self.extents if x is not None))


def stand_in(name: str, type: Type, shape: Sequence[Expr], encoding: str | None = None) -> Tensor:
    """Return a tensor that is given anew in each step; found again by its Func."""
    func = define(name, len(shape), lambda *_: const(type, 0))
    op = OpInfo(OpKind.INPUT)
    return Tensor(name, type, tuple(shape), op, func=func, encoding=encoding)


def translate_general_loop(
    node: NodeContext,
    count: Expr,
    initial: Sequence[Tensor],
    stand_ins: StandIns,
    results: tuple[Tensor | None, Sequence[Tensor], Sequence[Tensor]],
    sizes: Sequence[RunTimeSize],
) -> list[Tensor]:
    """Return the last state, and what is gathered, along a new first axis each.

    Parameters
    ----------
    count
        How often it runs at most.
    initial
        The state before the first step.
    stand_ins
        What stands in the body for what a step is given.
    results
        What the body gives: whether the next step runs (None: always), the state, the pieces.
    sizes
        The run-time sizes that the body made.
    """
    now, (going, following, pieces) = stand_ins.state, results
    wanted = [y for y in (*following, *pieces, going) if y is not None]
    sized = _sizes_of_steps(node, wanted, stand_ins, sizes)
    cells = [t for size in sized for t, _ in size.cells.values()]
    own = depending([*wanted, *cells], stand_ins.all, sized)
    changed = [None if y is x else y for x, y in zip(now, following, strict=True)]
    stored = [y for y in (*changed, *pieces, going) if y is not None]
    computed = iter(_distinct(node, stored, own, cells))
    call = LoopCall(
        str(node.node),
        count if going is None else simplify(Min(count, index(LARGEST - CHUNK))),
        stand_ins.step,
        tuple(now),
        tuple(initial),
        tuple(y if y is None else next(computed) for y in changed),
        tuple(next(computed) for _ in pieces),
        next(computed, None),
        sized,
        tuple(stand_ins.extents),
    )
    return _outputs(node, call)


def _sizes_of_steps(
    node: NodeContext,
    wanted: Sequence[Tensor],
    stand_ins: StandIns,
    made: Sequence[RunTimeSize],
) -> tuple[RunTimeSize, ...]:
    """Return the sizes that differ from step to step; they are no longer those of the model."""
    found = sizes_of_steps(wanted, stand_ins.all, made)
    node.run_time.made = [size for size in node.run_time.made if size not in found]
    copies: dict[Tensor, Tensor] = {}

    def read_from(t: Tensor) -> Tensor:
        """Return `t`, of a state a copy: single cells are read of what lies by itself only."""
        if t not in stand_ins.state:
            return t
        return copies.setdefault(t, _cells_of(node.inner("cells"), t))

    return tuple(
        replace(size, cells={name: (read_from(t), i) for name, (t, i) in size.cells.items()})
        for size in found
    )


def _cells_of(name: str, stand_in: Tensor) -> Tensor:
    """Return a copy of a state, of which no cell is the size that is read from it."""
    assert stand_in.func is not None
    func = define(name, stand_in.rank, partial(cell_at, stand_in.func))
    op = OpInfo(OpKind.VIEW, (stand_in,), attrs={"what": "identity", "row_major": True})
    return Tensor(name, stand_in.type, stand_in.shape, op, func=func)


def _distinct(
    node: NodeContext, tensors: Iterable[Tensor], own: Collection[Tensor], cells: Iterable[Tensor]
) -> Iterator[Tensor]:
    """Yield tensors that the body computes, each another one; those that it does not are copied.

    `cells` are computed for themselves.
    """
    seen = set(cells)
    for t in tensors:
        given = t not in own or t.kind in (OpKind.INPUT, OpKind.EXTERN)
        made = copy_of(node.inner("next"), t) if given or t in seen else t
        seen.add(made)
        yield made


def _outputs(node: NodeContext, call: LoopCall) -> list[Tensor]:
    """Give `call` what it fills; return the last state and what is gathered."""
    changing = [following is not None for following in call.following]
    told = [e is not None and c for e, c in zip(call.extents, changing, strict=True)]
    own = {size.name for size in call.sizes}
    open_pieces = [
        call.going is not None or any(not own.isdisjoint(symbols_of(d)) for d in piece.shape)
        for piece in call.gathered
    ]

    def number(role: str, *shape: Expr) -> Tensor:
        return extern_tensors(call, [node.inner(role)], [(Int(64), shape)])[-1]

    def filled(role: str, x: Tensor, shape: Sequence[Expr]) -> Tensor:
        made = extern_tensors(call, [node.inner(role)], [(x.type, tuple(shape))])[-1]
        made.encoding = x.encoding
        return made

    def extents(x: Tensor, wanted: bool) -> Tensor | None:
        return number("extents", index(x.rank)) if wanted else None

    if call.going is not None:
        call.steps = number("steps")
    call.last_extents = tuple(map(extents, call.initial, told))
    call.piece_extents = tuple(map(extents, call.gathered, open_pieces))

    def last(x: Tensor, now: Tensor, changes: bool, sizes: Tensor | None) -> Tensor | None:
        told = x.shape if sizes is None else _told(node, sizes)
        # Sizes that do not change are known as those before the first step are.
        pairs = zip(x.shape, now.shape, told, strict=True)
        shape = [before if before is kept else after for before, kept, after in pairs]
        return filled("last", x, shape) if changes else None

    call.last = tuple(map(last, call.initial, call.state, changing, call.last_extents))
    steps = call.count if call.steps is None else _told(node, call.steps)[0]

    def whole(piece: Tensor, sizes: Tensor | None) -> Tensor:
        shape = piece.shape if sizes is None else _told(node, sizes)
        return filled("gathered", piece, (steps, *shape))

    call.wholes = tuple(map(whole, call.gathered, call.piece_extents))
    results = [begin if x is None else x for begin, x in zip(call.initial, call.last, strict=True)]
    grown = set(call.growing)
    return [
        copy_of(node.output(k), x) if x in grown else x
        for k, x in enumerate((*results, *call.wholes))
    ]


def _told(node: NodeContext, extents: Tensor) -> list[Expr]:
    """Return the sizes that a tensor of some tells."""
    count = 1 if not extents.rank else known(extents.shape[0])
    assert count is not None
    return [node.run_time.size(f"{extents.name}_{i}", extents, i) for i in range(count)]
