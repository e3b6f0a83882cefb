"""Definitions: the checks that make a Func's equations mean something."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError, SourceLocation, TypeMismatch, user_location
from halo.ir.expr import TRUE, Call, CallKind, Expr, Variable
from halo.ir.function import Definition, Function, ReductionDomain
from halo.ir.intrinsics import is_undefined
from halo.ir.operators import as_expr
from halo.ir.types import Int, Type
from halo.lang.coordinates import coordinate, coordinates, expand, has_placeholder
from halo.lang.random import drawing
from halo.lang.undefined import refuse_undefined, settle_undefined
from halo.lang.uses import Uses
from halo.lang.var import implicit_number
from halo.lang.walk import is_the_var, is_var, nodes


def define_pure(function: Function, args: tuple[Any, ...], values: tuple[Any, ...]) -> None:
    """Give `function` its pure definition: cell `args` is `values`.

    Raises
    ------
    DefinitionError
        An argument is not a Var or stands twice, a variable of the values is not an argument,
        a reduction domain is used, or there is no value.
    """
    where = user_location()
    exprs = tuple(as_expr(v) for v in values)
    if not exprs:
        raise DefinitionError(f"{function.name} is given no value", where=where)
    if has_placeholder(args):
        args = expand(args, implicit_count(exprs))
    variables = _pure_arguments(function, args, where)
    names = tuple(v.name for v in variables)
    uses = Uses(function, exprs)
    uses.check_free(names, where)
    uses.check_defined(where)
    if uses.has_undefined:
        exprs = settle_undefined(function, exprs, None, where)
    domain = uses.domain(where)
    if domain is not None:
        raise DefinitionError(
            f"RDom {domain.name} is used in the pure definition of {function.name}",
            where=where,
            hint=f"first {function.name}[...] = start value, then an update over the RDom; "
            "or halo.sum(...) and the like",
        )
    if uses.has_random:
        exprs = tuple(map(drawing(0, variables), exprs))
    _check_required(function, len(names), tuple(e.type for e in exprs), where)
    uses.freeze()
    function.args = names
    function.types = tuple(e.type for e in exprs)
    function.where = where
    function.definitions.append(Definition(variables, exprs, where=where))


def define_update(
    function: Function,
    args: tuple[Any, ...],
    values: tuple[Any, ...],
    over: ReductionDomain | None = None,
) -> None:
    """Add an update definition to `function`: cell `args` becomes `values`.

    It runs over the reduction domain that it uses, or over `over` where it uses none of its
    dimensions.

    Raises
    ------
    DefinitionError
        `function` is in use already, a Var is not at its own place, two reduction domains are
        mixed, or the update hides all that stands before it.
    TypeMismatch
        The values are not of the types of the pure definition.
    """
    where = user_location()
    name = function.name
    _refuse_updates(function, where)
    left = coordinates(name, args, function.dimensions)
    exprs = _update_values(function, left, values, where)
    pure = tuple(is_the_var(e, n) for e, n in zip(left, function.args, strict=True))
    names = tuple(n for n, p in zip(function.args, pure, strict=True) if p)
    domain = Uses(function, (*left, *exprs)).domain(where) or over
    predicate = domain.predicate if domain else TRUE
    uses = Uses(function, (*left, *exprs, predicate))
    uses.domain(where)
    _check_places(function, left, pure, where)
    uses.check_free(names, where)
    uses.check_recursion(pure, where)
    uses.check_defined(where)
    refuse_undefined(function, [*left, predicate], where)
    if all(pure) and not (domain or uses.has_undefined or uses.calls_itself):
        raise DefinitionError(
            f"{name} is defined already, at {function.where}: this would hide all of it",
            where=where,
            hint=f"give the new definition a Func of its own, or write {name}[...] += ...",
        )
    uses.freeze()
    made = Definition(left, exprs, domain.rvars if domain else (), predicate, where)
    if uses.has_random:
        rvars = [Variable(Int(32), v.name, source=domain) for v in made.rvars]
        vary = [e for e, p in zip(left, pure, strict=True) if p]
        made = made.map(drawing(len(function.definitions), [*vary, *rvars]))
    function.definitions.append(made)


def implicit_count(exprs: tuple[Expr, ...]) -> int:
    """Return how many implicit variables `exprs` use, counted up to the highest number."""
    found = [implicit_number(e.name) for e in nodes(*exprs) if isinstance(e, Variable)]
    return max((n + 1 for n in found if n is not None), default=0)


def _pure_arguments(
    function: Function, args: tuple[Any, ...], where: SourceLocation | None
) -> tuple[Variable, ...]:
    found: list[Variable] = []
    for i, a in enumerate(args):
        e = coordinate(function.name, i, a)
        if not isinstance(e, Variable) or not is_var(e):
            raise DefinitionError(
                f"argument {i} of the first definition of {function.name} is not a Var",
                where=where,
                hint=f"define {function.name} for all x first: {function.name}[x] = ...; "
                "single cells and RDoms come in updates after it",
            )
        if any(e.name == v.name for v in found):
            raise DefinitionError(
                f"Var {e.name} stands twice on the left of the definition of {function.name}",
                where=where,
                hint="each dimension needs a Var of its own; Vars of one name are the same",
            )
        found.append(e)
    return tuple(found)


def _check_required(
    function: Function, dimensions: int, types: tuple[Type, ...], where: SourceLocation | None
) -> None:
    """Refuse a definition of another shape or type than the Func was made for."""
    name, required = function.name, function.required_types
    if function.required_dimensions not in (None, dimensions):
        raise DefinitionError(
            f"{name} is constrained to have exactly {function.required_dimensions} dimensions, "
            f"but is defined with {dimensions} dimensions",
            where=where,
        )
    if required and required != types:
        raise TypeMismatch(
            f"{name} is constrained to only hold values of type {_listed(required)} "
            f"but is defined with values of type {_listed(types)}",
            where=where,
            hint=f"convert the value: halo.{_converter(required[0])}",
        )


def _listed(types: tuple[Type, ...]) -> str:
    names = ", ".join(map(str, types))
    return names if len(types) == 1 else f"({names})"


def _refuse_updates(function: Function, where: SourceLocation | None) -> None:
    name = function.name
    if function.definitions[0].extern is not None:
        raise DefinitionError(
            f"{name} is an extern stage, defined at {function.where}: it takes no updates",
            where=where,
            hint="define another Func that reads it",
        )
    if function.frozen:
        raise DefinitionError(
            f"{name} is used by another Func, has been realized or was made by a directive: "
            "it takes no more definitions",
            where=where,
            hint="define it completely before its first use; what a directive makes computes "
            "cells that others define",
        )


def _update_values(
    function: Function,
    left: tuple[Expr, ...],
    values: tuple[Any, ...],
    where: SourceLocation | None,
) -> tuple[Expr, ...]:
    if len(values) != len(function.types):
        raise DefinitionError(
            f"{function.name} has {len(function.types)} values, the update gives {len(values)}",
            where=where,
        )
    out: list[Expr] = []
    for value, type in zip(values, function.types, strict=True):
        e = as_expr(value, type)
        if e.type != type:
            raise TypeMismatch(
                f"the update of {function.name} has type {e.type}, "
                f"its pure definition has type {type}",
                where=where,
                hint=f"convert the value: halo.{_converter(type)}",
            )
        out.append(e)
    if not any(map(is_undefined, nodes(*out))):
        return tuple(out)
    own = [
        Call(t, function.name, left, CallKind.FUNC, function, i)
        for i, t in enumerate(function.types)
    ]
    return settle_undefined(function, out, own, where)


def _converter(type: Type) -> str:
    if type.is_bool():
        return "cast(halo.Bool(), ...)"
    letter = {"int": "i", "uint": "u", "float": "f", "bfloat": "bf"}[type.code().value]
    return f"{letter}{type.bits()}(...)"


def _check_places(
    function: Function, left: tuple[Expr, ...], pure: tuple[bool, ...], where: SourceLocation | None
) -> None:
    """Refuse a Var on the left that does not stand alone at its own place there, too."""
    alone = {n for n, p in zip(function.args, pure, strict=True) if p}
    for i, e in enumerate(left):
        for n in nodes(e):
            if isinstance(n, Variable) and is_var(n) and n.name in set(function.args) - alone:
                own = function.args.index(n.name)
                raise DefinitionError(
                    f"Var {n.name} of {function.name} stands in argument {i} of an update",
                    where=where,
                    hint=f"it must stand alone in argument {own}, its place in the pure "
                    "definition; for anything else run over an RDom",
                )
