"""Walking over expressions that share parts."""

from __future__ import annotations

from collections.abc import Iterator

from halo.ir.expr import Expr


def nodes(*roots: Expr) -> Iterator[Expr]:
    """Yield every node of `roots` once, however often it is shared; parents before children."""
    seen: set[int] = set()
    stack = list(reversed(roots))
    while stack:
        e = stack.pop()
        if id(e) not in seen:
            seen.add(id(e))
            yield e
            stack.extend(reversed(e.children()))
