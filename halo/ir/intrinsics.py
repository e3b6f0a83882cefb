"""Intrinsics: calls of kind INTRINSIC, each with one meaning in every back end."""

from __future__ import annotations

from typing import TypeGuard

from halo.ir.expr import Call, CallKind, Expr
from halo.ir.types import HANDLE, Type, TypeCode, UInt

ARITY: dict[str, int] = {
    "likely": 1,  # its argument; loop partitioning makes a steady state in which it is constant
    "likely_if_innermost": 1,  # the same, but only where no loop is inside the one that is cut
    "predicated": 2,  # (cell, c): the cell, read only where c holds, else 0; until memory is flat
    "promise_clamped": 3,  # (v, lo, hi): v, known to lie in [lo, hi]
    "fma": 3,  # (a, b, c): a*b + c rounded once (float32, float64)
    "dot4": 3,  # (sum, a, b) of int32: sum + the products of a's bytes, unsigned, and b's, signed
    "abs": 1,  # of floats and of signed integers; the latter give the unsigned type
    "absd": 2,  # |a - b| without overflow; integers give the unsigned type
    "bitwise_and": 2,
    "bitwise_or": 2,
    "bitwise_xor": 2,
    "bitwise_not": 1,
    "shift_left": 2,  # both integral, same type; a count outside [0, bits) gives 0;
    "shift_right": 2,  # right: arithmetic for signed, count >= bits gives the sign (or 0);
    "sqrt": 1,  # correctly rounded
    "floor": 1,
    "ceil": 1,
    "trunc": 1,
    "round": 1,  # to nearest, ties to even, as Halide
    "is_nan": 1,
    "is_inf": 1,
    "is_finite": 1,
    "count_leading_zeros": 1,
    "count_trailing_zeros": 1,
    "popcount": 1,
    "address_of": 1,  # (Load): the address of an element, type HANDLE
}

EFFECTS = frozenset({"print", "require", "trace"})
"""Calls whose value is their first argument, and whose evaluation does something.

``print(value, condition, part, ...)`` writes a line of its parts where `condition` holds;
``require(value, condition, part, ...)`` leaves the function where it does not hold, and says so by
its parts; ``trace(cell, where, name, value_index, coordinate, ...)`` reports a load. A part is a
`StringImm` or a number. `halo.lowering.lift_effects` makes statements of them, so that no later
pass and no back end meets one.
"""


def intrinsic(name: str, *args: Expr) -> Call:
    """Return the call of intrinsic `name`; its type follows from its arguments."""
    assert len(args) == ARITY[name], name
    return Call(_result(name, args), name, args, CallKind.INTRINSIC)


def buffer(first: Expr, dims: tuple[tuple[Expr, ...], ...]) -> Call:
    """Return memory as an array for a C function.

    Parameters
    ----------
    first
        The cell at the mins: a cell of a Func or image; after storage flattening a Load.
    dims
        (min, extent) of each dimension; after storage flattening (min, extent, stride).
    """
    return Call(HANDLE, "buffer", (first, *(e for d in dims for e in d)), CallKind.INTRINSIC)


def _result(name: str, args: tuple[Expr, ...]) -> Type:
    t = args[0].type
    if name in ("abs", "absd") and t.is_int():
        return Type(TypeCode.UINT, t.bits(), t.lanes())
    if name in ("is_nan", "is_inf", "is_finite"):
        return UInt(1, t.lanes())
    if name == "address_of":
        return HANDLE
    return t


LIKELY = frozenset({"likely", "likely_if_innermost"})
"""Marks of what holds in the steady state of a loop; their value is their argument."""


def is_marked(e: object) -> TypeGuard[Call]:
    """Whether `e` is a call of one of `LIKELY`."""
    return isinstance(e, Call) and e.kind is CallKind.INTRINSIC and e.name in LIKELY


def is_intrinsic(e: object, name: str) -> bool:
    """Whether `e` is a call of intrinsic `name`."""
    return isinstance(e, Call) and e.kind is CallKind.INTRINSIC and e.name == name


def undefined(type: Type) -> Call:
    """Return the value that is not stored: `Definition.values` and `Provide.values` may be it."""
    return Call(type, "undef", (), CallKind.INTRINSIC)


def is_undefined(e: Expr) -> bool:
    """Whether `e` is a value that is not stored."""
    return is_intrinsic(e, "undef")


TRANSPARENT = EFFECTS | LIKELY | {"memoize_tag"}
"""Calls whose value is their first argument.

``memoize_tag(value, key, ...)``: for a memoized Func `key` says whether `value` is another one.
"""


def effect(name: str, value: Expr, condition: Expr, parts: tuple[Expr, ...]) -> Call:
    """Return `value` with an effect of `EFFECTS`."""
    assert name in EFFECTS
    return Call(value.type, name, (value, condition, *parts), CallKind.INTRINSIC)


def is_effect(e: object) -> bool:
    """Whether `e` is a call whose evaluation does something."""
    return isinstance(e, Call) and e.kind is CallKind.INTRINSIC and e.name in EFFECTS


def likely(e: Expr) -> Call:
    """Return `e` marked as what holds in the steady state."""
    return intrinsic("likely", e)


def likely_if_innermost(e: Expr) -> Call:
    """Return `e` marked as what holds in the steady state of an innermost loop."""
    return intrinsic("likely_if_innermost", e)


def fma(a: Expr, b: Expr, c: Expr) -> Call:
    """Return a*b + c, rounded once."""
    return intrinsic("fma", a, b, c)
