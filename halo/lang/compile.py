"""Compiling without running: the methods that Func and Pipeline share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.lang.driver import PathLike, get_driver
from halo.lang.handlers import JITHandlers
from halo.lang.realization import as_arguments
from halo.lang.schedule_value import ScheduleValueMethods
from halo.target import Target


class CompileMethods(ScheduleValueMethods):
    """Ways to see or keep what the compiler makes of some outputs."""

    __slots__ = ()

    def compile_to_c(
        self,
        filename: PathLike,
        arguments: Sequence[Any] = (),
        fn_name: str = "",
        target: Target | None = None,
    ) -> None:
        """Write C that computes this into buffers.

        Parameters
        ----------
        filename
            The file to write.
        arguments
            The ImageParams and Params in the order the C function takes them, before the outputs.
        fn_name
            Name of the C function; that of the first output by default.
        target
            The machine to compile for; this one by default.
        """
        outputs = self._checked()
        name = fn_name or outputs[0].name
        get_driver().compile_to_c(outputs, filename, as_arguments(arguments), name, target)

    def jit_handlers(self) -> JITHandlers:
        """Return the functions that `realize` calls back, to be set.

        Those of a Pipeline are its first output's.
        ``f.jit_handlers().custom_print = lines.append`` collects what `halo.print` prints.
        """
        first = self._outputs()[0]
        if first.handlers is None:
            first.handlers = JITHandlers()
        handlers: JITHandlers = first.handlers
        return handlers

    def compile_to_lowered_stmt(self, filename: PathLike, target: Target | None = None) -> None:
        """Write the lowered statement as text."""
        text = get_driver().lowered_text(self._checked(), target)
        with open(filename, "w", encoding="utf-8") as file:
            file.write(text)
