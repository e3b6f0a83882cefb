"""Quantized models: products of dequantized operands run on integers, within a step of floats."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser
from runtime_nodes import run_reference

from halo.ir.types import Int, UInt
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend import compile
from onnx_frontend.graph import read_graph
from onnx_frontend.groups import group_tensors
from onnx_frontend.importer import import_graph
from onnx_frontend.use_integer_products import use_integer_products

RNG = np.random.default_rng(31)
Array = np.ndarray[Any, np.dtype[Any]]

HEAD = '<ir_version: 8, opset_import: ["" : 17]>'
CONV = """agraph (float[1, 4, N, M] x) => (uint8[1, 6, H, W] y) {
  xc = QuantizeLinear(x, s, z)
  xf = DequantizeLinear(xc, s, z)
  wf = DequantizeLinear <axis = 0> (w, ws, wz)
  bf = DequantizeLinear <axis = 0> (b, bs)
  c = Conv <pads = [1, 1, 1, 1], strides = [2, 1]> (xf, wf, bf)
  r = Relu(c)
  y = QuantizeLinear(r, t, u)
}"""

PRODUCTS = """agraph (float[2, N, 8] x, float[2, 8, M] v) => (int8[2, N, M] y, uint8[A, 6] g) {
  xc = QuantizeLinear(x, s, z)
  xf = DequantizeLinear(xc, s, z)
  vc = QuantizeLinear(v, s, zi)
  vf = DequantizeLinear(vc, s, zi)
  p = MatMul(xf, vf)
  y = QuantizeLinear(p, t, zi)
  shape = Constant <value_ints = [-1, 8]> ()
  flat = Reshape(xc, shape)
  ff = DequantizeLinear(flat, s, z)
  wf = DequantizeLinear <axis = 0> (w, ws, wz)
  bf = DequantizeLinear <axis = 0> (b, bs)
  e = Gemm <transB = 1> (ff, wf, bf)
  k = Mul(e, e)
  l = Add(k, ff0)
  g = QuantizeLinear(l, t, u)
}"""


def constants(weights: tuple[int, ...]) -> dict[str, Array]:
    scale = np.array(0.03, np.float32)
    steps = (RNG.random(weights[0]) * 0.01 + 0.002).astype(np.float32)
    return {
        "s": scale,
        "z": np.array(117, np.uint8),
        "zi": np.array(-3, np.int8),
        "w": RNG.integers(-127, 128, weights).astype(np.int8),
        "ws": steps,
        "wz": np.zeros(weights[0], np.int8),
        "b": RNG.integers(-3000, 3000, weights[0]).astype(np.int32),
        "bs": scale * steps,
        "t": np.array(0.05, np.float32),
        "u": np.array(40, np.uint8),
        "ff0": np.array(0.5, np.float32),
    }


def quantized(body: str, values: dict[str, Array]) -> onnx.ModelProto:
    model = parser.parse_model(f"{HEAD}\n{body}")
    read = {name for node in model.graph.node for name in node.input}
    for name, value in values.items():
        if name in read:
            model.graph.initializer.append(numpy_helper.from_array(value, name))
    return model


def heavy(model: onnx.ModelProto) -> list[Tensor]:
    kinds = (OpKind.CONV, OpKind.DEPTHWISE_CONV, OpKind.MATMUL)
    return [t for t in import_graph(model).tensors if t.kind in kinds]


def stored_type(x: Tensor) -> Any:
    """Return the type of what is read where `x` is read."""
    while x.op.attrs.get("joins"):
        x = x.op.inputs[0]
    return x.type


def check_steps(model: onnx.ModelProto, feeds: dict[str, Array]) -> None:
    """Check that results are those of onnxruntime, but for a step where rounding was a near thing.

    It computes on floats: it is told not to fuse anything.
    """
    made = compile(model).run(feeds)
    for got, want in zip(made.values(), run_reference(model, feeds), strict=True):
        assert got.dtype == want.dtype
        assert got.shape == want.shape
        assert np.abs(got.astype(int) - want).max() <= 1
        assert (got != want).mean() < 0.02


def test_a_convolution_of_scaled_integers_runs_on_integers() -> None:
    model = quantized(CONV, constants((6, 4, 3, 3)))
    (made,) = heavy(model)
    assert made.type == Int(32)
    assert made.op.funcs["acc"].function.types == (Int(32),)
    words, weights = made.op.inputs[:2]
    assert words.type == weights.type == Int(32)  # four 8-bit numbers in each
    assert [stored_type(x) for x in words.op.inputs] == [UInt(8)]
    assert weights.static_shape == (6, 1, 3, 3)
    check_steps(model, {"x": RNG.normal(size=(1, 4, 9, 7)).astype(np.float32)})


def test_the_kernel_of_a_convolution_reads_codes_and_writes_codes(tmp_path: Path) -> None:
    model = quantized(CONV, constants((6, 4, 3, 3)))
    compile(model, shapes={"x": (1, 4, 9, 7)}).save(tmp_path)
    text = next(tmp_path.glob("*.c")).read_text()
    pattern = r"_convinteger\w*\(halo_context \*ctx, ([^)]*)\) {(.*?)\n}"
    kernels = [k.groups() for k in re.finditer(pattern, text, re.DOTALL)]
    ((given, body),) = [(given, body) for given, body in kernels if "halo_dot4_i32" in body]
    words = "const int32_t *restrict in0, const int32_t *restrict in1,"  # of codes, of weights
    assert given.startswith(words)
    assert "uint8_t *restrict quantizelinear" in given
    assert any(given.startswith("const uint8_t *restrict in0,") for given, _ in kernels)
    sums = [line for line in body.splitlines() if "_acc" in line and "for (" not in line]
    before = sums[: next(i for i, line in enumerate(sums) if "store" in line)]
    assert len(before) > 3
    assert not [line for line in before if "f32" in line or "float" in line]


def test_products_of_scaled_integers_run_on_integers() -> None:
    model = quantized(PRODUCTS, constants((6, 8)))
    product, gemm = heavy(model)
    assert product.type == gemm.type == Int(32)
    assert [stored_type(x) for x in product.op.inputs] == [UInt(8), Int(8)]
    assert [stored_type(x) for x in gemm.op.inputs[0].op.inputs] == [UInt(8)]
    assert gemm.op.inputs[1].static_shape == (2, 6)
    feeds = {"x": RNG.normal(size=(2, 3, 8)), "v": RNG.normal(size=(2, 8, 5))}
    check_steps(model, {name: x.astype(np.float32) for name, x in feeds.items()})


def test_a_bias_that_is_no_multiple_of_the_step_is_added_as_a_float() -> None:
    values = constants((6, 4, 3, 3))
    values["bs"] = values["bs"] * np.float32(0.37)
    model = quantized(CONV, values)
    graph = use_integer_products(read_graph(model))
    assert [n.op_type for n in graph.nodes].count("ConvInteger") == 1
    assert [n.op_type for n in graph.nodes][-3:] == ["Add", "Relu", "QuantizeLinear"]
    check_steps(model, {"x": RNG.normal(size=(1, 4, 3, 5)).astype(np.float32)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("s", np.full(4, 0.03, np.float32)),  # a scale per channel of the input
        ("wz", np.zeros(6, np.int16)),  # weights of 16 bits
    ],
)
def test_other_operands_are_multiplied_as_floats(name: str, value: Array) -> None:
    values = constants((6, 4, 3, 3))
    values[name] = value
    if name == "s":
        values["z"] = np.full(4, 117, np.uint8)
    else:
        values["w"] = values["w"].astype(np.int16)
    graph = read_graph(quantized(CONV, values))
    assert use_integer_products(graph) is graph


def test_what_was_dequantized_is_read_as_codes_by_several_kernels() -> None:
    model = parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        agraph (uint8[2, 300] x, float s, uint8 z) => (float[2, 300] y, float[2, 1] m) {
        f = DequantizeLinear(x, s, z)
        y = Exp(f)
        m = ReduceMean <axes = [1]> (f) }"""
    )
    graph = import_graph(model)
    grouping = group_tensors([t for _, t in graph.outputs])
    assert [g.root.name for g in grouping.groups] == ["y", "m"]
    assert all(graph.inputs[0] in g.reads for g in grouping.groups)
