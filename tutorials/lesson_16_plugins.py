"""Lesson 16: operators and graph passes of your own.

A model may have operators that halo does not know, or that you know better. This lesson adds some
in both ways there are, in the language and as a C function, and a pass that rewrites the graph.
"""

import tempfile
from dataclasses import replace

import numpy as np
from onnx import parser

import halo as hl
import onnx_frontend
from onnx_frontend import CFunction, operator

# A model in the text form of ONNX: a noisy signal for each of n sensors is cleaned and scored.
MODEL = parser.parse_model("""
<ir_version: 8, opset_import: ["" : 17, "my.lab" : 1]>
sensors (float[n, m] signal) => (float[n] score, float[n, m] clean) {
    centred = my.lab.Centre (signal)
    medians = my.lab.Medians <window = 3> (centred)
    gate = Sigmoid (medians)
    clean = Mul (medians, gate)
    score = my.lab.Energy <power = 2.0> (clean)
}""")

try:
    onnx_frontend.compile(MODEL)
except onnx_frontend.UnsupportedOp as error:
    print(error)  # all that is missing, at once
    assert [m.operator for m in error.missing] == ["Centre", "Medians", "Energy"]
else:
    raise AssertionError("my.lab is a domain of this lesson only")


# An operator is a function from tensors to tensors. `x.at(i, j)` is a cell, outermost axis first;
# the sizes in `x.shape` may be symbolic. What is summed up is a Func with an update definition, as
# in lesson 4: its first coordinate is the last axis. It need not be scheduled.
@operator("Energy", since=1, domain="my.lab")
def energy(node, x):
    """The sum of |x| to a power, for each row."""
    power = node.number("power", 1.0)
    i, r = hl.Var("i"), hl.RDom([(0, x.shape[1])])
    total = hl.Func("total")
    total[i] = hl.f32(0)
    total[i] += hl.pow(hl.abs(x.at(i, r.x)), hl.f32(power))
    return node.tensor(total, shape=x.shape[:1])


# Cells may be given by a function of coordinates, too; Funcs on the way are found by themselves.
@operator("Centre", since=1, domain="my.lab")
def centre(node, x):
    """x less the mean of its row."""
    m = x.shape[1]
    i, r = hl.Var("i"), hl.RDom([(0, m)])
    mean = hl.Func("mean")
    mean[i] = hl.f32(0)
    mean[i] += x.at(i, r.x) / hl.f32(m)
    return node.tensor(lambda i, j: x.at(i, j) - mean[i], x.shape)


# Some things are easier in C, or exist in C already. The function of Python is the shape rule then:
# it tells type and shape of the outputs. `window` is handed over as a number; buffers are dense;
# dim[0] is the last axis. `ctx->error` tells what is wrong.
MEDIANS = CFunction(
    "lab_medians",
    r"""
    #include <stdio.h>
    int32_t lab_medians(halo_context *ctx, const halo_buffer *x, int32_t window,
                        const halo_buffer *out) {
        if (window != 3) {
            snprintf(ctx->error, sizeof ctx->error, "a window of %d", (int)window);
            return 1;
        }
        const int64_t m = x->dim[0].extent, rows = x->dim[1].extent;
        for (int64_t i = 0; i < rows; i++) {
            const float *in = (const float *)x->host + i * m;
            for (int64_t j = 0; j < m; j++) {
                const float a = in[j ? j - 1 : 0], b = in[j], c = in[j + 1 < m ? j + 1 : j];
                const float low = a < b ? a : b, high = a < b ? b : a;
                ((float *)out->host)[i * m + j] = c < low ? low : c > high ? high : c;
            }
        }
        return 0;
    }""",
)


@operator("Medians", since=1, domain="my.lab")
def medians(node, x):
    """The median of each cell and its neighbours along the row."""
    return node.extern(MEDIANS, [x], [(x.type, x.shape)], node.integer("window", 3))


signal = np.random.default_rng(16).standard_normal((4, 50)).astype(np.float32)
centred = signal - signal.mean(1, keepdims=True)
padded = np.pad(centred, ((0, 0), (1, 1)), "edge")
filtered = np.median(np.lib.stride_tricks.sliding_window_view(padded, 3, 1), 2)
clean = filtered / (1 + np.exp(-filtered))

compiled = onnx_frontend.compile(MODEL)
result = compiled.run({"signal": signal})
assert np.allclose(result["clean"], clean, atol=1e-4)
assert np.allclose(result["score"], (clean**2).sum(1), rtol=1e-3)

# The C function is a part of the library: a program in C needs nothing else. The C is saved, too.
with tempfile.TemporaryDirectory() as directory:
    files = {path.name for path in compiled.save(directory)}
    assert {"libsensors.so", "sensors.c", "lab_medians.c"} <= files
    again = onnx_frontend.load(directory).run({"signal": signal})
    assert np.array_equal(again["clean"], result["clean"])


# A graph pass takes the nodes and returns others that compute the same. This one makes one node of
# x * sigmoid(x). Its operator gives each cell from the cell at its own place, which `elementwise`
# says: the compiler fuses it with whatever is around.
@onnx_frontend.graph_pass
def find_swish(graph):
    """x * sigmoid(x) becomes Swish(x)."""
    gates = {n.outputs[0]: n.inputs[0] for n in graph.nodes if n.op_type == "Sigmoid"}
    nodes = [
        replace(n, op_type="Swish", domain="my.lab", inputs=n.inputs[:1])
        if n.op_type == "Mul" and gates.get(n.inputs[1]) == n.inputs[0]
        else n
        for n in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


seen = []


@operator("Swish", since=1, domain="my.lab")
def swish(node, x):
    """x * sigmoid(x)."""
    seen.append(str(node.node))
    return node.elementwise(lambda v: v / (1 + hl.exp(-v)), x)


assert np.allclose(onnx_frontend.compile(MODEL).run({"signal": signal})["clean"], clean, atol=1e-4)
assert seen == ["Swish node #3"]

# halo's own operators are replaced on purpose only. A package that others install has the same
# functions in a module that an entry point names: docs/operators.md.
try:
    operator("Relu", since=1)(swish)
except onnx_frontend.PluginError as error:
    print(error)
    assert "override=True" in str(error)
