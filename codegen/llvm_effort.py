"""How much LLVM has to do: little where the schedule made the vectors."""

from __future__ import annotations

from halo.ir.expr import as_const
from halo.ir.stmt import For, Fork, ForKind, ProducerConsumer, Stmt, Store

_FEW = 4
"""Iterations of a loop that is not worth vectors."""

_MOST_STORES = 16
"""Stores of a loop that is written out."""


def leaves_scalar_loops(s: Stmt) -> bool:
    """Whether some Func in `s` is computed by loops on scalars alone, which LLVM may vectorize."""
    scalar: set[str] = set()
    vector: set[str] = set()
    stack: list[tuple[str, Stmt]] = [("", s)]
    while stack:
        func, n = stack.pop()
        if isinstance(n, ProducerConsumer) and n.is_producer:
            func = n.name
        if isinstance(n, Store) and n.value.type.is_vector():
            vector.add(func)
        if isinstance(n, For) and _is_scalar(n):
            scalar.add(func)
        stack.extend((func, c) for c in n.children() if isinstance(c, Stmt))
    return not scalar <= vector  # a Func may have other loops for few cells


def is_short(loop: For) -> bool:
    """Whether `loop` is serial, holds no other, and is better written out than iterated."""
    low, extent = as_const(loop.min), as_const(loop.extent)
    if loop.kind is not ForKind.SERIAL or low is None or extent is None or extent > _FEW:
        return False
    stack: list[Stmt] = [loop.body]
    stores = 0
    while stack:
        n = stack.pop()
        if isinstance(n, (For, Fork)):
            return False
        stores += isinstance(n, Store)
        stack.extend(c for c in n.children() if isinstance(c, Stmt))
    return stores * extent <= _MOST_STORES


def only_directs(s: Stmt, threads: bool) -> bool:
    """Whether `s` leaves all work to threads, whose parts of it are functions of their own.

    What is left of it runs once a call, and is not worth LLVM's time.
    """
    stack = [s]
    while stack:
        n = stack.pop()
        if threads and isinstance(n, For) and n.kind is ForKind.PARALLEL:
            continue
        if isinstance(n, (For, Fork, Store)):
            return False
        stack.extend(c for c in n.children() if isinstance(c, Stmt))
    return True


def _is_scalar(loop: For) -> bool:
    """Whether `loop` holds a store and no other loop."""
    extent = as_const(loop.extent)
    if extent is not None and extent <= _FEW:
        return False
    stack, stores = [loop.body], False
    while stack:
        n = stack.pop()
        if isinstance(n, For):
            return False
        stores = stores or isinstance(n, Store)
        stack.extend(c for c in n.children() if isinstance(c, Stmt))
    return stores
