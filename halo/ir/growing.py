"""Statements for flat memory whose size is found while it is in use.

For functions made after lowering, such as the entry of a model with a loop whose state grows: no
pass of lowering knows them.
"""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.node import node
from halo.ir.stmt import Stmt
from halo.ir.types import Type


@node
class Growing(Stmt):
    """An array `name` of `type`, a scalar, without elements at first, during `body`.

    A `Grow` inside gives it some. It lies in the heap, never in the workspace of a context.
    """

    name: str
    type: Type
    body: Stmt


@node
class Grow(Stmt):
    """Have the array of the `Growing` around called `name` hold `count` (int64) elements at least.

    Those that it held keep their values, and the others have none. It may move, so that an address
    from before is no longer one of it; afterwards it has one, also with `count` 0. One thread at a
    time. A negative `count`, as one with more bytes than there are, leaves as out of memory.
    """

    name: str
    count: Expr
