"""LLVM IR as functions of this process."""

from __future__ import annotations

import ctypes
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from codegen.c_cache import Cache, cache_directory
from codegen.hooks import abi, abi_types
from codegen.llvm_machine import llvm, llvm_settings, machine, machine_code, optimize, parsed
from codegen.llvm_module import LlvmSource, emit_llvm
from codegen.llvm_runtime import runtime_ir
from codegen.loader import Functions, public_declarations
from halo.errors import HaloError, InternalError
from halo.ir.lowered import LoweredModule
from halo.target import Target, host_target

_LOCK = threading.RLock()
"""LLVM's table of symbols is one for the process."""


def compile_in_process(
    module: LoweredModule, target: Target, *, threads: bool = True
) -> JitFunctions:
    """Compile `module` and return its functions; nothing is written but the cache of objects.

    Raises
    ------
    CodegenError
        LLVM is not there, or has no code for `target` here.
    """
    source = emit_llvm(module, target, in_process=True, threads=threads)
    return JitFunctions(source, target, public_declarations(module))


class JitFunctions(Functions):
    """Functions that LLVM compiled in this process.

    Parameters
    ----------
    source
        What `emit_llvm` wrote for this process.
    target
        The machine.
    declarations
        C declarations of the public functions.
    """

    def __init__(self, source: LlvmSource, target: Target, declarations: list[str]) -> None:
        super().__init__(declarations)
        with _LOCK:
            runtime()
            self._engine = _engine(*_compiled(source, target))
        self._outside = [self._point(name, data) for name, data in source.outside.items()]
        self._found: dict[str, Callable[..., int]] = {}

    def _point(self, pointer: str, data: bytes) -> Any:
        """Have the variable `pointer` point to `data`; return the memory of that."""
        room, address = _aligned(data)
        at = self._engine.get_global_value_address(pointer)
        ctypes.c_uint64.from_address(at).value = address
        return room

    def function(self, name: str) -> Callable[..., int]:
        """Return the function `name`: ``f(context, *args)`` gives its error code."""
        found = self._found.get(name)
        if found is None:
            own = self.own_name(name)
            address = self._engine.get_function_address(own)
            if not address:
                raise AttributeError(f"there is no function {own}")
            found = abi().cast(pointer_type(self.declared[own]), address)
            self._found[name] = found
        return found


def pointer_type(declaration: str) -> str:
    """Return the type of a pointer to a declared function.

    Without the names of the arguments, so that cffi has to read equal ones once.
    """
    result, _, arguments = declaration.rstrip(")").partition(" ")
    types = [re.sub(r"\w+$", "", a).strip() for a in arguments.partition("(")[2].split(", ")]
    return f"{result} (*)({', '.join(types)})"


def _compiled(source: LlvmSource, target: Target) -> tuple[bytes, Any]:
    """Return the machine code of `source`, from the cache or made now, and LLVM's machine."""
    cache, key = Cache(cache_directory()), _key(source, target)
    made = machine(target, for_process=True)
    found = cache.find(key, ".jit.o")
    if found is not None:
        return found.read_bytes(), made
    module = parsed(source.text, made)
    optimize(module, made, source.scalar_loops)
    code = machine_code(module, made)
    cache.put(key, ".jit.o", code)
    return code, made


def _key(source: LlvmSource, target: Target) -> str:
    features = ",".join(sorted(target.features))
    cpu = llvm().get_host_cpu_name() if target.name == "host" else ""
    return _digest(
        target.name, target.machine, features, cpu, str(source.scalar_loops), source.text
    )


def _digest(*words: str) -> str:
    """Return the hash of `words` and of LLVM with its settings."""
    return hashlib.sha256("\0".join(("llvm", llvm_settings(), *words)).encode()).hexdigest()


def _engine(code: bytes, target_machine: Any) -> Any:
    """Return what holds machine code that is ready to run; `target_machine` is its own now."""
    return _loaded([code], target_machine)


def engine_of(objects: Sequence[bytes]) -> Any:
    """Return what holds object files of this machine, linked with each other, ready to run."""
    with _LOCK:
        return _loaded(objects, machine(host_target(), for_process=True))


def _loaded(objects: Sequence[bytes], target_machine: Any) -> Any:
    binding = llvm()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine)
    for code in objects:
        engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def _aligned(data: bytes) -> tuple[Any, int]:
    """Return memory with a copy of `data`, and the 64-byte aligned address of that."""
    room = ctypes.create_string_buffer(len(data) + 64)
    address = -(-ctypes.addressof(room) // 64) * 64
    ctypes.memmove(address, data, len(data))
    return room, address


_runtime: list[Any] = []


def load_soon() -> None:
    """Load LLVM and the runtime on a thread of its own, while pipelines are lowered."""
    if not _runtime and not _loading:
        _loading.append(threading.Thread(target=_load_quietly))
        _loading[0].start()


_loading: list[threading.Thread] = []


def _load_quietly() -> None:
    with suppress(HaloError):  # who needs it is told
        runtime()
    abi_types()


def runtime() -> Any:
    """Return the runtime, compiled, its functions known to what is loaded from now on."""
    with _LOCK:
        if not _runtime:
            _runtime.append(_load_runtime())
        return _runtime[0]


def _load_runtime() -> Any:
    target = host_target()
    text = runtime_ir(target.machine, target.system)
    engine = _engine(_runtime_code(text), machine(target, for_process=True))
    for name in re.findall(r"^define .* @(halo_rt_\w+)\(", text, re.MULTILINE):
        address = engine.get_function_address(name)
        if not address:
            raise InternalError(f"the runtime has no {name}")
        llvm().add_symbol(name, address)
    return engine


def _runtime_code(text: str) -> bytes:
    """Return the machine code of the runtime `text`, from the cache or made now."""
    cache, key = Cache(cache_directory()), _digest("runtime", text)
    found = cache.find(key, ".jit.o")
    if found is not None:
        return found.read_bytes()
    # It is optimised already, and what is left to do costs four times as long at any other level.
    quick = (
        llvm()
        .Target.from_default_triple()
        .create_target_machine(opt=0, codemodel="jitdefault", jit=True)
    )
    code = machine_code(parsed(text, quick), quick)
    cache.put(key, ".jit.o", code)
    return code
