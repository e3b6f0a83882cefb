"""Put lowered kernels, weights and the entry functions together into one module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from halo.ir.expr import EQ, And, Expr, Or, Variable, i64
from halo.ir.lowered import BufferArg, ForeignCode, LoweredFunc, LoweredModule
from halo.ir.types import Int
from halo.ops.branch import Branch, branches_around
from halo.ops.tensor import Tensor
from onnx_frontend.c_function import ExternCall, call_of
from onnx_frontend.entry import entry_function, sizes_function
from onnx_frontend.entry_model import (
    Argument,
    Cells,
    Guarded,
    Loop,
    Model,
    Place,
    Requirement,
    Stage,
    Step,
)
from onnx_frontend.errors import PluginError
from onnx_frontend.extents import symbols_of, to_serial, widen
from onnx_frontend.groups import Grouping
from onnx_frontend.importer import ImportedGraph
from onnx_frontend.layouts import Layouts
from onnx_frontend.loop_steps import loop_step, loops_in
from onnx_frontend.lower_kernels import KernelCall, with_inner
from onnx_frontend.phases import Phase, split_into_phases
from onnx_frontend.plan import Workspace
from onnx_frontend.run_places import Places, offsets_in, plan_phases, planned
from onnx_frontend.run_time_sizes import RunTimeSize
from onnx_frontend.signature import Port, Signature


@dataclass(frozen=True, slots=True)
class Assembled:
    """A model ready for a back end; a workspace for each of its phases."""

    module: LoweredModule
    signature: Signature
    workspaces: tuple[Workspace, ...]


def assemble(
    name: str,
    graph: ImportedGraph,
    grouping: Grouping,
    layouts: Layouts,
    calls: Sequence[KernelCall],
) -> Assembled:
    """Return the module and signature of `graph`, whose kernels are `calls`, in order."""
    arguments = _arguments(graph)
    phases = split_into_phases(calls, graph.sizes, grouping.aliases)
    cells = _cells(graph, calls)
    lifetimes = plan_phases(phases, grouping.aliases, {*arguments, *cells})
    symbols = (*graph.symbols, *(size.name for size in graph.sizes))
    plans: dict[str, Workspace] = {}
    for p, own in enumerate(lifetimes):
        workspace = f"workspace_{p}" if p else "workspace"
        plans[workspace] = planned(own, symbols, f"phase{p}.slot" if p else "slot")
    telling = _telling(graph, grouping, calls)
    places = Places(
        layouts,
        grouping.aliases,
        {t: Place(a.identifier, t.type, i64(0)) for t, a in arguments.items()}
        | {t: Place(t.name, t.type, i64(0)) for t in cells},
        offsets_in(plans),
    )
    growing = frozenset(x for loop in loops_in(calls) for x in loop.growing)
    sizes = (*graph.sizes, *(size for loop in loops_in(with_inner(calls)) for size in loop.sizes))
    open_sizes = {size.name for size in sizes}
    maker = _Stages(arguments, places, cells, growing, telling, sizes, open_sizes)
    stages = tuple(
        maker.stage(phase, *plan) for phase, plan in zip(phases, plans.items(), strict=True)
    )
    model = Model(
        name,
        tuple(arguments.values()),
        tuple(Requirement(r.a, r.b, r.why, r.otherwise) for r in graph.requires),
        tuple((t.name, t.shape) for t in (*graph.tensors, *_inner_tensors(calls))),
        stages,
    )
    kernels = dict.fromkeys(call.function for call in with_inner(calls) if call.function)
    functions = (*kernels, *maker.copies.values(), entry_function(model), sizes_function(model))
    module = LoweredModule(
        name, functions, tuple(places.constants.values()), foreign=_foreign_code(calls)
    )
    return Assembled(module, _signature(name, graph, arguments), tuple(plans.values()))


def _foreign_code(calls: Sequence[KernelCall]) -> tuple[ForeignCode, ...]:
    """Return the C functions of others that `calls` call, each once."""
    found: dict[str, tuple[ForeignCode, str]] = {}
    for call in with_inner(calls):
        extern = call_of(call.kernel.group.root)
        if not isinstance(extern, ExternCall):
            continue
        code, title = found.setdefault(extern.code.name, (extern.code, extern.title))
        if code != extern.code:
            raise PluginError(
                f"{extern.title} is another C function than that of {title}",
                hint="give one of them another name",
            )
    return tuple(code for code, _ in found.values())


def _inner_tensors(calls: Sequence[KernelCall]) -> Iterator[Tensor]:
    """Yield what is computed in the bodies of loops."""
    for call in calls:
        for inner in with_inner(call.inner):
            yield from inner.kernel.group.members


def _arguments(graph: ImportedGraph) -> dict[Tensor, Argument]:
    named = [(n, t, False) for n, t in zip(graph.input_names, graph.inputs, strict=True)]
    named += [(n, t, True) for n, t in graph.outputs]
    return {t: Argument(n, t.name, t.type, t.shape, is_output) for n, t, is_output in named}


def _signature(name: str, graph: ImportedGraph, arguments: Mapping[Tensor, Argument]) -> Signature:
    def port(t: Tensor) -> Port:
        a = arguments[t]
        shape = tuple(to_serial(d) for d in a.shape)
        return Port(a.name, a.identifier, a.type, shape, t.encoding)

    inputs = tuple(port(t) for t in graph.inputs)
    outputs = tuple(port(t) for _, t in graph.outputs)
    return Signature(name, inputs, outputs, graph.symbols, graph.sequences, graph.optionals)


def _cells(graph: ImportedGraph, calls: Sequence[KernelCall]) -> frozenset[Tensor]:
    """Return the tensors that lie by themselves, because single cells of them are used."""
    outputs = {t for _, t in graph.outputs}
    alone = (*graph.stored, *(x for loop in loops_in(calls) for x in loop.alone))
    return frozenset(t for t in alone if t not in outputs)


def _telling(
    graph: ImportedGraph, grouping: Grouping, calls: Sequence[KernelCall]
) -> frozenset[Tensor]:
    """Return the tensors that sizes depend on, and what else the kernels store that make them."""
    found = {t for size in graph.sizes for t, _ in size.cells.values()}
    for call in reversed(calls):
        if not found.isdisjoint(call.kernel.group.stored):
            found |= {*call.kernel.group.stored}
            found |= {grouping.aliases.get(t, t) for t in call.kernel.reads}
    return frozenset(found)


@dataclass(slots=True)
class _Stages:
    """Makes the stages of the entry function; collects the functions that copy cells."""

    arguments: Mapping[Tensor, Argument]
    places: Places
    cells: frozenset[Tensor]
    growing: frozenset[Tensor]
    telling: frozenset[Tensor]
    sizes: tuple[RunTimeSize, ...]
    open_sizes: set[str]
    """Names of those that are not known yet."""
    copies: dict[str, LoweredFunc] = field(default_factory=dict)

    def stage(self, phase: Phase, workspace: str, plan: Workspace) -> Stage:
        """Return a phase as the entry function carries it out."""
        roots = [t for call in phase.calls for t in call.kernel.group.stored]
        outputs = [t for t in roots if t in self.telling and t in self.arguments]
        return Stage(
            tuple(map(self.places.bind, phase.sizes)),
            workspace,
            plan,
            tuple(
                Cells(t.name, t.type, t.shape, t in self.growing) for t in roots if t in self.cells
            ),
            tuple(Cells(self.arguments[t].identifier, t.type, t.shape) for t in outputs),
            self.steps(phase, self.places),
        )

    def steps(self, phase: Phase, places: Places) -> tuple[Step | Loop | Guarded, ...]:
        """Return the steps that the kernels of `phase` are, where tensors lie at `places`."""
        self.open_sizes -= {size.name for size in phase.sizes}
        return tuple(self._guarded(call, places) for call in phase.calls)

    def _guarded(self, call: KernelCall, places: Places) -> Step | Loop | Guarded:
        """Return a step that is done only where its branch is taken.

        One that sizes depend on is left out only where it is not safe; these sizes are then of 0.
        """
        step = self._step(call, places)
        around = branches_around(call.kernel.group.root.branch)
        asked = [b.guard for b in around if self._are_known(b.guard)]
        # Outside of a loop nobody can ask what its steps tell: there sizes have to fit.
        unasked = [b for b in around if not self._are_known(b.guard)]
        taken = [*asked, *self._fit(unasked)]
        if not step.tells_size:
            return Guarded(reduce(And, taken), step) if taken else step
        fits = self._fit(around)
        if not fits:
            return step
        stored = call.kernel.group.stored
        cells = dict.fromkeys(
            (t, place)
            for size in self.sizes
            for t, place in size.cells.values()
            if places.aliases.get(t, t) in stored
        )
        nothing = (replace(places.of(t), offset=i64(place)) for t, place in cells)
        fit = reduce(And, fits)
        condition = Or(reduce(And, taken), fit) if taken else fit
        return Guarded(condition, step, tuple(nothing))

    def _fit(self, branches: Sequence[Branch]) -> list[Expr]:
        """Return what of the sizes that `branches` require is known now."""
        pairs = (pair for b in branches for pair in b.requires)
        return [EQ(widen(a), widen(b)) for a, b in pairs if self._are_known(a, b)]

    def _are_known(self, *sizes: Expr) -> bool:
        return all(self.open_sizes.isdisjoint(symbols_of(size)) for size in sizes)

    def _step(self, call: KernelCall, places: Places) -> Step | Loop:
        tells_size = not self.telling.isdisjoint(call.kernel.group.stored)
        if call.function is None:
            around = set(self.open_sizes)
            loop = loop_step(call, places, self.steps, self.copies, tells_size=tells_size)
            self.open_sizes = around
            return loop
        tensors = [*call.kernel.reads, *call.kernel.group.stored]
        buffers = [a for a in call.function.args if isinstance(a, BufferArg)]
        addresses = [places.of(t) for t, _ in zip(tensors, buffers, strict=True)]
        scalars = [Variable(Int(32), s) for s in call.kernel.symbols]
        return Step(call.function.name, (*addresses, *scalars), tells_size)
