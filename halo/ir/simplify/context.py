"""What the rules of simplify share: the memo, what is known of variables, and caches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Expr, Variable
from halo.ir.node import Node
from halo.ir.ranges import Interval
from halo.ir.simplify.linear import Linear

Rule = Callable[[Any, "Context"], Any]
Pair = tuple[int, int]


@dataclass(slots=True)
class Known:
    """What is known of a variable.

    `low` and `high` are constants; `lower` and `upper` say more where the ends are symbolic.
    `order` grows inwards. An index variable takes part in arithmetic that cannot overflow.
    """

    low: int
    high: int
    lower: Linear | None = None
    upper: Linear | None = None
    order: int = 0
    is_index: bool = True


class Context:
    """The state of one call of simplify.

    Every cache maps the id of a node to (the node, what is known of it), and holds only what
    mentions variables in scope; `mark` and `release` bracket a scope.
    """

    def __init__(self, rules: Mapping[type[Node], Rule], scope: Mapping[str, Interval]) -> None:
        self.rules = rules
        self.scope = scope
        self.keys = StructuralKeys()
        self.known: dict[str, Known] = {}
        self.replaced: dict[str, Expr] = {}
        self.facts: list[Linear] = []
        self.truths: dict[int, bool] = {}
        self.memo: dict[int, tuple[Node, Any]] = {}
        self.linears: dict[int, tuple[Node, Linear]] = {}
        self.expansions: dict[int, tuple[Node, Linear]] = {}
        self.bounds: dict[int, tuple[Node, Pair]] = {}
        self.exact: dict[int, tuple[Node, bool]] = {}
        self.index: dict[int, tuple[Node, bool]] = {}
        self.proofs: dict[Any, bool] = {}
        self.outer: frozenset[str] | None = None
        self.root: Node | None = None
        self.active: dict[str, str] = {}
        self.fresh = 0

    def visit(self, node: Any) -> Any:
        """Return `node` simplified, itself when nothing changed."""
        known = self.memo.get(id(node))
        if known is not None:
            return known[1]
        rule = self.rules.get(type(node))
        made = node.map_children(self.visit) if rule is None else rule(node, self)
        self.memo[id(node)] = (node, made)
        if made is not node:
            self.memo[id(made)] = (made, made)
        return made

    def _caches(self) -> tuple[dict[Any, Any], ...]:
        return (
            self.memo,
            self.linears,
            self.expansions,
            self.bounds,
            self.exact,
            self.index,
            self.proofs,
        )

    def mark(self) -> tuple[int, ...]:
        """Return what `release` needs to forget all that is learnt from now on."""
        return tuple([len(c) for c in self._caches()])

    def release(self, mark: tuple[int, ...]) -> None:
        """Forget what was learnt since `mark`: it may mention variables that leave scope."""
        for cache, size in zip(self._caches(), mark, strict=True):
            for _ in range(len(cache) - size):
                cache.popitem()

    def assuming(self) -> Context:
        """Return a context of the same scope to which facts can be added."""
        inner = Context(self.rules, self.scope)
        for name in ("keys", "outer", "root", "active", "linears", "expansions", "index"):
            setattr(inner, name, getattr(self, name))
        inner.known = dict(self.known)
        inner.replaced = self.replaced
        inner.facts = list(self.facts)
        inner.truths = dict(self.truths)
        inner.fresh = self.fresh
        return inner

    def knows(self, v: Variable) -> Known | None:
        """Return what is known of variable `v`, None if nothing is."""
        known = self.known.get(v.name)
        if known is not None:
            return known
        interval = self.scope.get(v.name)
        return None if interval is None else self.learn(v, interval)

    def learn(self, v: Variable, interval: Interval, *, is_index: bool = True) -> Known:
        """Record that `v` lies in `interval`, whose ends are exact integers, and return that."""
        raise NotImplementedError
