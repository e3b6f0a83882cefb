"""Compiling without writing files: the methods that Func and Pipeline share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.buffer import Buffer
from halo.lang.absent import AbsentMembers
from halo.lang.arguments import Argument, as_arguments
from halo.lang.callable import Callable
from halo.lang.compile_files import FileMethods
from halo.lang.driver import get_driver
from halo.lang.output_image_param import output_images
from halo.lang.realization import destination_buffers
from halo.lang.run_methods import RunMethods
from halo.lang.schedule_value import ScheduleValueMethods
from halo.synonyms import also_named
from halo.target import Target


class CompileMethods(ScheduleValueMethods, FileMethods, RunMethods, AbsentMembers):
    """Ways to see, keep or call what the compiler makes of some outputs."""

    __slots__ = ()

    def infer_arguments(self) -> list[Argument]:
        """Return the ImageParams and Params that are used: arrays first, each by name."""
        return [Argument(a) for a in get_driver().infer_arguments(self._checked())]

    def compile_jit(self, target: Target | None = None) -> None:
        """Compile for `realize` now, so that its first call does not have to.

        It is the code for outputs of stride 1 in dimension 0.
        """
        outputs = self._checked()
        ones = [Buffer(t, [1] * f.dimensions) for f in outputs for t in f.types]
        get_driver().compile_jit(outputs, ones, target)

    def compile_to_callable(
        self, arguments: Sequence[Any] | None = None, target: Target | None = None
    ) -> Callable:
        """Return what computes this when it is called with inputs and outputs.

        Parameters
        ----------
        arguments
            The ImageParams and Params in the order of the call, before the outputs; without, as
            `infer_arguments` finds them.
        target
            The machine to compile for; this one by default.

        Raises
        ------
        DefinitionError
            An input is missing in `arguments`.
        """
        outputs = self._checked()
        found = get_driver().infer_arguments(outputs) if arguments is None else arguments
        given = as_arguments(found)
        run = get_driver().compile_to_callable(outputs, given, target)
        return Callable([*given, *(i for f in outputs for i in output_images(f))], run)

    @also_named(dst="destination", sizes="destination")
    def infer_input_bounds(
        self,
        destination: int | Sequence[int] | Buffer | Sequence[Buffer] | None = None,
        target: Target | None = None,
    ) -> None:
        """Give each ImageParam that has none a Buffer of zeros, as large as is read.

        Parameters
        ----------
        destination
            What is wanted, as of `realize`: sizes, or Buffers, whose mins count.
        target
            The machine to compile for; the cells that are read do not depend on it.

        Raises
        ------
        BoundsError
            How much is read of an input depends on its own size, or has no bound.
        BufferError
            It depends on a Param that has no value.
        """
        outputs = self._checked()
        _, buffers = destination_buffers(outputs, destination)
        for image, box in get_driver().required_boxes(outputs, buffers):
            made = Buffer(image.type, [n for _, n in box])
            made.set_min([low for low, _ in box])
            image.buffer = made
