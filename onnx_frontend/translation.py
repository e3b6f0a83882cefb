"""The nodes of a graph, one after the other, as tensors."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace

import onnx

import onnx_frontend.microsoft
import onnx_frontend.nodes  # noqa: F401 -- registers the operators
from halo.errors import HaloError, InternalError
from halo.ir.expr import Expr, Select
from halo.ops.branch import Branch, branches_around
from halo.ops.index import choose, known, narrow, surely_same
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend.apply_operator import apply_operator
from onnx_frontend.check_nodes import check_declared, check_nodes, check_types
from onnx_frontend.context import NodeContext
from onnx_frontend.control_flow import Body, translate_if, translate_loop
from onnx_frontend.drop_dead_nodes import drop_dead_nodes
from onnx_frontend.element_types import constant_tensor, text_constant
from onnx_frontend.errors import Missing, ModelError, Unsupported, quoted
from onnx_frontend.fold_constants import fold_constants
from onnx_frontend.graph import Graph, Node, captured, read_body
from onnx_frontend.names import Names
from onnx_frontend.open_questions import OpenBranch, as_equality
from onnx_frontend.registry import Operator, find_operator, known_versions
from onnx_frontend.run_time_sizes import RunTimeSizes
from onnx_frontend.scanning import translate_scan
from onnx_frontend.values import Text, Value, tensors_of

CONTROL_FLOW = frozenset({"If", "Loop", "Scan"})


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """Two sizes that must be equal at run time; `why` names the node that needs it.

    `otherwise` says what is wrong if they are not; empty where it is that they differ.
    """

    a: Expr
    b: Expr
    why: str
    otherwise: str = ""


@dataclass(slots=True)
class Translation:
    """Translates graphs, and the bodies in them.

    Attributes
    ----------
    opsets
        The versions of domains that the model imports.
    names
        Makes identifiers.
    values
        What each name stands for where translation is; None for what could not be translated.
    missing
        The nodes that could not be translated.
    requires
        What sizes must satisfy.
    node_of
        For messages: the node that made a tensor.
    branches
        Which branch the open Ifs take; see `open_questions`.
    run_time
        Makes sizes of what data tell.
    """

    opsets: Mapping[str, int]
    names: Names
    values: MutableMapping[str, Value | None] = field(default_factory=dict)
    missing: dict[Missing, None] = field(default_factory=dict)
    requires: dict[tuple[str, str], Requirement] = field(default_factory=dict)
    node_of: dict[Tensor, Node] = field(default_factory=dict)
    branches: tuple[bool, ...] = ()
    run_time: RunTimeSizes = field(init=False)
    _asked: int = 0
    _branch: Branch | None = None
    _graphs: list[Graph] = field(default_factory=list)
    _bodies: dict[int, tuple[onnx.GraphProto, Graph]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.run_time = RunTimeSizes(self.names.unique)

    def translate(self, graph: Graph) -> None:
        """Translate the nodes of `graph`, whose inputs have their values."""
        self._graphs.append(graph)
        for node in graph.nodes:
            self._translate(node)

    def value(self, name: str) -> Value | None:
        """Return what `name` stands for; None for one left out."""
        if not name:
            return None
        if name not in self.values:
            for graph in reversed(self._graphs):
                if name in graph.constants:
                    array, own = graph.constants[name], self.names.unique(name)
                    made: Value
                    if array.dtype == object:
                        made = Text(text_constant(own, array))
                    else:
                        made = constant_tensor(own, array)
                    self.values[name] = made
                    return made
            raise ModelError(f"{quoted(name)} is read, which no node before it makes")
        return self.values.get(name)

    def _translate(self, node: Node) -> None:
        version = self._version(node)
        control = not node.domain and node.op_type in CONTROL_FLOW
        translate = find_operator(node.domain, node.op_type, version)
        if translate is None and not control:
            self._miss(node, version, _what_is_needed(node))
            return
        try:
            results = self._results(node, version, translate)
        except Unsupported as error:
            self._miss(node, version, error.message)
            return
        except (ModelError, InternalError, OpenBranch):
            raise
        except HaloError as error:
            raise ModelError(f"{node}: {error.message}", hint=error.hint) from error
        except Exception as error:
            raise InternalError(f"{node}: {type(error).__name__}: {error}") from error
        if results is None:
            self.values.update(dict.fromkeys(node.outputs))
            return
        for name, value in zip(node.outputs, results, strict=False):
            if name:  # an output left out must not stand for an input left out
                self.values[name] = value
                declared = self._graphs[-1].declared.get(name, 0)
                check_declared(value, declared, f"{node}: {quoted(name)}")
        for value in results:
            for tensor in tensors_of(value):
                self._note(tensor, node)

    def _results(
        self, node: Node, version: int, translate: Operator | None
    ) -> Sequence[Value] | None:
        """Return what `node` makes; None if what it reads or a body could not be translated."""
        operands = [self.value(name) for name in node.inputs]
        around = [self.value(name) for name in node.reads]
        if any(x is None for x, name in zip(around, node.reads, strict=True) if name):
            return None
        check_types(node, version, operands)
        given = [t for x in operands if x is not None for t in tensors_of(x)]
        context = NodeContext(node, version, self.names.unique, self.run_time, given)
        results: Sequence[Value] | None
        if translate is None:
            results = self._control(context, operands)
        else:
            results = apply_operator(translate, context, operands, given)
        for a, b, otherwise in context.required:
            self._require(a, b, node, otherwise)
        return results

    def _control(
        self, context: NodeContext, operands: Sequence[Value | None]
    ) -> Sequence[Value] | None:
        node = context.node
        body: Body = self._body
        given = list(operands)
        if node.op_type == "If":
            return translate_if(context, _tensor(context, given[0]), body, self._choose)
        if node.op_type == "Loop":
            trips, going, *state = given
            return translate_loop(
                context,
                None if trips is None else _tensor(context, trips),
                None if going is None else _tensor(context, going),
                [v for v in state if v is not None],
                body,
                self._attempt,
            )
        if context.opset < 9 and given[0] is None:
            given = given[1:]
        elif context.opset < 9:
            context.unsupported("sequences of the same length (no first operand)")
        operands_of_scan = [_tensor(context, v) for v in given]
        return translate_scan(context, operands_of_scan, body, self._attempt)

    def _choose(self, context: NodeContext, flag: Expr, needed: str) -> bool:
        """Return whether the condition of an If holds that is open; what is taken is required."""
        if self._asked == len(self.branches):
            raise OpenBranch(_missing(context.node, context.opset, needed))
        holds = self.branches[self._asked]
        self._asked += 1
        self._require(*as_equality(flag, holds), context.node)
        return holds

    def _attempt(self, make: Callable[[], list[Value] | None]) -> list[Value] | None:
        """Return what `make` returns; see `step_body.Attempt`."""
        before, sizes = dict(self.requires), self.run_time.mark()
        required = [(b, len(b.requires)) for b in branches_around(self._branch)]
        try:
            return make()
        except HaloError:
            self.requires = before
            for branch, count in required:
                del branch.requires[count:]
            self.run_time.forget(sizes)
            raise

    def _body(
        self, proto: onnx.GraphProto, inputs: Sequence[Value], guard: Expr | None
    ) -> list[Value] | None:
        """Translate a body in a scope of its own; see `control_flow.Body`."""
        if id(proto) not in self._bodies:
            self._bodies[id(proto)] = proto, self._read(proto)
        graph = self._bodies[id(proto)][1]
        outside, missing = self.values, len(self.missing)
        given: dict[str, Value | None] = {
            v.name: x for v, x in zip(graph.inputs, inputs, strict=False)
        }
        self.values = ChainMap(given, outside)
        around = self._branch
        if guard is not None:
            self._branch = Branch(guard, around)
        try:
            self.translate(graph)
            results = [self.value(v.name) for v in graph.outputs]
        finally:
            self._graphs.pop()
            self.values, self._branch = outside, around
        found = [v for v in results if v is not None]
        return found if len(found) == len(results) and len(self.missing) == missing else None

    def _read(self, proto: onnx.GraphProto) -> Graph:
        graph = read_body(proto, self.opsets)
        # What is constant around it is constant in it.
        known = {
            name: outer.constants[name]
            for outer in self._graphs
            for name in captured(proto)
            if name in outer.constants
        }
        graph = replace(graph, constants={**known, **graph.constants})
        return drop_dead_nodes(fold_constants(check_nodes(drop_dead_nodes(graph))))

    def _note(self, tensor: Tensor, node: Node) -> None:
        """Note that `node` made `tensor` and whatever is on the way to it."""
        if tensor in self.node_of or tensor.kind in (OpKind.INPUT, OpKind.CONSTANT):
            return
        self.node_of[tensor], tensor.branch = node, self._branch
        for a, b in tensor.op.requires:
            self._require(a, b, node)
        for source in tensor.op.inputs:
            self._note(source, node)

    def _require(self, a: Expr, b: Expr, node: Node, otherwise: str = "") -> None:
        if self._branch is not None and not surely_same(narrow(a), narrow(b)):
            self._branch.requires.append((a, b))
        for branch in reversed(branches_around(self._branch)):
            a, b = narrow(a), narrow(b)
            if a.type != b.type:
                a = choose(branch.guard, a, b)
            elif not surely_same(a, b):
                # `choose` would hope that no size is 0, where nothing may be required.
                a = Select(branch.guard, a, b)
        m, n = known(a), known(b)
        if m is not None and n is not None:
            if m != n:
                differ = f"sizes of its operands are {m} and {n}, not equal"
                raise ModelError(f"{node}: {otherwise or differ}")
            return
        if not surely_same(a, b):
            self.requires.setdefault((str(a), str(b)), Requirement(a, b, str(node), otherwise))

    def _version(self, node: Node) -> int:
        if not node.domain and "" not in self.opsets:
            raise ModelError(f"{node}: the model imports no version of 'ai.onnx', its domain")
        # Another domain that the model does not import is read at its first version.
        return self.opsets.get(node.domain, 1)

    def _miss(self, node: Node, version: int, needed: str) -> None:
        self.missing.setdefault(_missing(node, version, needed))
        self.values.update(dict.fromkeys(node.outputs))


def _missing(node: Node, version: int, needed: str) -> Missing:
    return Missing(node.label, node.op_type, node.domain or "ai.onnx", version, needed)


def _tensor(context: NodeContext, value: Value | None) -> Tensor:
    if not isinstance(value, Tensor):
        context.fail("one of its operands is not a tensor")
    return value


def _what_is_needed(node: Node) -> str:
    versions = known_versions(node.domain, node.op_type)
    if versions:
        return f"only known from version {versions[0]} on"
    return "an operator of this name"
