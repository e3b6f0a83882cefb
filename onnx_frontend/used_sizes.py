"""Which of the run-time sizes a model needs: attempts that were given up leave others behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from halo.ir.expr import Call, Expr, Variable
from halo.ir.function import Function
from halo.ir.node import Node
from halo.ir.substitute import walk
from halo.lang.func import Func
from halo.ops.tensor import Tensor
from onnx_frontend.run_time_sizes import RunTimeSize


def used_sizes(made: Iterable[RunTimeSize], *roots: Any) -> tuple[RunTimeSize, ...]:
    """Return those of `made` that `roots` need, in their order.

    A size is needed where its name stands: in a shape or a cell of a tensor, in what an operation
    has noted, in a requirement, in another size that is needed. All that is reached from the roots
    is looked at, because what an attempt has found of a tensor around it serves others, too.

    Parameters
    ----------
    roots
        Tensors, expressions, and what consists of them.
    """
    sizes = {size.name: size for size in made}
    if not sizes:
        return ()
    reached = _Reached(sizes)
    reached.visit(roots)
    return tuple(size for size in sizes.values() if size.name in reached.names)


class _Reached:
    """What was looked at, and the names of the sizes that stand there."""

    def __init__(self, sizes: Mapping[str, RunTimeSize]) -> None:
        self.names: set[str] = set()
        self._sizes = sizes
        self._seen: dict[int, Any] = {}  # an id stays that of a value only while the value lives

    def visit(self, root: Any) -> None:
        """Look at `root`, and whatever it consists of and reads."""
        pending = [root]
        while pending:
            value = pending.pop()
            if id(value) in self._seen or isinstance(value, (str, bytes, int, float)):
                continue
            self._seen[id(value)] = value
            pending += self._parts(value)

    def _parts(self, value: Any) -> Iterable[Any]:
        match value:
            case Expr():
                return self._of_expression(value)
            case Func():
                return (value.function,)
            case Function():
                return [e for d in value.definitions for e in d.expressions()]
            case Tensor():
                return (value.shape, value.op, value.func, value.content, value.branch)
            case Mapping():
                return value.values()
            case tuple() | list():
                return value
            case _ if is_dataclass(value) and not isinstance(value, (type, Node)):
                return [getattr(value, f.name) for f in fields(value)]
            case _:
                return ()

    def _of_expression(self, e: Expr) -> Iterable[Any]:
        for node in walk(e):
            if isinstance(node, Call):
                yield node.func
            elif isinstance(node, Variable) and node.name in self._sizes:
                self.names.add(node.name)
                yield self._sizes[node.name]
