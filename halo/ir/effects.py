"""Expressions with effects, as those see them who want the value only."""

from __future__ import annotations

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Call, Expr
from halo.ir.intrinsics import is_effect, is_intrinsic
from halo.ir.substitute import walk


def has_effects(*roots: Expr) -> bool:
    """Whether evaluating one of `roots` does something beside giving a value."""
    return any(is_effect(n) for e in roots for n in walk(e))


def without_effects(e: Expr) -> Expr:
    """Return the value of `e` alone."""
    memo: dict[int, Expr] = {}

    def rewrite(x: Expr) -> Expr:
        made = memo.get(id(x))
        if made is None:
            made = x.map_children(rewrite)
            if isinstance(made, Call) and is_effect(made):
                made = made.args[0]
            memo[id(x)] = made
        return made

    return rewrite(e) if has_effects(e) else e


def without_tags(e: Expr) -> Expr:
    """Return `e` with the values of its `memoize_tag`s."""
    if not any(is_intrinsic(n, "memoize_tag") for n in walk(e)):
        return e
    memo: dict[int, Expr] = {}

    def rewrite(x: Expr) -> Expr:
        if id(x) not in memo:
            made = x.map_children(rewrite)
            is_tag = isinstance(made, Call) and is_intrinsic(made, "memoize_tag")
            memo[id(x)] = made.children()[0] if is_tag else made
        return memo[id(x)]

    return rewrite(e)


def with_equals_shared(*roots: Expr) -> tuple[Expr, ...]:
    """Return `roots` with one node for all that are equal: its effect happens once."""
    keys = StructuralKeys()
    memo: dict[int, Expr] = {}

    def rewrite(x: Expr) -> Expr:
        key = keys.key(x)
        if key not in memo:
            memo[key] = x.map_children(rewrite)
        return memo[key]

    return tuple(map(rewrite, roots)) if has_effects(*roots) else roots
