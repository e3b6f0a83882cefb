"""What the rules of simplify share: the memo, what is known of variables, and caches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, overload

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Expr, Variable
from halo.ir.node import Node
from halo.ir.ranges import Interval
from halo.ir.simplify.linear import Linear
from halo.ir.simplify.settled import NOTHING, Scope
from halo.ir.simplify.uses import count_uses
from halo.ir.stmt import Stmt

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
    lower: Expr | None = None
    upper: Expr | None = None
    order: int = 0
    is_index: bool = True


class Context:
    """The state of one call of simplify.

    Every cache maps the id of a node to (the node, what is known of it), and holds only what
    mentions variables in scope; `mark` and `release` bracket a scope.
    """

    def __init__(
        self, rules: Mapping[type[Node], Rule], scope: Mapping[str, Interval], root: Node
    ) -> None:
        self.rules = rules
        self.scope = scope
        self.root = root
        self.settled = NOTHING
        self.keys = StructuralKeys()
        # variables
        self.known: dict[str, Known] = {}
        self.replaced: dict[str, Expr] = {}
        self.renames: dict[str, str] = {}
        self.visible: set[str] = set()
        self.entered: list[tuple[str | None, dict[int, tuple[Node, Any]]]] = []
        self.outer: frozenset[str] | None = None
        self.depth = 0
        self.fresh = 0
        # conditions known to hold or not
        self.facts: list[Linear] = []
        self.truths: dict[int, bool] = {}
        # caches
        self.memo: dict[int, tuple[Node, Any]] = {}
        self.linears: dict[int, tuple[Node, Linear]] = {}
        self.expansions: dict[int, tuple[Node, Linear]] = {}
        self.bounds: dict[int, tuple[Node, Pair]] = {}
        self.exact: dict[int, tuple[Node, bool]] = {}
        self.index: dict[int, tuple[Node, int]] = {}
        self.proofs: dict[Any, bool] = {}
        self._uses: dict[str, int] | None = None

    def start(self, root: Node) -> None:
        """Make `root` the input; what was learnt of earlier ones stays."""
        self.root = root
        self.outer = None
        self._uses = None

    @overload
    def visit(self, node: Expr) -> Expr: ...
    @overload
    def visit(self, node: Stmt) -> Stmt: ...
    def visit(self, node: Any) -> Any:
        """Return `node` simplified, itself when nothing changed."""
        known = self.memo.get(id(node))
        if known is not None:
            return known[1]
        if id(node) in self.settled.nodes and not self.replaced and not self.renames:
            return node
        rule = self.rules.get(type(node))
        made = node.map_children(self.visit) if rule is None else rule(node, self)
        self.memo[id(node)] = (node, made)
        if made is not node:
            self.memo.setdefault(id(made), (made, made))
        return made

    def visit_within(self, body: Stmt, *scopes: Scope) -> Stmt:
        """Return `body`, which is inside `scopes`, simplified."""
        settled = self.settled
        self.settled = settled.within(*scopes)
        made = self.visit(body)
        self.settled = settled
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

    @contextmanager
    def assuming(self) -> Iterator[None]:
        """Bracket a scope in which facts may be added; results from outside are not reused."""
        memo, proofs, facts, truths = self.memo, self.proofs, self.facts, self.truths
        self.memo, self.proofs = {}, {}
        self.facts, self.truths = list(facts), dict(truths)
        try:
            yield
        finally:
            self.memo, self.proofs, self.facts, self.truths = memo, proofs, facts, truths

    def renamed(self, v: Variable) -> Variable:
        """Return the variable that `v` is called in the output."""
        new = self.renames.get(v.name) if self.renames else None
        return v if new is None else Variable(v.type, new, v.param)

    @property
    def uses(self) -> dict[str, int]:
        """For each variable name 1 if it occurs once in the input, 2 if more often."""
        if self._uses is None:
            self._uses = count_uses(self.root)
        return self._uses
