"""Loading a built library and calling its functions, by cffi (which releases the GIL)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cffi

from codegen.c_build import Progress, build_module
from codegen.c_function import function_names, signature
from codegen.c_names import identifier
from codegen.hooks import Hooks, abi, abi_types
from codegen.threads import keep_runtimes, threads_for_call, waiting_threads_sleep
from halo.errors import BoundsError, BufferError, CodegenError, HaloError, user_location
from halo.ir.lowered import LoweredModule
from halo.ir.stmt import ErrorCode
from halo.ir.types import Type, TypeCode
from halo.target import Target

_TYPE_CODES = {TypeCode.INT: 0, TypeCode.UINT: 1, TypeCode.FLOAT: 2, TypeCode.BFLOAT: 4}


class AllocationError(HaloError, MemoryError):
    """Compiled code asked for memory and there was none."""


_BY_CODE: dict[ErrorCode, type[HaloError]] = {
    ErrorCode.OUT_OF_BOUNDS: BoundsError,
    ErrorCode.BROKEN_PROMISE: BoundsError,
    ErrorCode.OVERFLOW: BoundsError,
    ErrorCode.OUT_OF_MEMORY: AllocationError,
}


_HINTS: dict[ErrorCode, str] = {
    ErrorCode.OUT_OF_BOUNDS: "give a buffer that holds these cells, compute a smaller region, or "
    "say what lies outside with halo.BoundaryConditions",
    ErrorCode.BROKEN_PROMISE: "give the directive more cells, or leave it out",
    ErrorCode.OVERFLOW: "coordinates are numbers of 32 bits: pass smaller parameters or a smaller "
    "region, or keep the index in range with halo.clamp before it grows",
    ErrorCode.BAD_STRIDE: "pass an array laid out as promised, or take the promise back with "
    "dim(...).set_stride(None)",
    ErrorCode.BAD_ALIGNMENT: "pass an array that begins at such an address, or take the promise "
    "back with set_host_alignment(0)",
    ErrorCode.OUT_OF_MEMORY: "compute a smaller region at a time, or store less at once: "
    "compute_at instead of compute_root",
}


def raise_for(code: int, message: str) -> None:
    """Raise the error of a compiled function's return `code`; return if it is 0."""
    if code == 0:
        return
    try:
        kind = ErrorCode(code)
    except ValueError:
        raise HaloError(message or f"a compiled function returned error {code}") from None
    error = _BY_CODE.get(kind, BufferError)
    text = message or kind.name.lower().replace("_", " ")
    if kind in (ErrorCode.REQUIREMENT, ErrorCode.EXTERN):
        raise HaloError(text)  # the message begins with the line of the user's that it concerns
    if kind is ErrorCode.BAD_PROCESSOR:
        raise HaloError(text, hint="compile it for one more target, such as x86-64")
    raise error(text, where=user_location(), hint=_HINTS.get(kind, ""))


@dataclass(slots=True)
class CBuffer:
    """A ``halo_buffer`` and what it points to; keeps neither the array nor its memory alive."""

    cdata: Any
    dims: Any


def make_buffer(address: int, type: Type, dims: Sequence[tuple[int, int, int]]) -> CBuffer:
    """Return a ``halo_buffer`` over memory at `address`.

    Parameters
    ----------
    address
        Of the element at the mins; 0 for an array without elements.
    type
        Element type.
    dims
        (min, extent, stride in elements) of each dimension, the first dimension first.
    """
    ffi, types = abi(), abi_types()
    array = ffi.new(types["dims"], [list(d) for d in dims]) if dims else ffi.NULL
    buffer = ffi.new(types["buffer"])
    buffer.host = ffi.cast(types["address"], address)
    buffer.type.code = _TYPE_CODES[type.code()]
    buffer.type.bits = type.bits()
    buffer.dimensions = len(dims)
    buffer.dim = array
    return CBuffer(buffer, array)


