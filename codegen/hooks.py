"""What compiled code calls back for: Python functions behind the hooks of a context."""

from __future__ import annotations

import operator
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import cffi
import numpy as np

from codegen.c_prelude import runtime_text
from codegen.memo_cache import CACHE
from halo.errors import HaloError
from halo.ir.trace import TraceEvent, TraceEventCode
from halo.ir.types import Type, TypeCode

_ABI_LOCK = threading.Lock()
"""Types of two FFIs do not go together, so there has to be one, whoever asks first."""

_made: list[cffi.FFI] = []


def abi() -> cffi.FFI:
    """Return the declarations of ``halo_abi.h``."""
    if not _made:
        with _ABI_LOCK:
            if not _made:
                _made.append(_parsed())
    return _made[0]


_POINTERS = """
struct halo_pointers {
    halo_context *context;
    halo_buffer *buffer;
    void *address;
    halo_dim dims[];
};
"""


def _parsed() -> cffi.FFI:
    ffi = cffi.FFI()
    text = runtime_text("halo_abi.h") + _POINTERS
    ffi.cdef("\n".join(line for line in text.splitlines() if not line.startswith("#")))
    # All of it at once: what a declaration of another parser reached first would stay unfinished.
    ffi.typeof("struct halo_pointers")
    return ffi


@cache
def abi_types() -> Mapping[str, Any]:
    """Return what `abi` calls ``context``, ``buffer``, ``address`` and ``dims``.

    Each type that is asked for by its text is parsed by itself, which takes half a millisecond.
    """
    return {name: field.type for name, field in abi().typeof("struct halo_pointers").fields}


@cache
def _hook_types() -> Mapping[str, Any]:
    """Return the types of the hooks of a context."""
    return {name: field.type for name, field in abi_types()["context"].item.fields}


TYPE_OF_CODE = {0: TypeCode.INT, 1: TypeCode.UINT, 2: TypeCode.FLOAT, 4: TypeCode.BFLOAT}
"""``halo_type.code`` -> what it means."""


_HOOKS = (
    *("user", "allocate", "release", "print", "trace"),
    *("cache_load", "cache_store", "externs", "profile"),
)


class Hooks:
    """The Python functions of one call of compiled code, from whatever thread they are called.

    Lines and events come one at a time. The first exception that one raises is kept for `check`,
    and no hook of these is called after it.

    Parameters
    ----------
    print
        Takes a printed line with its newline; ``sys.stdout.write`` by default.
    trace
        Takes an event; by default it is printed as a line.
    externs
        The table of `codegen.externs.Externs`.
    profile
        The table of a `codegen.profile.ProfileTable`.
    malloc, free
        Give the address of so many bytes, a multiple of 64, and take it back; both or none.
    """

    __slots__ = ("_error", "_externs", "_free", "_lock", "_malloc", "_print", "_profile", "_trace")

    def __init__(
        self,
        print: Callable[[str], Any] | None = None,
        trace: Callable[[TraceEvent], Any] | None = None,
        externs: Any = None,
        profile: Any = None,
        malloc: Callable[[int], int] | None = None,
        free: Callable[[int], Any] | None = None,
    ) -> None:
        self._print = print or _to_stdout
        self._trace = trace
        self._externs = externs
        self._profile = profile
        self._malloc, self._free = malloc, free
        self._error: BaseException | None = None
        self._lock = threading.Lock()

    @contextmanager
    def installed(self, context: Any) -> Iterator[None]:
        """Have calls with `context` reach these functions, if it has no hooks of its own.

        Raises
        ------
        HaloError
            It has, and the code calls extern stages, which are found through these.
        """
        if context.print or context.allocate:
            if self._externs is not None:
                raise HaloError(
                    "a context with hooks of its own cannot run extern stages from Python",
                    hint="take a plain one, of make_context, or set `print` and `allocate` to NULL",
                )
            yield
            return
        _handle = self.install(context)
        try:
            yield
        finally:
            for name in _HOOKS:
                setattr(context, name, abi().NULL)

    def install(self, context: Any) -> Any:
        """Have calls with `context` reach these functions, as long as what is returned lives."""
        handle = abi().new_handle(self)
        context.user, context.print = handle, _callbacks()[0]
        if self._trace is not None:
            context.trace = _callbacks()[1]
        context.cache_load, context.cache_store = _callbacks()[2:]
        if self._externs is not None:
            context.externs = self._externs
        if self._malloc is not None:
            context.allocate, context.release = _memory_callbacks()
        if self._profile is not None:
            context.profile = self._profile
        return handle

    def check(self) -> None:
        """Raise what a hook raised."""
        if self._error is not None:
            raise self._error

    def printed(self, text: Any) -> None:
        """Pass a line on."""
        self._one_by_one(lambda: self._print(_decoded(text)))

    def traced(self, event: Any) -> None:
        """Pass an event on."""
        assert self._trace is not None
        take = self._trace
        self._one_by_one(lambda: take(_event(event)))

    def allocated(self, size: int) -> int:
        """Return the address of `size` bytes; 0 if there are none."""
        assert self._malloc is not None
        take, found = self._malloc, [0]

        def allocate() -> None:
            found[0] = operator.index(take(size))
            if found[0] % 64:
                address, found[0] = found[0], 0
                raise HaloError(
                    f"custom_malloc gave the address {address:#x}, which is no multiple of 64",
                    hint="vectors are loaded from whole cache lines",
                )

        with self._lock:
            self.guarded(allocate)
        return found[0]

    def released(self, address: int) -> None:
        """Take memory back."""
        assert self._free is not None
        take = self._free
        with self._lock:
            self.guarded(lambda: take(address))

    def _one_by_one(self, action: Callable[[], Any]) -> None:
        with self._lock:
            if self._error is None:
                self.guarded(action)

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


