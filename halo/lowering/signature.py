"""The arguments of the function that is made."""

from __future__ import annotations

from halo.ir.function import Dimension, Image, Parameter, output_buffer
from halo.ir.lowered import BufferArg, LoweredFunc, Profiled, ScalarArg
from halo.ir.stmt import Stmt
from halo.ir.types import Int
from halo.lowering.inputs import Inputs
from halo.lowering.prepare import Dims
from halo.lowering.program import Program
from halo.lowering.request import Request


def make_signature(
    request: Request, program: Program, given: Inputs, output_dims: Dims, body: Stmt
) -> tuple[tuple[Image | Parameter, ...], LoweredFunc]:
    """Return the inputs in the order of the arguments, and the function with `body`."""
    inputs = given.listed() if request.args is None else list(request.args)
    args: list[BufferArg | ScalarArg] = []
    for x in inputs:
        if isinstance(x, Image):
            args.append(BufferArg(x.name, x.type, tuple(x.dims), False, x.alignment))
        else:
            args.append(ScalarArg(x.name, x.type))
    for name in program.outputs:
        f = program.functions[name]
        for i, t in enumerate(f.types):
            buffer = output_buffer(name, i, len(f.types))
            dims = output_dims.get(buffer, (Dimension(),) * f.dimensions)
            alignment = request.alignments.get(buffer, 0)
            args.append(BufferArg(buffer, t, tuple(dims), True, alignment))
    args.extend(ScalarArg(name, Int(32)) for name in request.scalars)
    profiled = _profiled(request, program) if _PROFILE & request.features else None
    func = LoweredFunc(request.name, tuple(args), body, request.trusted, profiled=profiled)
    return tuple(inputs), func


_PROFILE = {"profile", "profile_by_timer"}


def _profiled(request: Request, program: Program) -> Profiled:
    """Number the Functions, and the buffers that hold their values."""
    names = (request.name, *program.functions)
    numbers: dict[str, int] = {}
    for number, f in enumerate(program.functions.values(), 1):
        numbers[f.name] = number
        n = len(f.types)
        numbers.update({output_buffer(f.name, i, n): number for i in range(n)})
    return Profiled(names, tuple(numbers.items()))
