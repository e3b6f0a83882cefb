"""What a program takes from outside: images and scalar parameters, those of promises too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from halo.errors import DefinitionError, user_location
from halo.ir.expr import Expr, Variable
from halo.ir.function import Dimension, Image, Parameter, Requirement, output_buffer
from halo.ir.substitute import walk
from halo.lowering.program import Program, images_among


@dataclass(frozen=True, slots=True)
class Inputs:
    """Images by name, and parameters, in order of first use."""

    images: dict[str, Image]
    parameters: list[Parameter]

    def embedded(self, args: Sequence[Image | Parameter] | None) -> tuple[Image, ...]:
        """Return the images that are no arguments: their cells become part of the code."""
        listed = {x.name for x in args} if args is not None else set(self.images)
        return tuple(image for name, image in self.images.items() if name not in listed)

    def without(self, names: Collection[str]) -> Inputs:
        """Return these inputs without some images."""
        images = {name: image for name, image in self.images.items() if name not in names}
        return Inputs(images, self.parameters)

    def listed(self) -> list[Image | Parameter]:
        """Return all, images first."""
        return [*self.images.values(), *self.parameters]


def collect_inputs(
    program: Program,
    output_dims: Mapping[str, Sequence[Dimension]],
    args: Sequence[Image | Parameter] | None = None,
    required: Sequence[Requirement] = (),
) -> Inputs:
    """Return what `program` reads, then what promises and requirements ask for.

    Images among `args` are inputs whether they are read or not: their promises are checked.
    Where there are `args`, they must be all, but for buffers that are there already.

    Raises
    ------
    DefinitionError
        The size of an output is asked for, and the program has no such output; or an input is
        missing in `args`.
    """
    images = program.images()
    images.update({x.name: x for x in args or () if isinstance(x, Image)})
    parameters = {p.name: p for p in program.parameters()}
    outputs = _output_buffers(program)
    for image in images_among(program.nodes()):
        _check_output(image, outputs)
    left = [*_promised(d for dims in output_dims.values() for d in dims)]
    left += [e for r in required for e in (r.condition, *r.message)]
    left += _promised(d for image in images.values() for d in image.dims)
    while left:
        nodes = list(walk(left.pop(0)))
        for n in nodes:
            if isinstance(n, Variable) and n.param is not None:
                parameters.setdefault(n.name, n.param)
        for image in images_among(nodes):
            _check_output(image, outputs)
            if not image.is_output and image.name not in images:
                images[image.name] = image
                left += _promised(image.dims)
    if args is not None:
        _check_complete(args, [*images.values(), *parameters.values()])
    return Inputs(images, list(parameters.values()))


def _check_complete(args: Sequence[Image | Parameter], needed: Sequence[Image | Parameter]) -> None:
    listed = {x.name for x in args}
    missing = [x for x in needed if x.name not in listed and not _is_there(x)]
    if missing:
        raise DefinitionError(
            f"the arguments lack {', '.join(x.name for x in missing)}",
            where=user_location(),
            hint="infer_arguments() gives all that are used",
        )
    if len(listed) != len(args):
        raise DefinitionError("an argument is listed twice", where=user_location())


def _is_there(x: Image | Parameter) -> bool:
    return isinstance(x, Image) and x.fixed


def _promised(dims: Iterable[Dimension]) -> list[Expr]:
    return [e for d in dims for e in (d.min, d.extent, d.stride) if e is not None]


def _output_buffers(program: Program) -> set[str]:
    outputs = [program.functions[name] for name in program.outputs]
    return {output_buffer(f.name, i, len(f.types)) for f in outputs for i in range(len(f.types))}


def _check_output(image: Image, outputs: set[str]) -> None:
    if image.is_output and image.name not in outputs:
        raise DefinitionError(
            f"the size of the buffer of {image.name} is asked for, which is no output here",
            where=user_location(),
            hint=f"make {image.name} an output of the Pipeline, or use another size",
        )
