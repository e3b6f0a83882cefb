"""Models of one Loop, drawn at random, whose body changes the sizes of its states."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STEPS = ("Tanh", "Neg", "concat", "from", "up_to", "product", "sum", "add", "compress", "like")
"""What a node of a body does with some rows of 3 floats; most change how many there are."""


@dataclass
class _Draft:
    """Nodes in the making; `weights` belong to the whole model."""

    draw: random.Random
    weights: list[onnx.TensorProto] = field(default_factory=list)
    names: int = 0

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def constant(self, value: Any, dtype: Any = np.int64) -> str:
        name = self.name()
        self.weights.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def node(self, nodes: list[onnx.NodeProto], op: str, *inputs: str, **attributes: Any) -> str:
        name = self.name()
        nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def step(self, nodes: list[onnx.NodeProto], kind: str, rows: Sequence[str], number: str) -> str:
        """Add the nodes of a step of `kind`; return what it makes of some of `rows`."""
        x, zero = self.draw.choice(rows), self.constant([0])
        match kind:
            case "concat":
                return self.node(nodes, "Concat", x, self.draw.choice(rows), axis=0)
            case "from" | "up_to":
                place = self.node(nodes, "Unsqueeze", number, zero)
                if kind == "from":
                    return self.node(nodes, "Slice", x, place, self.constant([1 << 30]), zero)
                end = self.node(nodes, "Add", place, self.constant([self.draw.randint(0, 2)]))
                return self.node(nodes, "Slice", x, zero, end, zero)
            case "product":
                return self.node(nodes, "MatMul", x, self.constant(MATRIX, np.float32))
            case "sum":
                total = self.node(nodes, "ReduceSum", x, zero, keepdims=1)
                return self.node(nodes, self.draw.choice(("Add", "Sub")), x, total)
            case "add":
                return self.node(nodes, "Add", x, self.constant([0.1, -0.2, 0.3], np.float32))
            case "compress":
                sums = self.node(nodes, "ReduceSum", x, self.constant([1]), keepdims=0)
                some = self.node(nodes, "Greater", sums, self.constant(0, np.float32))
                return self.node(nodes, "Compress", x, some, axis=0)
            case "like":
                shape = self.node(nodes, "Shape", x)
                value = numpy_helper.from_array(np.array([0.5], np.float32))
                return self.node(
                    nodes, "Add", x, self.node(nodes, "ConstantOfShape", shape, value=value)
                )
            case _:
                return self.node(nodes, kind, x)

    def loop(self, depth: int, begin: Sequence[str], *, gathers: bool) -> onnx.NodeProto:
        """Return a loop from `begin` on, in the body of which another may stand."""
        nodes: list[onnx.NodeProto] = []
        states = [self.name() for _ in begin]
        rows, number, going = [*states, "x"], f"number{depth}", f"going{depth}"
        for _ in range(self.draw.randint(2, 5)):
            if not depth and self.draw.random() < 0.15:
                inner = self.loop(1, [self.draw.choice(rows)], gathers=False)
                nodes.append(inner)
                rows.append(inner.output[0])
            else:
                rows.append(self.step(nodes, self.draw.choice(STEPS), rows, number))
        last = [self.node(nodes, "Identity", self.draw.choice(rows)) for _ in states]
        if self.draw.random() < 0.4:
            size = self.node(nodes, "Size", last[0])
            on = self.node(nodes, "Less", size, self.constant(self.draw.choice((20, 60, 200))))
        else:
            on = self.node(nodes, "Identity", going)
        pieces = [self.node(nodes, "ReduceSum", last[0], self.constant([0]), keepdims=0)]
        pieces = pieces if gathers else []
        inputs = [_port(number, TensorProto.INT64, []), _port(going, TensorProto.BOOL, [])]
        outputs = [_port(on, TensorProto.BOOL, []), *map(_rows, last)]
        outputs += [_port(p, TensorProto.FLOAT, [3]) for p in pieces]
        body = helper.make_graph(nodes, "body", [*inputs, *map(_rows, states)], outputs)
        trips = "n" if not depth else self.draw.choice(("n", "number0"))
        made = [f"y{i}" if not depth else self.name() for i in range(len(states))]
        made += ["pieces"] if gathers else []
        return helper.make_node("Loop", [trips, "", *begin], made, body=body)


MATRIX = [[0.4, -0.3, 0.2], [0.1, 0.5, -0.6], [-0.2, 0.3, 0.4]]


def _port(name: str, type: int, dims: Sequence[Any]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, type, dims)


def _rows(name: str) -> onnx.ValueInfoProto:
    return _port(name, TensorProto.FLOAT, [None, 3])


def random_loop(seed: int) -> onnx.ModelProto:
    """Return a model of ``x``, ``z`` (rows of 3 floats) and ``n``, the number of steps."""
    draft = _Draft(random.Random(seed))
    begin = [draft.draw.choice(("x", "z")) for _ in range(draft.draw.randint(1, 2))]
    loop = draft.loop(0, begin, gathers=draft.draw.random() < 0.5)
    states = [name for name in loop.output if name != "pieces"]
    outputs = [_rows(name) for name in loop.output]
    inputs = [
        _port("x", TensorProto.FLOAT, ["a", 3]),
        _port("z", TensorProto.FLOAT, ["b", 3]),
        _port("n", TensorProto.INT64, []),
    ]
    assert states
    graph = helper.make_graph([loop], "loops", inputs, outputs, draft.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
