"""What cells of Funcs and images an expression or a statement reads."""

from __future__ import annotations

from collections.abc import Mapping

from halo.ir import expr as E
from halo.ir.bounds import bounds_in
from halo.ir.bounds.context import Bounds
from halo.ir.expr import Call, CallKind, Expr, const
from halo.ir.intrinsics import is_marked
from halo.ir.node import Node
from halo.ir.ranges import Box, Interval, union_boxes
from halo.ir.simplify.linear import Linear
from halo.ir.stmt import For, IfThenElse, LetStmt, Provide, Stmt, Store


def boxes_touched(
    node: Expr | Stmt | tuple[Expr, ...],
    scope: Mapping[str, Interval],
    *,
    refine_selects: bool = False,
) -> dict[str, Box]:
    """Return for each Func and image that `node` reads the box of cells that holds all it reads.

    Parameters
    ----------
    scope
        Where the variables lie that the result must not mention.
    refine_selects
        Whether a branch of a select counts only where the condition takes it. Both branches may
        be evaluated, so this is right only where the one not taken may read anything.

    What runs only under a condition (a predicate, an if) counts only where it holds.
    """
    reader = _Reader(refine_selects)
    nodes = node if isinstance(node, tuple) else (node,)
    start = bounds_in(dict(scope))
    for n in nodes:
        reader.read(n, start)
    return {name: tuple([start.simplified(i) for i in box]) for name, box in reader.boxes.items()}


def refine(scope: Mapping[str, Interval], condition: Expr) -> dict[str, Interval]:
    """Return `scope` narrowed to where `condition` may hold.

    Looks at conjunctions of linear comparisons; anything else narrows nothing.

        refine({"x": [0, w - 1]}, x*2 < n)  ->  {"x": [0, min(w - 1, (n - 1)/2)]}
    """
    return _refined(bounds_in(dict(scope)), condition)


class _Reader:
    def __init__(self, refine_selects: bool) -> None:
        self.refine_selects = refine_selects
        self.boxes: dict[str, Box] = {}
        self.seen: set[tuple[int, int]] = set()
        self.scopes: list[Bounds] = []

    def read(self, n: Node, s: Bounds) -> None:
        if (id(n), id(s)) in self.seen:
            return
        self.seen.add((id(n), id(s)))
        if isinstance(n, (E.Let, LetStmt)):
            self.read(n.value, s)
            self.read(n.body, self._within(s, {**s.scope, n.name: s.of(n.value)}))
        elif isinstance(n, For):
            self._read_loop(n, s)
        elif isinstance(n, IfThenElse):
            self.read(n.condition, s)
            self.read(n.then_case, self._under(s, n.condition))
            if n.else_case is not None:
                self.read(n.else_case, self._under(s, E.Not(n.condition)))
        elif isinstance(n, E.Select) and self.refine_selects:
            self.read(n.condition, s)
            self.read(n.true_value, self._under(s, n.condition))
            self.read(n.false_value, self._under(s, E.Not(n.condition)))
        elif isinstance(n, (Provide, Store)) and n.predicate is not None:
            self.read(n.predicate, s)
            inside = self._under(s, n.predicate)
            for child in n.children():
                if child is not n.predicate:
                    self.read(child, inside)
        else:
            self._read_plain(n, s)

    def _read_plain(self, n: Node, s: Bounds) -> None:
        for child in n.children():
            self.read(child, s)
        if isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE):
            box = tuple([s.of(a) for a in n.args])
            known = self.boxes.get(n.name)
            self.boxes[n.name] = box if known is None else union_boxes(known, box)

    def _read_loop(self, n: For, s: Bounds) -> None:
        self.read(n.min, s)
        self.read(n.extent, s)
        low, extent = s.of(n.min), s.of(n.extent)
        high = None
        if low.max is not None and extent.max is not None:
            end = E.Add(low.max, extent.max)
            high = s.simplify(E.Sub(end, const(end.type, 1)))
        self.read(n.body, self._within(s, {**s.scope, n.name: Interval(low.min, high)}))

    def _within(self, s: Bounds, scope: Mapping[str, Interval]) -> Bounds:
        made = s.within(scope)
        self.scopes.append(made)  # alive, so that `seen` can go by its id
        return made

    def _under(self, s: Bounds, condition: Expr) -> Bounds:
        scope = _refined(s, condition)
        same = all([scope[n] is i for n, i in s.scope.items()])
        return s if same else self._within(s, scope)


def _refined(s: Bounds, condition: Expr) -> dict[str, Interval]:
    scope = dict(s.scope)
    stack = [s.simplify(condition)]
    while stack:
        c = stack.pop()
        if isinstance(c, E.And):
            stack += [c.b, c.a]
        elif is_marked(c):
            stack.append(c.args[0])
        elif isinstance(c, E.Broadcast):
            stack.append(c.value)
        elif isinstance(c, E.Comparison):
            for lin in s.simplifier.constraints(c):
                _narrow(scope, lin, s)
    return scope


def _narrow(scope: dict[str, Interval], lin: Linear, s: Bounds) -> None:
    """Narrow the variables of ``lin <= 0``."""
    parts, constant = list(lin.terms.values()), lin.constant
    for i, (v, c) in enumerate(parts):
        if not isinstance(v, E.Variable) or v.name not in scope:
            continue
        rest: Expr = const(v.type, -constant if c > 0 else constant)
        for j, (atom, d) in enumerate(parts):
            if j != i and atom.type == v.type:
                rest = E.Add(rest, E.Mul(atom, const(v.type, -d if c > 0 else d)))
        if any(atom.type != v.type for atom, _ in parts):
            continue
        found = s.of(rest)  # c*v <= rest, or rest <= |c|*v
        size = const(v.type, abs(c))
        if c > 0 and found.max is not None:
            end = s.simplify(E.Div(found.max, size))
            scope[v.name] = s.simplified(scope[v.name].intersect(Interval(None, end)))
        elif c < 0 and found.min is not None:
            up = E.Add(found.min, const(v.type, abs(c) - 1))
            end = s.simplify(E.Div(up, size))
            scope[v.name] = s.simplified(scope[v.name].intersect(Interval(end, None)))
