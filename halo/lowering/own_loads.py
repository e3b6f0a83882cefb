"""What the passes share that put something else in place of loads from a pipeline's own arrays."""

from __future__ import annotations

from collections.abc import Mapping

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Expr, Load
from halo.ir.node import Node
from halo.ir.stmt import Allocate, Stmt
from halo.ir.substitute import find


def own_arrays(s: Stmt) -> set[str]:
    """Return the names of the arrays that nothing outside of `s` knows."""
    return {a.name for a in find(s, Allocate)}


def with_loads(s: Stmt, keys: StructuralKeys, values: Mapping[int, Expr]) -> Stmt:
    """Return `s` with `values` in place of the loads that have these numbers among `keys`."""
    memo: dict[int, Node] = {}

    def changed(node: Node) -> Node:
        made = memo.get(id(node))
        if made is None:
            value = values.get(keys.key(node)) if isinstance(node, Load) else None
            made = memo[id(node)] = node.map_children(changed) if value is None else value
        return made

    made = changed(s)
    assert isinstance(made, Stmt)
    return made
