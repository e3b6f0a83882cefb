"""Lowering: from Functions and their schedules to loops over flat memory, pass by pass."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping

from halo.ir.expr import Expr
from halo.ir.function import output_buffer
from halo.ir.simplify import simplify
from halo.ir.stmt import Stmt, block
from halo.ir.substitute import substitute
from halo.lowering.carry_loads import carry_loads
from halo.lowering.checks import (
    add_checks_of_inputs,
    add_entry_checks,
    add_parameter_checks,
    add_region_checks,
    add_requirements,
)
from halo.lowering.collector import rare_collections
from halo.lowering.common_subexpressions import common_subexpressions
from halo.lowering.coordinates import CoordinateChecks, check_coordinates, fields_of
from halo.lowering.fork_producers import fork_producers
from halo.lowering.fuse_parallel import fuse_parallel_loops
from halo.lowering.hoist_invariants import hoist_invariants
from halo.lowering.inject_memoization import inject_memoization
from halo.lowering.inject_tracing import inject_tracing
from halo.lowering.inputs import Inputs, collect_inputs
from halo.lowering.jam_vectors import jam_vectors
from halo.lowering.join_quotients import join_quotients
from halo.lowering.lets import with_lets
from halo.lowering.lift_effects import lift_effects
from halo.lowering.loop_nests import Nest, build_loop_nests
from halo.lowering.memory_types import check_stack, report_registers
from halo.lowering.names import Lets
from halo.lowering.names import inline as inline_lets  # `inline` is a module of this package
from halo.lowering.narrow_gathers import narrow_gathers, reach_of
from halo.lowering.outcome import Outcome, marked_as_run
from halo.lowering.partition_loops import partition_loops
from halo.lowering.precompute import evaluate
from halo.lowering.prepare import Dims, known_fields, prepare
from halo.lowering.program import Program
from halo.lowering.promises import find_sizes
from halo.lowering.promote_registers import promote_registers
from halo.lowering.prove_guards import prove_guards
from halo.lowering.request import Lowered, Request, Scope
from halo.lowering.share_gathers import share_gathers
from halo.lowering.signature import make_signature
from halo.lowering.sites import place_functions
from halo.lowering.storage_flattening import flatten_storage
from halo.lowering.stream_stores import fence_streams, report_streams
from halo.lowering.trim_no_ops import trim_no_ops
from halo.lowering.unapplied import report_copies, report_serial
from halo.lowering.unbounded import need_bounds
from halo.lowering.unpartitioned import report_partitions
from halo.lowering.unroll_loops import unroll_loops
from halo.lowering.vectorize_loops import vectorize_loops
from halo.lowering.weave_loads import weave_loads
from halo.schedule.resolve import ResolvedSchedule
from halo.schedule.traced import Traced

__all__ = ["Hook", "Lowered", "Request", "loops_of", "lower", "nest_of", "prepare"]

Hook = Callable[[str, Stmt, float], None]
"""Called after each pass with its name, what it made, and the seconds since the one before.

