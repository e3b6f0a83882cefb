"""Which Funcs a statement computes and reads, before storage is flattened."""

from __future__ import annotations

from halo.ir.expr import Call, CallKind
from halo.ir.node import Node
from halo.ir.stmt import ProducerConsumer
from halo.ir.substitute import walk


def produced_in(s: Node, name: str) -> bool:
    """Whether Func `name` is computed inside `s`."""
    return any(
        isinstance(n, ProducerConsumer) and n.is_producer and n.name == name for n in walk(s)
    )


def read_in(s: Node) -> frozenset[str]:
    """Return the Funcs whose cells are read in `s`."""
    return frozenset(n.name for n in walk(s) if isinstance(n, Call) and n.kind is CallKind.FUNC)
