"""Multiply-add contraction, decided once on a definition and so the same under every schedule."""

from __future__ import annotations

from halo.ir.expr import Add, Expr, Mul, Sub, const
from halo.ir.intrinsics import fma


def contract_fma(e: Expr) -> Expr:
    """Turn a*b + c and its kin into one rounding.

    Requires: a definition's expression, before any inlining.
    Ensures: no float32 or float64 Add or Sub has a Mul as an operand; of two Muls the left one is
    contracted.

    Example: ``a*b + c*d`` -> ``fma(a, b, c*d)``.
    """
    memo: dict[int, Expr] = {}

    def rewrite(node: Expr) -> Expr:
        done = memo.get(id(node))
        if done is None:
            done = _contract(node.map_children(rewrite))
            memo[id(node)] = done
        return done

    return rewrite(e)


def _contract(e: Expr) -> Expr:
    if not isinstance(e, (Add, Sub)) or not e.type.is_float() or e.type.bits() < 32:
        return e
    match e:
        case Add(a=Mul(a=a, b=b), b=c) | Add(a=c, b=Mul(a=a, b=b)):
            return fma(a, b, c)
        case Sub(a=Mul(a=a, b=b), b=c):
            return fma(a, b, _negated(c))
        case Sub(a=c, b=Mul(a=a, b=b)):
            return fma(_negated(a), b, c)
        case _:
            return e


def _negated(e: Expr) -> Expr:
    return Mul(e, const(e.type, -1))
