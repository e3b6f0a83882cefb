"""Attention of com.microsoft: masks, states of the past, biases, packed operands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from runtime_nodes import RNG, Case, check_cases, floats, same_numbers

numbers_begin_anew = same_numbers(43)
Array = np.ndarray[Any, np.dtype[Any]]
NEAR: dict[str, Any] = {"rtol": 2e-4, "atol": 1e-5}
HEADS, SIZE = 2, 4
HIDDEN = HEADS * SIZE


def int32(*rows: Any) -> Array:
    return np.array(rows, np.int32)


def attended(q: Array, k: Array, v: Array) -> Array:
    """Return the attention of operands (batch, place, head, cell), without masks."""
    powers = np.exp(np.einsum("bsnh,btnh->bnst", q, k) / np.sqrt(np.float32(q.shape[-1])))
    weights = powers / powers.sum(-1, keepdims=True)
    made = np.einsum("bnst,btnh->bsnh", weights, v)
    return made.reshape(*made.shape[:2], -1)


def test_self_attention_with_masks_and_a_past() -> None:
    x, w, bias = floats(2, 3, 6), floats(6, 3 * HIDDEN), floats(3 * HIDDEN)
    past = floats(2, 2, HEADS, 2, SIZE)
    heads: dict[str, Any] = {"num_heads": HEADS}
    one_way = {**heads, "unidirectional": 1}
    flat = int32([1, 1, 0], [1, 1, 1])
    cubic = RNG.integers(0, 2, (2, 3, 3)).astype(np.int32)
    cubic[..., 0] = 1
    far = {**heads, "mask_filter_value": -5000.0, "scale": 0.3}
    fixed = (1, 2)
    check_cases(
        Case("Attention", (x, w, bias), heads, fixed, **NEAR),
        Case("Attention", (x, w, None, flat), far, fixed, **NEAR),
        Case("Attention", (x, w, bias, cubic), one_way, fixed, **NEAR),
        Case("Attention", (x, w, bias, int32(2, 3)), heads, fixed, symbolic=False, **NEAR),
        Case("Attention", (x, w, bias, int32(2, 3, 0, 1)), heads, fixed, symbolic=False, **NEAR),
        Case("Attention", (x, w, bias, None, past), one_way, fixed, 2, **NEAR),
        Case("Attention", (x, w, bias, None, None, floats(1, HEADS, 3, 3)), heads, fixed, **NEAR),
        Case(
            "Attention",
            (x, floats(6, 2 * HIDDEN + 12), floats(2 * HIDDEN + 12)),
            {**heads, "qkv_hidden_sizes": [HIDDEN, HIDDEN, 12]},
            fixed,
            **NEAR,
        ),
        Case("Attention", (floats(1, 1, 6), w, bias), one_way, fixed, 2, **NEAR),
    )


@pytest.mark.parametrize("type", [np.uint8, np.int8])
def test_attention_of_codes(type: Any) -> None:
    def codes(of: Any, *shape: int) -> Array:
        info = np.iinfo(of)
        return RNG.integers(info.min, info.max + 1, shape).astype(of)

    x, w = codes(np.uint8, 2, 3, 6), codes(type, 6, 3 * HIDDEN)
    step = np.array(0.02, np.float32), np.asarray(RNG.random(3 * HIDDEN) * 0.02, np.float32)
    zeros = np.array(120, np.uint8), codes(type, 3 * HIDDEN)
    past = floats(2, 2, HEADS, 2, SIZE)
    heads: dict[str, Any] = {"num_heads": HEADS}
    bias, mask = floats(3 * HIDDEN), int32([1, 1, 0], [1, 1, 1])
    fixed = (1, 2, 3, 4, 6, 7)
    check_cases(
        Case("QAttention", (x, w, bias, *step, mask, *zeros), heads, fixed, **NEAR),
        Case(
            "QAttention",
            (x, w, bias, *step, None, *zeros, past),
            {**heads, "unidirectional": 1},
            fixed,
            2,
            **NEAR,
        ),
    )


def test_attention_of_what_is_projected_already() -> None:
    q, k, v = floats(2, 3, HIDDEN), floats(2, 5, HIDDEN), floats(2, 5, 12)
    same = floats(2, 5, HIDDEN)
    bias = floats(2 * HIDDEN + 12)
    past = floats(2, HEADS, 2, SIZE), floats(2, HEADS, 2, SIZE)
    heads: dict[str, Any] = {"num_heads": HEADS}
    mask = RNG.integers(0, 2, (2, 5)).astype(np.int32)
    mask[:, 0] = 1
    split = floats(2, HEADS, 5, SIZE), floats(2, HEADS, 5, SIZE)
    packed, pair = floats(2, 3, HEADS, 3, SIZE), floats(2, 5, HEADS, 2, SIZE)
    op = "MultiHeadAttention"
    fresh = floats(2, 3, HIDDEN), floats(2, 3, HIDDEN)
    check_cases(
        Case(op, (q, k, v), heads, **NEAR),
        Case(op, (q, k, v, bias), {**heads, "scale": 0.4}, (3,), **NEAR),
        Case(op, (q, k, same, None, mask), heads, **NEAR),
        Case(op, (q, k, same, None, None, floats(2, 1, 3, 5)), heads, **NEAR),
        Case(
            op,
            (q, *fresh, None, None, None, *past),
            {**heads, "unidirectional": 1},
            outputs=3,
            **NEAR,
        ),
        Case(op, (q, *split), heads, **NEAR),
        # onnxruntime has packed operands for other machines only.
        Case(op, (packed,), heads, expected=[attended(*np.moveaxis(packed, 3, 0))], **NEAR),
        Case(
            op,
            (q, pair),
            heads,
            expected=[attended(q.reshape(2, 3, HEADS, SIZE), *np.moveaxis(pair, 3, 0))],
            **NEAR,
        ),
        Case(op, (floats(1, 1, HIDDEN), *(floats(1, 1, HIDDEN) for _ in range(2))), heads, **NEAR),
    )


def test_queries_share_keys_of_a_cache() -> None:
    q, k, v = floats(2, 3, 32), floats(2, 3, 16), floats(2, 3, 16)
    angles = RNG.random((16, 8)) * 6
    tables = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    heads: dict[str, Any] = {"num_heads": HEADS, "kv_num_heads": 1}
    turned = {**heads, "do_rotary": 1, "local_window_size": 2}
    cap = {**heads, "softcap": 0.7, "scale": 1.5, "do_rotary": 1, "rotary_interleaved": 1}
    total, step = np.array(3, np.int32), np.array(6, np.int32)
    past = floats(2, 1, 5, 16), floats(2, 1, 5, 16)
    one = floats(2, 1, 32), floats(2, 1, 16), floats(2, 1, 16)
    packed = floats(2, 1, 32 + 2 * 16)
    room = floats(2, 1, 8, 16), floats(2, 1, 8, 16)
    op = "GroupQueryAttention"
    nothing = (None, None)
    check_cases(
        Case(op, (q, k, v, *nothing, int32(2, 2), total), heads, (6,), 3, **NEAR),
        Case(op, (q, k, v, *nothing, int32(2, 2), total, *tables), turned, (6, 7, 8), 3, **NEAR),
        # onnxruntime reads the past only if it is to hand on the present.
        Case(
            op,
            (*one, *past, int32(5, 3), step, *tables),
            turned,
            (6, 7, 8),
            3,
            unspecified=(1, 2),
            **NEAR,
        ),
        Case(op, (*one, *past, int32(5, 5), step, *tables), cap, (6, 7, 8), 3, **NEAR),
        Case(op, (packed, None, None, *past, int32(5, 5), step), heads, (6,), 3, **NEAR),
        Case(op, (*one, *room, int32(5, 5), step), heads, (6,), 3, unspecified=(1, 2), **NEAR),
    )
