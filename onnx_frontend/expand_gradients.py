"""Graph pass: a Gradient becomes the nodes that compute it, from a result back to what it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from onnx_frontend.errors import Missing, ModelError, UnsupportedOp, quoted
from onnx_frontend.graph import Graph, Node

TRAINING = "ai.onnx.preview.training"
OWN = "halo"
"""The domain of the operators that only stand in gradients; see `nodes/gradients.py`."""


def expand_gradients(graph: Graph) -> Graph:
    """Return `graph` with nodes of the standard, and of `OWN`, in the place of each Gradient.

    Requires: nodes in an order in which they can run.
    Ensures: the same outputs; nodes in such an order.

    Before: ``c = Mul(a, b); da = Gradient<xs = ["a"], y = "c">(a)``; after: ``c = Mul(a, b);
    one = OnesLike(c); t = Mul(one, b); da = SumTo(t, a)``.

    Raises
    ------
    ModelError
        A Gradient names what is not there, or has other inputs than names.
    UnsupportedOp
        No derivative is known of an operator on the way.
    """
    if not any(_is_gradient(n) for n in graph.nodes):
        return graph
    nodes: list[Node] = []
    for number, node in enumerate(graph.nodes):
        if _is_gradient(node):
            nodes += _Backward(graph, node, number).nodes_of(nodes)
        else:
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _is_gradient(node: Node) -> bool:
    return node.domain == TRAINING and node.op_type == "Gradient"


@dataclass(slots=True)
class _Backward:
    """Makes the nodes of one Gradient."""

    graph: Graph
    node: Node
    number: int
    made: list[Node] = field(default_factory=list)
    adjoints: dict[str, str] = field(default_factory=dict)

    def nodes_of(self, before: Sequence[Node]) -> list[Node]:
        """Return the nodes in the place of the Gradient, behind those `before`."""
        xs, zs = (tuple(self.node.attributes.get(name, ())) for name in ("xs", "zs"))
        y = self.node.attributes.get("y")
        if not xs or not isinstance(y, str) or len(self.node.inputs) != len(xs) + len(zs):
            raise ModelError(f"{self.node}: its inputs are not those that xs and zs name, or no y")
        given = dict(zip((*xs, *zs), self.node.inputs, strict=True))
        path, y = self._path(before, y, given)
        self.adjoints[y] = self.add("OnesLike", y, domain=OWN)
        wanted = self._depending(path, [given[x] for x in xs])
        for node in reversed(path):
            if node.outputs[0] in self.adjoints:
                self._back(node, wanted)
        for x, output in zip(xs, self.node.outputs, strict=False):
            if output:
                found = self.adjoints.get(given[x])
                zeros = ("ZerosLike", (given[x],), OWN)
                op, inputs, domain = zeros if found is None else ("Identity", (found,), "")
                self.made.append(Node(op, domain, inputs, (output,), {}, self.node.label))
        return self.made

    def _path(
        self, before: Sequence[Node], y: str, given: Mapping[str, str]
    ) -> tuple[list[Node], str]:
        """Return the nodes from what is given to `y`; anew where other tensors are given."""
        needed, path = {y} - given.keys(), []
        for node in reversed(before):
            if not needed.isdisjoint(node.outputs):
                path.append(node)
                needed.update(name for name in node.reads if name not in given)
        path.reverse()
        if y not in {name for node in path for name in node.outputs}:
            raise ModelError(f"{self.node}: no node before it makes its y, {quoted(y)}")
        if all(name == own for name, own in given.items()):
            return path, y
        names = dict(given)
        for node in path:
            names |= {name: self._name(name) for name in node.outputs if name}
            inputs = tuple(names.get(name, name) for name in node.inputs)
            outputs = tuple(names.get(name, name) for name in node.outputs)
            self.made.append(replace(node, inputs=inputs, outputs=outputs))
        return list(self.made), names[y]

    def _depending(self, path: Iterable[Node], xs: Iterable[str]) -> set[str]:
        """Return what of all that is computed depends on `xs`, with these."""
        found = set(xs)
        for node in path:
            if not found.isdisjoint(node.reads):
                found.update(node.outputs)
        return found

    def _back(self, node: Node, wanted: set[str]) -> None:
        """Add what the inputs of `node` that are `wanted` get from its result."""
        if wanted.isdisjoint(node.reads) or node.op_type in _FLAT:
            return
        rule = _RULES.get(node.op_type) if node.domain in ("", OWN) else None
        single = sum(1 for name in node.outputs if name) == 1
        if rule is None or not single:
            self.refuse(f"the derivative of {node}")
        step = _Step(self, node, self.adjoints[node.outputs[0]])
        for i, name in enumerate(node.inputs):
            if name in wanted:
                part = rule(step, i)
                if part is not None:
                    own = self.add("SumTo", part, name, domain=OWN)
                    old = self.adjoints.get(name)
                    self.adjoints[name] = own if old is None else self.add("Add", old, own)

    def refuse(self, needed: str) -> NoReturn:
        """Refuse the Gradient because it needs what is not there."""
        version = self.graph.opsets.get(TRAINING, 1)
        missing = Missing(self.node.label, "Gradient", TRAINING, version, needed)
        raise UnsupportedOp(self.graph.name, [missing])

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node; return the name of its result."""
        name = self._name(f"{len(self.made)}")
        self.made.append(Node(op, domain, inputs, (name,), attributes, self.node.label))
        return name

    def _name(self, name: str) -> str:
        return f"{self.node.outputs[0] or 'gradient'}.{self.number}.{name}"


