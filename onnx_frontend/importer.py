"""From an ONNX model to a graph of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from halo.errors import HaloError, InternalError
from halo.ir.expr import Expr, Variable, i32
from halo.ops.build import constant, input_tensor
from halo.ops.index import ZERO, sizes_in
from halo.ops.tensor import OpKind, Shape, Tensor
from halo.ops.text import TEXT
from halo.ops.views import copy_of
from onnx_frontend.c_function import call_of
from onnx_frontend.check_nodes import check_declared
from onnx_frontend.context import NodeContext
from onnx_frontend.element_types import element_type
from onnx_frontend.errors import ModelError, Unsupported, UnsupportedOp, naming_file, quoted
from onnx_frontend.expand_functions import expand_functions
from onnx_frontend.graph import Graph, Node, read_graph
from onnx_frontend.graph import Value as GraphValue
from onnx_frontend.graph_passes import run_passes
from onnx_frontend.input_sequences import (
    DATA,
    KEYS,
    SHAPES,
    THERE,
    VALUES,
    Given,
    Parts,
    part_name,
    split_inputs,
)
from onnx_frontend.model_file import ModelSource, file_of, load_model
from onnx_frontend.names import Names
from onnx_frontend.open_questions import Settled, forced_sizes, settle
from onnx_frontend.open_sequences import misfit, unpack
from onnx_frontend.pictures import pixels_of
from onnx_frontend.plugins import load_plugins
from onnx_frontend.producers import producers_first
from onnx_frontend.run_time_sizes import RunTimeSize
from onnx_frontend.shapes import input_shapes
from onnx_frontend.translation import Requirement, Translation
from onnx_frontend.used_sizes import used_sizes
from onnx_frontend.values import (
    Absent,
    Maps,
    OpenSequence,
    Perhaps,
    TensorSequence,
    Text,
    Value,
    content_of,
    tensors_of,
)


@dataclass(frozen=True, slots=True, eq=False)
class ImportedGraph:
    """A model as tensors.

    Attributes
    ----------
    name
        The model's name, an identifier.
    inputs
        All inputs, in the model's order.
    input_names
        The names that the model gives them.
    outputs
        The model's name and the tensor of each output; the tensors are computed and distinct.
    tensors
        All tensors that the outputs need, each after what it reads.
    symbols
        Names of the variables in shapes: sizes of inputs, not negative.
    requires
        What the sizes must satisfy.
    sizes
        Those of the symbols that are computed while the model runs, each after what it needs.
    node_of
        For messages: the node that made a tensor.
    sequences
        The inputs and outputs that are sequences of which only a run tells the length.
    optionals
        The inputs and outputs of which only a run tells whether they are there.
    """

    name: str
    inputs: tuple[Tensor, ...]
    input_names: tuple[str, ...]
    outputs: tuple[tuple[str, Tensor], ...]
    tensors: tuple[Tensor, ...]
    symbols: tuple[str, ...]
    requires: tuple[Requirement, ...]
    sizes: tuple[RunTimeSize, ...]
    node_of: Mapping[Tensor, Node]
    sequences: tuple[str, ...]
    optionals: tuple[str, ...]

    @property
    def stored(self) -> tuple[Tensor, ...]:
        """The tensors that must be computed whole: the outputs, and what sizes are read from."""
        read = [t for size in self.sizes for t, _ in size.cells.values()]
        computed = [t for t in read if t.kind not in (OpKind.INPUT, OpKind.CONSTANT)]
        return tuple(dict.fromkeys((*(t for _, t in self.outputs), *computed)))


def import_graph(model: ModelSource, shapes: Given | None = None) -> ImportedGraph:
    """Return `model` as a graph of tensors.

    Parameters
    ----------
    model
        A path, the bytes of a file, or a loaded model.
    shapes
        Sizes of inputs by name; see `input_shapes`. For a sequence a list of shapes, one of each
        of its tensors; None for an optional input that is not there.

    Raises
    ------
    ModelError
        The model or a shape makes no sense.
    UnsupportedOp
        Some of its nodes cannot be translated.
    PluginError
        A plugin cannot be loaded or does not do what it should.
    """
    load_plugins()
    loaded = load_model(model)
    with naming_file(file_of(model)):
        read = run_passes(read_graph(expand_functions(loaded)))
        return settle(read.name, lambda settled: _translated(read, shapes, settled))


def _translated(model: Graph, given: Given | None, settled: Settled) -> ImportedGraph:
    names = Names()
    translation = Translation(model.opsets, names, branches=settled.branches)
    graph, shapes, parts = split_inputs(model, given)
    open_sizes, symbols = input_shapes(graph, shapes, names)
    sizes = {n: tuple(_settled(d, settled.sizes) for d in own) for n, own in open_sizes.items()}
    symbols = tuple(s for s in symbols if s not in settled.sizes)
    inputs = tuple(_input(graph, v, names.unique(v.name), sizes[v.name]) for v in graph.inputs)
    for v, x in zip(graph.inputs, inputs, strict=True):
        translation.values[v.name] = Text(x) if x.encoding == TEXT else x
    for name, own in parts.items():
        made = _joined([translation.values[n] for n in own.names], own)
        content = content_of(made)
        if isinstance(content, OpenSequence):
            _check_shapes(translation, name, content)
        translation.values[name] = made
    translation.translate(graph)
    if translation.missing:
        forced = forced_sizes(((r.a, r.b) for r in translation.requires.values()), symbols)
        if forced:
            return _translated(model, given, replace(settled, sizes={**settled.sizes, **forced}))
        raise UnsupportedOp(graph.name, tuple(translation.missing))
    outputs = _outputs(graph, translation)
    requires = tuple(translation.requires.values())
    run_time = used_sizes(translation.run_time.made, outputs, requires)
    read = (t for size in run_time for t, _ in size.cells.values())
    return ImportedGraph(
        Names().unique(graph.name),
        inputs,
        tuple(v.name for v in graph.inputs),
        outputs,
        _of_own_names(with_siblings(producers_first((*(t for _, t in outputs), *read)))),
        symbols,
        requires,
        run_time,
        translation.node_of,
        _open_sequences(model, translation),
        _optionals(model, translation),
    )


def _settled(size: Expr, sizes: Mapping[str, int]) -> Expr:
    return i32(sizes[size.name]) if isinstance(size, Variable) and size.name in sizes else size


def _joined(given: Sequence[Value | None], parts: Parts) -> Value:
    """Return what an input that is no tensor stands for."""
    if parts.is_optional:
        *rest, there = given
        content = content_of(_joined(rest, replace(parts, is_optional=False)))
        assert isinstance(there, Tensor)
        assert content is not None
        return Perhaps(there, content)
    if parts.is_map:
        keys, values = (v for v in given if isinstance(v, (Tensor, Text)))
        return Maps(keys, values)
    if parts.is_open:
        sizes = tuple(None if d is None else i32(d) for d in parts.dims)
        return unpack([v for v in given if isinstance(v, Tensor)], sizes)
    if parts.is_sequence:
        return TensorSequence(tuple(v for v in given if isinstance(v, Tensor)))
    return next((v for v in given if v is not None), Absent())


def _check_shapes(translation: Translation, name: str, sequence: OpenSequence) -> None:
    """Require that the shapes of an input that is a sequence fit its cells."""
    node = Node("Sequence", "", (), (name,), label=quoted(name))
    context = NodeContext(node, 0, translation.names.unique, translation.run_time)
    for size in sizes_in(sequence.count, sequence.data.shape[0]).values():
        size.from_data = True  # a sequence may be empty, whatever is simplified
    wrong = misfit(context, sequence)
    why = f"input {quoted(name)}"
    otherwise = "its shapes are not the model's, or do not come to as many cells as it has"
    translation.requires[str(wrong), name] = Requirement(wrong, ZERO, why, otherwise)


def _open_sequences(model: Graph, translation: Translation) -> tuple[str, ...]:
    names = [value.name for value in (*model.inputs, *model.outputs)]
    made = {name: translation.values.get(name) for name in names}
    return tuple(n for n, v in made.items() if v and isinstance(content_of(v), OpenSequence))


def _optionals(model: Graph, translation: Translation) -> tuple[str, ...]:
    values = (*model.inputs, *model.outputs)
    made = {value.name: translation.value(value.name) for value in values}
    return tuple(n for n, v in made.items() if isinstance(v, (Absent, Perhaps)))


def _input(graph: Graph, value: GraphValue, name: str, shape: Shape) -> Tensor:
    try:
        type, encoding = element_type(value.element_type, f"input '{value.name}'")
    except Unsupported as error:
        raise ModelError(f"model {graph.name} has {error}: not supported") from None
    try:
        made = input_tensor(name, type, shape)
    except HaloError as error:
        raise ModelError(f"input {quoted(value.name)}: {error.message}") from None
    made.encoding = value.kind if pixels_of(value.kind) else encoding
    return made


def _outputs(graph: Graph, translation: Translation) -> tuple[tuple[str, Tensor], ...]:
    result: list[tuple[str, Tensor]] = []
    seen: set[Tensor] = set()
    for value in graph.outputs:
        found = translation.value(value.name)
        check_declared(found, value.element_type, f"output {quoted(value.name)}")
        assert found is not None
        for name, tensor in _parts(value.name, found, translation.names.unique).items():
            if tensor.kind in (OpKind.INPUT, OpKind.CONSTANT) or tensor in seen:
                tensor = copy_of(translation.names.unique(f"{name}_output"), tensor)
            seen.add(tensor)
            result.append((name, tensor))
    return tuple(result)


def _parts(name: str, value: Value, unique: Callable[[str], str]) -> dict[str, Tensor]:
    """Return the tensors of an output, each an output of its own unless it is a tensor itself."""
    tensors = tensors_of(value)
    match value:
        case Absent() | Perhaps():
            there = part_name(name, THERE)
            if isinstance(value, Perhaps):
                return {**_parts(name, value.content, unique), there: value.there}
            return {there: constant(unique(there), np.array(False))}
        case Maps():
            return {part_name(name, p): t for p, t in zip((KEYS, VALUES), tensors, strict=True)}
        case OpenSequence():
            return {part_name(name, p): t for p, t in zip((DATA, SHAPES), tensors, strict=True)}
        case TensorSequence():
            return {part_name(name, i): t for i, t in enumerate(tensors)}
        case _:
            return {name: tensors[0]}


def _of_own_names(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return `tensors`; memory is planned by their names, so no two may share one."""
    seen: set[str] = set()
    for t in tensors:
        if t.name in seen:
            raise InternalError(f"two tensors of the model are called {t.name}")
        seen.add(t.name)
    return tensors


def with_siblings(tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """Return `tensors` with whatever else the C functions fill that compute some of them."""
    found: dict[Tensor, None] = {}
    for t in tensors:
        call = call_of(t)
        found |= dict.fromkeys((t,) if call is None else call.outputs)
    return tuple(found)
