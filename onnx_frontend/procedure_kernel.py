"""The kernel that carries out a procedure."""

from __future__ import annotations

from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.types import Int
from onnx_frontend.c_function import call_of
from onnx_frontend.kernels import Kernel
from onnx_frontend.layouts import Layouts
from onnx_frontend.procedure import Memory, ProcedureCall


def procedure_kernel(kernel: Kernel, name: str, layouts: Layouts) -> LoweredFunc:
    """Return the function `name` that carries out the procedure of `kernel`.

    Its arguments are those of any kernel: what is read, what is stored, the symbols.
    """
    call = call_of(kernel.group.root)
    assert isinstance(call, ProcedureCall)
    stored = kernel.group.stored
    names = {t: f"in{i}" for i, t in enumerate(kernel.reads)}
    names |= {t: f"out{i}" for i, t in enumerate(stored)}
    args = [BufferArg(n, t.type, layouts.dimensions(t), t in stored) for t, n in names.items()]
    scalars = [ScalarArg(symbol, Int(32)) for symbol in kernel.symbols]
    read = [Memory(names[t], t.type) for t in call.inputs]
    filled = [Memory(names[t], t.type) for t in call.outputs]
    return LoweredFunc(name, (*args, *scalars), call.write(read, filled), trusted=True)
