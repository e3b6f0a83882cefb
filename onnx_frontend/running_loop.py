"""Loops of which only data tell how often they run, where each cell goes its own way.

The body is translated once, for a state that stands for the one of any step. Its cells are then put
together into the update of one Func, ``history``, which has the state before each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from halo.ir.equality import equal
from halo.ir.expr import Call, CallKind, Expr, Select, Variable, const
from halo.ir.function import Function
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.read_where import settled
from halo.ir.types import Int
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.lang.tuple import Tuple
from halo.ops.build import axis_vars, computed
from halo.ops.index import known, plus, same
from halo.ops.tensor import OpInfo, OpKind, Shape, Tensor
from halo.ops.views import view
from onnx_frontend.context import NodeContext

_PLAIN = frozenset({OpKind.ELEMENTWISE, OpKind.VIEW, OpKind.GATHER, OpKind.STENCIL})


def translate_running_loop(
    node: NodeContext,
    count: Expr,
    state: Sequence[Tensor],
    stand_ins: tuple[Tensor, Sequence[Tensor]],
    results: tuple[Sequence[Tensor], Sequence[Tensor]],
) -> list[Tensor]:
    """Return the last state, and what `count` steps give, along a new first axis each.

    Parameters
    ----------
    state
        That before the first step.
    stand_ins
        What stands in the body for the number of the step and for the state.
    results
        What the body gives: the new state, and what is gathered.

    Raises
    ------
    Unsupported
        The body does more than to compute each cell of the new state from the one before it.
    """
    if not state or any(not _alike(x, state[0]) for x in state):
        node.unsupported("states of one shape")
    (step, now), (following, gathered) = stand_ins, results
    if any(x.encoding for x in gathered):
        node.unsupported("what is gathered to be numbers that the language has")
    if any(not _alike(x, y) or x.type != y.type for x, y in zip(following, state, strict=True)):
        node.unsupported("a body that keeps the shape of the state")
    body = _Body(node, step, tuple(now))
    body.visit([*following, *gathered])
    coords = axis_vars(state[0].rank)
    time = axis_vars(state[0].rank + 1)[0]
    history = Func(node.inner("history"))
    first = [Select(eq(as_expr(time), 0), x.at(*coords), const(x.type, 0)) for x in state]
    history[(*reversed(coords), time)] = _values(first)
    r = RDom([(0, count)])

    def of_history(at: Any) -> Callable[[int, Sequence[Any]], Expr]:
        def read(k: int, place: Sequence[Any]) -> Expr:
            made = history[(*reversed(list(place)), at)]
            return as_expr(made[k] if len(state) > 1 else made)

        return read

    inside = body.reader(as_expr(r[0]), of_history(r[0]), coords)
    new = [inside(x.at(*coords)) for x in following]
    history[(*reversed(coords), r[0] + 1)] = _values(new)
    inputs = (*state, *body.invariant)
    kept = [
        computed(
            node.inner(f"kept_{k}"),
            x.type,
            (plus(count, 1), *x.shape),
            _at_time(of_history, k),
            OpInfo(OpKind.SCAN, inputs, {"acc": history}),
        )
        for k, x in enumerate(state)
    ]
    made = [_at_end(node.output(k), x, count, state[k].shape) for k, x in enumerate(kept)]
    for i, piece in enumerate(gathered):
        made.append(_gathered(node.output(len(state) + i), body, piece, count, kept))
    return made


def _alike(a: Tensor, b: Tensor) -> bool:
    """Whether both have the same shape and no encoding."""
    return (
        a.rank == b.rank
        and not a.encoding
        and not b.encoding
        and all(same(m, n) for m, n in zip(a.shape, b.shape, strict=True))
    )


def _values(values: Sequence[Expr]) -> Any:
    return Tuple(*values) if len(values) > 1 else values[0]


def _at_time(read: Callable[[Any], Callable[[int, Sequence[Any]], Expr]], k: int) -> Any:
    return lambda t, *at: read(t)(k, at)


def _at_end(name: str, x: Tensor, count: Expr, shape: Shape) -> Tensor:
    return view(name, shape, lambda *at: x.at(count, *at), x, what="last")


def _gathered(name: str, body: _Body, piece: Tensor, count: Expr, kept: Sequence[Tensor]) -> Tensor:
    """Return what `piece` is in each step."""

    def cell(t: Any, *at: Any) -> Expr:
        read = body.reader(as_expr(t), lambda k, place: kept[k].at(t, *place), None)
        return read(piece.at(*at))

    info = OpInfo(OpKind.STENCIL, (*kept, *body.invariant))
    return computed(name, piece.type, (count, *piece.shape), cell, info)


@dataclass(slots=True)
class _Body:
    """The tensors of a translated body: those that depend on the step or the state, and others."""

    node: NodeContext
    step: Tensor
    state: tuple[Tensor, ...]
    invariant: dict[Tensor, None] = field(default_factory=dict)
    _own: dict[str, Function] = field(default_factory=dict)
    _depends: dict[Tensor, bool] = field(default_factory=dict)

    def visit(self, results: Sequence[Tensor]) -> None:
        """Note what `results` are computed from."""
        for x in results:
            if not self._visit(x):
                self.invariant[x] = None

    def _visit(self, x: Tensor) -> bool:
        if x is self.step or x in self.state:
            return True
        if x not in self._depends:
            found = [self._visit(i) for i in x.op.inputs]
            self._depends[x] = any(found)
            if any(found):
                self._add(x)
                others = zip(x.op.inputs, found, strict=True)
                self.invariant |= {i: None for i, depends in others if not depends}
        return self._depends[x]

    def _add(self, x: Tensor) -> None:
        plain = x.func is not None and not x.func.function.has_updates and not x.op.funcs
        if x.kind not in _PLAIN or not plain:
            self.node.unsupported("a body that computes each cell by itself")
        assert x.func is not None
        self._own[x.func.function.name] = x.func.function

    def reader(
        self,
        time: Expr,
        read: Callable[[int, Sequence[Any]], Expr],
        coords: Sequence[Any] | None,
    ) -> Callable[[Expr], Expr]:
        """Return what puts the cells of the body in place of its tensors.

        Where `coords` are given, the state must be read there and nowhere else.
        """
        stands = {_name(x): k for k, x in enumerate(self.state)}
        step = _name(self.step)

        def inline(e: Expr, env: Mapping[str, Expr]) -> Expr:
            if isinstance(e, Variable) and e.param is None:
                return env.get(e.name, e)
            if not isinstance(e, Call) or e.kind is not CallKind.FUNC:
                return settled(e.map_children(lambda child: inline(child, env)))
            args = [inline(a, env) for a in e.args]
            if e.name == step:
                return cast_to(Int(64), time)
            if e.name in stands:
                place = args[::-1]
                return read(stands[e.name], self._held(place, coords))
            own = self._own.get(e.name)
            if own is None:
                return settled(e.map_children(lambda child: inline(child, env)))
            return inline(own.definitions[0].values[0], dict(zip(own.args, args, strict=True)))

        return lambda e: inline(e, {})

    def _held(self, place: Sequence[Expr], coords: Sequence[Any] | None) -> Sequence[Any]:
        if coords is None:
            return place
        names = [as_expr(c) for c in coords]
        for own, wanted, size in zip(place, names, self.state[0].shape, strict=True):
            names_it = isinstance(own, Variable) and isinstance(wanted, Variable)
            if known(size) != 1 and not (names_it and equal(own, wanted)):
                self.node.unsupported("cells that do not depend on others")
        return coords


def _name(x: Tensor) -> str:
    assert x.func is not None
    return x.func.function.name
