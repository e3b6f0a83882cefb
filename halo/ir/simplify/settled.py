"""What need not be simplified again: what is as it was, in a scope that tells no more about it."""

from __future__ import annotations

from collections.abc import Set

from halo.ir.node import Node
from halo.ir.stmt import For, IfThenElse, LetStmt, Stmt

Scope = For | LetStmt | IfThenElse


class Settled:
    """The nodes of a simplified statement, and the scopes in it.

    Attributes
    ----------
    nodes
        The ids of the nodes; the statement must be kept alive.
    """

    def __init__(self, nodes: Set[int], scopes: dict[str, set[tuple[int, ...]]]) -> None:
        self.nodes = nodes
        self._scopes = scopes

    @classmethod
    def of(cls, s: Stmt) -> Settled:
        """Return what is settled where `s` was simplified."""
        nodes: set[int] = set()
        scopes: dict[str, set[tuple[int, ...]]] = {_CONDITIONS: set()}
        stack: list[Node] = [s]
        while stack:
            n = stack.pop()
            if id(n) not in nodes:
                nodes.add(id(n))
                stack.extend(n.children())
                if isinstance(n, (For, LetStmt, IfThenElse)):
                    name, what = _scope_of(n)
                    scopes.setdefault(name, set()).add(what)
        return cls(nodes, scopes)

    def within(self, *scopes: Scope) -> Settled:
        """Return what is settled inside `scopes`: nothing, if one of them tells more than before.

        A name that is new tells nothing, as nothing settled mentions it.
        """
        for scope in scopes:
            name, what = _scope_of(scope)
            if what not in self._scopes.get(name, (what,)):
                return NOTHING
        return self


_CONDITIONS = ""
"""Stands for the name that a condition has not."""

NOTHING = Settled(frozenset(), {})


def _scope_of(s: Scope) -> tuple[str, tuple[int, ...]]:
    """Return the name that `s` binds, and ids of what it tells of it."""
    if isinstance(s, For):
        return s.name, (id(s.min), id(s.extent))
    if isinstance(s, LetStmt):
        return s.name, (id(s.value),)
    return _CONDITIONS, (id(s.condition),)
