"""Extern stages: Funcs whose cells a C function computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from halo.buffer import Buffer
from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Call, CallKind, Expr, Variable, i32
from halo.ir.function import Definition, ExternStage, Function, Image, box_end
from halo.ir.intrinsics import is_effect
from halo.ir.operators import as_expr
from halo.ir.types import Int, Type
from halo.lang.image_param import ImageParam
from halo.lang.var import Var
from halo.lang.walk import is_dimension, nodes

Implementation = str | Path | Callable[..., Any] | None
"""The text of the C function, a shared library that holds it, a Python function, or None."""

Bounds = Callable[..., Any]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class ExternFuncArgument:
    """An argument of an extern stage: a Func, ImageParam, Buffer, or a number.

    It is as good as what it is made of, and there for programs that say it.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value

    def defined(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def is_func(self) -> bool:
        """Whether it is a Func."""
        return isinstance(getattr(self.value, "function", None), Function)

    def is_image_param(self) -> bool:
        """Whether it is an ImageParam."""
        return isinstance(self.value, ImageParam)

    def is_buffer(self) -> bool:
        """Whether it is a Buffer."""
        return isinstance(self.value, Buffer)

    def is_expr(self) -> bool:
        """Whether it is a number."""
        return self.defined() and not (self.is_func() or self.is_image_param() or self.is_buffer())


def define_extern(
    function: Function,
    function_name: str,
    params: Sequence[Any],
    types: Type | Sequence[Type],
    arguments: int | Sequence[Var],
    implementation: Implementation,
    bounds: Bounds | None,
) -> None:
    """Give `function` its definition; see `halo.lang.func.Func.define_extern`."""
    where = user_location()
    name = function.name
    if function.is_defined:
        raise DefinitionError(
            f"{name} is defined already, at {function.where}",
            where=where,
            hint="an extern stage is the only definition of its Func",
        )
    _check_name(function_name)
    args = _arguments(name, arguments)
    listed = [types] if isinstance(types, Type) else list(types)
    if not listed or not all(isinstance(t, Type) and t.is_scalar() for t in listed):
        raise TypeMismatch(
            f"the types of extern stage {name} are {types!r}",
            where=where,
            hint="give a Type, or a list of one for each value: halo.UInt(8), [halo.Int(32)]",
        )
    operands = tuple(_operand(name, i, p) for i, p in enumerate(params))
    funcs = [a.func for a in operands if isinstance(a, Call) and isinstance(a.func, Function)]
    reads = _reads(name, args, funcs, bounds)
    for f in funcs:
        f.frozen = True
    places = tuple(Variable(Int(32), a) for a in args)
    values = tuple(
        Call(t, function_name, operands, CallKind.EXTERN, None, i) for i, t in enumerate(listed)
    )
    function.args, function.types, function.where = args, tuple(listed), where
    extern = ExternStage(function_name, reads, implementation)
    function.definitions.append(Definition(places, values, where=where, extern=extern))


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or name.startswith(("halo_", "HALO_")):
        raise DefinitionError(
            f"{name!r} cannot be the name of a C function",
            where=user_location(),
            hint="a letter, then letters, digits and underscores; halo_ is taken",
        )


def _arguments(name: str, arguments: int | Sequence[Var]) -> tuple[str, ...]:
    if isinstance(arguments, int):
        return tuple(f"_{i}" for i in range(arguments))
    args = tuple(a.name() if isinstance(a, Var) else "" for a in arguments)
    if "" in args or len(set(args)) != len(args):
        raise DefinitionError(
            f"the dimensions of extern stage {name} are {arguments!r}",
            where=user_location(),
            hint="give a different Var for each, or their number",
        )
    return args


def _operand(name: str, i: int, param: Any) -> Expr:
    """Return an argument as an expression; what is given whole is the call of any cell of it."""
    if isinstance(param, ExternFuncArgument):
        param = param.value
    function = getattr(param, "function", None)
    if isinstance(function, Function) and not hasattr(param, "elements"):
        if not function.is_defined:
            raise DefinitionError(
                f"argument {i} of extern stage {name}, {function.name}, is not defined yet",
                where=user_location(),
            )
        cell = (i32(0),) * function.dimensions
        return Call(function.types[0], function.name, cell, CallKind.FUNC, function)
    if isinstance(param, (ImageParam, Buffer)):
        image: Image = param.image()
        cell = (i32(0),) * image.dimensions
        return Call(image.type, image.name, cell, CallKind.IMAGE, image)
    e = as_expr(param)
    for n in nodes(e):
        cells = isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE)
        if cells or is_dimension(n) or is_effect(n):
            raise DefinitionError(
                f"argument {i} of extern stage {name} changes from cell to cell: {e}",
                where=user_location(),
                hint="a number is made of constants, Params and sizes; give a Func as a whole",
            )
    return e


def _reads(
    name: str, args: tuple[str, ...], funcs: Sequence[Function], bounds: Bounds | None
) -> tuple[tuple[tuple[Expr, Expr], ...], ...]:
    """Return what is read of each of `funcs`: least and greatest coordinates."""
    ends = [(box_end(a, "min"), box_end(a, "max")) for a in args]
    if bounds is None:
        for f in funcs:
            if f.dimensions != len(args):
                raise DefinitionError(
                    f"what extern stage {name} reads of {f.name} is not known: "
                    f"{f.dimensions} dimensions, not {len(args)}",
                    where=user_location(),
                    hint="say it: bounds=lambda *box: [[(min, extent), ...], ...], "
                    "a list for each Func among the arguments",
                )
        return tuple(tuple(ends) for _ in funcs)
    box = [(low, high - low + 1) for low, high in ends]
    given = [*bounds(*box)]
    fits = len(given) == len(funcs) and all(
        len(b) == f.dimensions and all(len(pair) == 2 for pair in b)
        for b, f in zip(given, funcs, strict=True)
    )
    if not fits:
        wanted = ", ".join(f"{f.dimensions} pairs for {f.name}" for f in funcs) or "an empty list"
        raise DefinitionError(
            f"bounds of extern stage {name} gives {given}, not (min, extent) pairs: {wanted}",
            where=user_location(),
        )
    return tuple(
        tuple(_ends(name, f, low, extent) for low, extent in b)
        for b, f in zip(given, funcs, strict=True)
    )


def _ends(name: str, f: Function, low: Any, extent: Any) -> tuple[Expr, Expr]:
    first, count = as_expr(low), as_expr(extent)
    for e in (first, count):
        if e.type != Int(32):
            raise TypeMismatch(
                f"bounds of extern stage {name} for {f.name} has type {e.type}, not int32",
                where=user_location(),
                hint="halo.i32(...) converts it",
            )
    return first, first + count - 1
