"""Evaluating expressions for many points at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from halo.errors import InternalError
from halo.interpret.arithmetic import (
    BINARY,
    INTRINSICS,
    Array,
    convert,
    held_dtype,
    reinterpret,
)
from halo.interpret.effects import happen
from halo.ir.expr import (
    Binary,
    Call,
    CallKind,
    Cast,
    Comparison,
    Expr,
    FloatImm,
    IntImm,
    Let,
    Not,
    Reinterpret,
    Select,
    StringImm,
    Variable,
)
from halo.ir.intrinsics import is_effect, is_intrinsic, is_undefined
from halo.ir.math import definition
from halo.ir.substitute import substitute


class Context(Protocol):
    """What an expression's value depends on."""

    @property
    def points(self) -> Mapping[str, Array]:
        """The value of each Var and RVar: arrays that broadcast against each other."""
        ...

    @property
    def mask(self) -> Array | None:
        """The points that count; None for all."""
        ...

    def constant(self, variable: Variable) -> Any:
        """Return the value of a parameter, an image's field or a size."""
        ...

    def cells(self, call: Call, coordinates: Sequence[Array], where: Array | None) -> Array:
        """Return the cells of a Func or image at `coordinates`, anything where `where` is false."""
        ...


Step = Callable[[Context, list[Any]], Any]


class Plan:
    """The operations that evaluate some expressions, each shared part once.

    Parameters
    ----------
    roots
        The expressions.
    """

    __slots__ = ("_expansions", "_keep", "_numbers", "_roots", "_steps")

    def __init__(self, roots: Sequence[Expr]) -> None:
        self._steps: list[Step] = []
        self._numbers: dict[int, int] = {}
        self._expansions: dict[int, Expr] = {}
        self._keep: list[Expr] = []  # an id stays that of its node only while the node lives
        self._roots = [self._number(e) for e in roots]

    def run(self, context: Context) -> list[Array]:
        """Return the values of the roots: arrays that broadcast to the shape of the points."""
        values: list[Any] = []
        with np.errstate(all="ignore"):
            for step in self._steps:
                values.append(np.asarray(step(context, values)))
        return [values[i] for i in self._roots]

    def _number(self, root: Expr) -> int:
        """Return the number of the step that computes `root`, adding what is missing."""
        stack = [root]
        while stack:
            e = stack[-1]
            if id(e) in self._numbers:
                stack.pop()
                continue
            operands = self._operands(e)
            missing = [x for x in operands if id(x) not in self._numbers]
            if missing:
                self._keep.extend(operands)
                stack.extend(reversed(missing))
                continue
            stack.pop()
            self._keep.append(e)
            self._numbers[id(e)] = self._add(e, [self._numbers[id(x)] for x in operands])
        return self._numbers[id(root)]

    def _operands(self, e: Expr) -> tuple[Expr, ...]:
        """Return what must be known before `e`."""
        if is_intrinsic(e, "predicated"):
            cell, condition = e.children()
            return (*cell.children(), condition)
        if not _stands_for_another(e):
            return e.children()
        made = self._expansions.get(id(e))
        if made is None:
            if isinstance(e, Let):
                made = substitute(e.body, {e.name: e.value})
            else:
                assert isinstance(e, Call)
                made = definition(e.name, e.args)
            self._expansions[id(e)] = made
            self._keep.append(e)
        return (made,)

    def _add(self, e: Expr, operands: list[int]) -> int:
        if _stands_for_another(e):
            return operands[0]
        self._steps.append(_step(e, operands))
        return len(self._steps) - 1


def _stands_for_another(e: Expr) -> bool:
    """Whether `e` is a let or a call of a math function, which another expression replaces."""
    return isinstance(e, Let) or (isinstance(e, Call) and e.kind is CallKind.MATH)


def _step(e: Expr, operands: list[int]) -> Step:
    made = _leaf(e)
    if made is not None:
        return made
    if isinstance(e, (Binary, Comparison)):
        i, j = operands
        binary, type = BINARY[e.__class__], e.a.type
        return lambda _, v: binary(type, v[i], v[j])
    if isinstance(e, Call):
        return _call(e, operands)
    return _other(e, operands)


def _leaf(e: Expr) -> Step | None:
    if isinstance(e, StringImm):
        return lambda *_: 0  # the effect that it belongs to reads its text
    if isinstance(e, (IntImm, FloatImm)):
        value = np.asarray(e.value, held_dtype(e.type))
        return lambda *_: value
    if isinstance(e, Variable):
        name, dtype = e.name, held_dtype(e.type)
        variable = e

        def find(context: Context, _: list[Any]) -> Any:
            point = context.points.get(name)
            return point if point is not None else np.asarray(context.constant(variable), dtype)

        return find
    return None


def _call(e: Call, operands: list[int]) -> Step:
    if e.kind is CallKind.INTRINSIC and e.name in INTRINSICS:
        operation, type = INTRINSICS[e.name], e.args[0].type
        return lambda _, v: operation(type, *[v[i] for i in operands])
    if is_effect(e):
        return lambda context, v: happen(e, [v[i] for i in operands], context.points, context.mask)
    if e.kind in (CallKind.FUNC, CallKind.IMAGE):
        return lambda context, v: context.cells(e, [v[i] for i in operands], None)
    if is_intrinsic(e, "predicated") and isinstance(e.args[0], Call):
        return _predicated(e.args[0], operands)
    if is_undefined(e):
        nothing = np.zeros((), held_dtype(e.type))  # never stored
        return lambda *_: nothing
    raise InternalError(f"the interpreter does not know the call '{e}'")


def _predicated(cell: Call, operands: list[int]) -> Step:
    *places, condition = operands

    def read(context: Context, v: list[Any]) -> Any:
        where = np.asarray(v[condition], bool)
        cells = context.cells(cell, [v[i] for i in places], where)
        return np.where(where, cells, np.zeros((), cells.dtype))

    return read


def _other(e: Expr, operands: list[int]) -> Step:
    match e:
        case Cast(type=to, value=x):
            return lambda _, v: convert(to, x.type, v[operands[0]])
        case Reinterpret(type=to, value=x):
            return lambda _, v: reinterpret(to, x.type, v[operands[0]])
        case Not():
            return lambda _, v: ~v[operands[0]]
        case Select():
            c, a, b = operands
            return lambda _, v: np.where(v[c], v[a], v[b])
        case _:
            raise InternalError(f"the interpreter does not know the {type(e).__name__} '{e}'")
