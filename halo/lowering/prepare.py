"""The program of a request, as its resolved schedule has it, before there are loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.ir.effects import without_tags
from halo.ir.expr import Expr
from halo.ir.function import Dimension, Function, Image, output_buffer
from halo.ir.intrinsics import is_intrinsic
from halo.ir.lowered import Field, buffer_field
from halo.ir.substitute import substitute
from halo.lowering.fill_undefined import fill_undefined
from halo.lowering.inline import inline_functions
from halo.lowering.precompute import Precomputed, cut_precomputed
from halo.lowering.program import Program
from halo.lowering.promises import is_data, promised_dimension
from halo.lowering.realization_order import collect_program
from halo.lowering.request import Request
from halo.schedule.resolve import ResolvedSchedule, resolve
from halo.schedule.rewrites import is_rewrite
from halo.schedule.schedule import Schedule

Dims = Mapping[str, tuple[Dimension, ...]]


def prepare(request: Request) -> tuple[Program, ResolvedSchedule, Dims, Precomputed]:
    """Collect the program, resolve its schedule, inline.

    Return also what outputs promise, and the Functions that become arrays.
    """
    program = collect_program(request.outputs, request.cuts)
    fields = known_fields({}, program.images())
    if fields:
        program = program.map_expressions(lambda e: substitute(e, fields))
    functions = program.with_own_definitions()
    schedule = request.schedule
    if request.cuts:  # what is cut away may still have directives
        schedule = _directives_for(set(functions), schedule)
    resolved = resolve(functions, program.outputs, schedule)
    definitions = {name: tuple(f.definitions) for name, f in resolved.definitions.items()}
    program = fill_undefined(
        Program(resolved.definitions, definitions, program.outputs, tuple(resolved.formulas()))
    )
    if any(is_intrinsic(n, "memoize_tag") for n in program.nodes()):
        program = program.map_expressions(without_tags)
    dims = _promised_dims(request, program.functions, resolved)
    program, arrays = cut_precomputed(program, resolved.functions, resolved.receipts)
    inlined = [
        name
        for name, f in program.functions.items()
        if resolved.functions[name].compute_level.is_inlined
        and not f.has_updates
        and name not in program.outputs
    ]
    return inline_functions(program, inlined), resolved, dims, arrays


def _directives_for(names: set[str], schedule: Schedule) -> Schedule:
    """Return what `schedule` has for the Funcs and images in `names`, and for what these become."""
    kept = []
    for entry in schedule.entries:
        if entry.func in names:
            kept.append(entry)
            if is_rewrite(entry.directive):
                names.add(entry.directive.names()[0])
    return Schedule(tuple(kept))


def _promised_dims(
    request: Request, functions: Mapping[str, Function], resolved: ResolvedSchedule
) -> Dims:
    """Return what is promised of output buffers: by the request, and by ``bound``."""
    dims = dict(request.output_dims)
    for f in request.outputs:
        bounds = resolved.functions[f.name].bounds
        for i in range(len(f.types) if bounds else 0):
            buffer = output_buffer(f.name, i, len(f.types))
            old = dims.get(buffer, (Dimension(),) * f.dimensions)
            dims[buffer] = tuple(
                promised_dimension(d, bounds[arg]) if arg in bounds else d
                for arg, d in zip(functions[f.name].args, old, strict=True)
            )
    return dims


def known_fields(output_dims: Dims, images: Mapping[str, Image]) -> dict[str, Expr]:
    """Return the buffer fields whose value is known before it runs, by name."""
    dims: dict[str, Sequence[Dimension]] = dict(output_dims)
    dims.update({name: image.dims for name, image in images.items()})
    known: dict[str, Expr] = {}
    for name, each in dims.items():
        for d, dim in enumerate(each):
            for what in Field:
                value = getattr(dim, what.value)
                if value is not None and not (name in output_dims and is_data(value)):
                    known[buffer_field(name, what, d).name] = value
    return known
