"""Element types of few bits: codes in bytes, converted as the packages of numpy do."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnx_frontend import UnsupportedOp, backend

FLOATS = ["FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT4E2M1"]
INTEGERS = ["INT4", "UINT4", "INT2", "UINT2"]
Array = np.ndarray[Any, np.dtype[Any]]


def cast_model(source: int, targets: list[str], **attributes: int) -> onnx.ModelProto:
    """Return casts of one input to each of `targets`."""
    nodes = [
        helper.make_node("Cast", ["x"], [t], to=getattr(TensorProto, t), **attributes)
        for t in targets
    ]
    x = helper.make_tensor_value_info("x", source, ["n"])
    made = [helper.make_tensor_value_info(t, getattr(TensorProto, t), ["n"]) for t in targets]
    graph = helper.make_graph(nodes, "casts", [x], made)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)])


def numbers() -> Array:
    """Return floats of all sizes: steps of small ones, ties, what overflows, what is no number."""
    rng = np.random.default_rng(3)
    steps = np.arange(-40, 41, dtype=np.float32) / 32
    wide = rng.normal(size=64).astype(np.float32) * np.float32(2) ** rng.integers(-20, 20, 64)
    others = [0.0, -0.0, np.inf, -np.inf, np.nan, 448, 464, 465, 240, 248, 57344, 61440, 1e9, 6, 7]
    return np.concatenate([steps, wide.astype(np.float32), np.array(others, np.float32)])


@pytest.mark.parametrize("saturate", [0, 1])
def test_floats_are_rounded_to_8_bits_and_back(saturate: int) -> None:
    x = numbers()
    made = backend.run_model(cast_model(TensorProto.FLOAT, FLOATS[:4], saturate=saturate), [x])
    for name, got in zip(FLOATS, made, strict=False):
        dtype = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, name))
        want = numpy_helper.saturate_cast(x, dtype) if saturate else x.astype(dtype)
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got.astype(np.float32), want.astype(np.float32))
        signs = np.signbit(got.astype(np.float32)) == np.signbit(want.astype(np.float32))
        assert signs[~np.isnan(x)].all()


@pytest.mark.parametrize("name", [*FLOATS, "FLOAT8E8M0", *INTEGERS])
def test_every_code_stands_for_its_number(name: str) -> None:
    number = getattr(TensorProto, name)
    bits = 8 if "8" in name else 2 if "2" in name and "4" not in name else 4
    codes = np.arange(1 << bits, dtype=np.uint8).view(helper.tensor_dtype_to_np_dtype(number))
    (got,) = backend.run_model(cast_model(number, ["FLOAT"]), [codes])
    np.testing.assert_array_equal(got, codes.astype(np.float32))


def test_integers_of_few_bits_wrap_and_float4_saturates() -> None:
    x = np.arange(-9, 17, dtype=np.float32) / np.float32(1)
    made = backend.run_model(cast_model(TensorProto.FLOAT, [*INTEGERS, "FLOAT4E2M1"]), [x])
    for name, got in zip([*INTEGERS, "FLOAT4E2M1"], made, strict=True):
        dtype = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, name))
        np.testing.assert_array_equal(got, x.astype(dtype))


def test_codes_may_be_moved_but_not_computed_with() -> None:
    x = np.arange(6).reshape(2, 3).astype(ml_dtypes.float8_e5m2)
    (made,) = backend.run_node(helper.make_node("Transpose", ["x"], ["y"]), [x])
    np.testing.assert_array_equal(made, x.T)
    with pytest.raises(UnsupportedOp, match="elements of type float8_e5m2"):
        backend.run_node(helper.make_node("Add", ["x", "x2"], ["y"]), [x, x])


def test_bfloat16_goes_in_and_out_as_numpy_has_it() -> None:
    x = np.array([1.5, -2.25, 3e30], ml_dtypes.bfloat16)
    (made,) = backend.run_node(helper.make_node("Neg", ["x"], ["y"]), [x])
    assert made.dtype == x.dtype
    np.testing.assert_array_equal(made, -x)
