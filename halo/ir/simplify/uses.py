"""Counting the uses of names."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Variable
from halo.ir.node import Node


def count_uses(root: Node) -> dict[str, int]:
    """Return for each variable name whether it occurs in the tree of `root` once (1) or more (2).

    A node shared by two parents occurs twice.
    """
    times: dict[int, int] = {id(root): 1}
    uses: dict[str, int] = {}
    for node in reversed(_children_first(root)):
        n = times[id(node)]
        if isinstance(node, Variable):
            uses[node.name] = min(2, uses.get(node.name, 0) + n)
        for child in node.children():
            times[id(child)] = min(2, times.get(id(child), 0) + n)
    return uses


def _children_first(root: Node) -> Sequence[Node]:
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend([(c, False) for c in node.children() if id(c) not in seen])
    return order
