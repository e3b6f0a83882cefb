"""Effects inside expressions become statements in front of the statement they stand in."""

from __future__ import annotations

from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Call, Expr, IntImm, StringImm, is_true
from halo.ir.intrinsics import is_effect
from halo.ir.stmt import AssertStmt, ErrorCode, IfThenElse, Print, Stmt, Trace, block
from halo.ir.trace import TraceEventCode
from halo.lowering.common_subexpressions import without_lets


def lift_effects(s: Stmt) -> Stmt:
    """Take the effects out of the expressions of every statement.

    They happen before the statement, arguments before what they are arguments of, operands from
    left to right, both sides of a select; equal ones of one statement happen once. What remains
    in the expression is the value, so that everything after this pass may copy, move and drop it.

    Requires: flat stage; nothing that may not be evaluated twice but what is lifted here.
    Ensures: no expression has an effect.

        out[x] = print(in[x], true, " at ", x) * 0
        -> print(in[x], " at ", x); out[x] = in[x] * 0
    """
    return _Lifter().stmt(s)


class _Lifter:
    def __init__(self) -> None:
        self._keys = StructuralKeys()
        self._memo: dict[int, Expr] = {}
        self._found: list[Stmt] = []

    def stmt(self, s: Stmt) -> Stmt:
        made = s.map_children(lambda c: self.stmt(c) if isinstance(c, Stmt) else c)
        self._memo, self._found = {}, []
        made = made.map_children(self._root)
        return block(*self._found, made) if self._found else made

    def _root(self, c: Any) -> Any:
        return self._expr(without_lets(c)) if isinstance(c, Expr) else c

    def _expr(self, e: Expr) -> Expr:
        key = self._keys.key(e)
        made = self._memo.get(key)
        if made is None:
            made = e.map_children(self._expr)
            if isinstance(made, Call) and is_effect(made):
                self._found.append(_statement(made))
                made = made.args[0]
            self._memo[key] = made
        return made


def _load(e: Call) -> Stmt:
    value, _, name, index, *at = e.args
    assert isinstance(name, StringImm) and isinstance(index, IntImm)
    return Trace(TraceEventCode.load, name.value, value, tuple(at), index.value)


def _statement(e: Call) -> Stmt:
    condition = e.args[1]
    if e.name == "trace":
        load = _load(e)
        return load if is_true(condition) else IfThenElse(condition, load)
    message = tuple(p.value if isinstance(p, StringImm) else p for p in e.args[2:])
    if e.name == "require":
        return AssertStmt(condition, ErrorCode.REQUIREMENT, message)
    line = Print(message)
    return line if is_true(condition) else IfThenElse(condition, line)
