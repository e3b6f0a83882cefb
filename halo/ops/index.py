"""Arithmetic on sizes and coordinates: exact on constants, narrow and simplified on symbols.

A size or an index is an int32 Expr. Constants that int32 cannot hold (ONNX writes "to the end" as
the largest int64) stay int64 constants; nothing here wraps.

The size of an input may be 0, but ``min(n, 1)`` should be 1: where a simplification is only right
for sizes that are not 0, it is made, and the symbols in it take no 0 from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from halo.errors import BoundsError
from halo.ir.equality import equal
from halo.ir.expr import (
    Add,
    Binary,
    Cast,
    Comparison,
    Div,
    Expr,
    IntImm,
    Max,
    Min,
    Mod,
    Mul,
    Not,
    Select,
    Sub,
    Variable,
    as_const,
    i32,
    i64,
)
from halo.ir.function import SymbolicSize
from halo.ir.operators import cast_to, euclid_div
from halo.ir.ranges import Interval
from halo.ir.simplify import can_prove, simplify
from halo.ir.substitute import walk
from halo.ir.types import Int

ZERO, ONE = i32(0), i32(1)


def index(value: int | Expr) -> Expr:
    """Return `value` as an int32 Expr, or as an int64 constant if int32 does not hold it.

    Raises
    ------
    BoundsError
        Nor does int64.
    """
    if isinstance(value, Expr):
        return value
    if not Int(64).can_represent(value):
        raise BoundsError(f"a size or place is {value}, which 64 bits do not hold")
    return i32(value) if Int(32).can_represent(value) else i64(value)


def known(e: Expr) -> int | None:
    """Return the int that `e` is, None if it is symbolic."""
    value = as_const(e)
    return None if value is None else int(value)


def sizes_in(*exprs: Expr) -> dict[str, SymbolicSize]:
    """Return the symbolic sizes in `exprs` by their names."""
    return {
        v.name: v.source
        for e in exprs
        for v in walk(e)
        if isinstance(v, Variable) and isinstance(v.source, SymbolicSize)
    }


def tidy(e: Expr) -> Expr:
    """Return `e` simplified, its symbols being sizes."""
    if isinstance(e, (IntImm, Variable)):
        return e
    sizes = sizes_in(e)
    sure = simplify(e, _scope(sizes))
    if not any(_may_be_none(s) for s in sizes.values()):
        return sure
    hoped = simplify(e, _scope(sizes, least=1))
    if not equal(sure, hoped):
        take_no_zero(e)
    return hoped


def holds(condition: Expr) -> bool:
    """Whether `condition` is proved true for all sizes."""
    value = as_const(condition)
    if value is not None:
        return bool(value)
    if surely(condition):
        return True
    hoped = can_prove(condition, _scope(sizes_in(condition), least=1))
    if hoped:
        take_no_zero(condition)
    return hoped


def surely(condition: Expr) -> bool:
    """Whether `condition` is proved true for all sizes, of which some may be 0."""
    return can_prove(condition, _scope(sizes_in(condition)))


def same(a: Expr, b: Expr) -> bool:
    """Whether two sizes are known to be equal."""
    if surely_same(a, b):
        return True
    hoped = _same_from(1, a, b)
    if hoped:
        take_no_zero(a, b)
    return hoped


def surely_same(a: Expr, b: Expr) -> bool:
    """Whether two sizes are known to be equal, whichever sizes of inputs are 0."""
    return equal(a, b) or _same_from(0, a, b)


def _same_from(least: int, a: Expr, b: Expr) -> bool:
    scope = _scope(sizes_in(a, b), least=least)
    return equal(simplify(a, scope), simplify(b, scope))


def take_no_zero(*exprs: Expr, but: Collection[str] = ()) -> None:
    """Note that the symbols in `exprs` must not be 0: what is computed reads cells all the same.

    Those named in `but` are left out.
    """
    for name, size in sizes_in(*exprs).items():
        if name not in but and _may_be_none(size):
            size.min = 1


def factors_in(sizes: Iterable[Expr]) -> frozenset[str]:
    """Return the names of the symbols that are one of `sizes`, or a factor of one."""
    found: set[str] = set()
    pending = list(sizes)
    while pending:
        match pending.pop():
            case Mul(a=a, b=b):
                pending += [a, b]
            case Variable(name=name):
                found.add(name)
    return frozenset(found)


def _scope(sizes: Mapping[str, SymbolicSize], *, least: int = 0) -> dict[str, Interval]:
    """Return the ranges of `sizes`, of those that may be 0 so far from `least` on."""
    scope: dict[str, Interval] = {}
    for name, size in sizes.items():
        low = least if _may_be_none(size) else size.min
        scope[name] = Interval(i32(low), None if size.max is None else i32(size.max))
    return scope


def _may_be_none(size: SymbolicSize) -> bool:
    """Whether a size is one that an input tells, and may be 0 so far."""
    return not size.from_data and size.min == 0


def plus(a: int | Expr, b: int | Expr) -> Expr:
    """a + b."""
    a, b = index(a), index(b)
    x, y = known(a), known(b)
    if x is not None and y is not None:
        return index(x + y)
    if x == 0:
        return b
    if y == 0:
        return a
    return tidy(a + b)


def minus(a: int | Expr, b: int | Expr) -> Expr:
    """a - b."""
    a, b = index(a), index(b)
    x, y = known(a), known(b)
    if x is not None and y is not None:
        return index(x - y)
    if y == 0:
        return a
    return ZERO if equal(a, b) else tidy(a - b)


def times(a: int | Expr, b: int | Expr) -> Expr:
    """a * b."""
    a, b = index(a), index(b)
    x, y = known(a), known(b)
    if x is not None and y is not None:
        return index(x * y)
    if x == 0 or y == 0:
        return ZERO
    if x == 1:
        return b
    return a if y == 1 else tidy(a * b)


def floor_div(a: int | Expr, b: int | Expr) -> Expr:
    """The floor of a / b, for b > 0."""
    a, b = index(a), index(b)
    x, y = known(a), known(b)
    if x is not None and y is not None:
        return index(euclid_div(x, y))
    return a if y == 1 else tidy(a / b)


def ceil_div(a: int | Expr, b: int) -> Expr:
    """The ceiling of a / b, for b > 0."""
    return floor_div(plus(a, b - 1), b)


def remainder(a: int | Expr, b: int | Expr) -> Expr:
    """a mod b, for b > 0."""
    a, b = index(a), index(b)
    x, y = known(a), known(b)
    if x is not None and y is not None and y:
        return index(x % y)
    return ZERO if y == 1 else tidy(a % b)


def least(a: int | Expr, b: int | Expr) -> Expr:
    """The smaller of a and b."""
    a, b = index(a), index(b)
    x, y = known(a), known(b)
    if x is not None and y is not None:
        return index(min(x, y))
    # A symbolic size is an int32, so a constant beyond int32 decides.
    if x is not None and not Int(32).can_represent(x):
        return b if x > 0 else a
    if y is not None and not Int(32).can_represent(y):
        return a if y > 0 else b
    return a if equal(a, b) else tidy(Min(narrow(a), narrow(b)))


def greatest(a: int | Expr, b: int | Expr) -> Expr:
    """The larger of a and b."""
    a, b = index(a), index(b)
    x, y = known(a), known(b)
    if x is not None and y is not None:
        return index(max(x, y))
    if x is not None and not Int(32).can_represent(x):
        return a if x > 0 else b
    if y is not None and not Int(32).can_represent(y):
        return b if y > 0 else a
    return a if equal(a, b) else tidy(Max(narrow(a), narrow(b)))


def less(a: int | Expr, b: int | Expr) -> Expr:
    """Whether a < b."""
    return tidy(index(a) < index(b))


def choose(condition: Expr, a: Expr, b: Expr) -> Expr:
    """a where `condition` holds, else b."""
    value = as_const(tidy(condition))
    if value is not None:
        return a if value else b
    a, b = narrow(a), narrow(b)
    if a.type != b.type:
        raise BoundsError(f"a size or place is {a} or {b}, which 32 bits do not hold")
    return a if equal(a, b) else tidy(Select(condition, a, b))


def product(sizes: Iterable[int | Expr]) -> Expr:
    """The product of `sizes`, 1 if there are none."""
    result: Expr = ONE
    for size in sizes:
        result = times(result, size)
    return result


def row_major_strides(shape: Sequence[Expr]) -> tuple[Expr, ...]:
    """Return how many cells of a row-major array of `shape` one step along each axis skips."""
    strides: list[Expr] = [ONE] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = times(strides[axis + 1], shape[axis + 1])
    return tuple(strides)


def narrow(e: Expr) -> Expr:
    """Return an integer `e` computed in int32, which index arithmetic never leaves.

    Constants beyond int32 stay as they are, and what depends on them.
    """
    if e.type.is_float() or (isinstance(e, (Variable, IntImm)) and e.type == Int(32)):
        return e
    match e:
        case IntImm() if not e.type.is_bool():
            return index(e.value)
        case Cast(value=value) if value.type.is_integral:
            inner = narrow(value)
            return inner if inner.type == Int(32) else cast_to(Int(32), inner)
        case Add() | Sub() | Mul() | Div() | Mod() | Min() | Max():
            return _narrow_operands(e)
        case Comparison():
            return _narrow_operands(e)
        case Not(a=a):
            inner = narrow(a)
            return e if inner is a else Not(inner)
        case Select(condition=c, true_value=t, false_value=f):
            t, f = narrow(t), narrow(f)
            return Select(narrow(c), t, f) if t.type == f.type else e
        case _:
            return e


def _narrow_operands(e: Binary | Comparison) -> Expr:
    a, b = narrow(e.a), narrow(e.b)
    return type(e)(a, b) if a.type == b.type and a.type == Int(32) else e
