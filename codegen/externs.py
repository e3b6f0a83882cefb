"""The functions behind extern stages, as addresses that a library is run with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cffi
import numpy as np

from codegen.c_build import compile_library
from codegen.c_compiler import find_compiler
from codegen.c_extern import extern_functions, extern_signature
from codegen.c_source import CSource
from codegen.foreign import public_c_text
from codegen.hooks import TYPE_OF_CODE, Hooks, abi
from halo.errors import CodegenError, InternalError
from halo.ir.lowered import LoweredModule
from halo.ir.types import Type
from halo.target import Target

Implementation = str | Path | Callable[..., Any]
Params = tuple[Type | None, ...]


class ExternArray(NamedTuple):
    """A buffer that an extern stage is called with: axis i of `data` is dimension i."""

    data: np.ndarray[Any, np.dtype[Any]]
    type: Type
    mins: tuple[int, ...]


class Externs:
    """The addresses of the functions that the extern stages of a module call.

    Parameters
    ----------
    module, target
        What calls them, and the machine it is built for.
    implementations
        For each C function its C text, the path of a shared library that holds it, or a Python
        function on `ExternArray`s and numbers.

    Raises
    ------
    CodegenError
        A function has no implementation, cannot be built, or is not in its library.
    """

    __slots__ = ("_alive", "table")

    def __init__(
        self, module: LoweredModule, target: Target, implementations: Mapping[str, Any]
    ) -> None:
        functions = extern_functions(module.functions)
        self._alive: list[Any] = []
        made = [
            self._address(name, params, implementations.get(name), target)
            for name, params in functions.items()
        ]
        self.table = abi().new("void *[]", made) if made else None

    def _address(self, name: str, params: Params, given: Any, target: Target) -> Any:
        if given is None:
            raise CodegenError(
                f"the C function {name} of an extern stage is not there to be run",
                hint="define_extern(..., implementation=...) takes its C text, the Path of a "
                "shared library, or a Python function",
            )
        if isinstance(given, str):
            _need_compiler(name)
            source = CSource(name, public_c_text(name, params, given), "")
            given = compile_library(source, target)
        found = (
            _in_library(name, params, given)
            if isinstance(given, Path)
            else (given, _callback(params, given))
        )
        self._alive.append(found)
        return abi().cast("void *", found[1])


def _need_compiler(name: str) -> None:
    """Refuse C text where nothing compiles it, which the pipeline itself may do without."""
    try:
        find_compiler()
    except CodegenError as error:
        raise CodegenError(
            f"the C text of the extern stage {name} needs a C compiler: {error.message}",
            hint="install one ('apt install gcc', 'pip install ziglang'), or give a Python "
            "function or the Path of a shared library as its implementation",
        ) from None


def _in_library(name: str, params: Params, path: Path) -> tuple[Any, Any]:
    ffi = cffi.FFI()
    ffi.include(abi())
    ffi.cdef(f"{extern_signature(name, params)};")
    try:
        library = ffi.dlopen(str(path.resolve()))
        return library, ffi.addressof(library, name)
    except (OSError, AttributeError) as error:
        raise CodegenError(f"the extern stage {name} is not in {path}: {error}") from None


def _callback(params: Params, function: Callable[..., Any]) -> Any:
    ffi = abi()

    def call(ctx: Any, *args: Any) -> int:
        hooks = ffi.from_handle(ctx.user)
        if not isinstance(hooks, Hooks):
            raise InternalError("a context without hooks")
        plain = [_array(a) if t is None else a for t, a in zip(params, args, strict=True)]
        return 0 if hooks.guarded(lambda: function(*plain)) else 1

    return ffi.callback(extern_signature("(*)", params), call)


def _array(buffer: Any) -> ExternArray:
    ffi = abi()
    type = Type(TYPE_OF_CODE[buffer.type.code], buffer.type.bits)
    dims = [buffer.dim[i] for i in range(buffer.dimensions)]
    shape: Sequence[int] = [d.extent for d in dims]
    mins = tuple(d.min for d in dims)
    if 0 in shape:
        return ExternArray(np.zeros(shape, type.dtype), type, mins)
    size = type.dtype.itemsize
    reach = [(d.extent - 1) * d.stride * size for d in dims]
    low, high = sum(r for r in reach if r < 0), sum(r for r in reach if r > 0) + size
    memory = ffi.buffer(ffi.cast("char *", buffer.host) + low, high - low)
    strides = [d.stride * size for d in dims]
    data: Any = np.ndarray(shape, type.dtype, memory, -low, strides)
    return ExternArray(data, type, mins)