def make_context(threads: int | None = None, workspace: tuple[int, int] | None = None) -> Any:
    """Return a ``halo_context`` for one call at a time.

    Parameters
    ----------
    threads
        How many a parallel loop may use; None: `available_threads`.
    workspace
        (address, bytes) of memory to use before any is allocated.
    """
    context = abi().new(abi_types()["context"])
    context.threads = threads_for_call(threads)
    if workspace is not None:
        context.workspace = abi().cast(abi_types()["address"], workspace[0])
        context.workspace_bytes = workspace[1]
    return context


def error_message(context: Any) -> str:
    """Return what the last call with `context` said."""
    text: bytes = abi().string(context.error)
    return text.decode("utf-8", "replace")


class Functions:
    """Compiled functions, ready to be called.

    Parameters
    ----------
    declarations
        C declarations of the functions.
    """

    def __init__(self, declarations: Sequence[str]) -> None:
        self.declared = {_name_of(d): d for d in declarations}
        self.names = list(self.declared)

    def own_name(self, name: str) -> str:
        """Return the name in C of function `name`."""
        return name if name in self.names else identifier(name)

    def function(self, name: str) -> Callable[..., int]:
        """Return the function `name`: ``f(context, *args)`` gives its error code."""
        raise NotImplementedError

    def call(
        self,
        name: str,
        *args: Any,
        context: Any = None,
        threads: int | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        """Call function `name` on `CBuffer`s and numbers.

        Parameters
        ----------
        context
            As of `make_context`; a new one by default.
        threads
            How many a parallel loop may use, without a `context`.
        hooks
            Python functions that the call reaches; they may raise.

        Raises
        ------
        BufferError, BoundsError, AllocationError
            The function refused its arguments or ran out of memory.
        """
        own = context if context is not None else make_context(threads)
        plain = [a.cdata if isinstance(a, CBuffer) else a for a in args]
        hooks = hooks or Hooks()
        with hooks.installed(own):
            code = self.function(name)(own, *plain)
        hooks.check()
        if code:
            raise_for(code, error_message(own))


class Library(Functions):
    """The functions of a shared library.

    Parameters
    ----------
    path
        The shared library.
    declarations
        C declarations of its functions.
    """

    def __init__(self, path: Path, declarations: Sequence[str]) -> None:
        super().__init__(declarations)
        self.path = path
        ffi = cffi.FFI()
        ffi.include(abi())
        ffi.cdef("\n".join(f"{d};" for d in declarations))
        with waiting_threads_sleep():
            self._handle = ffi.dlopen(str(path))
        keep_runtimes()

    def function(self, name: str) -> Callable[..., int]:
        """Return the C function `name`: ``f(context, *args)`` gives its error code."""
        found: Callable[..., int] = getattr(self._handle, self.own_name(name))
        return found


class ForeignLibrary(Functions):
    """A shared library for another machine, which can be kept and not called.

    Parameters
    ----------
    path
        The shared library.
    target
        The machine.
    declarations
        C declarations of its functions.
    """

    def __init__(self, path: Path, target: Target, declarations: Sequence[str]) -> None:
        super().__init__(declarations)
        self.path = path
        self.target = target

    def function(self, name: str) -> Callable[..., int]:
        """Refuse: the function `name` does not run here."""
        raise CodegenError(
            f"{self.own_name(name)} is for {self.target.machine} under {self.target.system} and "
            "does not run here",
            where=user_location(),
            hint="save it, and load it there",
        )


def _name_of(declaration: str) -> str:
    found = re.match(r"int32_t (\w+)\(", declaration)
    assert found is not None, declaration
    return found.group(1)


def public_declarations(module: LoweredModule) -> list[str]:
    """Return the C declarations of the functions that `module` offers."""
    names = function_names(module)
    return [signature(f, names[f.name]) for f in module.functions if not f.trusted]


def compile_with_c(
    module: LoweredModule,
    target: Target,
    *,
    threads: bool = True,
    progress: Progress | None = None,
) -> Library:
    """Build `module` with the C compiler (see `build_module`) and load it."""
    path = build_module(module, target, threads=threads, progress=progress)
    return Library(path, public_declarations(module))
