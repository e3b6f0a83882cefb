"""The back ends: a lowered module as C or LLVM IR, as a library, as callable functions."""

from __future__ import annotations

from codegen.backend import backend_of, compile_module, warm_up, warm_up_if_named
from codegen.build_versions import VersionObjects, compile_versions, emit_versions
from codegen.c_archive import make_archive
from codegen.c_build import (
    build_module,
    build_versions,
    compile_assembly,
    compile_library,
    compile_object,
)
from codegen.c_compiler import Compiler, find_compiler
from codegen.c_header import emit_header
from codegen.c_source import CSource, emit_c
from codegen.call_buffer import CBuffer, make_buffer
from codegen.call_errors import AllocationError, raise_for
from codegen.caller import Caller, error_message, make_context
from codegen.externs import ExternArray, Externs
from codegen.hooks import Hooks
from codegen.llvm_library import StaticLibrary, build_llvm_library
from codegen.llvm_object import llvm_assembly, llvm_bitcode, llvm_object, llvm_text
from codegen.loader import ForeignLibrary, Functions, Library, public_declarations
from codegen.memo_cache import CACHE, MemoizationCache
from codegen.profile import ProfileRow, ProfileTable
from codegen.threads import available_threads

__all__ = [
    "CACHE",
    "AllocationError",
    "CBuffer",
    "CSource",
    "Caller",
    "Compiler",
    "ExternArray",
    "Externs",
    "ForeignLibrary",
    "Functions",
    "Hooks",
    "Library",
    "MemoizationCache",
    "ProfileRow",
    "ProfileTable",
    "StaticLibrary",
    "VersionObjects",
    "available_threads",
    "backend_of",
    "build_llvm_library",
    "build_module",
    "build_versions",
    "check_compiler",
    "compile_assembly",
    "compile_library",
    "compile_module",
    "compile_object",
    "compile_versions",
    "emit_c",
    "emit_header",
    "emit_versions",
    "error_message",
    "find_compiler",
    "llvm_assembly",
    "llvm_bitcode",
    "llvm_object",
    "llvm_text",
    "make_archive",
    "make_buffer",
    "make_context",
    "public_declarations",
    "raise_for",
    "warm_up",
]


def check_compiler() -> Compiler:
    """Return the C compiler that will be used.

    Raises
    ------
    CodegenError
        There is none; the message says how to get one.
    """
    return find_compiler()


warm_up_if_named()
