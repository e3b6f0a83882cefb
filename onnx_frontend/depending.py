"""What of the body of a loop differs from step to step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from halo.ir.expr import Call, Expr, Variable
from halo.ir.function import Function
from halo.ir.substitute import walk
from halo.ops.tensor import Tensor
from onnx_frontend.producers import producers_first
from onnx_frontend.run_time_sizes import RunTimeSize


def depending(
    results: Iterable[Tensor], on: Iterable[Tensor], sizes: Sequence[RunTimeSize] = ()
) -> dict[Tensor, None]:
    """Return `on`, and what of all that `results` need depends on it, or on `sizes`."""
    found = dict.fromkeys(on)
    order = producers_first(results, found)
    names = _Names({size.name for size in sizes}, order) if sizes else None
    for t in order:
        if any(x in found for x in t.op.inputs) or (names is not None and names.stand_in(t)):
            found[t] = None
    return found


def sizes_of_steps(
    results: Sequence[Tensor], on: Sequence[Tensor], made: Sequence[RunTimeSize]
) -> tuple[RunTimeSize, ...]:
    """Return those sizes that the body of a loop made which differ from step to step.

    Parameters
    ----------
    results
        What the body has to give.
    on
        What it is given anew in each step.
    made
        The sizes, each behind those that it needs.
    """
    found: tuple[RunTimeSize, ...] = ()
    cells = [t for size in made for t, _ in size.cells.values()]
    while True:
        own = depending([*results, *cells], on, found)
        names = {size.name for size in found}
        more: list[RunTimeSize] = []
        for size in made:
            needs = {v.name for v in walk(size.value) if isinstance(v, Variable)}
            if any(t in own for t, _ in size.cells.values()) or not names.isdisjoint(needs):
                more.append(size)
                names.add(size.name)
        if len(more) == len(found):
            return found
        found = tuple(more)


class _Names:
    """Looks for names of sizes in what tensors are themselves, not in what they read."""

    def __init__(self, names: set[str], tensors: Iterable[Tensor]) -> None:
        self.names = names
        self.others = {id(t.func.function) for t in tensors if t.func is not None}

    def stand_in(self, t: Tensor) -> bool:
        """Whether one of the names stands in the shape of `t` or in the definition of its cells."""
        call = t.op.attrs.get("call")
        numbers = getattr(call, "numbers", ())
        if any(map(self._in_expression, (*t.shape, *numbers))):
            return True
        if any(map(self.stand_in, getattr(call, "inside", ()))):  # a loop in the loop
            return True
        funcs = [f.function for f in t.op.funcs.values()]
        pending = funcs if t.func is None else [t.func.function, *funcs]
        seen = set(map(id, pending))
        while pending:
            for d in pending.pop().definitions:
                for e in d.expressions():
                    if self._in_expression(e):
                        return True
                    for f in _functions(e):
                        if id(f) not in seen and id(f) not in self.others:
                            seen.add(id(f))
                            pending.append(f)
        return False

    def _in_expression(self, e: Expr) -> bool:
        return any(isinstance(v, Variable) and v.name in self.names for v in walk(e))


def _functions(e: Expr) -> Iterable[Function]:
    for call in walk(e):
        if isinstance(call, Call) and isinstance(call.func, Function):
            yield call.func
