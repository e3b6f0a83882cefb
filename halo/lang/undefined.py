"""undef: values that are not stored."""

from __future__ import annotations

from collections.abc import Sequence

from halo.errors import DefinitionError, SourceLocation, TypeMismatch, user_location
from halo.ir.expr import Expr, Select
from halo.ir.function import Function
from halo.ir.intrinsics import is_undefined, undefined
from halo.ir.types import Type
from halo.lang.walk import nodes


def undef(type: Type) -> Expr:
    """Return a value of `type` that is not stored: the cell keeps what it holds.

    It is the whole value of a definition, one of the values of a Tuple, or a branch of a select in
    an update definition. An output's cells hold what the Buffer held; other Funcs' cells begin
    as 0.

    Raises
    ------
    TypeMismatch
        `type` is no type.
    """
    if not isinstance(type, Type):
        raise TypeMismatch(
            f"undef of {type!r}, which is no type",
            where=user_location(),
            hint="for instance halo.undef(halo.Float(32))",
        )
    return undefined(type)


def settle_undefined(
    function: Function,
    exprs: Sequence[Expr],
    own: Sequence[Expr] | None,
    where: SourceLocation | None,
) -> tuple[Expr, ...]:
    """Return values whose only undefs are whole ones; in the branches of selects they become `own`.

    Parameters
    ----------
    own
        The cell that is updated, value by value; None for a pure definition.

    Raises
    ------
    DefinitionError
        An undef stands elsewhere, or nothing is left of an update.
    """
    if own is not None and all(map(is_undefined, exprs)):
        raise DefinitionError(f"the update of {function.name} stores no value", where=where)
    made = tuple(
        e if is_undefined(e) or own is None else _kept(e, own[i]) for i, e in enumerate(exprs)
    )
    refuse_undefined(function, [e for e in made if not is_undefined(e)], where)
    return made


def refuse_undefined(
    function: Function, exprs: Sequence[Expr], where: SourceLocation | None
) -> None:
    """Refuse an undef anywhere in `exprs`."""
    if any(map(is_undefined, nodes(*exprs))):
        raise DefinitionError(
            f"a definition of {function.name} computes with an undef",
            where=where,
            hint="undef is a whole value, an element of a Tuple, or, in an update, a branch of a "
            "select: the cell then keeps what it holds",
        )


def _kept(e: Expr, own: Expr) -> Expr:
    if is_undefined(e):
        return own
    if isinstance(e, Select):
        yes, no = _kept(e.true_value, own), _kept(e.false_value, own)
        if yes is not e.true_value or no is not e.false_value:
            return Select(e.condition, yes, no)
    return e
