"""What nodes of com.microsoft ask for and is not done: refused by name; the list of operators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runtime_nodes import MICROSOFT, Case, model_of

from onnx_frontend import ModelError
from onnx_frontend.importer import import_graph
from onnx_frontend.registry import supported_operators

Array = np.ndarray[Any, np.dtype[Any]]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "com-microsoft.md"
EIGHT = {"num_heads": 2}


def f(*shape: int) -> Array:
    return np.ones(shape, np.float32)


def u8(*shape: int) -> Array:
    return np.ones(shape, np.uint8)


def i8(*shape: int) -> Array:
    return np.ones(shape, np.int8)


def i32(*shape: int) -> Array:
    return np.ones(shape, np.int32)


def i64(*shape: int) -> Array:
    return np.ones(shape, np.int64)


S, Z = f(), u8()
ROTARY = (f(2, 3, 4), i64(1), f(5, 2), f(5, 2))
FIVE = (f(2, 3, 6), f(6, 24), f(24))
LSTM = (f(2, 1, 3), i8(1, 3, 16), i8(1, 4, 16), None, None, None, None, None)
STEPS = (f(1), i8(1), f(1), i8(1))
QUERY = (f(2, 3, 8), f(2, 3, 4), f(2, 3, 4))
GROUPS = {"num_heads": 2, "kv_num_heads": 1}
BITS = {"K": 32, "N": 5, "block_size": 32}

REFUSED: Sequence[tuple[str, Sequence[Array | None], dict[str, Any], str]] = [
    ("QLinearAdd", (u8(2), S, Z, i8(2), S, Z, S, Z), {}, "elements of uint8 and int8"),
    ("QLinearAdd", (u8(2), f(2), Z, u8(2), S, Z, S, Z), {}, "A scale of one element"),
    ("QLinearMul", (u8(2), S, i8(), u8(2), S, Z, S, Z), {}, "a zero point of int8"),
    ("QLinearMul", (i32(2), S, None, i32(2), S, None, S), {}, "8-bit integers, not int32"),
    ("QLinearSigmoid", (u8(2), f(2), Z, S, Z), {}, "X scale of one element"),
    ("QLinearReduceMean", (i32(2), S, Z, S, Z), {"axes": [0], "keepdims": 1}, "not int32"),
    ("GroupNorm", (f(1, 2, 2, 4), f(4), f(4)), {"groups": 3, "activation": 0}, "4 channels"),
    ("GroupNorm", (f(1, 2, 2, 4), f(4), f(4)), {"groups": 2, "activation": 7}, "activation is 7"),
    ("MoE", (f(2, 4), f(2, 3), f(3, 5, 4), None, f(3, 4, 5)), {"k": 4}, "the best 4 of 3"),
    ("MoE", (f(2, 4), f(2, 2), f(3, 5, 4), None, f(3, 4, 5)), {}, "3 and 2, which must be equal"),
    ("MoE", (f(2, 4), f(2, 3), f(3, 5, 4), f(5), f(3, 4, 5)), {}, "its bias has 1 axes, not 2"),
    ("MoE", (f(2, 4), f(2, 3), f(3, 5, 4), f(3, 4), f(3, 4, 5)), {}, "4 and 5, which must be"),
    (
        "MoE",
        (f(2, 4), f(2, 3), f(3, 5, 4), None, f(3, 4, 5)),
        {"activation_type": "geglu"},
        "not geglu",
    ),
    (
        "MoE",
        (f(2, 4), f(2, 3), f(3, 5, 4), None, f(3, 4, 5), None, f(3, 5, 4)),
        {},
        "experts of two matrices",
    ),
    ("GatherBlockQuantized", (u8(4, 32), i64(2), f(4, 2)), {"block_size": 8}, "16 or more"),
    (
        "GatherBlockQuantized",
        (u8(4, 32), i64(2), f(4, 3)),
        {"block_size": 16, "bits": 8},
        "3 and 2, which must be equal",
    ),
    ("QLinearConcat", (S, Z, u8(2), S), {"axis": 0}, "3 inputs are not threes|2 inputs"),
    ("QLinearGlobalAveragePool", (u8(2, 3), S, Z, S, Z), {}, "none of them spatial"),
    ("QGemm", (u8(2, 3, 4), S, Z, u8(4, 5), S, Z), {}, "A has 3 axes, not 2"),
    ("QGemm", (u8(2, 4), f(2), Z, u8(4, 5), S, Z), {}, "a_scale of one element"),
    ("MatMulIntegerToFloat", (u8(2, 4), u8(4, 5), f(2), S), {}, "a_scale of one element"),
    ("MatMulInteger16", (i32(2, 4), i32(4, 5)), {}, "16-bit integers, not int32"),
    ("DynamicQuantizeLSTM", (*LSTM, *STEPS), {"activations": ["No"] * 3}, "activation 'No'"),
    ("DynamicQuantizeLSTM", (*LSTM[:2], i8(4, 16), *LSTM[3:], *STEPS), {}, "has 2 axes, not 3"),
    ("FusedConv", (f(1, 2, 3, 3), f(2, 2, 1, 1)), {"activation": "Swish"}, "not Swish"),
    ("FusedGemm", (f(2, 3), f(3, 4)), {"activation": "Swish"}, "not Swish"),
    ("NhwcMaxPool", (u8(2, 3),), {"kernel_shape": [2]}, "none of them spatial"),
    ("CDist", (f(2, 3), f(4, 3)), {"metric": "cosine"}, "not cosine"),
    ("CDist", (f(2, 3), f(4, 5)), {}, "3 and 5, which must be equal"),
    ("Inverse", (f(5, 5),), {}, "up to 4 rows, not 5"),
    ("Inverse", (f(2, 3),), {}, "2 rows and 3 columns"),
    ("UnfoldTensor", (f(3),), {"size": 4}, "its size is 4, its axis 0 has 3"),
    ("Unique", (f(2, 2),), {}, "2 axes, not 1"),
    ("CropAndResize", (f(1, 2, 3), f(1, 4), i32(1), i32(2)), {}, "X has 3 axes"),
    ("SkipLayerNormalization", (f(2), f(2), f(2)), {}, "input has 1 axes"),
    ("RotaryEmbedding", ROTARY, {"is_packed_batching": 1}, "is_packed_batching=0"),
    ("RotaryEmbedding", ROTARY, {"rotary_embedding_dim": 4}, "num_heads is not"),
    (
        "EmbedLayerNormalization",
        (i32(2, 3), i32(2, 3), f(9, 4), f(5, 4), None, f(4), f(4)),
        {},
        "are not both there",
    ),
    ("Attention", FIVE, {**EIGHT, "do_rotary": 1}, "do_rotary=0"),
    ("Attention", FIVE, {**EIGHT, "past_present_share_buffer": 1}, "past_present_share_buffer"),
    ("Attention", (*FIVE, i32(2, 1, 3, 3)), EIGHT, "1, 2 or 3 axes, not 4"),
    ("Attention", (*FIVE, i32(8)), EIGHT, "one number for a sample"),
    ("Attention", FIVE, {**EIGHT, "qkv_hidden_sizes": [8, 4, 12]}, "qkv_hidden_sizes are"),
    (
        "Attention",
        (*FIVE, None, None, f(1, 1, 1, 1, 3)),
        EIGHT,
        "x5 of shape .* does not broadcast",
    ),
    ("Attention", (*FIVE, None, None, f(4, 2, 3, 3)), EIGHT, "2x2x3x3 and 4x2x3x3 do not"),
    ("Attention", (*FIVE, i32(2, 2, 3)), EIGHT, "2 and 3, which must be equal"),
    (
        "GroupQueryAttention",
        (*QUERY, f(2, 1, 5, 3), f(2, 1, 5, 4), i32(2), i32()),
        GROUPS,
        "3 and 4, which must be equal",
    ),
    (
        "GroupQueryAttention",
        (*QUERY, None, None, i32(2), i32(), f(9, 2), f(9, 1)),
        {**GROUPS, "do_rotary": 1},
        "2 and 1, which must be equal",
    ),
    (
        "RotaryEmbedding",
        (f(2, 3, 7), i64(1), f(5, 2), f(5, 2)),
        {},
        "4 and 7, which must be equal",
    ),
    (
        "RotaryEmbedding",
        (f(2, 3, 4), i64(2, 3), f(5, 2), f(5, 1)),
        {},
        "2 and 1, which must be equal",
    ),
    (
        "RotaryEmbedding",
        (f(2, 3, 4), i64(1), f(5, 2, 1), f(5, 2)),
        {},
        "table of cosines has 3 axes",
    ),
    (
        "GatherBlockQuantized",
        (u8(4, 32), i32(2), f(4, 4), u8(4, 1)),
        {"block_size": 16, "bits": 4, "quantize_axis": 1},
        "1 and 2, which must be equal",
    ),
    ("Attention", FIVE, {"num_heads": 3}, "8 cells are not those of 3 heads"),
    ("MultiHeadAttention", (f(2, 3, 8),), EIGHT, "queries, keys and values in one"),
    ("MultiHeadAttention", (f(2, 3, 8), f(2, 3, 8)), EIGHT, "a key and no value"),
    (
        "GroupQueryAttention",
        (*QUERY, None, None, i32(2), i32()),
        {**GROUPS, "causal": 0},
        "causal attention",
    ),
    (
        "GroupQueryAttention",
        (*QUERY, None, None, i32(2), i32(), *[None] * 4, f(2)),
        GROUPS,
        "no head_sink",
    ),
    (
        "GroupQueryAttention",
        (*QUERY, None, None, i32(2), i32()),
        {**GROUPS, "do_rotary": 1},
        "its tables are missing",
    ),
    ("MatMulNBits", (f(2, 32), u8(5, 1, 16), f(5, 1)), {**BITS, "bits": 3}, "not 3"),
    ("MatMulNBits", (f(2, 32), u8(5, 1, 16), f(5, 1), None, i32(32)), BITS, "no g_idx"),
    ("MatMulNBits", (f(2, 32), u8(5, 1, 16), f(5, 1), u8(4, 1)), BITS, r"of shape \(4, 1\), not"),
    ("MatMulNBits", (f(2, 32), u8(5, 1, 16), f(5, 1), u8(5, 1, 1)), BITS, r"\(5, 1, 1\), not"),
    (
        "EmbedLayerNormalization",
        (i32(2, 3), None, f(5, 4), f(3, 4, 1), None, f(4), f(4)),
        {},
        "its table has 3 axes, not 2",
    ),
    (
        "EmbedLayerNormalization",
        (i32(2, 3), None, f(5, 4), f(3, 4), None, f(4), f(4), None, i32(2, 3, 1)),
        {},
        "ids of segments or places has 3 axes, not 2",
    ),
    ("MatMulNBits", (f(2, 32), u8(5, 2, 16), f(5, 1)), BITS, r"of shape \(5, 2, 16\)"),
]


@pytest.mark.parametrize(("op", "inputs", "attributes", "why"), REFUSED)
def test_what_is_not_done_is_refused_by_the_name_of_its_node(
    op: str, inputs: Sequence[Array | None], attributes: dict[str, Any], why: str
) -> None:
    fixed = [i for i, x in enumerate(inputs) if x is not None and x.ndim == 0]
    model = model_of([Case(op, inputs, attributes, fixed)], symbolic=False)
    with pytest.raises(ModelError, match=f"{op}_0'(.|\\n)*({why})"):
        import_graph(model)


def test_the_page_lists_the_operators() -> None:
    listed = re.findall(r"^\| `(\w+)` (\([^|]*\) )?\|", PAGE.read_text(encoding="utf-8"), re.M)
    own = {name for domain, name in supported_operators() if domain == MICROSOFT}
    assert [name for name, _ in listed] == sorted((name for name, _ in listed), key=str.lower)
    assert {name for name, note in listed if not note} == own
    for name, note in listed:
        if note:
            assert ("", name) in supported_operators()
