"""The base of handles: objects of the language that stand for an expression."""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.operator_stubs import Operators
from halo.ir.operators import install_operators


class Handle(Operators):
    """Something that may stand wherever an expression may; `_as_expr` tells which one."""

    __slots__ = ()

    def _as_expr(self) -> Expr:
        raise NotImplementedError

    def __bool__(self) -> bool:
        return bool(self._as_expr())


install_operators(Handle)
