"""Expression nodes.

Semantics, the same in the interpreter, in C and in LLVM (``docs/semantics.md`` has the table):
integers wrap modulo 2**bits; ``Div`` and ``Mod`` of integers round so that the remainder is never
negative, and x/0 == x%0 == 0; floats follow IEEE 754 without fast-math; operands of a binary node
have the same type, lanes included; evaluation order is free because expressions have no effects:
those of `halo.ir.intrinsics.EFFECTS` become statements before anything is reordered.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import TYPE_CHECKING

from halo.errors import TruthError, user_location
from halo.ir.node import Node, node
from halo.ir.operator_stubs import Operators
from halo.ir.rounding import round_float
from halo.ir.types import HANDLE, Bool, Int, Type

if TYPE_CHECKING:
    from halo.ir.function import Function, Image, Parameter, ReductionDomain, SymbolicSize


class Expr(Operators, Node):
    """Base of every expression; `type` is the type of its value.

    Python's operators on expressions live in `halo.ir.operators`, which installs them here.
    """

    __slots__ = ()
    type: Type

    def defined(self) -> bool:
        """Whether this is an expression; halo has no empty ones."""
        return True

    def __bool__(self) -> bool:
        raise TruthError(
            f"the truth of '{self}' is not known before it runs: it cannot be converted to a bool",
            where=user_location(),
            hint="halo.select chooses, & and | and ~ combine conditions, halo.clamp keeps a range",
        )


@node
class IntImm(Expr):
    """An integer or bool constant; `value` lies in the range of `type`, which is scalar."""

    type: Type
    value: int


@node
class FloatImm(Expr):
    """A floating-point constant, exactly representable in `type`, which is scalar."""

    type: Type
    value: float


@node
class StringImm(Expr):
    """A text, as part of what an effect tells (`halo.ir.intrinsics.EFFECTS`)."""

    value: str
    type: Type = dataclasses.field(init=False, default=HANDLE)


@node
class Variable(Expr):
    """A named value: a loop variable, a let, a parameter or a buffer's field.

    `param` is set for a scalar parameter of the user: its value may be anything its type holds,
    whereas loop variables and bounds stay clear of overflow. `source` is set for what the user
    made other than a Var: a dimension of a reduction domain, a field of an image, a size.
    """

    type: Type
    name: str
    param: Parameter | None = None
    source: ReductionDomain | Image | SymbolicSize | None = dataclasses.field(
        default=None, compare=False
    )


@node
class Cast(Expr):
    """`value` converted to `type`: integers wrap, float to integer truncates and saturates."""

    type: Type
    value: Expr


@node
class Reinterpret(Expr):
    """The bits of `value` read as `type`, which has the same width and lanes."""

    type: Type
    value: Expr


@node
class Binary(Expr):
    """Base of arithmetic on two operands of one type, which is also the result's type."""

    a: Expr
    b: Expr
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        assert self.a.type == self.b.type, (type(self).__name__, self.a.type, self.b.type)
        object.__setattr__(self, "type", self.a.type)


@node
class Add(Binary):
    """a + b."""


@node
class Sub(Binary):
    """a - b."""


@node
class Mul(Binary):
    """a * b."""


@node
class Div(Binary):
    """a / b: IEEE for floats; for integers the quotient whose remainder is >= 0, 0 if b == 0."""


@node
class Mod(Binary):
    """a % b: for integers in [0, |b|), 0 if b == 0; for floats a - b*floor(a/b)."""


@node
class Min(Binary):
    """The smaller of a and b: ``a < b ? a : b``; with a NaN in either operand the result is b."""


@node
class Max(Binary):
    """The larger of a and b: ``a > b ? a : b``; with a NaN in either operand the result is b."""


@node
class Comparison(Expr):
    """Base of comparisons of two operands of one type; the result is a bool of as many lanes."""

    a: Expr
    b: Expr
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        assert self.a.type == self.b.type, (type(self).__name__, self.a.type, self.b.type)
        object.__setattr__(self, "type", Bool(self.a.type.lanes()))


