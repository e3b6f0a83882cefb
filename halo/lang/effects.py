"""Expressions that do something when they are evaluated: print, print_when, require."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError, SourceLocation, TypeMismatch, user_location
from halo.ir.expr import TRUE, Expr, StringImm
from halo.ir.function import Requirement
from halo.ir.intrinsics import effect
from halo.ir.operators import as_expr
from halo.lang.tuple import Tuple


def print(*args: Any) -> Expr:
    """Return the first argument; when it is evaluated, all arguments are printed on one line.

    The first is an expression, the others are expressions or texts; a blank comes between them.
    A line goes to ``sys.stdout`` (in C to stdout), or to the handler in `Func.jit_handlers`, and
    is never mixed with that of another thread. It is printed each time the schedule computes the
    cell. In one definition equal prints print once; both values of a select are evaluated.

    Raises
    ------
    DefinitionError
        There is no argument, or the first is a text.
    """
    return _printed("print", TRUE, args)


def print_when(condition: Any, *args: Any) -> Expr:
    """Return the first argument after the condition; print them all where the condition holds.

    See `halo.print`.

    Raises
    ------
    TypeMismatch
        The condition is not a bool.
    """
    return _printed("print_when", _bool("print_when", condition), args)


def require(condition: Any, value: Any, *args: Any) -> Expr:
    """Return `value`; the call that evaluates it fails where the condition does not hold.

    The error is a `HaloError` that names the line of this call and the condition, followed by
    `args`, expressions or texts. What the call had stored until then stays.

    Raises
    ------
    TypeMismatch
        The condition is not a bool.
    """
    made = requirement("require", condition, args)
    return effect("require", as_expr(value), made.condition, made.message)


def requirement(name: str, condition: Any, args: tuple[Any, ...]) -> Requirement:
    """Return what `name`, called by the user, requires, with `args` for its message.

    Raises
    ------
    TypeMismatch
        The condition is not a bool.
    """
    where = user_location()
    c = _bool(name, condition)
    head = f"{where}: a requirement does not hold" if where else "a requirement does not hold"
    if not args:
        head += f": {_short(str(c))}"
    return Requirement(c, _parts(f"{head}: " if args else head, args, where))


def _printed(name: str, condition: Expr, args: tuple[Any, ...]) -> Expr:
    where = user_location()
    if not args or isinstance(args[0], str):
        what = "the text " + repr(args[0]) if args else "nothing"
        raise DefinitionError(
            f"{name} returns what it prints first, which is {what}",
            where=where,
            hint=f"begin with an expression: halo.{name}("
            + ("condition, " if name == "print_when" else "")
            + 'x, "text", y)',
        )
    value = as_expr(args[0])
    return effect("print", value, condition, _parts("", (value, *args[1:]), where))


def _parts(head: str, args: tuple[Any, ...], where: SourceLocation | None) -> tuple[Expr, ...]:
    """Return what is written: `head`, then `args` with blanks between them."""
    parts: list[Expr] = []
    text = head
    for i, a in enumerate(args):
        text += " " if i else ""
        if isinstance(a, str):
            text += a
            continue
        if isinstance(a, Tuple):
            raise TypeMismatch(
                f"argument {i} of a message is a Tuple", where=where, hint="print its elements"
            )
        if text:
            parts.append(StringImm(text))
        parts.append(as_expr(a))
        text = ""
    if text:
        parts.append(StringImm(text))
    return tuple(parts)


def _bool(name: str, condition: Any) -> Expr:
    c = as_expr(condition)
    if not c.type.is_bool():
        raise TypeMismatch(
            f"the condition of {name} has type {c.type}, not bool",
            where=user_location(),
            hint="compare it: e != 0",
        )
    return c


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."