def _event(e: Any) -> TraceEvent:
    has_value = bool(e.value)
    type = Type(TYPE_OF_CODE[e.type.code], e.type.bits) if has_value else None
    return TraceEvent(
        _decoded(e.func),
        TraceEventCode(e.event),
        tuple(e.coordinates[i] for i in range(e.dimensions)),
        None if type is None else _number(type, e.value),
        type,
        e.id,
        e.parent,
        e.value_index,
        _decoded(e.tag),
    )


def _number(type: Type, address: Any) -> int | float | bool:
    memory = abi().buffer(abi().cast("char *", address), type.dtype.itemsize)
    value = np.frombuffer(memory, type.dtype)[0]
    if type.is_bfloat():
        return float((value.astype(np.uint32) << np.uint32(16)).view(np.float32))
    found: int | float | bool = bool(value) if type.is_bool() else value.item()
    return found


def _decoded(text: Any) -> str:
    made: bytes = abi().string(text)
    return made.decode("utf-8", "replace")


@cache
def _callbacks() -> tuple[Any, ...]:
    ffi, types = abi(), _hook_types()

    @ffi.callback(types["print"])  # type: ignore[untyped-decorator]
    def printed(user: Any, line: Any) -> None:
        ffi.from_handle(user).printed(line)

    @ffi.callback(types["trace"])  # type: ignore[untyped-decorator]
    def traced(user: Any, event: Any) -> None:
        ffi.from_handle(user).traced(event)

    @ffi.callback(types["cache_load"])  # type: ignore[untyped-decorator]
    def load(user: Any, memo: Any) -> int:
        found: list[bool] = []
        ffi.from_handle(user).guarded(lambda: found.append(CACHE.load(ffi, memo)))
        return int(found == [True])

    @ffi.callback(types["cache_store"])  # type: ignore[untyped-decorator]
    def store(user: Any, memo: Any) -> None:
        ffi.from_handle(user).guarded(lambda: CACHE.store(ffi, memo))

    return printed, traced, load, store


@cache
def _memory_callbacks() -> tuple[Any, Any]:
    ffi, types = abi(), _hook_types()

    @ffi.callback(types["allocate"])  # type: ignore[untyped-decorator]
    def allocate(user: Any, size: int) -> Any:
        return ffi.cast("void *", ffi.from_handle(user).allocated(size))

    @ffi.callback(types["release"])  # type: ignore[untyped-decorator]
    def release(user: Any, address: Any) -> None:
        ffi.from_handle(user).released(int(ffi.cast("uintptr_t", address)))

    return allocate, release