@node
class EQ(Comparison):
    """a == b."""


@node
class NE(Comparison):
    """a != b."""


@node
class LT(Comparison):
    """a < b."""


@node
class LE(Comparison):
    """a <= b."""


@node
class GT(Comparison):
    """a > b."""


@node
class GE(Comparison):
    """a >= b."""


@node
class And(Binary):
    """Logical and of bools; both operands may be evaluated."""


@node
class Or(Binary):
    """Logical or of bools; both operands may be evaluated."""


@node
class Not(Expr):
    """Logical negation of a bool."""

    a: Expr
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", self.a.type)


@node
class Select(Expr):
    """`true_value` where `condition` holds, else `false_value`; all three may be evaluated.

    The condition may be a scalar bool when the values are vectors.
    """

    condition: Expr
    true_value: Expr
    false_value: Expr
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        assert self.true_value.type == self.false_value.type
        object.__setattr__(self, "type", self.true_value.type)


@node
class Ramp(Expr):
    """The vector base, base + stride, ..., base + (lanes-1)*stride; base and stride scalar."""

    base: Expr
    stride: Expr
    lanes: int
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        assert self.base.type == self.stride.type and self.base.type.is_scalar()
        object.__setattr__(self, "type", self.base.type.with_lanes(self.lanes))


@node
class Broadcast(Expr):
    """The vector of `lanes` copies of the scalar `value`."""

    value: Expr
    lanes: int
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        assert self.value.type.is_scalar()
        object.__setattr__(self, "type", self.value.type.with_lanes(self.lanes))


@node
class Let(Expr):
    """`body` with `name` standing for `value`."""

    name: str
    value: Expr
    body: Expr
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", self.body.type)


@node
class Load(Expr):
    """Element(s) `index` of the flat allocation or buffer `name`.

    `index` is int64 and has the lanes of `type`; lanes whose `predicate` is false are not read
    and yield 0.
    """

    type: Type
    name: str
    index: Expr
    predicate: Expr | None = None


class CallKind(Enum):
    """Who defines what a `Call` means."""

    FUNC = "func"
    """A cell of a Func: `args` are int32 coordinates. Gone after storage flattening."""
    IMAGE = "image"
    """A cell of an input buffer, likewise."""
    INTRINSIC = "intrinsic"
    """An operation of halo.ir.intrinsics."""
    MATH = "math"
    """A function of halo.ir.math, defined as an expression of other nodes."""
    EXTERN = "extern"
    """A C function that returns an int32 error code; used as a statement."""


@node
class Call(Expr):
    """A call: of a Func's cell, of an image's cell, of an intrinsic or of a math function."""

    type: Type
    name: str
    args: tuple[Expr, ...]
    kind: CallKind
    func: Function | Image | None = None
    value_index: int = 0


def const(type: Type, value: int | float | bool) -> Expr:
    """Return `value` as a constant of `type`, wrapped or rounded into it, in all its lanes."""
    scalar = type.element
    if scalar.is_float():
        made: Expr = FloatImm(scalar, round_float(scalar, value))
    else:
        made = IntImm(scalar, scalar.wrap(int(value)))
    return made if type.is_scalar() else Broadcast(made, type.lanes())


def i32(value: int) -> IntImm:
    """Return an int32 constant."""
    return IntImm(Int(32), value)


def i64(value: int) -> IntImm:
    """Return an int64 constant."""
    return IntImm(Int(64), value)


TRUE = IntImm(Bool(), 1)
FALSE = IntImm(Bool(), 0)


def as_const(e: Expr) -> int | float | None:
    """Return the Python value of a constant (also of a broadcast one), else None."""
    if isinstance(e, (IntImm, FloatImm)):
        return e.value
    if isinstance(e, Broadcast):
        return as_const(e.value)
    return None


def is_true(e: Expr) -> bool:
    """Whether `e` is the constant true."""
    return e.type.is_bool() and as_const(e) == 1


def is_false(e: Expr) -> bool:
    """Whether `e` is the constant false."""
    return e.type.is_bool() and as_const(e) == 0
