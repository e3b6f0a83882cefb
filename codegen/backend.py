"""The choice between the C compiler and LLVM."""

from __future__ import annotations

import os

from codegen.c_build import Progress
from codegen.c_compiler import find_compiler
from codegen.llvm_jit import compile_in_process, load_soon
from codegen.loader import Functions, compile_with_c
from halo.errors import CodegenError, user_location
from halo.ir.lowered import LoweredModule
from halo.target import Target, TargetFeature

BACKENDS = ("c", "llvm")


def backend_of(target: Target) -> str:
    """Return what makes the code for `target`: ``c`` or ``llvm``.

    LLVM if the target has the feature ``llvm``; else what ``$HALO_BACKEND`` names; else the C
    compiler where there is one for it, and LLVM where there is none.

    Raises
    ------
    CodegenError
        ``$HALO_BACKEND`` names something else, or ``$CC`` does not start.
    """
    if target.has_feature(TargetFeature.LLVM):
        return "llvm"
    named = os.environ.get("HALO_BACKEND", "")
    if named and named not in BACKENDS:
        raise CodegenError(
            f"HALO_BACKEND names '{named}', which is no back end", hint="there are c and llvm"
        )
    if named:
        return named
    try:
        find_compiler(target)
    except CodegenError:
        if target.is_native() and os.environ.get("CC", "").strip():
            raise
        return "llvm"
    return "c"


def warm_up_if_named() -> None:
    """Begin to load what ``$HALO_BACKEND`` names; nothing is loaded where it names nothing."""
    if os.environ.get("HALO_BACKEND") == "llvm":
        load_soon()


def warm_up(target: Target) -> None:
    """Begin to load what the back end of `target` needs, if that takes long."""
    if backend_of(target) == "llvm":
        load_soon()


def compile_module(
    module: LoweredModule,
    target: Target,
    *,
    threads: bool = True,
    progress: Progress | None = None,
) -> Functions:
    """Compile `module` for `target` with the back end it chooses, ready to be called.

    Parameters
    ----------
    module, target
        What to compile, and for which machine.
    threads
        Whether loops may run in parallel.
    progress
        Told (functions done, functions in all) while the C compiler works.

    Raises
    ------
    CodegenError
        The back end is not there, or it failed, or the code would not run here.
    """
    if not target.is_native():
        raise CodegenError(
            f"code for {target.machine} under {target.system} does not run here",
            where=user_location(),
            hint="write it to files: compile_to_object, compile_to_static_library, compile_to_c",
        )
    if backend_of(target) == "llvm":
        return compile_in_process(module, target, threads=threads)
    return compile_with_c(module, target, threads=threads, progress=progress)