The first, "prepare", is the collecting, scheduling and inlining of definitions; it makes nothing.
"""


def lower(request: Request, hook: Hook | None = None) -> Lowered:
    """Lower `request` through every pass.

    Raises
    ------
    ScheduleError
        A directive is illegal.
    BoundsError
        A region is not known.
    """
    with rare_collections():
        return _lowered(request, hook)


def _lowered(request: Request, hook: Hook | None) -> Lowered:
    run = _Runner(hook)
    program, resolved, output_dims, arrays = prepare(request)
    run("prepare", lambda s: s, block())
    given, known, nest = nest_of(request, program, resolved, output_dims)
    constants, layouts = evaluate(
        arrays,
        resolved.functions,
        nest.needed,
        lambda e: substitute(inline_lets(e, [Lets(nest.lets)]), known),
    )
    known.update(known_fields({}, arrays.images))
    given = given.without(arrays.images)
    images, embedded = given.images, given.embedded(request.args)
    loops = run("loop nests", lambda _: nest.body, nest.body)
    states, receipts = resolved.functions, resolved.receipts
    loops = run("fork", lambda s: fork_producers(s, states, nest.ahead, receipts), loops)

    outputs = {name: program.functions[name] for name in program.outputs}
    traced = _traced(program, images, resolved, request.features)
    pipeline = any(t.pipeline for t in traced.values()) or "trace_pipeline" in request.features
    if pipeline or any(t.any for t in traced.values()):
        loops = run("trace", lambda s: inject_tracing(s, traced, outputs, pipeline), loops)
    if resolved.memos:
        loops = run("memoize", lambda s: inject_memoization(s, resolved.memos), loops)
    s = run("storage flattening", lambda s: flatten_storage(s, outputs, layouts), loops)
    if program.has_effects() or any(t.loads for t in traced.values()):
        s = run("lift effects", lift_effects, s)  # before anything is moved or dropped
    if not request.trusted:
        need_bounds(program, nest.needed)
        s = add_region_checks(s, nest.needed, outputs, {**images, **arrays.images})
    elif request.checked:
        need_bounds(program, {n: nest.needed[n] for n in request.checked if n in nest.needed})
        s = add_checks_of_inputs(s, nest.needed, request.checked)
    coordinates = CoordinateChecks()
    if not request.trusted:
        fields = fields_of(known, outputs, {**images, **arrays.images})
        coordinates = check_coordinates(program, nest, fields)
    s = substitute(coordinates.around(nest.lets, s), known)
    if not request.trusted:
        s = block(*coordinates.entry, s)
        arguments = {name: i for name, i in images.items() if i not in embedded}
        s = add_entry_checks(s, outputs, arguments, output_dims)
        s = add_parameter_checks(s, given.parameters)
        s = add_requirements(s, request.requirements)
    s = run("entry checks", lambda s: s, s)
    outcome = Outcome()
    dimensions = {output_buffer(f.name, 0, len(f.types)): f.dimensions for f in outputs.values()}
    dimensions |= {name: len(i.dims) for name, i in {**images, **arrays.images}.items()}
    reach = {name: substitute(reach_of(name, n), known) for name, n in dimensions.items()}
    for name, f in _passes(request.scalars, program, resolved, outcome, reach):
        s = run(name, f, s)
    inputs, func = make_signature(request, program, given, output_dims, s)
    serial = outcome.left_serial()
    loops = marked_as_run(loops, serial)
    return Lowered(func, resolved.receipts, loops, inputs, embedded, tuple(constants), serial)


def nest_of(
    request: Request, program: Program, resolved: ResolvedSchedule, output_dims: Dims
) -> tuple[Inputs, dict[str, Expr], Nest]:
    """Return the inputs, the buffer fields that are known, and the loops of a prepared request."""
    given = collect_inputs(program, output_dims, request.args, request.requirements)
    known = known_fields(output_dims, given.images)
    placement = place_functions(program, resolved.functions)
    sizes = find_sizes(resolved.functions)
    return given, known, build_loop_nests(program, resolved.functions, placement, known, sizes)


def loops_of(request: Request) -> Stmt:
    """Return the loops of `request`, their bounds in terms of buffers, at stage "loops"."""
    program, resolved, dims, _ = prepare(request)
    _, known, nest = nest_of(request, program, resolved, dims)
    return substitute(with_lets(nest.lets, nest.body), known)


def _traced(
    program: Program,
    images: Iterable[str],
    resolved: ResolvedSchedule,
    features: frozenset[str],
) -> dict[str, Traced]:
    """Return what is reported of each Function and image."""
    found = {name: resolved.functions[name].traced for name in program.functions}
    for name in images:
        found[name] = Traced(loads=name in resolved.traced_images)
    return {name: t.with_all(features) for name, t in found.items()}


def _passes(
    scope: Scope,
    program: Program,
    resolved: ResolvedSchedule,
    outcome: Outcome,
    reach: Mapping[str, Expr],
) -> list[tuple[str, Callable[[Stmt], Stmt]]]:
    functions, receipts = program.functions, resolved.receipts

    latest: Stmt | None = None

    def simplified(s: Stmt) -> Stmt:
        nonlocal latest
        latest = made = simplify(s, scope, latest)
        return made

    def promoted(s: Stmt) -> Stmt:
        kept: dict[str, str] = {}
        s = promote_registers(s, kept=kept)
        report_registers(kept, functions, receipts)
        return s

    def fenced(s: Stmt) -> Stmt:
        report_streams(s, functions, receipts)
        return fence_streams(s)

    def vectorized(s: Stmt) -> Stmt:
        made = vectorize_loops(s, outcome)
        report_serial(outcome, receipts)
        return made

    return [
        ("simplify", simplified),  # extents must be constants where they are constant
        ("prove guards", prove_guards),
        ("report", lambda s: report_copies(s, receipts)),
        ("check the stack", lambda s: check_stack(s, functions, receipts)),
        ("partition", partition_loops),  # before the lanes of a loop are one statement
        ("report partitions", lambda s: report_partitions(s, receipts)),
        ("trim", trim_no_ops),
        ("simplify steady states", simplified),
        ("unroll", lambda s: unroll_loops(s, outcome)),
        ("jam", jam_vectors),
        ("vectorize", vectorized),
        ("join quotients", join_quotients),
        ("simplify vectors", simplified),  # indices become ramps, places in tiles constants
        ("weave", weave_loads),
        ("narrow gathers", lambda s: narrow_gathers(s, reach)),
        ("share gathers", share_gathers),
        ("carry loads", carry_loads),  # what it keeps is promoted to registers
        ("fuse parallel loops", fuse_parallel_loops),  # when no pass looks for loops of Vars
        ("promote registers", promoted),
        ("hoist", hoist_invariants),
        ("share", common_subexpressions),
        ("fence", fenced),
    ]


class _Runner:
    """Runs a pass and tells the hook."""

    def __init__(self, hook: Hook | None) -> None:
        self.hook = hook
        if sys.getrecursionlimit() < 100_000:  # nests are as deep as pipelines are long
            sys.setrecursionlimit(100_000)
        self._since = time.perf_counter()

    def __call__(self, name: str, f: Callable[[Stmt], Stmt], s: Stmt) -> Stmt:
        made = f(s)
        if self.hook is not None:
            self.hook(name, made, time.perf_counter() - self._since)
            self._since = time.perf_counter()
        return made
