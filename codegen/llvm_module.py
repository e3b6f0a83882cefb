"""A lowered module as the text of an LLVM module."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.c_constants import is_large
from codegen.c_extern import extern_functions
from codegen.c_function import constant_names, function_names
from codegen.llvm_abi import quoted
from codegen.llvm_context import Memory, ModuleState
from codegen.llvm_effort import leaves_scalar_loops
from codegen.llvm_function import ConstantMemory, function_text
from codegen.llvm_types import Value
from halo.errors import CodegenError
from halo.ir.lowered import LoweredModule
from halo.target import Target


@dataclass(frozen=True, slots=True)
class LlvmSource:
    """The LLVM IR of a module.

    Attributes
    ----------
    name
        Of the module.
    text
        The IR, before anything is optimised.
    scalar_loops
        Whether there are loops that the schedule left without vectors.
    outside
        Pointer -> the bytes it shall point to, of the large constants that are not in the text.
    """

    name: str
    text: str
    outside: dict[str, bytes]
    scalar_loops: bool


def emit_llvm(
    module: LoweredModule, target: Target, *, in_process: bool = False, threads: bool = True
) -> LlvmSource:
    """Return `module` as LLVM IR.

    Parameters
    ----------
    module, target
        What to write, and the machine it is for.
    in_process
        For this process: large constants stay where they are, and extern stages are called
        through ``ctx->externs``.

    threads
        Whether loops may run in parallel.

    Raises
    ------
    CodegenError
        The compiled function and an extern stage have one name.
    """
    names = function_names(module)
    externs = extern_functions(module.functions)
    for name in externs.keys() & set(names.values()):
        raise CodegenError(
            f"the compiled function and an extern stage of it are both called {name}",
            hint="give the Func or the compiled function another name",
        )
    state = ModuleState(
        bool(target.features & {"f16c", "neon"}),
        target.vector_bits,
        target.machine,
        threads,
        callees=names,
        public="hidden " if module.tag else "",
    )
    if in_process:
        state.forwards = {name: i for i, name in enumerate(externs)}
    constants, definitions, outside = _constants(module, in_process)
    functions = [function_text(state, f, names[f.name], constants) for f in module.functions]
    strings = [
        f"{name} = private unnamed_addr constant [{len(data)} x i8] {quoted(data)}"
        for data, name in state.strings.items()
    ]
    parts = [
        *strings,
        *definitions,
        *state.declarations.values(),
        *state.helpers.values(),
        *functions,
        *state.metadata,
    ]
    scalar = any(leaves_scalar_loops(f.body) for f in module.functions)
    return LlvmSource(module.name, "\n".join(parts) + "\n", outside, scalar)


def _constants(
    module: LoweredModule, in_process: bool
) -> tuple[dict[str, ConstantMemory], list[str], dict[str, bytes]]:
    """Return where the constants lie, their definitions, and the bytes of those outside."""
    names = constant_names(module)
    memory: dict[str, ConstantMemory] = {}
    lines: list[str] = []
    outside: dict[str, bytes] = {}
    for c in module.constants:
        data = np.ascontiguousarray(c.data).tobytes() or bytes(8)
        symbol = names[c.name]
        is_outside = in_process and is_large(c)
        if is_outside:
            lines.append(f"@{symbol} = global ptr null, align 8")
            outside[symbol] = data
        else:
            lines.append(
                f"@{symbol} = internal constant [{len(data)} x i8] {quoted(data)}, align 64"
            )
        memory[c.name] = ConstantMemory(Memory(Value("ptr", f"@{symbol}"), c.type), is_outside)
    return memory, lines, outside
