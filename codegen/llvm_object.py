"""LLVM IR as files: object files, assembly, bitcode, text; each with the runtime it needs."""

from __future__ import annotations

import re
from typing import Any

from codegen.llvm_machine import assembly, llvm, machine, machine_code, optimize, parsed
from codegen.llvm_module import emit_llvm
from codegen.llvm_runtime import runtime_ir
from halo.errors import CodegenError
from halo.ir.lowered import LoweredModule
from halo.target import Target


def llvm_object(module: LoweredModule, target: Target) -> bytes:
    """Return `module` as an object file that needs nothing but the C library and its threads.

    Raises
    ------
    CodegenError
        LLVM is not there, or has no code for `target` here.
    """
    made, code = _compiled(module, target)
    return machine_code(code, made)


def llvm_assembly(module: LoweredModule, target: Target) -> bytes:
    """Return `module` as assembly, to be read; see above."""
    made, code = _compiled(module, target)
    return assembly(code, made).encode()


def llvm_text(module: LoweredModule, target: Target) -> bytes:
    """Return `module` as optimised LLVM IR; see above."""
    return str(_compiled(module, target)[1]).encode()


def llvm_bitcode(module: LoweredModule, target: Target) -> bytes:
    """Return `module` as optimised LLVM IR in the form that LLVM's tools read; see above."""
    bitcode: bytes = _compiled(module, target)[1].as_bitcode()
    return bitcode


def llvm_object_of_text(text: str, target: Target, *, whole: bool = True) -> bytes:
    """Return LLVM IR that halo wrote as an object file; see above, and `optimize`."""
    made, code = _with_runtime(text, target, whole)
    return machine_code(code, made)


def _compiled(module: LoweredModule, target: Target) -> tuple[Any, Any]:
    """Return LLVM's machine, and the optimised module with the runtime as a part of it."""
    source = emit_llvm(module, target)
    return _with_runtime(source.text, target, source.scalar_loops)


def _with_runtime(text: str, target: Target, whole: bool) -> tuple[Any, Any]:
    made = machine(target, for_process=False)
    code = parsed(text, made)
    runtime = runtime_ir(target.machine, target.system)
    if not target.is_native():
        runtime = _without_assembler(runtime)
        if "@halo_rt_cpu" in text:
            raise CodegenError(
                f"LLVM cannot ask a processor what it has in code for {target.machine} here",
                hint="compile versions on such a machine, or with a C compiler for it",
            )
    code.link_in(parsed(runtime, made))
    for f in code.functions:
        if f.name.startswith("halo_rt_") and not f.is_declaration:
            f.linkage = llvm().Linkage.internal  # each object file has its own
    optimize(code, made, whole)
    return made, code


def _without_assembler(runtime: str) -> str:
    """Return the runtime without the functions that LLVM has an assembler for on one machine only.

    It would end the process where it met them.
    """
    functions = re.split(r"(?<=^}\n)", runtime, flags=re.MULTILINE)
    return "".join(f for f in functions if " asm " not in f)
