"""The public face of expressions: what is an Expr, and how a value becomes one.

The nodes of the IR are made hundreds of thousands of times by lowering, and would pay for a
constructor of their base that converts; so it stands here, apart from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from halo.ir import expr as ir
from halo.ir.no_expr import NoExpr
from halo.ir.operators import as_expr

_NONE = NoExpr()

if TYPE_CHECKING:
    from halo.ir.expr import Expr as Expr
else:

    class _Face(type):
        """Makes every expression of the IR an instance, and a call a conversion."""

        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, (ir.Expr, NoExpr))

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, ir.Expr)

        def __eq__(cls, other: object) -> bool:
            """Whether `other` is this, or the type of an expression: ``type(e) == Expr``."""
            return other is cls or (
                isinstance(other, type) and issubclass(other, (ir.Expr, NoExpr))
            )

        def __hash__(cls) -> int:
            return hash(ir.Expr)

        def __call__(cls, value: Any = _NONE) -> ir.Expr | NoExpr:
            return value if value is _NONE else as_expr(value)

    class Expr(metaclass=_Face):
        """An expression: what Vars, Params, cells of Funcs and numbers are made into.

        ``Expr(value)`` makes one of a number or of anything that stands for a value; operators and
        the functions of this package make larger ones. ``e.type`` is its type. ``Expr()`` is none:
        it is not `defined`, and leaves open what None leaves open.
        """
