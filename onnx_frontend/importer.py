"""From an ONNX model to a graph of tensors."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import onnx_frontend.nodes  # noqa: F401 -- registers the operators
from halo.errors import HaloError
from halo.ir.equality import equal
from halo.ir.expr import Expr
from halo.ops.build import input_tensor
from halo.ops.tensor import OpKind, Tensor
from halo.ops.views import copy_of
from onnx_frontend.context import NodeContext
from onnx_frontend.drop_dead_nodes import drop_dead_nodes
from onnx_frontend.element_types import constant_tensor, element_type
from onnx_frontend.errors import Missing, ModelError, Unsupported, UnsupportedOp
from onnx_frontend.expand_functions import expand_functions
from onnx_frontend.fold_batch_norm import fold_batch_norm
from onnx_frontend.fold_constants import fold_constants
from onnx_frontend.graph import Graph, Node, read_graph
from onnx_frontend.model_file import ModelSource, load_model
from onnx_frontend.names import Names
from onnx_frontend.registry import Operator, find_operator, known_versions, reads_codes
from onnx_frontend.run_time_sizes import RunTimeSize, RunTimeSizes
from onnx_frontend.shapes import Shapes, input_shapes

GRAPH_PASSES = (drop_dead_nodes, fold_constants, fold_batch_norm, drop_dead_nodes)
"""In this order: what is dead is not evaluated; weights must be known before they are merged."""


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """Two sizes that must be equal at run time; `why` names the node that needs it."""

    a: Expr
    b: Expr
    why: str


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

    @property
    def stored(self) -> tuple[Tensor, ...]:
        """The tensors that must be computed whole: the outputs, and what sizes are read from."""
        read = [t for size in self.sizes for t, _ in size.cells.values()]
        computed = [t for t in read if t.kind not in (OpKind.INPUT, OpKind.CONSTANT)]
        return tuple(dict.fromkeys((*(t for _, t in self.outputs), *computed)))


def import_graph(model: ModelSource, shapes: Shapes | None = None) -> ImportedGraph:
    """Return `model` as a graph of tensors.

    Parameters
    ----------
    model
        A path, the bytes of a file, or a loaded model.
    shapes
        Sizes of inputs by name; see `input_shapes`.

    Raises
    ------
    ModelError
        The model or a shape makes no sense.
    UnsupportedOp
        Some of its nodes cannot be translated.
    """
    graph = read_graph(expand_functions(load_model(model)))
    for graph_pass in GRAPH_PASSES:
        graph = graph_pass(graph)
    return _Translation(graph).run(shapes)


@dataclass(slots=True)
class _Translation:
    graph: Graph
    names: Names = field(default_factory=Names)
    values: dict[str, Tensor | None] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    requires: list[Requirement] = field(default_factory=list)
    node_of: dict[Tensor, Node] = field(default_factory=dict)
    run_time: RunTimeSizes = field(init=False)

    def __post_init__(self) -> None:
        self.run_time = RunTimeSizes(self.names.unique)

    def run(self, shapes: Shapes | None) -> ImportedGraph:
        graph = self.graph
        sizes, symbols = input_shapes(graph, shapes, self.names)
        for value in graph.inputs:
            try:
                type, encoding = element_type(value.element_type, f"input '{value.name}'")
            except Unsupported as error:
                raise ModelError(f"model {graph.name} has {error}: not supported") from None
            name = self.names.unique(value.name)
            made = input_tensor(name, type, sizes[value.name])
            made.encoding = encoding
            self.values[value.name] = made
        inputs = tuple(self.values[v.name] for v in graph.inputs)
        for node in graph.nodes:
            self._translate(node)
        if self.missing:
            raise UnsupportedOp(graph.name, self.missing)
        outputs = self._outputs()
        run_time = tuple(self.run_time.made)
        read = (t for size in run_time for t, _ in size.cells.values())
        return ImportedGraph(
            Names().unique(graph.name),
            tuple(t for t in inputs if t is not None),
            tuple(v.name for v in graph.inputs),
            outputs,
            producers_first((*(t for _, t in outputs), *read)),
            symbols,
            tuple(self.requires),
            run_time,
            self.node_of,
        )

    def _translate(self, node: Node) -> None:
        version = self._version(node)
        translate = find_operator(node.domain, node.op_type, version)
        if translate is None:
            self._miss(node, version, _what_is_needed(node))
            return
        try:
            operands = [self._value(name) for name in node.inputs]
        except Unsupported as error:
            self._miss(node, version, error.message)
            return
        if any(x is None for x, name in zip(operands, node.inputs, strict=True) if name):
            self.values |= dict.fromkeys(node.outputs)
            return
        try:
            context = NodeContext(node, version, self.names.unique, self.run_time)
            results = _apply(translate, context, operands)
        except Unsupported as error:
            self._miss(node, version, error.message)
            return
        except ModelError:
            raise
        except HaloError as error:
            raise ModelError(f"{node}: {error.message}", hint=error.hint) from error
        for name, tensor in zip(node.outputs, results, strict=False):
            self.values[name] = tensor
        for tensor in results:
            self._note(tensor, node)

    def _note(self, tensor: Tensor, node: Node) -> None:
        """Note that `node` made `tensor` and whatever is on the way to it."""
        if tensor in self.node_of:
            return
        self.node_of[tensor] = node
        for a, b in tensor.op.requires:
            self._require(a, b, node)
        for source in tensor.op.inputs:
            if source.kind not in (OpKind.INPUT, OpKind.CONSTANT):
                self._note(source, node)

    def _require(self, a: Expr, b: Expr, node: Node) -> None:
        if not any(equal(a, r.a) and equal(b, r.b) for r in self.requires):
            self.requires.append(Requirement(a, b, str(node)))

    def _version(self, node: Node) -> int:
        # A domain that the model does not import is read at its first version.
        return self.graph.opsets.get(node.domain, 1)

    def _miss(self, node: Node, version: int, needed: str) -> None:
        domain = node.domain or "ai.onnx"
        self.missing.append(Missing(node.label, node.op_type, domain, version, needed))
        self.values |= dict.fromkeys(node.outputs)

    def _value(self, name: str) -> Tensor | None:
        if name and name not in self.values:
            array = self.graph.constants[name]
            self.values[name] = constant_tensor(self.names.unique(name), array)
        return self.values.get(name)

    def _outputs(self) -> tuple[tuple[str, Tensor], ...]:
        result: list[tuple[str, Tensor]] = []
        seen: set[Tensor] = set()
        for value in self.graph.outputs:
            tensor = self._value(value.name)
            assert tensor is not None
            if tensor.kind in (OpKind.INPUT, OpKind.CONSTANT) or tensor in seen:
                tensor = copy_of(self.names.unique(f"{value.name}_output"), tensor)
            seen.add(tensor)
            result.append((value.name, tensor))
        return tuple(result)


def _apply(
    translate: Operator, context: NodeContext, operands: list[Tensor | None]
) -> tuple[Tensor, ...]:
    try:
        inspect.signature(translate).bind(context, *operands)
    except TypeError:
        context.fail(f"{len(operands)} inputs do not fit the operator")
    made = translate(context, *operands)
    results = made if isinstance(made, tuple) else (made,)
    encoded = next((x.encoding for x in operands if x is not None and x.encoding), None)
    if encoded and not reads_codes(translate) and not all(_only_moves(t) for t in results):
        context.unsupported(f"elements of type {encoded}")
    return results


def _only_moves(result: Tensor) -> bool:
    """Whether the cells of `result` are codes that were moved, or no cells of its inputs at all."""
    if result.kind in (OpKind.CONTENT, OpKind.CONSTANT):
        return True
    same = {x.encoding for x in result.op.inputs[:1]} == {result.encoding}
    return result.kind in (OpKind.VIEW, OpKind.GATHER) and same


def _what_is_needed(node: Node) -> str:
    versions = known_versions(node.domain, node.op_type)
    if versions:
        return f"only known from version {versions[0]} on"
    return "an operator of this name"


def producers_first(outputs: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """Return all tensors that `outputs` need, each once, after what it reads."""
    order: dict[Tensor, None] = {}
    stack = [(t, False) for t in reversed(list(outputs))]
    while stack:
        tensor, done = stack.pop()
        if tensor in order:
            continue
        if done:
            order[tensor] = None
        else:
            stack.append((tensor, True))
            stack.extend((x, False) for x in reversed(tensor.op.inputs))
    return tuple(order)
