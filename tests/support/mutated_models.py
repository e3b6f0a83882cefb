"""Small models with random changes in their bytes or fields, read in a process of limited memory.

``python mutated_models.py FIRST COUNT`` reads the models of so many seeds: each is imported (and
lowered) or refused by a `ModelError`; the process prints what else happens and leaves with 1. With
``every`` behind it, they are made of the standard's own test models, which use every operator.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from onnx import TensorProto, helper, numpy_helper, parser
from onnx.backend.test.case.node import collect_testcases

MEMORY = 4 << 30
"""Bytes of addresses that the process may take."""

SECONDS = 60
"""For one model."""

_INTS = [0, 1, -1, 2, 3, 7, 16, 100, 1 << 31, -(1 << 31), 1 << 40, -(1 << 63), (1 << 63) - 1]
_FLOATS = [0.0, -1.0, 0.5, 3.0, float("nan"), float("inf"), 1e30, -1e-30]
_TEXTS = [b"", b"x", b"y", b"w", b"t", b"NOTSET", b"linear", b"\xff", b"../x", b"n" * 300]

_SOURCES = [
    """agraph (float[N, 3, H, 8] x) => (float[?, ?] y) <
    float[4, 3, 3, 3] w = {1}, float[4] b = {1, 2, 3, 4}, int64[2] s = {0, -1}> {
        c = Conv <pads = [1, 1, 1, 1], strides = [2, 2], group = 1> (x, w, b)
        r = Relu (c)
        p = MaxPool <kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1> (r)
        g = Sigmoid (p)
        a = Concat <axis = 1> (p, g)
        y = Reshape (a, s)
    }""",
    """agraph (float[2, 4, 6] x, int64[2] i) => (float[?] y, int64[?] z) <
    int64[3] starts = {0, 1, 0}, int64[3] ends = {2, 4, -1}, float[6, 5] w = {1},
    float l = {0.5}, int64[1] axes = {1}> {
        t = Slice (x, starts, ends)
        q = Transpose <perm = [1, 0, 2]> (x)
        m = MatMul (q, w)
        k = Gather <axis = 2> (m, i)
        n = Clip (k, l, )
        u = ReduceMean <axes = [0, 2], keepdims = 0> (n)
        h = Softmax <axis = -1> (u)
        v = Shape (t)
        z = Cast <to = 7> (v)
        y = Unsqueeze (h, axes)
    }""",
    """agraph (float[5, 2, 3] x, bool c) => (float[?, ?] y, float[?] z) <
    float[1, 8, 3] w = {0.1}, float[1, 8, 2] r = {0.2}, int64[1] first = {0}, int64 trips = {3},
    bool yes = {1}, int64[2] k = {2, 3}> {
        s, h, e = LSTM <hidden_size = 2, direction = "forward"> (x, w, r)
        y = Squeeze (h, first)
        b = If (c) <
            then_branch = yes_graph () => (float[1, 2, 2] o) { o = Neg (h) },
            else_branch = no_graph () => (float[1, 2, 2] o) { o = Abs (h) }
        >
        f = Loop (trips, yes, b) <
            body = step (int64 i, bool go, float[1, 2, 2] a) => (bool go2, float[1, 2, 2] a2) {
                go2 = Identity (go)
                a2 = Add (a, a)
            }
        >
        z = Flatten <axis = 0> (f)
    }""",
    """agraph (uint8[1, 2, 4, 4] x, float[3, 4] v) => (float[?] y, int64[?] z, float[?] o) <
    float sx = {0.5}, uint8 zx = {3}, float[4] scales = {1, 1, 2, 2}, int64[8] pads = {0, 0, 1, 1,
    0, 0, 1, 1}, int64[1] k = {2}, int64[2] reps = {2, 1}, int64[2] shape = {6, 4}> {
        d = DequantizeLinear (x, sx, zx)
        p = Pad <mode = "reflect"> (d, pads)
        y = Resize <mode = "linear"> (p, , scales)
        t, z = TopK <axis = 1> (v, k)
        m = Tile (v, reps)
        e = Expand (m, shape)
        f = CumSum (e, k2)
        o = Einsum <equation = "ij,ij->i"> (e, f)
        k2 = Constant <value = int64 {1}> ()
    }""",
]


def valid_models() -> list[onnx.ModelProto]:
    """Return the models that mutants are made of."""
    head = '<ir_version: 8, opset_import: ["" : 13, "own" : 1]>\n'
    made = [_in_order(parser.parse_model(head + text)) for text in _SOURCES]
    weights = numpy_helper.from_array(np.arange(3, dtype=np.float32), "w")
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(np.array([2, 3], np.float32), "s"),
        numpy_helper.from_array(np.array([0, 4])),
        [2, 3],
    )
    inner = [helper.make_node("Mul", ["a", "a"], ["b"])]
    function = helper.make_function(
        "own", "square", ["a"], ["b"], inner, [helper.make_opsetid("", 13)]
    )
    graph = helper.make_graph(
        [
            helper.make_node("square", ["x"], ["q"], domain="own"),
            helper.make_node("Add", ["q", "w"], ["t"]),
            helper.make_node("Max", ["t", "s", "x"], ["y"]),
        ],
        "functions",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["M", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["M", 3])],
        [weights],
        sparse_initializer=[sparse],
    )
    imports = [helper.make_opsetid("", 13), helper.make_opsetid("own", 1)]
    made.append(helper.make_model(graph, opset_imports=imports, functions=[function], ir_version=8))
    return made


def models_of_the_standard() -> list[onnx.ModelProto]:
    """Return the models of the standard's tests of single operators."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the data of some divide by zero
        found = {case.name: case.model for case in collect_testcases(None)}
    return [found[name] for name in sorted(found) if found[name] is not None]


