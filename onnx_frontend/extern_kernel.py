"""The kernel that calls a C function of a plugin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from halo.ir.expr import GT, TRUE, And, Expr, Load, Or, i32, i64
from halo.ir.function import Dimension
from halo.ir.intrinsics import buffer, intrinsic
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.simplify import simplify
from halo.ir.stmt import CallExtern, IfThenElse, Stmt
from halo.ir.types import Int
from halo.ops.tensor import Tensor
from onnx_frontend.c_function import ExternCall, call_of
from onnx_frontend.kernels import Kernel
from onnx_frontend.layouts import Layouts


def extern_kernel(kernel: Kernel, name: str, layouts: Layouts) -> LoweredFunc:
    """Return the function `name` that carries out the call of `kernel`, if there are cells.

    Its arguments are those of any kernel: what is read, what is stored, the symbols.
    """
    call = call_of(kernel.group.root)
    assert isinstance(call, ExternCall)
    names = {t: f"in{i}" for i, t in enumerate(kernel.reads)}
    names |= {t: f"out{i}" for i, t in enumerate(kernel.group.stored)}
    dims = {t: layouts.dimensions(t) for t in names}
    args = [BufferArg(n, t.type, dims[t], t in kernel.group.stored) for t, n in names.items()]
    scalars = [ScalarArg(symbol, Int(32)) for symbol in kernel.symbols]
    inputs = [_buffer(names[t], t, dims[t]) for t in call.inputs]
    outputs = [_buffer(names[t], t, dims[t]) for t in call.outputs]
    body: Stmt = CallExtern(call.code.name, (*inputs, *call.numbers, *outputs), call.title)
    cells = [_has_cells(t) for t in call.outputs]
    condition = simplify(reduce(Or, cells))
    return LoweredFunc(name, (*args, *scalars), IfThenElse(condition, body), trusted=True)


def _buffer(name: str, t: Tensor, dims: Sequence[Dimension]) -> Expr:
    ends = tuple((i32(0), _known(d.extent), _known(d.stride)) for d in dims)
    return buffer(intrinsic("address_of", Load(t.type, name, i64(0))), ends)


def _has_cells(t: Tensor) -> Expr:
    sizes: list[Expr] = [GT(size, i32(0)) for size in t.shape]
    return reduce(And, sizes) if sizes else TRUE


def _known(e: Expr | None) -> Expr:
    assert e is not None
    return e
