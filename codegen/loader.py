"""Loading a built library and calling its functions, by cffi (which releases the GIL)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cffi

from codegen.c_build import Progress, build_module
from codegen.c_function import function_names, signature
from codegen.c_names import identifier
from codegen.call_buffer import CBuffer
from codegen.call_errors import raise_for
from codegen.caller import Caller, error_message, make_context
from codegen.hooks import Hooks, abi
from codegen.threads import keep_runtimes, waiting_threads_sleep
from halo.errors import CodegenError, user_location
from halo.ir.lowered import LoweredModule
from halo.target import Target


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
        self._callers: dict[str, Caller] = {}

    def own_name(self, name: str) -> str:
        """Return the name in C of function `name`."""
        return name if name in self.names else identifier(name)

    def function(self, name: str) -> Callable[..., int]:
        """Return the function `name`: ``f(context, *args)`` gives its error code."""
        raise NotImplementedError

    def caller(self, name: str) -> Caller:
        """Return what calls the function `name`, with no hooks but the usual ones."""
        found = self._callers.get(name)
        if found is None:
            found = self._callers[name] = Caller(self.function(name))
        return found

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
        if context is None and hooks is None:
            self.caller(name)(args, threads)
            return
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
