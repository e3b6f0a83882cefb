"""Branches of a graph that are carried out only where a condition holds that data tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from halo.ir.expr import Expr


@dataclass(slots=True, eq=False)
class Branch:
    """What its tensors are for is needed only where `guard` holds.

    Attributes
    ----------
    guard
        A bool over the symbols of the graph.
    outer
        The branch that it is in.
    requires
        Pairs of sizes that must be equal there: where they are not, cells that do not exist may be
        read to compute its tensors.
    """

    guard: Expr
    outer: Branch | None = None
    requires: list[tuple[Expr, Expr]] = field(default_factory=list)


def branches_around(branch: Branch | None) -> tuple[Branch, ...]:
    """Return `branch` and those that it is in, the innermost first; none where there is none."""
    return () if branch is None else (branch, *branches_around(branch.outer))


def is_apart(made: Branch | None, read: Branch | None) -> bool:
    """Whether what is made in one branch must be stored for who reads it in another.

    It must if it is not to be computed in vain there, because that is not safe.
    """
    unsafe = any(b.requires for b in branches_around(made))
    return unsafe and made not in branches_around(read)
