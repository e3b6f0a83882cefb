"""Compiling without running: the methods that Func and Pipeline share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.function import Function
from halo.lang.driver import PathLike, get_driver
from halo.lang.handlers import JITHandlers
from halo.lang.realization import as_arguments, check_defined
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule
from halo.target import Target


class CompileMethods:
    """Ways to see or keep what the compiler makes of some outputs."""

    __slots__ = ()

    def _outputs(self) -> list[Function]:
        """Return the Functions to compute."""
        raise NotImplementedError

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

    def print_loop_nest(self, target: Target | None = None) -> None:
        """Print the loops of the schedule, without the arithmetic."""
        print(get_driver().print_loop_nest(self._checked(), target))

    def schedule(self) -> Schedule:
        """Return the directives given for this and all Funcs it uses, as a value."""
        return get_driver().schedule(self._checked())

    def receipts(self, target: Target | None = None) -> Receipts:
        """Return what becomes of each directive: applied, or without effect and why.

        Raises
        ------
        ScheduleError
            A directive is refused.
        """
        return get_driver().receipts(self._checked(), target)

    def compile_to_lowered_stmt(self, filename: PathLike, target: Target | None = None) -> None:
        """Write the lowered statement as text."""
        text = get_driver().lowered_text(self._checked(), target)
        with open(filename, "w", encoding="utf-8") as file:
            file.write(text)

    def _checked(self) -> list[Function]:
        outputs = self._outputs()
        check_defined(outputs)
        return outputs
