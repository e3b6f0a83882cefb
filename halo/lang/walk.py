"""Walking over expressions that share parts."""

from __future__ import annotations

from collections.abc import Iterator

from halo.ir.expr import Expr, Variable
from halo.ir.function import ReductionDomain


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


def is_var(e: Expr) -> bool:
    """Whether `e` is a Var: no parameter, RVar, image field or size."""
    return isinstance(e, Variable) and e.param is None and e.source is None


def is_the_var(e: Expr, name: str) -> bool:
    """Whether `e` is the Var called `name`."""
    return isinstance(e, Variable) and is_var(e) and e.name == name


def is_dimension(e: Expr) -> bool:
    """Whether `e` is a Var or an RVar: a variable that changes from cell to cell."""
    return is_var(e) or (isinstance(e, Variable) and isinstance(e.source, ReductionDomain))
