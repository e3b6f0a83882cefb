"""What compiled code calls back for: Python functions behind the hooks of a context."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import cffi

from codegen.c_prelude import runtime_text


@cache
def abi() -> cffi.FFI:
    """Return the declarations of ``halo_abi.h``."""
    ffi = cffi.FFI()
    text = runtime_text("halo_abi.h")
    ffi.cdef("\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return ffi


class Hooks:
    """The Python functions of one call of compiled code, from whatever thread they are called.

    Lines are printed one at a time. The first exception that one raises is kept for `check`, and no
    line is printed after it.

    Parameters
    ----------
    print
        Takes a printed line with its newline; ``sys.stdout.write`` by default.
    externs
        The table of `codegen.externs.Externs`.
    """

    __slots__ = ("_error", "_externs", "_lock", "_print")

    def __init__(self, print: Callable[[str], Any] | None = None, externs: Any = None) -> None:
        self._print = print or _to_stdout
        self._externs = externs
        self._error: BaseException | None = None
        self._lock = threading.Lock()

    @contextmanager
    def installed(self, context: Any) -> Iterator[None]:
        """Have calls with `context` reach these functions, if it has no hooks of its own."""
        if context.print or context.allocate:
            yield
            return
        handle = abi().new_handle(self)  # alive as long as the call
        context.user, context.print = handle, _callbacks()[0]
        if self._externs is not None:
            context.externs = self._externs
        try:
            yield
        finally:
            context.user, context.print, context.externs = abi().NULL, abi().NULL, abi().NULL

    def check(self) -> None:
        """Raise what a hook raised."""
        if self._error is not None:
            raise self._error

    def printed(self, text: Any) -> None:
        """Pass a line on."""
        with self._lock:
            if self._error is None:
                self.guarded(lambda: self._print(_decoded(text)))

    def guarded(self, action: Callable[[], Any]) -> bool:
        """Do `action`; return whether it raised nothing, and keep what it raised."""
        try:
            action()
        except BaseException as error:  # C cannot pass it on: `check` does
            self._error = self._error or error
            return False
        return True


def _to_stdout(line: str) -> None:
    sys.stdout.write(line)  # looked up at each line, because it may be replaced


def _decoded(text: Any) -> str:
    made: bytes = abi().string(text)
    return made.decode("utf-8", "replace")


@cache
def _callbacks() -> tuple[Any, ...]:
    ffi = abi()

    @ffi.callback("void(void *, const char *)")  # type: ignore[untyped-decorator]
    def printed(user: Any, line: Any) -> None:
        ffi.from_handle(user).printed(line)

    return (printed,)
