"""Calls of a compiled function: contexts and their hooks are kept for the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from codegen.call_buffer import CBuffer
from codegen.call_errors import raise_for
from codegen.hooks import Hooks, abi, abi_types
from codegen.threads import threads_for_call
from codegen.workspaces import give_region, take_region


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


class Caller:
    """A compiled function. May be called by several threads at once.

    A context with its hooks takes as long to make as a small picture takes to compute: each call
    takes one of a call that has ended.

    Parameters
    ----------
    function
        ``f(context, *args)`` gives its error code.
    externs
        The table of `codegen.externs.Externs`.
    """

    __slots__ = ("_externs", "_function", "_idle")

    def __init__(self, function: Callable[..., int], externs: Any = None) -> None:
        self._function = function
        self._externs = externs
        self._idle: list[_Context] = []

    def __call__(self, args: Sequence[Any], threads: int | None = None) -> None:
        """Call it on `CBuffer`s and numbers; printed lines go to ``sys.stdout``.

        Raises
        ------
        BufferError, BoundsError, AllocationError
            The function refused its arguments or ran out of memory.
        """
        plain = [a.cdata if isinstance(a, CBuffer) else a for a in args]
        try:
            context = self._idle.pop()
        except IndexError:
            context = _Context(self._externs)
        c = context.cdata
        c.threads = threads_for_call(threads)
        region = take_region()
        if region is not None:
            c.workspace, c.workspace_bytes = region.start, region.bytes
            c.workspace_used = c.workspace_peak = 0
        code = self._function(c, *plain)
        if region is not None:
            give_region(region, c.workspace_peak)
            c.workspace_bytes = 0
        context.hooks.check()
        if code:
            raise_for(code, error_message(c))
        self._idle.append(context)  # one with an error is not used again


class _Context:
    """A ``halo_context`` whose hooks are installed."""

    __slots__ = ("_handle", "cdata", "hooks")

    def __init__(self, externs: Any) -> None:
        self.cdata = abi().new(abi_types()["context"])
        self.hooks = Hooks(externs=externs)
        self._handle = self.hooks.install(self.cdata)
