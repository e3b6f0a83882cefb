"""What both back ends ask about forks."""

from __future__ import annotations

from collections.abc import Iterator

from halo.ir.stmt import For, Fork, ForKind, Stmt


def holds_fork(s: Stmt) -> bool:
    """Whether there is a fork in `s`."""
    return any(isinstance(n, Fork) for n in _statements(s))


def holds_parallel_loop(s: Fork) -> bool:
    """Whether there is a parallel loop in a branch of `s`."""
    inside = (n for branch in s.branches for n in _statements(branch))
    return any(isinstance(n, For) and n.kind is ForKind.PARALLEL for n in inside)


def _statements(s: Stmt) -> Iterator[Stmt]:
    stack = [s]
    while stack:
        n = stack.pop()
        yield n
        stack.extend(c for c in n.children() if isinstance(c, Stmt))
