"""Gathers that several stores in a row make are made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Broadcast, Expr, Load, Ramp, Variable
from halo.ir.stmt import Block, LetStmt, Stmt, Store, block
from halo.ir.substitute import find
from halo.lowering.own_loads import own_arrays, with_loads


def share_gathers(s: Stmt) -> Stmt:
    """Bind vectors that are gathered by more than one of several stores in a row.

    A gather takes a load for each lane. Only from memory that nothing outside knows, because a
    store to a buffer of the caller's may write what another of these holds, and only if none of
    the stores writes there. Plain loads are left to the compiler, which knows how many registers
    there are.

    Requires: flat stage, vectors made. Ensures: the same cells are read, after the same stores.

        o[ramp(0, 1, 8)] = a[t[ramp(i, 1, 8)]] + 1      let gather.0 = a[t[ramp(i, 1, 8)]]
        o[ramp(8, 1, 8)] = a[t[ramp(i, 1, 8)]] + 2  ->  o[ramp(0, 1, 8)] = gather.0 + 1
                                                        o[ramp(8, 1, 8)] = gather.0 + 2
    """
    made: Stmt = _Sharing(own_arrays(s)).stmt(s)
    return made


class _Sharing:
    """Shares gathers from the arrays `own`."""

    def __init__(self, own: set[str]) -> None:
        self.own = own
        self._keys = StructuralKeys()
        self._count = 0

    def stmt(self, node: Any) -> Any:
        if isinstance(node, Expr):
            return node
        made = node.map_children(self.stmt)
        return self._block(made) if isinstance(made, Block) else made

    def _block(self, b: Block) -> Stmt:
        parts: list[Stmt] = []
        for stores, run in groupby(b.stmts, lambda s: isinstance(s, Store)):
            statements = list(run)
            parts += self._shared(statements) if stores else statements
        return b if all(p is s for p, s in zip(parts, b.stmts, strict=False)) else block(*parts)

    def _shared(self, stores: list[Any]) -> Sequence[Stmt]:
        """Return what becomes of a run of stores."""
        if len(stores) < 2:
            return stores
        safe = self.own - {s.name for s in stores}
        users: dict[int, int] = {}
        loads: dict[int, Load] = {}
        for s in stores:
            found = {self._keys.key(g): g for g in _gathers(s, safe)}
            loads.update(found)
            for key in found:
                users[key] = users.get(key, 0) + 1
        names = {key: self._name(loads[key]) for key, n in users.items() if n > 1}
        if not names:
            return stores
        run: Stmt = with_loads(block(*stores), self._keys, names)
        for key, name in reversed(names.items()):
            run = LetStmt(name.name, loads[key], run)
        return [run]

    def _name(self, load: Load) -> Variable:
        self._count += 1
        return Variable(load.type, f"gather.{self._count - 1}")


def _gathers(s: Store, safe: set[str]) -> Iterator[Load]:
    """Yield the outermost gathers in `s` that read nothing but the arrays `safe`."""
    stack: list[Any] = list(s.children())
    while stack:
        e = stack.pop()
        if _is_gather(e) and all(load.name in safe for load in find((e,), Load)):
            yield e
        else:
            stack.extend(e.children())


def _is_gather(e: Expr) -> bool:
    return isinstance(e, Load) and e.type.is_vector() and not isinstance(e.index, (Ramp, Broadcast))
