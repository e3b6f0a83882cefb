"""How much LLVM has to do: little where the schedule made the vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from halo.ir.expr import as_const
from halo.ir.stmt import (
    Block,
    For,
    Fork,
    ForKind,
    IfThenElse,
    LetStmt,
    ProducerConsumer,
    Stmt,
    Store,
    statements,
)

_FEW = 4
"""Iterations of a loop that is not worth vectors."""

_MOST_STORES = 16
"""Stores of a loop that is written out."""


def leaves_scalar_loops(s: Stmt) -> bool:
    """Whether some Func in `s` is computed by loops on scalars alone, which LLVM may vectorize."""
    seen = _look(s, "", set())
    # A Func may have vectors, and loops on scalars for few cells.
    return not {f for f, _ in seen.loops} <= seen.vectors


def is_short(loop: For) -> bool:
    """Whether `loop` is serial, holds no other, and is better written out than iterated."""
    low, extent = as_const(loop.min), as_const(loop.extent)
    if loop.kind is not ForKind.SERIAL or low is None or extent is None or extent > _FEW:
        return False
    stores = 0
    for n in statements(loop.body):
        if isinstance(n, (For, Fork)):
            return False
        stores += isinstance(n, Store)
    return stores * extent <= _MOST_STORES


def loops_left_alone(s: Stmt) -> frozenset[int]:
    """Return the ids of the loops that LLVM is to make neither vectors nor copies of.

    Innermost loops that store vectors are as the schedule wants them. Loops on scalars that stand
    in for vectors of the same Func are there for fewer cells than a vector has, or a step, behind
    a test or as the ends of a loop: what LLVM would make of them is more code than all else, and
    not worth its time.
    """
    found: set[int] = set()
    _compare(_look(s, "", found).parts, found)
    return frozenset(found)


def loops_for_few(s: Stmt) -> frozenset[int]:
    """Return the ids of those among `loops_left_alone` that stand in for vectors."""
    left = loops_left_alone(s)
    loops = (n for n in statements(s) if id(n) in left)
    return frozenset(id(n) for n in loops if not any(map(_stores_vectors, statements(n))))


def _stores_vectors(s: Stmt) -> bool:
    return isinstance(s, Store) and s.value.type.is_vector()


@dataclass(slots=True)
class _Seen:
    """What is in a statement.

    Attributes
    ----------
    innermost
        Whether there is no loop.
    vectors, loops
        The Funcs of which vectors are stored, and loops on scalars, with their Funcs.
    parts
        Loops that follow each other, by name: the parts that a loop was cut into have its name.
    """

    innermost: bool = True
    vectors: set[str] = field(default_factory=set)
    loops: list[tuple[str, int]] = field(default_factory=list)
    parts: dict[str, list[_Seen]] = field(default_factory=dict)

    def beside(self, vectors: set[str]) -> Iterator[int]:
        """Yield the loops that compute what others compute in `vectors`, and these do not."""
        return (i for f, i in self.loops if f in vectors and f not in self.vectors)


def _look(s: Stmt, func: str, found: set[int]) -> _Seen:
    """Return what is in `s`; add to `found` the loops to be left alone."""
    if isinstance(s, ProducerConsumer) and s.is_producer:
        func = s.name
    seen = _Seen()
    if isinstance(s, For):
        seen.parts[s.name] = [seen]
        if _is_scalar(s):
            seen.loops.append((func, id(s)))
    if _stores_vectors(s):
        seen.vectors.add(func)
    for c in s.children():
        if not isinstance(c, Stmt):
            continue
        inside = _look(c, func, found)
        if isinstance(s, IfThenElse) and c is s.else_case:
            found.update(inside.beside(seen.vectors))
        if isinstance(s, (Block, LetStmt)):
            for name, parts in inside.parts.items():
                seen.parts.setdefault(name, []).extend(parts)
        else:
            _compare(inside.parts, found)
        seen.innermost &= inside.innermost
        seen.vectors |= inside.vectors
        seen.loops += inside.loops
    if isinstance(s, For):
        if seen.innermost and seen.vectors:
            found.add(id(s))
        seen.innermost = False
    return seen


def _compare(parts: dict[str, list[_Seen]], found: set[int]) -> None:
    """Add to `found` the loops in parts of a loop of which others have vectors."""
    for same in parts.values():
        vectors = {f for part in same for f in part.vectors}
        found.update(i for part in same for i in part.beside(vectors))


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
    stores = False
    for n in statements(loop.body):
        if isinstance(n, For):
            return False
        stores = stores or isinstance(n, Store)
    return stores