@dataclass(frozen=True, slots=True)
class _Step:
    """A node on the way back, and the adjoint of its result."""

    back: _Backward
    node: Node
    adjoint: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.node.inputs

    @property
    def result(self) -> str:
        return self.node.outputs[0]

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node; return the name of its result."""
        return self.back.add(op, *inputs, domain=domain, **attributes)

    def times(self, *factors: str) -> str:
        """Return the adjoint times factors."""
        made = self.adjoint
        for factor in factors:
            made = self.add("Mul", made, factor)
        return made


_Rule = Callable[[_Step, int], "str | None"]
"""From a node and the number of an input to its adjoint, before it is summed to its shape."""

_FLAT = frozenset({"Shape", "Size", "OnesLike", "ZerosLike", "Floor", "Ceil", "Round", "Sign"})
"""Operators whose derivative is 0."""


def _product(s: _Step, i: int) -> str:
    return s.times(s.inputs[1 - i])


def _quotient(s: _Step, i: int) -> str:
    over = s.add("Div", s.adjoint, s.inputs[1])
    return over if i == 0 else s.add("Neg", s.add("Mul", over, s.result))


def _power(s: _Step, i: int) -> str:
    base, exponent = s.inputs
    if i == 1:
        return s.times(s.result, s.add("Log", base))
    less = s.add("Sub", exponent, s.add("OnesLike", exponent, domain=OWN))
    return s.times(exponent, s.add("Pow", base, less))


def _matrix_product(s: _Step, i: int) -> str:
    other = s.add("SwapLast", s.inputs[1 - i], domain=OWN)
    return s.add("MatMul", *((s.adjoint, other) if i == 0 else (other, s.adjoint)))


def _spread(s: _Step, i: int) -> str | None:
    return s.add("Expand", s.adjoint, s.add("Shape", s.inputs[0])) if i == 0 else None


def _reduced(s: _Step, i: int) -> str | None:
    kept = s.node.attributes.get("keepdims", 1)
    if not kept and (len(s.inputs) > 1 or "axes" in s.node.attributes):
        s.back.refuse(f"the derivative of {s.node} with its axes kept (keepdims=1)")
    return _spread(s, i)


def _mean(s: _Step, i: int) -> str | None:
    sums = _reduced(s, i)
    if sums is None:
        return None
    share = s.add("SumTo", s.add("OnesLike", s.inputs[0], domain=OWN), s.result, domain=OWN)
    return s.add("Div", sums, share)


def _reshaped(s: _Step, i: int) -> str | None:
    return s.add("Reshape", s.adjoint, s.add("Shape", s.inputs[0])) if i == 0 else None


def _transposed(s: _Step, _: int) -> str:
    perm = s.node.attributes.get("perm")
    if perm is None:
        return s.add("Transpose", s.adjoint)
    return s.add("Transpose", s.adjoint, perm=[perm.index(a) for a in range(len(perm))])


_RULES: Mapping[str, _Rule] = {
    "Identity": lambda s, _: s.adjoint,
    "Add": lambda s, _: s.adjoint,
    "Sum": lambda s, _: s.adjoint,
    "Sub": lambda s, i: s.adjoint if i == 0 else s.add("Neg", s.adjoint),
    "Neg": lambda s, _: s.add("Neg", s.adjoint),
    "Mul": _product,
    "Div": _quotient,
    "Pow": _power,
    "Reciprocal": lambda s, _: s.add("Neg", s.times(s.result, s.result)),
    "Exp": lambda s, _: s.times(s.result),
    "Log": lambda s, _: s.add("Div", s.adjoint, s.inputs[0]),
    "Sqrt": lambda s, _: s.add("Div", s.adjoint, s.add("Add", s.result, s.result)),
    "Tanh": lambda s, _: s.add("Sub", s.adjoint, s.times(s.result, s.result)),
    "Sigmoid": lambda s, _: s.add("Sub", s.times(s.result), s.times(s.result, s.result)),
    "Relu": lambda s, _: s.times(s.add("Sign", s.result)),
    "Abs": lambda s, _: s.times(s.add("Sign", s.inputs[0])),
    "Sin": lambda s, _: s.times(s.add("Cos", s.inputs[0])),
    "Cos": lambda s, _: s.add("Neg", s.times(s.add("Sin", s.inputs[0]))),
    "MatMul": _matrix_product,
    "ReduceSum": _reduced,
    "ReduceMean": _mean,
    "Expand": lambda s, i: s.adjoint if i == 0 else None,
    "SumTo": _spread,
    "Reshape": _reshaped,
    "Transpose": _transposed,
    "SwapLast": lambda s, _: s.add("SwapLast", s.adjoint, domain=OWN),
}
