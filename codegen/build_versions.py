"""The object files of several versions of a module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.backend import backend_of
from codegen.c_build import compile_object
from codegen.c_chooser import emit_chooser
from codegen.c_source import CSource, emit_c
from codegen.llvm_chooser import emit_llvm_chooser
from codegen.llvm_object import llvm_object, llvm_object_of_text
from codegen.versions import chooser_target, versions_of
from halo.ir.lowered import LoweredModule
from halo.target import Target


@dataclass(frozen=True, slots=True)
class VersionObjects:
    """What several versions of a module are compiled to.

    Attributes
    ----------
    header
        The C header of what they are linked to.
    objects
        An object file for each target, in the order that they were given in.
    chooser
        The object file of the functions that run one of them.
    """

    header: str
    objects: tuple[bytes, ...]
    chooser: bytes


def compile_versions(modules: Sequence[tuple[Target, LoweredModule]]) -> VersionObjects:
    """Compile modules for their targets, and the function that runs the best of them.

    Raises
    ------
    HaloError
        The targets cannot be in one library.
    CodegenError
        A back end is not there or fails, or the functions take different arguments.
    """
    versions = versions_of(modules)
    for_any = chooser_target(versions)
    source = emit_chooser(versions)
    if backend_of(for_any) == "llvm":
        chooser = llvm_object_of_text(emit_llvm_chooser(versions), for_any)
    else:
        chooser = compile_object(source, for_any).read_bytes()
    objects = {v.place: _object(v.module, v.target) for v in versions}
    return VersionObjects(source.header, tuple(objects[i] for i in range(len(objects))), chooser)


def emit_versions(modules: Sequence[tuple[Target, LoweredModule]]) -> tuple[CSource, ...]:
    """Return the C of the functions that choose, then that of each version.

    Parameters and errors are those of `compile_versions`.
    """
    versions = versions_of(modules)
    return emit_chooser(versions), *(emit_c(v.module, v.target) for v in versions)


def _object(module: LoweredModule, target: Target) -> bytes:
    if backend_of(target) == "llvm":
        return llvm_object(module, target)
    return compile_object(emit_c(module, target), target).read_bytes()
