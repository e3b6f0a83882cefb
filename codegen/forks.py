"""What both back ends ask about forks."""

from __future__ import annotations

from halo.ir.stmt import For, Fork, ForKind, Stmt, statements


def holds_fork(s: Stmt) -> bool:
    """Whether there is a fork in `s`."""
    return any(isinstance(n, Fork) for n in statements(s))


def holds_parallel_loop(s: Fork) -> bool:
    """Whether there is a parallel loop in a branch of `s`."""
    inside = (n for branch in s.branches for n in statements(branch))
    return any(isinstance(n, For) and n.kind is ForKind.PARALLEL for n in inside)