def _in_order(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` with the nodes in an order in which they can run; big weights filled in."""
    nodes = sorted(model.graph.node, key=lambda n: n.op_type != "Constant")
    copies = [onnx.NodeProto.FromString(n.SerializeToString()) for n in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)
    for t in model.graph.initializer:
        count = int(np.prod(t.dims))
        if t.data_type == TensorProto.FLOAT and len(t.float_data) == 1 < count:
            t.float_data.extend([t.float_data[0]] * (count - 1))
    return model


def mutant(seed: int, models: list[onnx.ModelProto]) -> bytes:
    """Return the bytes of a model with a few random changes."""
    rng = random.Random(seed)
    model = onnx.ModelProto()
    model.CopyFrom(rng.choice(models))
    if rng.random() < 0.7:
        for _ in range(rng.choice([1, 1, 2, 4])):
            _change_field(rng, model)
        return model.SerializeToString()
    data = bytearray(model.SerializeToString())
    for _ in range(rng.choice([1, 1, 2, 8])):
        _change_bytes(rng, data)
    return bytes(data)


def _change_bytes(rng: random.Random, data: bytearray) -> None:
    if not data:
        return
    place, count = rng.randrange(len(data)), rng.choice([1, 1, 4, 40])
    match rng.randrange(5):
        case 0:
            data[place] ^= 1 << rng.randrange(8)
        case 1:
            data[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        case 2:
            del data[place : place + count]
        case 3:
            data[place:place] = data[place : place + count]
        case _:
            del data[place:]


def _messages(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for inner in value if field.is_repeated else [value]:
                yield from _messages(inner)


def _change_field(rng: random.Random, model: onnx.ModelProto) -> None:
    messages = list(_messages(model))
    message = rng.choice(messages)
    fields = [f for f, _ in message.ListFields()]
    if rng.random() < 0.2 or not fields:
        fields = list(message.DESCRIPTOR.fields)
    field = rng.choice(fields)
    if field.is_repeated:
        _change_list(rng, getattr(message, field.name), field, messages)
    elif rng.random() < 0.15:
        message.ClearField(field.name)
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        alike = [m for m in messages if m.DESCRIPTOR is field.message_type]
        if alike:
            other = rng.choice(alike)
            copy = type(other).FromString(other.SerializeToString())
            getattr(message, field.name).CopyFrom(copy)
    else:
        _set(rng, field, lambda value: setattr(message, field.name, value))


def _change_list(
    rng: random.Random, values: Any, field: FieldDescriptor, messages: list[Message]
) -> None:
    place = rng.randrange(len(values)) if len(values) else 0
    how = rng.random()
    if how < 0.25 and len(values):
        del values[place]
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        alike = [m for m in messages if m.DESCRIPTOR is field.message_type]
        if alike:
            other = rng.choice(alike)
            values.append(type(other).FromString(other.SerializeToString()))
    elif how < 0.5 or not len(values):
        _set(rng, field, values.append)
    else:
        _set(rng, field, lambda value: values.__setitem__(place, value))


def _set(rng: random.Random, field: FieldDescriptor, assign: Callable[[Any], None]) -> None:
    kinds = FieldDescriptor
    if field.type in (kinds.TYPE_FLOAT, kinds.TYPE_DOUBLE):
        choices: list[Any] = _FLOATS
    elif field.type == kinds.TYPE_BYTES:
        choices = _TEXTS
    elif field.type == kinds.TYPE_STRING:
        choices = [t.decode("latin-1") for t in _TEXTS]
    elif field.type == kinds.TYPE_ENUM:
        choices = list(range(17))
    else:
        choices = _INTS
    value = rng.choice(choices)
    try:
        assign(value)
    except (ValueError, OverflowError, TypeError):  # more than the field holds
        assign(type(value)(1) if not isinstance(value, (str, bytes)) else value[:1])


def read_mutants(first: int, count: int, every: bool = False) -> subprocess.CompletedProcess[str]:
    """Read so many mutants, of `models_of_the_standard` if `every`, in a process of their own.

    Return how it ended.
    """
    command = [
        sys.executable,
        "-W",
        "ignore",
        str(Path(__file__).resolve()),
        str(first),
        str(count),
        *(["every"] if every else []),
    ]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))


def _main(first: int, count: int, every: bool) -> int:
    from halo.target import host_target
    from onnx_frontend import ModelError
    from onnx_frontend.compiler import lower_model
    from onnx_frontend.importer import import_graph

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    models = models_of_the_standard() if every else valid_models()
    for model in () if every else models:
        import_graph(model)
    read = refused = failed = 0
    for seed in range(first, first + count):
        data = mutant(seed, models)
        print(f"seed {seed}", flush=True)  # a crash is that of the last line
        signal.alarm(SECONDS)
        try:
            graph = import_graph(data)
            if seed % 8 == 0:
                lower_model(graph, "mutant", host_target(), lambda *_: None)
            read += 1
        except ModelError:
            refused += 1
        except Exception as error:
            failed += 1
            print(f"FAILED seed {seed}: {type(error).__name__}: {error}", flush=True)
        signal.alarm(0)
    print(f"{read} read, {refused} refused, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["every"]))
