"""Graph pass: products of dequantized operands become products of their codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx

from onnx_frontend.graph import Array, Graph, Node

_INTEGER = {"Conv": "ConvInteger", "MatMul": "MatMulInteger", "Gemm": "MatMulInteger"}
_SMALL = {onnx.TensorProto.UINT8: np.uint8, onnx.TensorProto.INT8: np.int8}


def use_integer_products(graph: Graph) -> Graph:
    """Return `graph` with products of 8-bit numbers summed in int32 and scaled afterwards.

    Requires: nodes in an order in which they can run; what makes constants is folded, except
    DequantizeLinear. Of a Conv, MatMul or Gemm both operands are made by DequantizeLinear from
    8-bit integers with known scales and zero points: the first with one of all, the second with
    one of all or one per column of the result; a Conv's weights and bias are constants.
    Ensures: outputs differ by no more than rounding: sums are exact, where floats were rounded.

    Before: ``y = Conv(DequantizeLinear(x, s), DequantizeLinear(w, t), b)``; after:
    ``y = Cast(ConvInteger(x, w) + b') * (s * t)`` with ``b = b' * (s * t)``, if it is a multiple,
    else ``y = Cast(ConvInteger(x, w)) * (s * t) + b``.
    """
    rewriter = _Rewriter(graph)
    nodes = [made for node in graph.nodes for made in rewriter.rewrite(node)]
    if not rewriter.changed:
        return graph
    return replace(graph, nodes=tuple(nodes), constants=rewriter.constants)


@dataclass(frozen=True, slots=True)
class _Codes:
    """What DequantizeLinear reads: the codes and the zero point by name, the scale."""

    codes: str
    zero: str
    scale: Array
    axis: int

    @property
    def is_uniform(self) -> bool:
        """Whether there is one scale of all."""
        return self.scale.size == 1


class _Rewriter:
    def __init__(self, graph: Graph) -> None:
        self.constants = dict(graph.constants)
        self.makers = {name: node for node in graph.nodes for name in node.outputs if name}
        self.inputs = {v.name: v.element_type for v in graph.inputs}
        self.opset = graph.opsets.get("", 1)
        self.changed = False

    def rewrite(self, node: Node) -> Iterator[Node]:
        """Yield the nodes that stand for `node`."""
        made = self._product(node) if not node.domain and node.op_type in _INTEGER else None
        if made is None:
            yield node
        else:
            self.changed = True
            yield from made

    def _product(self, node: Node) -> list[Node] | None:
        a, b = (self._codes(name) for name in node.inputs[:2])
        if a is None or b is None or not a.is_uniform or self.opset < 10:
            return None
        if not b.is_uniform and b.axis not in self._columns(node, b):
            return None
        return self._conv(node, a, b) if node.op_type == "Conv" else self._matmul(node, a, b)

    def _columns(self, node: Node, b: _Codes) -> tuple[int, ...]:
        """Return what the axis of the result's columns in the second operand is called."""
        if node.op_type == "Conv" or node.attributes.get("transB"):
            return (0,)
        if node.op_type == "Gemm":
            return (1, -1)
        known = self.constants.get(b.codes)
        return (-1,) if known is None or known.ndim < 2 else (-1, known.ndim - 1)

    def _codes(self, name: str) -> _Codes | None:
        """Return what value `name` was dequantized from, if it was, and from 8-bit integers."""
        maker = self.makers.get(name)
        if maker is None or maker.op_type != "DequantizeLinear" or maker.domain:
            return None
        codes, scale, zero = (*maker.inputs, "")[:3]
        if scale not in self.constants or (zero and zero not in self.constants):
            return None
        step = self.constants[scale]
        if step.dtype != np.float32 or step.ndim > 1 or maker.attributes.get("block_size"):
            return None
        if maker.attributes.get("output_dtype", 0) not in (0, onnx.TensorProto.FLOAT):
            return None
        if self._type(codes, zero) not in (np.uint8, np.int8):
            return None
        return _Codes(codes, zero, step, maker.attributes.get("axis", 1))

    def _type(self, codes: str, zero: str) -> Any:
        for name in (zero, codes):
            if name in self.constants:
                return self.constants[name].dtype
        if codes in self.inputs:
            return _SMALL.get(self.inputs[codes])
        maker = self.makers.get(codes)
        plain = maker is not None and maker.op_type == "QuantizeLinear" and not maker.domain
        return np.uint8 if plain and maker and len(maker.inputs) < 3 else None

    def _conv(self, node: Node, a: _Codes, b: _Codes) -> list[Node] | None:
        weights, bias = self.constants.get(b.codes), (*node.inputs, "")[2]
        if weights is None or weights.ndim < 3:
            return None
        around = (-1, *[1] * (weights.ndim - 2))
        added: Array | None = None
        if bias:
            added = self._bias(bias, a.scale.reshape(()) * b.scale)
            if added is None:
                return None
            added = added.reshape(around)
        return self._scaled(node, a, b, node.attributes, around, added)

    def _bias(self, name: str, step: Array) -> Array | None:
        """Return a bias, as int32 if it is in multiples of `step`; None if it is not known."""
        if name in self.constants:
            return self.constants[name]
        maker = self.makers.get(name)
        if maker is None or maker.op_type != "DequantizeLinear" or maker.domain:
            return None
        given = [self.constants.get(n) for n in maker.inputs if n]
        known = [value for value in given if value is not None]
        if len(known) < len(given) or known[0].dtype != np.int32:
            return None
        if known[1].dtype != np.float32 or any(z.any() for z in known[2:]):
            return None
        if np.allclose(known[1], step, rtol=1e-6, atol=0.0):
            return known[0]
        return (known[0] * known[1]).astype(np.float32)

    def _matmul(self, node: Node, a: _Codes, b: _Codes) -> list[Node] | None:
        nodes: list[Node] = []
        beta = node.attributes.get("beta", 1.0)
        bias = (*node.inputs, "")[2] if node.op_type == "Gemm" and beta else ""
        added: Array | str | None = None
        if bias:
            known = self._bias(bias, a.scale.reshape(()) * b.scale)
            one = beta == 1 and node.attributes.get("alpha", 1.0) == 1
            if beta != 1 and (known is None or known.dtype != np.float32):
                return None
            added = bias if known is None else known if one or known.dtype != np.int32 else bias
            if beta != 1 and known is not None:
                added = (known * np.float32(beta)).astype(np.float32)
        for flag, operand in (("transA", a), ("transB", b)):
            if node.attributes.get(flag):
                turned = self._turned(node, operand, nodes)
                a, b = (turned, b) if flag == "transA" else (a, turned)
        return nodes + self._scaled(node, a, b, {}, (-1,), added)

    def _turned(self, node: Node, operand: _Codes, nodes: list[Node]) -> _Codes:
        name = f"{node.outputs[0]}.{operand.codes}.turned"
        if operand.codes in self.constants:
            self.constants[name] = np.ascontiguousarray(self.constants[operand.codes].T)
        else:
            options = {"perm": [1, 0]}
            nodes.append(Node("Transpose", "", (operand.codes,), (name,), options, node.label))
        return replace(operand, codes=name)

    def _scaled(
        self,
        node: Node,
        a: _Codes,
        b: _Codes,
        attributes: Any,
        around: tuple[int, ...],
        added: Array | str | None,
    ) -> list[Node]:
        """Return the nodes of an integer product, a bias, and its scale."""
        out = node.outputs[0]
        nodes: list[Node] = []

        def then(op: str, role: str, *inputs: str, **options: Any) -> str:
            name = f"{out}.{role}" if role else out
            nodes.append(Node(op, "", inputs, (name,), options, node.label))
            return name

        def constant(role: str, value: Array) -> str:
            self.constants[f"{out}.{role}"] = value
            return f"{out}.{role}"

        operands = (a.codes, b.codes, a.zero, b.zero)
        value = then(_INTEGER[node.op_type], "sums", *operands, **attributes)
        if isinstance(added, np.ndarray) and added.dtype == np.int32:
            value = then("Add", "moved", value, constant("bias", added))
            added = None
        alpha = np.float32(node.attributes.get("alpha", 1.0))
        step = (a.scale.reshape(()) * b.scale * alpha).astype(np.float32)
        step = step.reshape(()) if step.size == 1 else step.reshape(around)
        value = then("Cast", "float", value, to=onnx.TensorProto.FLOAT)
        value = then("Mul", "" if added is None else "scaled", value, constant("scale", step))
        if added is not None:
            bias = added if isinstance(added, str) else constant("bias", added)
            then("Add", "", value, bias)
        return nodes
