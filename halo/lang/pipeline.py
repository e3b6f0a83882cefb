"""Pipeline: several Funcs computed together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.buffer import Buffer
from halo.errors import DefinitionError, user_location
from halo.ir.function import Function
from halo.lang.compile import CompileMethods
from halo.lang.effects import requirement
from halo.lang.func import Func
from halo.lang.image_dimension import check_known_on_entry
from halo.lang.output_image_param import OutputImageParam
from halo.lang.realization import realize
from halo.schedule.directives import TracePipeline
from halo.synonyms import also_named
from halo.target import Target


class Pipeline(CompileMethods):
    """Outputs that are computed by one call and share what they use.

    Parameters
    ----------
    outputs
        A Func or several.
    """

    __slots__ = ("_funcs",)

    def __init__(self, outputs: Func | Sequence[Func]) -> None:
        self._funcs = [outputs] if isinstance(outputs, Func) else _need_funcs(outputs)
        if not self._funcs:
            raise DefinitionError("a Pipeline needs one output at least", where=user_location())
        if len({f.name() for f in self._funcs}) != len(self._funcs):
            raise DefinitionError("a Pipeline has one output twice", where=user_location())

    def outputs(self) -> list[Func]:
        """Return the outputs."""
        return list(self._funcs)

    def get_func(self, index: int) -> Func:
        """Return output `index`."""
        if not 0 <= index < len(self._funcs):
            raise DefinitionError(
                f"a Pipeline of {len(self._funcs)} outputs has none with number {index}",
                where=user_location(),
            )
        return self._funcs[index]

    def add_requirement(self, condition: Any, *args: Any) -> None:
        """Let each call fail, before anything is computed, where `condition` does not hold.

        It is made of Params and of sizes of inputs and outputs. The error is a `HaloError` that
        names the line of this call, followed by `args`, expressions or texts. It holds for
        whatever has the same first output.

        Raises
        ------
        DefinitionError
            The condition or the message depends on a Var or a cell.
        TypeMismatch
            The condition is not a bool.
        """
        made = requirement("add_requirement", condition, args)
        for e in (made.condition, *made.message):
            check_known_on_entry("a requirement", e)
        self._funcs[0].function.requirements.append(made)

    def output_buffers(self) -> list[OutputImageParam]:
        """Return the buffers that the values of all outputs leave in."""
        return [b for f in self._funcs for b in f.output_buffers()]

    def defined(self) -> bool:
        """Whether all outputs are defined."""
        return all(f.defined() for f in self._funcs)

    def invalidate_cache(self) -> None:
        """Do nothing: compiled code is found by what it is made of, and never out of date."""

    def trace_pipeline(self) -> None:
        """Report when the pipeline begins and ends; see `Func.trace_loads`."""
        self._funcs[0].schedule_log.add(0, TracePipeline())

    @also_named(dst="destination", sizes="destination")
    def realize(
        self,
        destination: int | Sequence[int] | Buffer | Sequence[Buffer] | None = None,
        target: Target | None = None,
    ) -> Any:
        """Compute the outputs: all over one box, or into Buffers; see `Func.realize`."""
        return realize(self._outputs(), destination, target)

    def _outputs(self) -> list[Function]:
        return [f.function for f in self._funcs]

    def __repr__(self) -> str:
        return f"Pipeline([{', '.join(repr(f) for f in self._funcs)}])"


def _need_funcs(outputs: object) -> list[Func]:
    if isinstance(outputs, Sequence) and all(isinstance(f, Func) for f in outputs):
        return list(outputs)
    raise DefinitionError(
        f"a Pipeline is of a Func or of a list of them, not of {outputs!r}", where=user_location()
    )
