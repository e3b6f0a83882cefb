"""The kernel that copies the cells of a tensor."""

from __future__ import annotations

from halo.ir.expr import Cast, Load, Variable, i32, i64
from halo.ir.function import Dimension
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.stmt import For, ForKind, Store
from halo.ir.types import Int, Type, UInt


def copy_kernel(type: Type) -> LoweredFunc:
    """Return the function that copies ``count`` (int32) cells from one tensor to another."""
    # Of 16 bits each may be kept as it is, where arithmetic would make quiet NaNs of others.
    kept = UInt(16) if type.is_float() and type.bits() == 16 else type
    count, cell = Variable(Int(32), "count"), Variable(Int(32), "cell")
    dims = (Dimension(i32(0), count, i64(1)),)
    args = [BufferArg(name, kept, dims, name == "to") for name in ("cells", "to")]
    place = Cast(Int(64), cell)
    body = Store("to", Load(kept, "cells", place), place)
    loop = For(cell.name, i32(0), count, ForKind.SERIAL, body)
    name = f"copy_{kept}"
    return LoweredFunc(name, (*args, ScalarArg(count.name, Int(32))), loop, trusted=True)
